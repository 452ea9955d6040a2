"""What is read of audited tables and the trail's entries of reading it, by one statement: both, or neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.util import ClauseAdapter

from shared.audit.recorder import Action, AuditOutcome, AuditRecorder
from shared.audit.statements import AuditedColumns
from shared.database.driver import Derive
from shared.database.rows import columns_beside
from shared.database.tables import AuditEntry
from shared.ids import new_id

T = TypeVar("T")

_COLUMNS = AuditEntry.__table__.c  # type: ignore[attr-defined]  # as each table of SQLModel's
_GIVEN = ("at", "actor", "session", "roles", "locations", "action", "resource", "operation", "request_id")
_ZERO: ColumnElement[int] = literal_column("0")
_DETAIL = bindparam("detail", type_=_COLUMNS["detail"].type)
_NO_KEYS = literal_column("'{}'::uuid[]", ARRAY(Uuid))


def found_or_denied(rows: Select[T], key: Any, wanted: ColumnElement[Any]) -> Select[T]:
    """`rows`, found by their keys, with an entry of them, and one of a denial for the keys in `wanted` that found none.

    `entry_values` gives the values of its parameters.
    """
    found = rows.cte("found")
    row = aliased(key.class_, found)
    asked = func.unnest(wanted).column_valued("asked")
    denial = _values("denied_id", AuditOutcome.DENIED, func.array_agg(asked.distinct()), _NO_KEYS)
    entries = union_all(
        _of_rows(row.id, _patient(row)).select_from(found),
        select(*denial).where(asked.not_in(select(found.c[key.key]))).having(func.count() > _ZERO),
    )
    return _entering(select(row, *columns_beside(key.class_, found.c)), entries)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Makes of a statement, with an entry of what it gives, what `derive` makes of it; `shown` is `Shown.alone`."""

    shown: AuditedColumns
    derive: Derive | None

    def __call__(self, statement: Select[T]) -> Select[T]:
        rows = statement if self.derive is None else self.derive(statement)
        found = rows.cte("found")
        given: Sequence[Any] = tuple(found.c)
        if not self.shown.columns:
            row: Any = aliased(self.shown.kind, found)
            given, entry = (
                (row, *columns_beside(self.shown.kind, found.c)),
                _of_rows(row.id, _patient(row)).select_from(found),
            )
        elif self.shown.key is None:
            entry = select(*_values("read_id", AuditOutcome.SUCCESS, _NO_KEYS, _NO_KEYS, _DETAIL))
        else:
            patient = None if self.shown.patient is None else given[self.shown.patient]
            entry = _of_rows(given[self.shown.key], patient, _DETAIL).select_from(found)
        order = map(ClauseAdapter(found).traverse, rows._order_by_clauses)
        return _entering(select(*given).order_by(*order), entry)


def entry_values(recorder: AuditRecorder, entity: type, columns: Sequence[str] = ()) -> dict[str, Any]:
    """Who reads what, and when: the values of the parameters of such statements, by name."""
    entry = recorder.entry(Action.READ, entity.__name__)
    values = {name: entry[name] for name in _GIVEN} | {"read_id": entry["id"], "denied_id": new_id()}
    return values | {"detail": {"columns": columns}} if columns else values


def _of_rows(key: Any, patient: Any, *detail: ColumnElement[Any]) -> Select[Any]:
    """The entry of rows by their keys, if there are any."""
    patients = None if patient is None else func.array_agg(patient.distinct()).filter(patient.is_not(None))
    about = _NO_KEYS if patients is None else func.coalesce(patients, _NO_KEYS)
    keys = func.array_agg(key.distinct()).filter(key.is_not(None))
    return select(*_values("read_id", AuditOutcome.SUCCESS, keys, about, *detail)).having(func.count(key) > _ZERO)


def _patient(row: Any) -> Any:
    return getattr(row, row.audit_patient) if row.audit_patient else None


def _values(
    key: str,
    outcome: AuditOutcome,
    identifiers: ColumnElement[Any],
    patients: ColumnElement[Any],
    *detail: ColumnElement[Any],
) -> list[Any]:
    """An entry's columns, the detail if it has one."""
    given = (bindparam(name, type_=_COLUMNS[name].type) for name in _GIVEN)
    return [*given, bindparam(key, type_=Uuid), literal_column(f"'{outcome}'"), identifiers, patients, *detail]


def _entering(rows: Select[Any], entries: Any) -> Select[Any]:
    """Rows, and entries besides."""
    names = (*_GIVEN, "id", "outcome", "resource_ids", "patients", "detail")[: len(entries.selected_columns)]
    entered = insert(AuditEntry).from_select(names, entries, include_defaults=False)
    return rows.add_cte(entered.cte("entries"))
