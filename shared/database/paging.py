"""Pages of a list by keyset: a page begins, or ends, at a row of the one beside it, so it costs the same at any depth."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast
from zlib import crc32

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    TypeDecorator,
    any_,
    bindparam,
    false,
    func,
    inspect,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased

from shared.database.driver import Fetch
from shared.database.rows import columns_beside, grouped

T = TypeVar("T")

MAXIMUM_SIZE = 100
DEFAULT_SIZE = 20


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
class Slice:
    """Which rows of a list a page has: so many of those between two cursors, the first of them or the last."""

    size: int = DEFAULT_SIZE
    after: str | None = None
    before: str | None = None
    is_end: bool = False

    def places(self, order: "Order") -> dict[str, Any]:
        """The parameters of what its cursors say of a list in this order; raises InvalidCursor."""
        return {**_place("after", order, self.after), **_place("before", order, self.before)}


@dataclass(frozen=True)
class Order:
    """The columns that a list is ordered by, none of them null; the last one is unique. `descending` turns all of them."""

    columns: tuple[Any, ...]  # attributes of one model, as `col` gives them, or columns of one sub-query
    descending: bool = False

    @cached_property
    def mark(self) -> int:
        """Tells its cursors from those of other orders, whose values may be of the same kinds."""
        return crc32(f"{[column.key for column in self.columns]} {self.descending}".encode())

    @property
    def reverse(self) -> "Order":
        """The same from its end."""
        return replace(self, descending=not self.descending)

    def clauses(self, entity: Any = None) -> list[ColumnElement[Any]]:
        """ORDER BY."""
        columns = [column if entity is None else getattr(entity, column.key) for column in self.columns]
        return [column.desc() if self.descending else column.asc() for column in columns]

    def after(self, values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
        """WHERE: the rows after the one with these values."""
        if not self.columns:
            return false()
        here, there = tuple_(*self.columns), tuple_(*values)
        return here < there if self.descending else here > there

    def cursor(self, row: Any) -> str:
        """The cursor of a row."""
        values = [getattr(row, column.key) for column in self.columns]
        # asyncpg's UUID is a class of its own
        return base64.urlsafe_b64encode(orjson.dumps([self.mark, *values], default=str)).decode()

    def values(self, cursor: str) -> list[Any]:
        """A cursor's values; raises InvalidCursor."""
        try:
            mark, *values = orjson.loads(base64.urlsafe_b64decode(cursor))
            if mark != self.mark:
                raise InvalidCursor
            kinds = [_python_type(column) for column in self.columns]
            return [_read(kind, value) for kind, value in zip(kinds, values, strict=True)]
        except (ValueError, TypeError, OverflowError, binascii.Error):
            raise InvalidCursor from None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list in its order, and whether more come after and before."""

    rows: Sequence[T]
    order: Order
    has_next: bool
    has_previous: bool

    @classmethod
    def of(cls, found: Sequence[T], order: Order, wanted: Slice) -> "Page[T]":
        """Of one row more than is wanted, if there is one, from the side that is asked for."""
        more, rows = len(found) > wanted.size, found[: wanted.size]
        if wanted.is_end:
            return cls(rows[::-1], order, wanted.before is not None, more)
        return cls(rows, order, more, wanted.after is not None)


async def fetch_page(fetch: Fetch, statement: Select[T], order: Order, wanted: Slice) -> Page[T]:
    """A page of `statement` in one query; raises InvalidCursor."""
    places = wanted.places(order)
    return Page.of(await fetch(statement, _Page.of(order, wanted), most=wanted.size + 1, **places), order, wanted)


@dataclass(frozen=True, eq=False, slots=True)
class ListOfEach(Generic[T]):
    """A list of each of many parents: `write(principal, …)` gives the rows of all; `parent` is the column that names them."""

    write: Callable[..., Select[T]]
    parent: Any


async def fetch_pages(
    fetch: Fetch, statement: Select[T], order: Order, wanted: Slice, parent: Any, keys: Iterable[Any]
) -> Mapping[Any, Page[T]]:
    """The page of each parent's list in one query; raises InvalidCursor. `parent` is the column that names the parent."""
    keys, derive = list(keys), _PageOfEach(_Page.of(order, wanted), parent)
    found = await fetch(statement, derive, most=wanted.size + 1, parents=keys, **wanted.places(order))
    rows = grouped(found, attrgetter(_attribute(parent).key), keys)
    return {key: Page.of(each, order, wanted) for key, each in zip(keys, rows, strict=True)}


def _place(name: str, order: Order, cursor: str | None) -> dict[str, Any]:
    """The parameters of one end of a page."""
    if cursor is None:
        return {}
    try:
        return {f"{name}_{place}": value for place, value in enumerate(order.values(cursor))}
    except InvalidCursor:
        raise InvalidCursor(f"`{name}` is not a cursor of this list") from None


@dataclass(frozen=True, slots=True)
class _Page:
    """Makes the statement of a list that of its first `most` rows, or the last, after a place, before one."""

    order: Order
    is_end: bool
    after: bool
    before: bool

    @classmethod
    def of(cls, order: Order, wanted: Slice) -> "_Page":
        """That of a slice."""
        return cls(order, wanted.is_end, wanted.after is not None, wanted.before is not None)

    def __call__(self, statement: Select[T]) -> Select[T]:
        return self.narrowed(statement).order_by(*self.outward.clauses()).limit(bindparam("most", type_=Integer))

    @property
    def outward(self) -> Order:
        """From the end of the list where the page begins to be read."""
        return self.order.reverse if self.is_end else self.order

    def narrowed(self, statement: Select[T]) -> Select[T]:
        """To the rows between the cursors."""
        if self.after:
            statement = statement.where(self.order.after(self._values("after")))
        if self.before:
            statement = statement.where(self.order.reverse.after(self._values("before")))
        return statement

    def _values(self, name: str) -> list[ColumnElement[Any]]:
        return [bindparam(f"{name}_{place}", type_=column.type) for place, column in enumerate(self.order.columns)]


@dataclass(frozen=True, slots=True)
class _PageOfEach:
    """Makes the statement of a list that of a page of each of `parents`."""

    page: _Page
    parent: Any

    def __call__(self, statement: Select[T]) -> Select[T]:
        parent, order = _attribute(self.parent), self.page.outward
        rank = func.row_number().over(partition_by=self.parent, order_by=order.clauses()).label("place_in_parent")
        ranked = self.page.narrowed(_of_parents(statement, parent)).add_columns(rank).subquery()
        entity = statement.column_descriptions[0]["entity"]
        row, beside = aliased(entity, ranked), columns_beside(inspect(entity).mapper.class_, ranked.c)
        first: Select[Any] = select(row, *beside).where(ranked.c.place_in_parent <= bindparam("most", type_=Integer))
        return first.order_by(getattr(row, parent.key), *order.clauses(row))


def _python_type(column: Any) -> type:
    """What a column's values are; SQLModel's own type for text does not say so itself."""
    kind = column.type
    return kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type


def _attribute(column: Mapped[Any]) -> InstrumentedAttribute[Any]:
    return cast("InstrumentedAttribute[Any]", column)


async def count(fetch: Fetch, statement: Select[Any]) -> int:
    """How many rows a list has."""
    (found,) = await fetch(statement, _counted)
    return int(found)


async def count_each(fetch: Fetch, statement: Select[Any], parent: Any, keys: Iterable[Any]) -> list[int]:
    """How many rows each parent's list has, in one query."""
    keys = list(keys)
    found = dict(await fetch(statement, _CountOfEach(parent), parents=keys))
    return [found.get(key, 0) for key in keys]


@dataclass(frozen=True, slots=True)
class _CountOfEach:
    """Makes the statement of a list that of how many rows each of `parents` has."""

    parent: Any

    def __call__(self, statement: Select[Any]) -> Select[Any]:
        parent = _attribute(self.parent)
        return _of_parents(statement, parent).with_only_columns(parent, func.count()).group_by(parent)


def _of_parents(statement: Select[T], parent: InstrumentedAttribute[Any]) -> Select[T]:
    return statement.where(parent == any_(bindparam("parents", type_=ARRAY(parent.type))))


def _counted(statement: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(statement.order_by(None).subquery())
