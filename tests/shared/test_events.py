"""From the outbox through the relay and Kafka to a consumer's effects, on the real servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import MetaData, text

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import system
from shared.database.engine import Database
from shared.database.migrations import migrate
from shared.events.consumer import Consumer, ConsumerRunner
from shared.events.effects import Effects
from shared.events.event import CloudEvent, Event
from shared.events.relay import Relay
from shared.events.replay import ReplayError, replay
from shared.events.topics import ensure_topics
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork, unit_of_work


class Stepped(Event, type="caregraph.tests.stepped.v1", key="walk_id"):
    """The tests' event."""

    walk_id: UUID
    step: int


class Steps:
    """A consumer that keeps the steps in the order in which they came; `obstacles` come in the way, one at a time."""

    def __init__(self) -> None:
        self.obstacles: list[Callable[[UnitOfWork], Awaitable[None]]] = []
        self.consumer = Consumer("steps", [self._take])

    async def _take(self, work: UnitOfWork, event: Stepped) -> None:
        if self.obstacles:
            await self.obstacles.pop(0)(work)
        values = {"walk": event.walk_id, "step": event.step}
        await work.session.execute(text("INSERT INTO step (walk_id, step) VALUES (:walk, :step)"), values)


class World:
    """A database of its own, a topic prefix of its own."""

    def __init__(self, database: Database, kafka: str) -> None:
        self.database, self.kafka, self.prefix = database, kafka, f"t{new_id().hex[-10:]}"
        self.steps = Steps()
        self.topic = f"{self.prefix}.tests"

    async def record(self, *events: Event) -> None:
        async with unit_of_work(self.database, AuditRecorder(system())) as work:
            for event in events:
                work.publish(event)

    async def send(self, *values: bytes) -> None:
        await ensure_topics(self.kafka, [self.topic])
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        try:
            for value in values:
                await producer.send_and_wait(self.topic, value, key=b"one")
        finally:
            await producer.stop()

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        async with _running(Relay(self.database, self.kafka, self.prefix, ["tests"]).run()):
            yield

    @asynccontextmanager
    async def consuming(self) -> AsyncIterator[None]:
        runner = ConsumerRunner(self.steps.consumer, self.database, self.kafka, self.prefix, "walker")
        async with _running(runner.run()):
            yield

    async def rows(self, statement: str) -> list[Any]:
        async with self.database.read() as session:
            return list((await session.execute(text(statement))).all())

    async def taken(self, walk: UUID | None = None) -> list[int]:
        rows = await self.rows("SELECT walk_id, step FROM step ORDER BY position")
        return [row.step for row in rows if walk in (None, row.walk_id)]

    async def dead_letters(self, count: int) -> list[tuple[bytes, dict[str, str]]]:
        """What was put aside, with its headers."""
        kafka = AIOKafkaConsumer(
            f"{self.prefix}.dead-letter.walker", bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        await kafka.start()
        try:
            found = [await asyncio.wait_for(kafka.getone(), 10) for _ in range(count)]
        finally:
            await kafka.stop()
        return [(item.value or b"", {name: value.decode() for name, value in item.headers}) for item in found]


@asynccontextmanager
async def _running(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _until(condition: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - the condition is in a database
            await asyncio.sleep(0.02)


@pytest.fixture
async def world(postgres_server: str, kafka_bootstrap: str, tmp_path: Path) -> AsyncIterator[World]:
    name = f"events_{new_id().hex[-12:]}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f'CREATE DATABASE "{name}"')
    url = f"{postgres_server.rsplit('/', 1)[0]}/{name}"
    (tmp_path / "migrations").mkdir()
    await migrate(url, tmp_path)
    database = Database(url)
    async with database.write() as session:
        await session.execute(
            text("CREATE TABLE step (position bigserial, walk_id uuid NOT NULL, step int NOT NULL CHECK (step < 1000))")
        )
    yield World(database, kafka_bootstrap)
    await database.close()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


async def test_events_reach_the_consumer_once_in_the_order_of_their_key(world: World) -> None:
    walks = [new_id() for _ in range(5)]
    async with world.relaying(), world.consuming():
        for step in range(40):
            await world.record(*(Stepped(walk_id=walk, step=step) for walk in walks))

        async def all_taken() -> bool:
            return len(await world.taken()) == 200

        await _until(all_taken)
    for walk in walks:
        assert await world.taken(walk) == list(range(40))
    assert await world.rows("SELECT 1 FROM outbox WHERE published_at IS NULL") == []


async def test_an_event_published_again_has_one_effect(world: World) -> None:
    first, last = (CloudEvent.of(Stepped(walk_id=new_id(), step=step)) for step in (1, 2))
    await world.send(first.encode(), first.encode())
    async with world.consuming():
        await _until(lambda: _equals(world.taken(), [1]))
        await world.send(first.encode(), last.encode())
        await _until(lambda: _equals(world.taken(), [1, 2]))


async def test_a_relay_that_died_before_marking_publishes_again_without_a_second_effect(world: World) -> None:
    async with world.consuming():
        async with world.relaying():
            await world.record(Stepped(walk_id=new_id(), step=1))
            await _until(lambda: _equals(world.taken(), [1]))
        async with world.database.write() as session:
            await session.execute(text("UPDATE outbox SET published_at = NULL"))
        async with world.relaying():
            await world.record(Stepped(walk_id=new_id(), step=2))
            ends = "SELECT sum(next_offset)::int FROM consumer_offset"
            await _until(lambda: _equals(world.rows(ends), [(3,)]))  # in two partitions, in any order
    assert await world.taken() == [1, 2]


async def test_a_rolled_back_unit_of_work_publishes_nothing(world: World) -> None:
    with pytest.raises(ValueError, match="no"):
        async with unit_of_work(world.database, AuditRecorder(system())) as work:
            work.publish(Stepped(walk_id=new_id(), step=1))
            raise ValueError("no")
    assert await world.rows("SELECT 1 FROM outbox") == []


async def test_poison_goes_to_the_dead_letters_with_its_cause_and_the_rest_goes_on(world: World) -> None:
    walk = new_id()
    good = [CloudEvent.of(Stepped(walk_id=walk, step=step)).encode() for step in (1, 2)]
    misshapen = CloudEvent.of(Stepped(walk_id=walk, step=3))
    misshapen.data.pop("step")
    forbidden = CloudEvent.of(Stepped(walk_id=walk, step=1000))  # the table refuses it
    await world.send(good[0], b"\xffnot json", misshapen.encode(), forbidden.encode(), good[1])
    async with world.consuming():
        await _until(lambda: _equals(world.taken(), [1, 2]))
        letters = await world.dead_letters(3)
    causes = {value: headers["dead-letter-cause"] for value, headers in letters}
    assert causes == {
        b"\xffnot json": "not a CloudEvent: not JSON",
        misshapen.encode(): "caregraph.tests.stepped.v1: step (missing)",
        forbidden.encode(): "IntegrityError",
    }
    origins = sorted(headers["dead-letter-origin"].rsplit("/", 1)[1] for _, headers in letters)
    assert origins == ["1", "2", "3"]
    assert {headers["dead-letter-consumer"] for _, headers in letters} == {"walker.steps"}


async def test_a_failure_that_passes_is_tried_again(world: World) -> None:
    async def stumble(_: UnitOfWork) -> None:
        raise RuntimeError("not now")

    world.steps.obstacles = [stumble, stumble]
    await world.send(CloudEvent.of(Stepped(walk_id=new_id(), step=1)).encode())
    async with world.consuming():
        await _until(lambda: _equals(world.taken(), [1]))


async def test_a_database_that_is_away_loses_and_buries_nothing(world: World) -> None:
    async def cut(work: UnitOfWork) -> None:
        await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    world.steps.obstacles = [cut, cut, cut, cut]  # once more than an event is tried before it is put aside
    await world.send(CloudEvent.of(Stepped(walk_id=new_id(), step=1)).encode())
    async with world.consuming():
        await _until(lambda: _equals(world.taken(), [1]))


async def test_a_consumer_goes_on_where_its_database_says(world: World) -> None:
    walk = new_id()
    async with world.consuming():
        await world.send(*(CloudEvent.of(Stepped(walk_id=walk, step=step)).encode() for step in (1, 2)))
        await _until(lambda: _equals(world.taken(), [1, 2]))
    async with world.database.write() as session:
        await session.execute(text("DELETE FROM consumed_event"))  # so that only the offset can keep 1 and 2 away
    async with world.consuming(), world.consuming():  # two processes: one of them has the partition
        await world.send(CloudEvent.of(Stepped(walk_id=walk, step=3)).encode())
        await _until(lambda: _equals(world.taken(), [1, 2, 3]))
        await asyncio.sleep(0.3)
    assert await world.taken() == [1, 2, 3]


async def test_a_replay_makes_the_same_tables_while_the_consumer_runs(world: World) -> None:
    walk, effects = new_id(), Effects(world.steps.consumer, "walker")
    metadata = MetaData()
    async with world.database.engine.connect() as connection:
        await connection.run_sync(lambda sync: metadata.reflect(sync, only=["step"]))
    tables = [metadata.tables["step"]]
    twice = CloudEvent.of(Stepped(walk_id=walk, step=7)).encode()
    poison = CloudEvent.of(Stepped(walk_id=walk, step=1000)).encode()
    bulk = [CloudEvent.of(Stepped(walk_id=walk, step=step)).encode() for step in range(300)]
    await world.send(twice, poison, twice, *bulk)
    seen: list[tuple[int, int]] = []
    async with world.consuming():
        await _until(lambda: _equals(_count(world), 301))
        async with world.database.write() as session:
            await session.execute(text("UPDATE step SET step = 8 WHERE step = 299"))  # what a repair is for
        done = await replay(effects, world.database, world.kafka, tables, lambda *counts: seen.append(counts))
        await world.send(CloudEvent.of(Stepped(walk_id=walk, step=500)).encode())
        await _until(lambda: _equals(_count(world), 302))
    assert (done.records, done.failed) == (303, 1)
    assert seen[-1] == (303, 303)
    assert sorted(await world.taken()) == sorted([7, *range(300), 500])


async def test_a_replay_of_what_kafka_has_lost_changes_nothing(world: World) -> None:
    async with world.consuming():
        await world.send(CloudEvent.of(Stepped(walk_id=new_id(), step=1)).encode())
        await _until(lambda: _equals(world.taken(), [1]))
    async with world.database.write() as session:
        await session.execute(text("UPDATE consumer_offset SET next_offset = next_offset + 5 WHERE next_offset > 0"))
    with pytest.raises(ReplayError, match="restore the topic first"):
        await replay(Effects(world.steps.consumer, "walker"), world.database, world.kafka, [], lambda *_: None)
    assert await world.taken() == [1]


async def _equals(value: Awaitable[Any], expected: Any) -> bool:
    return bool(await value == expected)


async def _count(world: World) -> int:
    return len(await world.taken())


def test_an_event_names_its_key_among_its_fields() -> None:
    with pytest.raises(TypeError, match="Fallen has no field `walk`"):

        class Fallen(Event, type="caregraph.tests.fallen.v1", key="walk"):
            """An event whose key is misspelt."""

            walk_id: UUID
