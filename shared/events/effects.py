"""What a consumer's events do to its database: each event's effect exactly once.

The effects, the events' ids and the offset are one transaction. The offset is locked first, so records that were dealt
with before, by this process or another, are passed over; ids tell an event that was published twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, get_args, get_type_hints
from uuid import UUID

from aiokafka import ConsumerRecord
from opentelemetry.trace import SpanKind
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.database.engine import Database
from shared.database.tables import ConsumerOffset
from shared.events.event import CloudEvent, Event, read_data
from shared.telemetry.tracing import span_of_remote
from shared.unit_of_work import UnitOfWork, system_work

KafkaRecord = ConsumerRecord[Any, Any]

_REMEMBER = text("""
    INSERT INTO consumed_event (consumer, event_id, consumed_at)
    SELECT :consumer, event_id, now() FROM unnest(CAST(:events AS uuid[])) AS event_id
    ON CONFLICT DO NOTHING RETURNING event_id
""")

_OFFSET = text("""
    INSERT INTO consumer_offset (consumer, topic, partition, next_offset)
    VALUES (:consumer, :topic, :partition, :next_offset)
    ON CONFLICT (consumer, topic, partition)
    DO UPDATE SET next_offset = greatest(consumer_offset.next_offset, excluded.next_offset)
    RETURNING next_offset
""")

Handler = Callable[[UnitOfWork, Any, CloudEvent], Awaitable[None]]


class Consumer:
    """What a service does about others' events; `name` is its consumer group. Types without a handler are passed over.

    A handler is `async def booked(work: UnitOfWork, event: Booked) -> None`: it gets the events of the annotated class, or of
    each class of a union, and their `envelope: CloudEvent` if it asks for it; or it is an object with `events`, such as a
    `Projection`.
    """

    def __init__(self, name: str, handlers: Sequence[Callable[..., Awaitable[None]]]) -> None:
        self.name = name
        self.handlers: dict[type[Event], Handler] = {}
        for handler in handlers:
            kinds, call = _handler(handler)
            if known := self.handlers.keys() & kinds:
                raise TypeError(f"{known.pop().__name__} has two handlers")
            self.handlers |= dict.fromkeys(kinds, call)

    @property
    def domains(self) -> list[str]:
        """Whose events it takes."""
        return sorted({kind.domain() for kind in self.handlers})


def _handler(handler: Any) -> tuple[Sequence[type[Event]], Handler]:
    """The classes of the events that a handler takes, and how it is called; raises TypeError if it does not say so."""
    kinds: Any = getattr(handler, "events", None)
    hints = get_type_hints(handler) if kinds is None else {}
    hints.pop("return", None)
    if kinds is None and len(hints) > 1:
        annotated = [*hints.values()][1]
        kinds = get_args(annotated) or (annotated,)
    if not kinds or not all(isinstance(kind, type) and issubclass(kind, Event) for kind in kinds):
        raise TypeError(f"{handler} does not say which events it takes: annotate its second parameter")

    async def call(work: UnitOfWork, event: Event, _: CloudEvent) -> None:
        await handler(work, event)

    return kinds, handler if CloudEvent in hints.values() else call


class Effects:
    """A service's consumer, applied to the service's database."""

    def __init__(self, consumer: Consumer, service: str) -> None:
        self.name = f"{service}.{consumer.name}"
        self._handlers = {kind.type: (kind, handler) for kind, handler in consumer.handlers.items()}

    def unit_of_work(self, database: Database) -> AbstractAsyncContextManager[UnitOfWork]:
        """A unit of work, of which the audit trail says that this consumer did it."""
        return system_work(database, self.name)

    async def share(self, session: AsyncSession) -> bool:
        """Keep rebuilds out until this transaction ends; False while one is under way."""
        statement = text("SELECT pg_try_advisory_xact_lock_shared(hashtextextended(:name, 0))")
        return bool(await session.scalar(statement, {"name": f"consumer:{self.name}"}))

    async def exclude(self, session: AsyncSession) -> None:
        """Wait for the consumers that are applying events, then keep all of them out until this transaction ends."""
        statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
        await session.execute(statement, {"name": f"consumer:{self.name}"})

    async def offsets(self, session: AsyncSession) -> dict[tuple[str, int], int]:
        """The next offset to take by topic and partition."""
        rows = await session.scalars(select(ConsumerOffset).where(col(ConsumerOffset.consumer) == self.name))
        return {(row.topic, row.partition): row.next_offset for row in rows}

    async def apply(self, work: UnitOfWork, records: Sequence[KafkaRecord]) -> int:
        """Apply records of one partition, in order; how many had an effect. Raises InvalidEvent, and what handlers raise."""
        position = await self._lock_offset(work, records[0])
        events: dict[UUID, tuple[CloudEvent, Event, Handler]] = {}
        for record in records:
            if record.offset >= position:
                envelope = CloudEvent.decode(record.value or b"")
                if known := self._handlers.get(envelope.type):
                    kind, handler = known
                    events.setdefault(envelope.id, (envelope, read_data(envelope, kind), handler))
        new = await self._remember(work, list(events))
        for identifier, (envelope, event, handler) in events.items():
            if identifier in new:
                with span_of_remote(f"consume {envelope.type}", envelope.traceparent, SpanKind.CONSUMER):
                    await handler(work, event, envelope)
        if records[-1].offset >= position:
            await self.store_offset(work, records[-1])
        return len(new)

    async def store_offset(self, work: UnitOfWork, record: KafkaRecord) -> None:
        """What is next after this record; an offset never goes back."""
        await self._offset(work, record, record.offset + 1)

    async def _lock_offset(self, work: UnitOfWork, record: KafkaRecord) -> int:
        return await self._offset(work, record, 0)

    async def _offset(self, work: UnitOfWork, record: KafkaRecord, next_offset: int) -> int:
        partition = {"consumer": self.name, "topic": record.topic, "partition": record.partition}
        stored = await work.session.execute(_OFFSET, {**partition, "next_offset": next_offset})
        position: int = stored.scalar_one()
        return position

    async def _remember(self, work: UnitOfWork, identifiers: list[UUID]) -> set[UUID]:
        """Note the events as dealt with; which of them were not before."""
        if not identifiers:
            return set()
        return set(await work.session.scalars(_REMEMBER, {"consumer": self.name, "events": identifiers}))
