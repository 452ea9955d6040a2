"""Audited rows and the trail's entries of reading them, by one statement: both, or neither."""

from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from shared.audit.recorder import Action, AuditOutcome, AuditRecorder
from shared.database.model import Audited
from shared.database.tables import AuditEntry
from shared.ids import new_id

T = TypeVar("T")

_COLUMNS = AuditEntry.__table__.c  # type: ignore[attr-defined]  # as each table of SQLModel's
_GIVEN = ("at", "actor", "session", "roles", "action", "resource", "operation", "request_id")
_ZERO: ColumnElement[int] = literal_column("0")
_NO_KEYS = literal_column("'{}'", ARRAY(Uuid))


def recorded(rows: Select[T], key: Any, wanted: ColumnElement[Any]) -> Select[T]:
    """`rows`, found by their keys, with an entry of them, and one of a denial for the keys in `wanted` that found none.

    `entry_values` gives the values of its parameters.
    """
    found = rows.cte("found")
    entity: type[Audited] = key.class_
    patient = found.c[entity.audit_patient] if entity.audit_patient else cast(null(), Uuid)
    patients = func.array_agg(patient.distinct()).filter(patient.is_not(None))
    asked = func.unnest(wanted).column_valued("asked")
    entries = union_all(
        _entry("read_id", AuditOutcome.SUCCESS, found.c.id, patients).select_from(found),
        _entry("denied_id", AuditOutcome.DENIED, asked.distinct()).where(asked.not_in(select(found.c[key.key]))),
    )
    names = (*_GIVEN, "id", "outcome", "resource_ids", "patients")
    entered = insert(AuditEntry).from_select(names, entries, include_defaults=False).cte("entries")
    read: Select[Any] = select(aliased(entity, found))
    return read.add_cte(entered)


def entry_values(recorder: AuditRecorder, entity: type) -> dict[str, Any]:
    """Who reads what, and when."""
    entry = recorder.entry(Action.READ, entity.__name__)
    return {name: entry[name] for name in _GIVEN} | {"read_id": entry["id"], "denied_id": new_id()}


def _entry(
    key: str, outcome: AuditOutcome, identifiers: ColumnElement[Any], patients: ColumnElement[Any] | None = None
) -> Select[Any]:
    """An entry's columns, if there is a row to enter."""
    return select(
        *(bindparam(name, type_=_COLUMNS[name].type) for name in _GIVEN),
        bindparam(key, type_=Uuid),
        literal_column(f"'{outcome}'"),
        func.array_agg(identifiers),
        _NO_KEYS if patients is None else func.coalesce(patients, _NO_KEYS),
    ).having(func.count() > _ZERO)
