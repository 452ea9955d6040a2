"""Keyset pages, beside slices of a plain sorted list: every row once, in order, whatever the size of the pages."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from operator import attrgetter
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Field, col

from shared.database.driver import Driver
from shared.database.engine import Database
from shared.database.model import Record, new_registry, timestamp
from shared.database.paging import InvalidCursor, Order, Slice, count, fetch_page, fetch_pages
from shared.ids import new_id
from stack.databases import empty
from tests.harness.databases import stored


class Model(Record, registry=new_registry()):
    pass


class Item(Model, table=True):
    parent_id: UUID = Field(index=True)
    rank: int
    name: str
    at: datetime = timestamp()


PARENTS = [new_id() for _ in range(3)]
ITEMS = [
    Item(
        parent_id=PARENTS[number % 2],
        rank=number % 4,
        name="abc"[number % 3],
        at=datetime(2026, 5, 4, tzinfo=UTC) + timedelta(microseconds=number % 5),
    )
    for number in range(25)
]
ORDER = Order((col(Item.rank), col(Item.id)))

orders = st.builds(
    Order,
    st.lists(st.sampled_from([col(Item.rank), col(Item.name), col(Item.at)]), unique_by=attrgetter("key")).map(
        lambda columns: (*columns, col(Item.id))
    ),
    st.booleans(),
)
sizes = st.integers(1, len(ITEMS) + 1)
places = st.none() | st.integers(0, len(ITEMS) - 1)
on_one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def keys(rows: Sequence[Item]) -> list[UUID]:
    return [row.id for row in rows]


def in_order(order: Order) -> list[Item]:
    key = attrgetter(*(column.key for column in order.columns), "id")
    return sorted(ITEMS, key=key, reverse=order.descending)


@pytest.fixture
async def driver(postgres_server: str) -> AsyncIterator[Driver]:
    async with empty(postgres_server) as url:
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.run_sync(Model.metadata.create_all)
        async with stored(database) as writing:
            writing.add_all(Item(**item.model_dump()) for item in ITEMS)
        yield database.driver
        await database.close()


@on_one_database
@given(orders, st.lists(sizes, min_size=1), st.booleans())
async def test_a_walk_from_either_end_covers_the_list(
    driver: Driver, order: Order, sizes: list[int], backward: bool
) -> None:
    found: list[UUID] = []
    cursor = None
    for size in cycle(sizes):
        wanted = Slice(size, before=cursor, is_end=True) if backward else Slice(size, after=cursor)
        page = await fetch_page(driver.fetch, select(Item), order, wanted)
        found = keys(page.rows) + found if backward else found + keys(page.rows)
        is_last, is_later = len(found) == len(ITEMS), cursor is not None
        assert (page.has_previous, page.has_next) == ((not is_last, is_later) if backward else (is_later, not is_last))
        if is_last:
            break
        cursor = order.cursor(page.rows[0 if backward else -1])
    assert found == keys(in_order(order))


@on_one_database
@given(orders, places, places, sizes, st.booleans())
async def test_a_page_between_two_cursors(
    driver: Driver, order: Order, after: int | None, before: int | None, size: int, is_end: bool
) -> None:
    whole = in_order(order)
    begin, end = (None if place is None else order.cursor(whole[place]) for place in (after, before))
    between = whole[0 if after is None else after + 1 : before]
    page = await fetch_page(driver.fetch, select(Item), order, Slice(size, begin, end, is_end))
    assert keys(page.rows) == keys(between[-size:] if is_end else between[:size])
    more = len(between) > size
    assert page.has_next == (before is not None if is_end else more)
    assert page.has_previous == (more if is_end else after is not None)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("is_end", [False, True])
async def test_pages_of_many_parents(driver: Driver, descending: bool, is_end: bool) -> None:
    order, wanted = Order(ORDER.columns, descending), Slice(4, is_end=is_end)
    pages = await fetch_pages(driver.fetch, select(Item), order, wanted, col(Item.parent_id), PARENTS)
    assert list(pages) == PARENTS
    for parent in PARENTS:
        statement = select(Item).where(col(Item.parent_id) == parent)
        alone = await fetch_page(driver.fetch, statement, order, wanted)
        assert keys(pages[parent].rows) == keys(alone.rows)
        assert (pages[parent].has_next, pages[parent].has_previous) == (alone.has_next, alone.has_previous)
    assert len(pages[PARENTS[0]].rows) == 4
    assert not pages[PARENTS[2]].rows


async def test_count(driver: Driver) -> None:
    assert await count(driver.fetch, select(Item).where(col(Item.rank) == 0)) == 7


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "W10=", "WzEsICJ4Il0="])
@pytest.mark.parametrize("side", ["after", "before"])
async def test_what_is_no_cursor_is_refused(driver: Driver, cursor: str, side: str) -> None:
    wanted = Slice(after=cursor) if side == "after" else Slice(before=cursor)
    with pytest.raises(InvalidCursor, match=side):
        await fetch_page(driver.fetch, select(Item), ORDER, wanted)


@given(orders, orders)
def test_a_cursor_of_another_order_is_refused(one: Order, other: Order) -> None:
    cursor = one.cursor(ITEMS[0])
    if one == other:
        assert one.values(cursor) == other.values(cursor)
    else:
        with pytest.raises(InvalidCursor):
            other.values(cursor)
