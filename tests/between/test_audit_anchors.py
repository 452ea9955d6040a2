"""`caregraph audit verify` on tampered copies of a database, with the anchors of its trail in Kafka."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr
from typer.testing import CliRunner

from shared.audit.anchor import Anchor, Anchoring, read_anchors, send
from shared.audit.seal import head, seal
from shared.database.engine import Database
from shared.database.model import utc_now
from shared.events.topics import anchor_topic
from shared.ids import new_id
from stack.cli import app
from tests.harness.clinic import Addresses, open_clinic
from tests.harness.databases import cloned, copied
from tests.shared.test_audit import add_entries

KEY = SecretStr("the key of the tests' anchors, 32+")
OTHER_KEY = SecretStr("the key of somebody else, 32 or more")
SERVICE = "directory"

CHANGED, REMADE = "an entry was changed, moved or removed", "the chain was made anew"
CUT = "the newest entries were removed"
DENIED = "UPDATE audit_entry SET outcome = 'denied' WHERE seal = 3"
LAST_DENIED = "UPDATE audit_entry SET outcome = 'denied' WHERE seal = 8"
SWAPPED = """
    UPDATE audit_entry SET (at, resource_ids, patients) =
        (SELECT at, resource_ids, patients FROM audit_entry AS other WHERE other.seal = 7 - audit_entry.seal)
    WHERE seal IN (3, 4)
"""
UNSEALED = "UPDATE audit_entry SET seal = NULL, hash = NULL"


@dataclass(frozen=True)
class Trail:
    """A trail of 8 sealed entries, whose fourth and eighth were anchored; nobody is connected to its database."""

    database: str
    kafka: str
    prefix: str

    @property
    def topic(self) -> str:
        return anchor_topic(self.prefix, SERVICE)


@pytest.fixture
async def trail(postgres_server: str, kafka_bootstrap: str) -> AsyncIterator[Trail]:
    async with cloned(postgres_server, [import_module(f"subgraphs.{SERVICE}.app").service]) as urls:
        made = Trail(urls[SERVICE], kafka_bootstrap, f"t{new_id().hex[-10:]}")
        database = Database(made.database)
        anchoring = Anchoring(database, made.kafka, made.prefix, SERVICE, KEY)
        for _ in range(2):
            await add_entries(database, 4)
            await seal(database)
            for _ in range(2):
                await anchoring.run()
        await database.close()
        yield made


Verify = Callable[..., Awaitable[str]]


@pytest.fixture
def verify(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> Verify:
    async def run(
        database: str,
        *,
        status: int,
        kafka: str = trail.kafka,
        prefix: str = trail.prefix,
        key: SecretStr = KEY,
    ) -> str:
        async def find(_: object) -> dict[str, str]:
            return {SERVICE: database}

        monkeypatch.setattr("stack.databases.find", find)
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "KAFKA_TOPIC_PREFIX": prefix,
            "AUDIT_ANCHOR_KEY": key.get_secret_value(),
        }
        result = await asyncio.to_thread(CliRunner().invoke, app, ["audit", "verify", SERVICE], env=environment)
        assert result.exit_code == status, result.output
        return result.output

    return run


async def tamper(address: str, statements: Sequence[str], *, entries: int, sealed: bool) -> None:
    """What somebody can do who owns the database, and knows how a chain is made."""
    connection = await asyncpg.connect(address)
    await connection.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
    database = Database(address)
    await add_entries(database, entries)
    if sealed:
        await seal(database)
    await database.close()


async def test_every_kind_of_tampering_is_found(trail: Trail, verify: Verify) -> None:
    told = await verify(trail.database, status=0)
    assert "whole" in told
    assert "4 to 8" in told
    for what, statements, entries, sealed in (
        (f"broken at seal 3: {CHANGED}", [DENIED], 0, False),
        (f"broken at seal 5: {CHANGED}", ["DELETE FROM audit_entry WHERE seal = 5"], 0, False),
        (f"broken at seal 3: {CHANGED}", [SWAPPED], 0, False),
        (f"broken at seal 8: {CUT}", ["DELETE FROM audit_entry WHERE seal = 8"], 0, False),
        (f"broken at seal 1: {CUT}", ["DELETE FROM audit_entry"], 0, False),
        (f"broken at seal 4: {REMADE}", [DENIED, UNSEALED], 0, True),
        (f"broken at seal 4: {REMADE}", [SWAPPED, UNSEALED], 0, True),
        (f"broken at seal 8: {REMADE}", [LAST_DENIED, UNSEALED], 0, True),
        (f"broken at seal 8: {REMADE}", ["DELETE FROM audit_entry WHERE seal > 6"], 5, True),
    ):
        async with copied(trail.database) as copy:
            await tamper(copy, statements, entries=entries, sealed=sealed)
            assert what in await verify(copy, status=1), statements


async def test_a_chain_that_goes_on_is_whole(trail: Trail, verify: Verify) -> None:
    await tamper(trail.database, [UNSEALED], entries=3, sealed=True)
    assert "whole" in await verify(trail.database, status=0), "the same entries, sealed again, are the same chain"


async def test_an_empty_chain_is_anchored_and_so_is_what_comes_first(trail: Trail, verify: Verify) -> None:
    async with copied(trail.database) as copy:
        await tamper(copy, ["DELETE FROM audit_entry"], entries=0, sealed=False)
        prefix = f"t{new_id().hex[-10:]}"
        assert "Kafka has no topic" in await verify(copy, status=3, prefix=prefix)
        database = Database(copy)
        anchoring = Anchoring(database, trail.kafka, prefix, SERVICE, KEY)
        await anchoring.run()
        assert "0 to 0" in await verify(copy, status=0, prefix=prefix)
        await add_entries(database, 2)
        await seal(database)
        await anchoring.run()
        await database.close()
        assert "0 to 2" in await verify(copy, status=0, prefix=prefix)
        await tamper(copy, ["DELETE FROM audit_entry"], entries=0, sealed=False)
        assert f"broken at seal 1: {CUT}" in await verify(copy, status=1, prefix=prefix)


async def test_what_nothing_can_be_compared_with_is_not_proven(trail: Trail, verify: Verify) -> None:
    for cause, options in (
        ("Kafka does not answer", {"kafka": "127.0.0.1:9"}),
        ("Kafka has no topic", {"prefix": "another"}),
        ("Kafka has no anchors of it", {"key": OTHER_KEY}),
    ):
        told = await verify(trail.database, status=3, **options)
        assert cause in told
        assert "not proven: that the newest entries are there" in told
    async with copied(trail.database) as copy:
        await tamper(copy, [DENIED], entries=0, sealed=False)
        assert "broken at seal 3" in await verify(copy, status=1, kafka="127.0.0.1:9")


async def test_nobody_without_the_key_can_forge_an_anchor(trail: Trail, verify: Verify) -> None:
    forged = Anchor(SERVICE, 99, "00", utc_now())
    await send(trail.kafka, trail.topic, OTHER_KEY, forged)
    await send(trail.kafka, trail.topic, KEY, Anchor("patients", 99, "00", utc_now()))
    producer = AIOKafkaProducer(bootstrap_servers=trail.kafka)
    await producer.start()
    await producer.send_and_wait(trail.topic, b"\xff no anchor")
    await producer.stop()
    told = await verify(trail.database, status=0)
    assert "3 records among its anchors are not by our key, and prove nothing" in told


async def test_two_anchors_of_a_seal_that_differ_are_found(trail: Trail, verify: Verify) -> None:
    await send(trail.kafka, trail.topic, KEY, Anchor(SERVICE, 8, "00", utc_now()))
    assert f"broken at seal 8: {REMADE}" in await verify(trail.database, status=1)


async def test_a_service_anchors_what_it_has_sealed(postgres_server: str, redis_url: str, kafka_bootstrap: str) -> None:
    addresses = Addresses(postgres_server, redis_url, kafka_bootstrap)
    async with open_clinic(addresses, (SERVICE,), events=True) as clinic:
        running = clinic.service(SERVICE)
        await add_entries(running.runtime.database, 1)

        async def sealed() -> tuple[int, bytes] | None:
            found = await head(running.runtime.database)
            return found if found[0] else None

        number, found = await clinic.until(sealed)
    settings = running.settings
    anchors = await read_anchors(kafka_bootstrap, settings.kafka_topic_prefix, SERVICE, settings.audit_anchor_key)
    assert anchors.hashes[number] == found
