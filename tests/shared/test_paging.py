"""Keyset pages: every row once, in order, whatever the size of the pages."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import Field, col

from shared.database.driver import Driver
from shared.database.engine import Database
from shared.database.model import Record, new_registry
from shared.database.paging import InvalidCursor, Order, count, fetch_page, fetch_pages
from shared.ids import new_id
from stack.databases import empty
from tests.harness.databases import stored


class Model(Record, registry=new_registry()):
    pass


class Item(Model, table=True):
    parent_id: UUID = Field(index=True)
    rank: int


ORDER = Order((col(Item.rank), col(Item.id)))
PARENTS = [new_id() for _ in range(3)]


@pytest.fixture
async def driver(postgres_server: str) -> AsyncIterator[Driver]:
    async with empty(postgres_server) as url:
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.run_sync(Model.metadata.create_all)
        async with stored(database) as writing:
            writing.add_all(Item(parent_id=PARENTS[number % 2], rank=number % 4) for number in range(25))
        yield database.driver
        await database.close()


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("first", [1, 3, 7, 25, 100])
async def test_pages_cover_the_list_in_order(driver: Driver, first: int, descending: bool) -> None:
    order = Order(ORDER.columns, descending)
    whole = list(await driver.fetch(select(Item).order_by(*order.clauses())))
    found: list[Item] = []
    after = None
    while True:
        page = await fetch_page(driver.fetch, select(Item), order, first, after)
        found += page.rows
        assert page.has_previous == (after is not None)
        assert page.has_next == (len(found) < 25)
        if not page.has_next:
            break
        after = order.cursor(page.rows[-1])
    assert [item.id for item in found] == [item.id for item in whole]


async def test_first_pages_of_many_parents(driver: Driver) -> None:
    pages = await fetch_pages(driver.fetch, select(Item), ORDER, 4, col(Item.parent_id), PARENTS)
    assert list(pages) == PARENTS
    for parent in PARENTS[:2]:
        alone = await fetch_page(driver.fetch, select(Item).where(col(Item.parent_id) == parent), ORDER, 4, None)
        assert [item.id for item in pages[parent].rows] == [item.id for item in alone.rows]
        assert pages[parent].has_next
    assert (list(pages[PARENTS[2]].rows), pages[PARENTS[2]].has_next) == ([], False)


async def test_count(driver: Driver) -> None:
    assert await count(driver.fetch, select(Item).where(col(Item.rank) == 0)) == 7


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "W10=", "WzEsICJ4Il0="])
async def test_a_cursor_of_another_list_is_refused(driver: Driver, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        await fetch_page(driver.fetch, select(Item), ORDER, 1, cursor)
