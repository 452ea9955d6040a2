"""Pages of a list by keyset: a page starts after the last row of the one before, so it costs the same at any depth."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

import orjson
from sqlalchemy import ARRAY, ColumnElement, Integer, Select, TypeDecorator, and_, any_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased

from shared.database.driver import Fetch
from shared.database.rows import grouped

T = TypeVar("T")

MAXIMUM_FIRST = 100
DEFAULT_FIRST = 20


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(UTC)


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("text that PostgreSQL cannot have")
    return value


def _integer(value: int) -> int:
    if not -_INTEGERS <= value < _INTEGERS:
        raise ValueError("an integer that PostgreSQL cannot have")
    return value


_INTEGERS = 2**63  # bigint's
_JSON: dict[type, type] = {int: int, bool: bool, float: float}  # all else is text in JSON
_READ: dict[type, Callable[[Any], Any]] = {
    datetime: _moment,
    date: date.fromisoformat,
    int: _integer,
    str: _text,
}


def _read(kind: type, value: Any) -> Any:
    if type(value) is not _JSON.get(kind, str):
        raise TypeError("a value of another kind")
    return _READ.get(kind, kind)(value)


class InvalidCursor(Exception):
    """The cursor is none of this list's."""


@dataclass(frozen=True, slots=True)
class Order:
    """The columns that a list is ordered by, none of them null; the last one is unique. `descending` turns all of them."""

    columns: tuple[Mapped[Any], ...]  # attributes of one model, as `col` gives them
    descending: bool = False

    def clauses(self, entity: Any = None) -> list[ColumnElement[Any]]:
        """ORDER BY."""
        columns = [self._of(column, entity) for column in self.columns]
        return [column.desc() if self.descending else column.asc() for column in columns]

    def after(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """WHERE: the rows after the one with these values."""
        branches = []
        for index, column in enumerate(self.columns):
            same = [earlier == value for earlier, value in zip(self.columns[:index], values, strict=False)]
            branches.append(and_(*same, column < values[index] if self.descending else column > values[index]))
        return or_(*branches)

    def cursor(self, row: Any) -> str:
        """The cursor of a row."""
        values = [getattr(row, _attribute(column).key) for column in self.columns]
        # asyncpg's UUID is a class of its own
        return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode()

    def values(self, cursor: str) -> list[Any]:
        """A cursor's values; raises InvalidCursor."""
        try:
            values = orjson.loads(base64.urlsafe_b64decode(cursor))
            kinds = [_python_type(column) for column in self.columns]
            return [_read(kind, value) for kind, value in zip(kinds, values, strict=True)]
        except (ValueError, TypeError, OverflowError, binascii.Error):
            raise InvalidCursor("`after` is not a cursor of this list") from None

    @staticmethod
    def _of(column: Mapped[Any], entity: Any) -> Any:
        return column if entity is None else getattr(entity, _attribute(column).key)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list in order, their cursors, and whether more come after and before."""

    rows: Sequence[T]
    order: Order
    has_next: bool
    has_previous: bool


async def fetch_page(fetch: Fetch, statement: Select[T], order: Order, first: int, after: str | None) -> Page[T]:
    """A page of `statement` in one query; raises InvalidCursor."""
    values = {} if after is None else {f"after_{place}": value for place, value in enumerate(order.values(after))}
    rows = await fetch(statement, _Page(order, begins=after is None), most=first + 1, **values)
    return Page(rows[:first], order, len(rows) > first, after is not None)


async def fetch_pages(
    fetch: Fetch,
    statement: Select[T],
    order: Order,
    first: int,
    parent: Mapped[Any],
    keys: Iterable[Any],
) -> Mapping[Any, Page[T]]:
    """The first page of each parent's list in one query for all of them; `parent` is the column that names the parent."""
    keys = list(keys)
    found = await fetch(statement, _PageOfEach(order, parent), most=first + 1, parents=keys)
    rows = grouped(found, attrgetter(_attribute(parent).key), keys)
    return {key: Page(each[:first], order, len(each) > first, False) for key, each in zip(keys, rows, strict=True)}


@dataclass(frozen=True, slots=True)
class _Page:
    """Makes the statement of a list that of its first `most` rows, after a place unless it `begins`."""

    order: Order
    begins: bool

    def __call__(self, statement: Select[T]) -> Select[T]:
        if not self.begins:
            columns = enumerate(map(_attribute, self.order.columns))
            statement = statement.where(
                self.order.after([bindparam(f"after_{place}", type_=column.type) for place, column in columns])
            )
        return statement.order_by(*self.order.clauses()).limit(bindparam("most", type_=Integer))


@dataclass(frozen=True, slots=True)
class _PageOfEach:
    """Makes the statement of a list that of the first `most` rows of each of `parents`."""

    order: Order
    parent: Mapped[Any]

    def __call__(self, statement: Select[T]) -> Select[T]:
        parent = _attribute(self.parent)
        rank = func.row_number().over(partition_by=self.parent, order_by=self.order.clauses()).label("place_in_parent")
        wanted = parent == any_(bindparam("parents", type_=ARRAY(parent.type)))
        ranked = statement.where(wanted).add_columns(rank).subquery()
        row = aliased(statement.column_descriptions[0]["entity"], ranked)
        first: Select[Any] = select(row).where(ranked.c.place_in_parent <= bindparam("most", type_=Integer))
        return first.order_by(getattr(row, parent.key), *self.order.clauses(row))


def _python_type(column: Mapped[Any]) -> type:
    """What a column's values are; SQLModel's own type for text does not say so itself."""
    kind = _attribute(column).type
    return kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type


def _attribute(column: Mapped[Any]) -> InstrumentedAttribute[Any]:
    return cast("InstrumentedAttribute[Any]", column)


async def count(fetch: Fetch, statement: Select[Any]) -> int:
    """How many rows a list has."""
    (found,) = await fetch(statement, _counted)
    return int(found)


def _counted(statement: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(statement.order_by(None).subquery())
