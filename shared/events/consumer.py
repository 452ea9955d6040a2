"""Consumers: from Kafka to the handlers of `shared.events.effects`.

An event that a handler cannot deal with goes to the service's dead-letter topic with its cause, and the next one is
taken; while the database is out of reach, nothing is taken at all.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared.database.engine import Database, sqlstate
from shared.events.effects import Consumer, Effects, Handler, KafkaRecord
from shared.events.event import InvalidEvent
from shared.events.topics import REQUEST_TIMEOUT_MILLISECONDS, dead_letter_topic, ensure_topics, topic
from shared.telemetry.metrics import EVENTS_CONSUMED

__all__ = ["Consumer", "ConsumerRunner", "Handler"]

_ATTEMPTS = 3
_RETRY_SECONDS = 1.0
_BATCH = 200
_POLL_MILLISECONDS = 1000
# https://www.postgresql.org/docs/current/errcodes-appendix.html: the connection, a transaction that had to yield, resources,
# shutting down and starting up, the system.
_PASSING_STATES = ("08", "40", "53", "57P", "58")

log = structlog.get_logger(__name__)


class ConsumerRunner:
    """Runs a consumer until it is cancelled."""

    def __init__(self, consumer: Consumer, database: Database, servers: str, prefix: str, service: str) -> None:
        self._database, self._servers = database, servers
        self._effects = Effects(consumer, service)
        self._group = f"{prefix}.{self._effects.name}"
        self._topics = [topic(prefix, domain) for domain in consumer.domains]
        self._dead_letters = dead_letter_topic(prefix, service)

    async def run(self) -> None:
        """Consume; a failure of the broker or the database is waited out."""
        while True:
            try:
                await self._consume()
            except Exception as error:  # whatever it is, what was not stored is taken again
                log.warning("consumer.interrupted", consumer=self._effects.name, error=type(error).__name__)
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
        kafka.subscribe(self._topics, listener=_SeekToStored(kafka, self._database, self._effects))
        try:
            await kafka.start()
            await producer.start()
            while True:
                batches = await kafka.getmany(timeout_ms=_POLL_MILLISECONDS, max_records=_BATCH)
                for records in batches.values():
                    await self._take(records, producer)
        finally:
            await kafka.stop()
            await producer.stop()

    async def _take(self, records: Sequence[KafkaRecord], producer: AIOKafkaProducer) -> None:
        """Apply a partition's records in one transaction; if that fails, in halves, down to the one at fault."""
        try:
            await self._apply(records)
        except Exception as error:  # its cause is told where the record is taken alone
            if _passes(error):
                raise
            if len(records) == 1:
                await self._take_one(records[0], producer)
                return
            middle = len(records) // 2
            await self._take(records[:middle], producer)
            await self._take(records[middle:], producer)

    async def _take_one(self, record: KafkaRecord, producer: AIOKafkaProducer) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await self._apply([record])
                return
            except InvalidEvent as error:
                cause = str(error)
                break
            except Exception as error:  # whatever a handler raises
                if _passes(error):
                    raise
                cause = type(error).__name__
                log.warning("consumer.failed", consumer=self._effects.name, error=cause, offset=record.offset)
                await asyncio.sleep(_RETRY_SECONDS * attempt / 10)
        await self._dead_letter(record, cause, producer)

    async def _apply(self, records: Sequence[KafkaRecord]) -> None:
        while True:
            async with self._effects.unit_of_work(self._database) as work:
                free = await self._effects.share(work.session)
                done = await self._effects.apply(work, records) if free else 0
            if free:
                EVENTS_CONSUMED.labels(self._effects.name, "done").inc(done)
                return
            await asyncio.sleep(_RETRY_SECONDS)

    async def _dead_letter(self, record: KafkaRecord, cause: str, producer: AIOKafkaProducer) -> None:
        """Put the event aside, then go on after it."""
        headers = [
            *record.headers,
            ("dead-letter-cause", cause.encode()),
            ("dead-letter-consumer", self._effects.name.encode()),
            ("dead-letter-origin", f"{record.topic}/{record.partition}/{record.offset}".encode()),
        ]
        await producer.send_and_wait(self._dead_letters, record.value, key=record.key, headers=headers)
        log.error(
            "consumer.dead_letter",
            consumer=self._effects.name,
            cause=cause,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
        )
        EVENTS_CONSUMED.labels(self._effects.name, "dead").inc()
        async with self._effects.unit_of_work(self._database) as work:
            await self._effects.store_offset(work, record)


def _passes(error: Exception) -> bool:
    """Whether an error is not the event's fault, so that the event is to be taken again, however often."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError | InterfaceError):
        return sqlstate(error).startswith(_PASSING_STATES)
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError | OSError)


class _SeekToStored(ConsumerRebalanceListener):
    """Begins a partition where the database says, not where the broker does."""

    def __init__(self, kafka: AIOKafkaConsumer, database: Database, effects: Effects) -> None:
        self._kafka, self._database, self._effects = kafka, database, effects

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """A batch in hand may still be stored: the next owner sees its offset."""

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Go to the stored offset, or to the beginning. Where that fails, all is read again, and passed over."""
        async with self._database.read() as session:
            stored = await self._effects.offsets(session)
        for partition in assigned:
            self._kafka.seek(partition, stored.get((partition.topic, partition.partition), 0))
