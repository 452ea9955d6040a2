"""Several lists of each of many parents as one, in the order of a time that each of their rows has."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import DateTime, Uuid, column

from shared.database.paging import InvalidCursor, ListOfEach, Order, Page, Slice, count_each, fetch_pages
from shared.graph.connections import Connection
from shared.graph.context import Context
from shared.graph.errors import bad_input

Node = TypeVar("Node")

_COLUMNS = (column("at", DateTime(timezone=True)), column("id", Uuid))


class Moment(NamedTuple):
    """A row of one of the lists, its time and its key."""

    at: datetime
    id: UUID
    row: Any


@dataclass(frozen=True, eq=False)
class Interleaved:
    """The lists, each with its order: by a time, then by key, all of them ascending, or all `descending`."""

    lists: Sequence[tuple[ListOfEach[Any], Order]]
    descending: bool = True

    @property
    def order(self) -> Order:
        """That of all of them."""
        return Order(_COLUMNS, self.descending)


class _Wanted(NamedTuple):
    """A page of the lists of one parent; `wanted` goes to what writes the statements."""

    whole: Interleaved
    key: UUID
    page: Slice
    wanted: tuple[Hashable, ...]


async def connect_interleaved(
    context: Context, whole: Interleaved, key: UUID, convert: Callable[[Moment], Node], page: Slice, *wanted: Hashable
) -> Connection[Node]:
    """A page of one parent's lists, in a statement a list for all parents of which it is asked alike."""
    try:
        page.places(whole.order)
    except InvalidCursor as error:
        raise bad_input(str(error)) from None
    asked = _Wanted(whole, key, page, wanted)
    return Connection(
        page=await context.load(_load, asked), convert=convert, count=partial(context.load, _counts, asked)
    )


async def _load(context: Context, asked: Sequence[_Wanted]) -> list[Page[Moment]]:
    alike: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for whole, key, page, wanted in asked:
        alike[whole, page, wanted].append(key)
    found: dict[_Wanted, Page[Moment]] = {}
    for (whole, page, wanted), keys in alike.items():
        each = await asyncio.gather(*(_pages(context, whole, one, page, keys, wanted) for one in whole.lists))
        merged = {key: _merged(whole.order, [pages[key] for pages in each], page) for key in keys}
        found |= {_Wanted(whole, key, page, wanted): merged[key] for key in keys}
    return [found[one] for one in asked]


async def _counts(context: Context, asked: Sequence[_Wanted]) -> list[int]:
    """How many rows the lists have."""
    alike: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for whole, key, _, wanted in asked:
        alike[whole, wanted].append(key)
    found: dict[tuple[Any, ...], int] = {}
    for (whole, wanted), keys in alike.items():
        each = await asyncio.gather(
            *(
                count_each(context.fetch, context.written(lists.write, *wanted), lists.parent, keys)
                for lists, _ in whole.lists
            )
        )
        found |= {(whole, key, wanted): sum(numbers) for key, *numbers in zip(keys, *each, strict=True)}
    return [found[whole, key, wanted] for whole, key, _, wanted in asked]


async def _pages(
    context: Context,
    whole: Interleaved,
    one: tuple[ListOfEach[Any], Order],
    page: Slice,
    keys: Sequence[UUID],
    wanted: tuple[Hashable, ...],
) -> Mapping[UUID, Page[Any]]:
    lists, order = one
    own = replace(page, after=_cursor(whole, page.after, order), before=_cursor(whole, page.before, order))
    statement = context.written(lists.write, *wanted)
    found = await fetch_pages(context.fetch, statement, order, own, lists.parent, keys)
    name = order.columns[0].key
    return {
        key: replace(each, rows=[Moment(getattr(row, name), row.id, row) for row in each.rows])
        for key, each in found.items()
    }


def _cursor(whole: Interleaved, cursor: str | None, order: Order) -> str | None:
    """The cursor of a list for the same place; nothing has to be there."""
    if cursor is None:
        return None
    names = [column.key for column in order.columns]
    return order.cursor(SimpleNamespace(**dict(zip(names, whole.order.values(cursor), strict=True))))


def _merged(order: Order, pages: Sequence[Page[Moment]], wanted: Slice) -> Page[Moment]:
    every = (moment for page in pages for moment in page.rows)
    moments = sorted(every, key=lambda each: each[:2], reverse=order.descending)
    over = len(moments) > wanted.size
    rows = moments[-wanted.size :] if wanted.is_end else moments[: wanted.size]
    has_next = any(page.has_next for page in pages) or (over and not wanted.is_end)
    has_previous = any(page.has_previous for page in pages) or (over and wanted.is_end)
    return Page(rows, order, has_next, has_previous)
