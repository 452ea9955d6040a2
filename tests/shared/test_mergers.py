"""Mergers give the survivor, in whatever order their events and what is written for the merged ones come."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text
from sqlmodel import col

from shared.database.engine import Database
from shared.database.tables import Merger
from shared.events.mergers import Mergers
from shared.ids import new_id
from shared.unit_of_work import system_work
from subgraphs.notifications.models import Kind, Notification
from tests.harness.clinic import Clinic
from tests.harness.databases import cloned, stored

MERGERS = Mergers((col(Notification.recipient), col(Notification.patient_id)))
_BLOCKED = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

# Who is merged into whom, in the order in which it happened.
HISTORIES = {
    "a chain": ["AB", "BC", "CD"],
    "a chain from its end": ["CD", "BC", "AB"],
    "a tree": ["AC", "BC"],
    "two pairs that become one": ["AB", "CD", "BD"],
    "a fork and a chain": ["AD", "BC", "CD"],
}


@pytest.fixture
async def database(postgres_server: str) -> AsyncIterator[Database]:
    service = import_module("subgraphs.notifications.app").service
    async with cloned(postgres_server, [service]) as urls:
        opened = Database(urls["notifications"])
        yield opened
        await opened.close()


def _orders(history: list[str]) -> Iterator[list[str]]:
    """Every order of the events, and each with one of them delivered again at the end."""
    for order in permutations(history):
        yield list(order)
        yield from ([*order, again] for again in order)


@pytest.mark.parametrize("history", HISTORIES)
async def test_every_order_of_events_leads_to_the_survivor(database: Database, history: str) -> None:
    steps = HISTORIES[history]
    everybody = sorted(set("".join(steps)))
    (last,) = set(everybody) - {step[0] for step in steps}
    for order in _orders(steps):
        keys = {name: new_id() for name in everybody}
        names = {key: name for name, key in keys.items()}

        async def tell(name: str, keys: dict[str, UUID] = keys) -> None:
            async with system_work(database, "test") as work:
                key = await work.survivor(keys[name])
                work.session.add(Notification(recipient=key, patient_id=key, kind=Kind.APPOINTMENT_BOOKED))

        for name in everybody:
            await tell(name)
        for step in order:
            async with system_work(database, "test") as work:
                await MERGERS.follow(work, keys[step[0]], keys[step[1]])
            for name in everybody:
                await tell(name)
        async with stored(database) as session:
            rows = (await session.scalars(select(Notification))).all()
            stands = {names[row.merged_id]: names[row.survivor_id] for row in await session.scalars(select(Merger))}
            assert {names[row.recipient] for row in rows} == {last}, order
            assert {row.recipient for row in rows} == {row.patient_id for row in rows}
            assert stands == dict.fromkeys(sorted(set(everybody) - {last}), last), order
            await session.execute(delete(Notification))
            await session.execute(delete(Merger))


async def test_whoever_writes_for_a_merged_one_meanwhile_is_waited_for(database: Database) -> None:
    merged, survivor = new_id(), new_id()

    async def merge() -> None:
        async with system_work(database, "test") as work:
            await MERGERS.follow(work, merged, survivor)

    async with system_work(database, "test") as work:
        key = await work.survivor(merged)
        merging = asyncio.create_task(merge())
        async with database.read() as session:
            await Clinic.until(lambda: session.scalar(_BLOCKED))
        work.session.add(Notification(recipient=key, kind=Kind.APPOINTMENT_BOOKED))
    await merging
    async with stored(database) as session:
        assert (await session.scalars(select(col(Notification.recipient)))).all() == [survivor]
