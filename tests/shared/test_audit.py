"""The audit trail's chain: what is sealed can be checked, and a change is found."""

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module

import asyncpg
import pytest

from shared.audit.recorder import Action, AuditRecorder
from shared.audit.seal import Fault, Verification, seal, verify
from shared.auth.principal import system
from shared.database.engine import Database
from shared.database.tables import AuditEntry
from shared.ids import new_id
from tests.harness.databases import cloned


@pytest.fixture
async def url(postgres_server: str) -> AsyncIterator[str]:
    service = import_module("subgraphs.directory.app").service
    async with cloned(postgres_server, [service]) as urls:
        yield urls["directory"]


async def add_entries(database: Database, number: int) -> None:
    async with database.write() as session:
        recorder = AuditRecorder(system(), operation="Test")
        for place in range(number):
            entry = recorder.entry(Action.READ, "Thing", [new_id()], [new_id()], detail={"reason": "test"})
            session.add(AuditEntry(**entry | {"locations": [new_id()] if place % 2 else None}))


async def test_a_sealed_chain_is_whole(url: str) -> None:
    database = Database(url)
    await add_entries(database, 1200)
    assert await verify(database, {}) == Verification(sealed=0, unsealed=1200)
    assert await seal(database) == 1200
    await asyncio.gather(*(add_entries(database, 3) for _ in range(5)))
    assert await seal(database) == 15
    assert await verify(database, {}) == Verification(sealed=1215, unsealed=0)
    await database.close()


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit_entry SET outcome = 'denied' WHERE seal = 3", 3),
        ("UPDATE audit_entry SET patients = '{}' WHERE seal = 2", 2),
        ("UPDATE audit_entry SET locations = '{}' WHERE seal = 3", 3),
        ("UPDATE audit_entry SET locations = NULL WHERE seal = 4", 4),
        ("DELETE FROM audit_entry WHERE seal = 4", 4),
        ("UPDATE audit_entry SET hash = 'x' WHERE seal = 5", 5),
    ],
)
async def test_tampering_is_found(url: str, tampering: str, broken_at: int) -> None:
    database = Database(url)
    await add_entries(database, 6)
    await seal(database)
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    await connection.execute(tampering)
    await connection.close()
    assert await verify(database, {}) == Verification(broken_at - 1, 0, broken_at, Fault.ENTRY)
    await database.close()
