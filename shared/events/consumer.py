"""Consumers: from Kafka to a handler, each event's effect exactly once.

The effect, the event's id and the offset are one transaction, so a crash repeats nothing and a second delivery of an event
does nothing. An event that a handler cannot deal with goes to the service's dead-letter topic with its cause, and the
next one is taken; while the database is out of reach, nothing is taken at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from opentelemetry import trace
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import col

from shared.audit.recorder import AuditRecorder
from shared.auth.principal import system
from shared.database.engine import Database
from shared.database.tables import ConsumedEvent, ConsumerOffset
from shared.events.event import CloudEvent, Event, InvalidEvent, read_data
from shared.events.topics import REQUEST_TIMEOUT_MILLISECONDS, dead_letter_topic, ensure_topics, topic
from shared.runtime import Runtime
from shared.telemetry.metrics import EVENTS_CONSUMED
from shared.telemetry.tracing import remote_context
from shared.work import UnitOfWork, unit_of_work

_ATTEMPTS = 3
_RETRY_SECONDS = 1.0
_BATCH = 200
_POLL_MILLISECONDS = 1000

log = structlog.get_logger(__name__)
tracer = trace.get_tracer(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """An event as a handler gets it: the envelope, the data in the consumer's own class, and what the service holds."""

    envelope: CloudEvent
    data: Any
    runtime: Runtime


Handler = Callable[[UnitOfWork, Received], Awaitable[None]]


@dataclass(frozen=True)
class Consumer:
    """What a service does about others' events; `name` is its consumer group. Types without a handler are passed over."""

    name: str
    handlers: Mapping[type[Event], Handler]

    @property
    def domains(self) -> list[str]:
        """Whose events it takes."""
        return sorted({kind.domain() for kind in self.handlers})


class ConsumerRunner:
    """Runs a consumer until it is cancelled."""

    def __init__(self, consumer: Consumer, runtime: Runtime) -> None:
        self._runtime, self._database = runtime, runtime.database
        settings, service = runtime.settings, runtime.service
        self._servers, prefix = settings.kafka_bootstrap_servers, settings.kafka_topic_prefix
        self._group = f"{prefix}.{service}.{consumer.name}"
        self._name = f"{service}.{consumer.name}"
        self._topics = [topic(prefix, domain) for domain in consumer.domains]
        self._dead_letters = dead_letter_topic(prefix, service)
        self._handlers = {kind.type: (kind, handler) for kind, handler in consumer.handlers.items()}

    async def run(self) -> None:
        """Consume; a failure of the broker or the database is waited out."""
        while True:
            try:
                await self._consume()
            except (KafkaError, DBAPIError, PoolTimeoutError, OSError) as error:
                log.warning("consumer.interrupted", consumer=self._name, error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _consume(self) -> None:
        await ensure_topics(self._servers, [*self._topics, self._dead_letters])
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS,
        )
        producer = AIOKafkaProducer(bootstrap_servers=self._servers, enable_idempotence=True)
        kafka.subscribe(self._topics, listener=_SeekToStored(kafka, self._database, self._name))
        try:
            await kafka.start()
            await producer.start()
            while True:
                batches = await kafka.getmany(timeout_ms=_POLL_MILLISECONDS, max_records=_BATCH)
                for records in batches.values():
                    for record in records:
                        await self._take(record, producer)
        finally:
            await kafka.stop()
            await producer.stop()

    async def _take(self, record: ConsumerRecord[Any, Any], producer: AIOKafkaProducer) -> None:
        try:
            envelope = CloudEvent.decode(record.value or b"")
            known = self._handlers.get(envelope.type)
            received = Received(envelope, read_data(envelope, known[0]), self._runtime) if known else None
        except InvalidEvent as error:
            await self._bury(record, str(error), producer)
            return
        await self._handle(record, envelope, received, known[1] if known else None, producer)

    async def _handle(
        self,
        record: ConsumerRecord[Any, Any],
        envelope: CloudEvent,
        received: Received | None,
        handler: Handler | None,
        producer: AIOKafkaProducer,
    ) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with tracer.start_as_current_span(f"consume {envelope.type}", remote_context(envelope.traceparent)):
                    await self._apply(record, envelope, received, handler)
            except (OperationalError, InterfaceError, PoolTimeoutError, OSError):
                raise  # not the event's fault: begin again where the stored offset says
            except Exception as error:  # whatever a handler raises
                log.warning("consumer.failed", consumer=self._name, type=envelope.type, error=type(error).__name__)
                if attempt == _ATTEMPTS:
                    await self._bury(record, type(error).__name__, producer)
                else:
                    await asyncio.sleep(_RETRY_SECONDS * attempt / 10)
            else:
                return

    async def _apply(
        self,
        record: ConsumerRecord[Any, Any],
        envelope: CloudEvent,
        received: Received | None,
        handler: Handler | None,
    ) -> None:
        async with unit_of_work(self._database, AuditRecorder(system(), operation=self._name)) as work:
            if received and handler and await self._is_new(work, envelope):
                await handler(work, received)
                EVENTS_CONSUMED.labels(self._name, "done").inc()
            await self._store_offset(work, record)

    async def _is_new(self, work: UnitOfWork, envelope: CloudEvent) -> bool:
        seen = insert(ConsumedEvent).values(consumer=self._name, event_id=envelope.id)
        result = await work.session.execute(seen.on_conflict_do_nothing().returning(col(ConsumedEvent.event_id)))
        return result.first() is not None

    async def _store_offset(self, work: UnitOfWork, record: ConsumerRecord[Any, Any]) -> None:
        offset = insert(ConsumerOffset).values(
            consumer=self._name, topic=record.topic, partition=record.partition, next_offset=record.offset + 1
        )
        keys = ["consumer", "topic", "partition"]
        await work.session.execute(
            offset.on_conflict_do_update(index_elements=keys, set_={"next_offset": record.offset + 1})
        )

    async def _bury(self, record: ConsumerRecord[Any, Any], cause: str, producer: AIOKafkaProducer) -> None:
        """Put the event aside, then go on after it."""
        headers = [
            *record.headers,
            ("dead-letter-cause", cause.encode()),
            ("dead-letter-consumer", self._name.encode()),
            ("dead-letter-origin", f"{record.topic}/{record.partition}/{record.offset}".encode()),
        ]
        await producer.send_and_wait(self._dead_letters, record.value, key=record.key, headers=headers)
        log.error("consumer.dead_letter", consumer=self._name, cause=cause, topic=record.topic, offset=record.offset)
        EVENTS_CONSUMED.labels(self._name, "dead").inc()
        async with unit_of_work(self._database, AuditRecorder(system(), operation=self._name)) as work:
            await self._store_offset(work, record)


class _SeekToStored(ConsumerRebalanceListener):
    """Begins a partition where the database says, not where the broker does."""

    def __init__(self, kafka: AIOKafkaConsumer, database: Database, name: str) -> None:
        self._kafka, self._database, self._name = kafka, database, name

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing is in flight between two polls."""

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Go to the stored offset, or to the beginning."""
        query = select(ConsumerOffset).where(col(ConsumerOffset.consumer) == self._name)
        async with self._database.read() as session:
            stored = {(row.topic, row.partition): row.next_offset for row in await session.scalars(query)}
        for partition in assigned:
            self._kafka.seek(partition, stored.get((partition.topic, partition.partition), 0))
