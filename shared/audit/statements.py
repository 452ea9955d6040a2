"""What a statement does to audited tables, other than giving whole rows, which are noticed where they are loaded.

Columns and aggregates are entered as read: with the rows' keys if the key is among the columns, else with the columns' names.
Statements that write enter the rows that they return, which they are made to. What cannot be told is refused.
A sub-query that only narrows reads nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Column, CompoundSelect, Select, Table, TextClause, inspect
from sqlalchemy.dialects.postgresql.dml import OnConflictDoUpdate
from sqlalchemy.orm import FromStatement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ColumnClause

from shared.database.model import Audited
from shared.database.rows import beside

_KEPT: WeakKeyDictionary[Select[Any], dict[Any, "Shown"]] = WeakKeyDictionary()
_OF_FORM: dict[Any, "Shown"] = {}
_MOST_FORMS = 500


class Unaudited(Exception):
    """A statement of which the audit trail could not tell what it did."""


@dataclass(frozen=True, slots=True)
class AuditedColumns:
    """What a statement gives of a table's rows: the names of the columns, and in which places the key and the patient are."""

    kind: type[Audited]
    columns: tuple[str, ...]
    key: int | None
    patient: int | None


def audited_tables() -> dict[Any, type[Audited]]:
    """The models of audited tables."""
    waiting, found = [Audited], {}
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if (mapper := inspect(kind, raiseerr=False)) is not None:
            found[mapper.local_table] = kind
    return found


def audited_entities(statement: Any) -> list[type[Audited]]:
    """The models whose whole rows a SELECT gives."""
    kinds = [inspect(part["expr"]).mapper.class_ for part in _described(statement) if _is_entity(part)]
    return [kind for kind in kinds if issubclass(kind, Audited)]


def projections(statement: Any) -> list[AuditedColumns]:
    """What a SELECT gives of audited tables besides whole rows; raises Unaudited."""
    if isinstance(statement, CompoundSelect):
        return [each for part in statement.selects for each in projections(part)]
    if isinstance(statement, FromStatement):
        check_text(statement.element)
    described = _described(statement)
    _refuse_writes_in(statement, described)
    if all(map(_is_entity, described)):
        return []
    tables = audited_tables()
    named: dict[type[Audited], dict[str, int | None]] = {}
    for place, part in enumerate(described):
        if _is_entity(part):
            continue
        expression = _clause(part["expr"])
        found = [(tables[column.table], column) for column in _columns(expression) if column.table in tables]
        for kind, column in found:
            plain = place if isinstance(expression, ColumnClause) and len(found) == 1 else None
            named.setdefault(kind, {}).setdefault(column.key, plain)
        if not any(True for _ in _columns(expression)):  # such as a count
            for kind in {tables[table] for table in _tables([*_froms(statement), expression]) if table in tables}:
                named.setdefault(kind, {}).setdefault(part["name"] or "expression", None)
    return [_projection(kind, places) for kind, places in named.items()]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a SELECT gives of audited tables: whether whole rows, and columns.

    `alone`: the one table of which it gives anything, if it can be read again from what it gives; its order as well.
    """

    rows: bool
    columns: Sequence[AuditedColumns]
    is_only: bool  # its rows are values, of one column
    alone: AuditedColumns | None


def shown_by(statement: Select[Any], derive: Callable[[Any], Any] | None) -> Shown:
    """What is shown by what `derive` makes of a statement; kept with the statement, and for all of its form."""
    kept_of = _KEPT.setdefault(statement, {})
    if derive not in kept_of:
        key = statement._generate_cache_key()
        form = (derive, key.key) if key else None
        if form not in _OF_FORM or form is None:
            if len(_OF_FORM) >= _MOST_FORMS:
                _OF_FORM.clear()
            _OF_FORM[form] = _shown(statement if derive is None else derive(statement))
        kept_of[derive] = _OF_FORM[form]
    return kept_of[derive]


def _shown(statement: Any) -> Shown:
    kinds, columns, described = audited_entities(statement), projections(statement), _described(statement)
    alone = None
    if (kinds or columns) and _ordered_by_what_it_gives(statement):
        if len(described) == len(kinds) == 1:
            alone = AuditedColumns(kinds[0], (), None, None)
        elif len(columns) == 1 and not any(map(_is_entity, described)):
            (alone,) = columns
    return Shown(bool(kinds), columns, len(described) == 1, alone)


def _ordered_by_what_it_gives(statement: Any) -> bool:
    """Whether the columns of its ORDER BY are among those that it gives."""
    given = statement.subquery()
    columns = (column for clause in statement._order_by_clauses for column in visitors.iterate(clause))
    return all(given.corresponding_column(each) is not None for each in columns if isinstance(each, ColumnClause))


def writes(statement: Any) -> tuple[Any, AuditedColumns] | None:
    """A statement that writes an audited table, made to return what is entered, and what of it that is; raises Unaudited."""
    kind = audited_tables().get(statement.table)
    _refuse_writes_in(statement, ())
    if kind is None:
        if any(projections(source) for source in (getattr(statement, "select", None),) if source is not None):
            raise Unaudited("a statement that copies columns of an audited table: read them, then write them")
        return None
    if isinstance(getattr(statement, "_post_values_clause", None), OnConflictDoUpdate):
        raise Unaudited(f"an upsert of {kind.__name__} does not tell what it did: lock the row, then add or change it")
    names = ["id", kind.audit_patient] if kind.audit_patient and kind.audit_patient != "id" else ["id"]
    if not statement._returning:
        statement = statement.returning(*(getattr(kind, name) for name in names))
    places: dict[str, int | None] = {}
    for place, part in enumerate(statement._returning):
        if isinstance(part, Table):
            return statement, AuditedColumns(kind, (), place, None)
        places |= {column.key: place for column in _columns(part)}
    if not places.keys() >= set(names):
        raise Unaudited(
            f"a statement that writes {kind.__name__} and returns columns returns {' and '.join(names)} too"
        )
    return statement, _projection(kind, places)


def _refuse_writes_in(statement: Any, described: Sequence[Any]) -> None:
    """Raise Unaudited if a part of a statement writes an audited table, such as a CTE with an UPDATE."""
    entities = [inspect(part["expr"]).selectable for part in described if _is_entity(part)]
    columns = [column.table for part in described if isinstance(column := _clause(part["expr"]), ColumnClause)]
    parts = [*getattr(statement, "_independent_ctes", ()), *getattr(statement, "_from_obj", ()), *entities, *columns]
    for part in parts:
        if part is None or isinstance(part, Table):
            continue
        for element in visitors.iterate(part):
            if isinstance(element, UpdateBase) and element.table in audited_tables():
                raise Unaudited("a part of a statement that writes an audited table: execute it by itself")


def _projection(kind: type[Audited], places: dict[str, int | None]) -> AuditedColumns:
    key, patient = places.get("id"), places.get(kind.audit_patient) if kind.audit_patient else None
    return AuditedColumns(kind, tuple(sorted(places)), key, patient)


def _described(statement: Any) -> Sequence[Any]:
    described: Sequence[Any] = getattr(statement, "column_descriptions", ())
    if described and _is_entity(described[0]):
        model = inspect(described[0]["expr"]).mapper.class_
        if beside(model, [part["name"] for part in described[1:]]):
            return described[:1]
    return described


def _is_entity(part: Any) -> bool:
    return part.get("entity") is not None and part["expr"] is part["entity"]


def _clause(expression: Any) -> Any:
    return expression.__clause_element__() if hasattr(expression, "__clause_element__") else expression


def _froms(statement: Any) -> Sequence[Any]:
    return statement.get_final_froms() if isinstance(statement, Select) else ()


def _columns(expression: Any) -> Iterator[Column[Any]]:
    """The columns of tables that an expression is made of, through sub-queries and aliases."""
    for element in visitors.iterate(expression):
        if isinstance(element, TextClause) or (isinstance(element, ColumnClause) and element.is_literal):
            check_text(element)
        elif isinstance(element, ColumnClause):
            for base in element.base_columns:
                if isinstance(base, Column):
                    yield base
                elif base is not element:
                    yield from _columns(base)


def _tables(elements: Iterable[Any]) -> Iterator[Table]:
    """The tables that these read of."""
    for root in elements:
        for element in visitors.iterate(root):
            if isinstance(element, Table):
                yield element
            elif isinstance(element, ColumnClause):
                yield from (base.table for base in element.base_columns if isinstance(base, Column))


def check_text(element: Any) -> None:
    """Raise Unaudited if what is written out in SQL names an audited table."""
    if kind := _named(element.text if isinstance(element, TextClause) else str(element)):
        raise Unaudited(f"SQL that is written out and names {kind.__name__}'s table: build the statement of its model")


@lru_cache(_MOST_FORMS)
def _named(sql: str) -> type[Audited] | None:
    """The model of an audited table that SQL names."""
    kinds = {table.name: kind for table, kind in audited_tables().items()}
    found = re.search(rf"\b(?:{'|'.join(map(re.escape, kinds))})\b", sql) if kinds else None
    return kinds[found[0]] if found else None
