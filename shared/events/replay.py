"""A consumer's tables made anew from the events, from offset 0 to where the consumer stands.

All of it is one transaction: readers see the old rows until it commits, a failure leaves them, and consumers of other
processes wait meanwhile and go on where they stood.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import Table, delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.database.engine import Database
from shared.database.tables import ConsumedEvent, ConsumerOffset
from shared.events.effects import Effects, KafkaRecord
from shared.events.history import history
from shared.events.topics import REQUEST_TIMEOUT_MILLISECONDS
from shared.unit_of_work import UnitOfWork

Stored = dict[TopicPartition, int]


class ReplayError(Exception):
    """Kafka does not give all that was consumed; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay did: records read, those that could not be applied, and each table's checksum before and after."""

    records: int
    failed: int
    before: dict[str, str]
    after: dict[str, str]


async def replay(
    effects: Effects,
    database: Database,
    servers: str,
    tables: Sequence[Table],
    progress: Callable[[int, int], None],
) -> Replay:
    """Empty `tables`, which are all that the consumer writes, and apply the events again.

    `progress` is told the records done and in all. Raises ReplayError, KafkaError.
    """
    kafka = AIOKafkaConsumer(
        bootstrap_servers=servers, isolation_level="read_committed", request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS
    )
    await kafka.start()
    try:
        async with effects.unit_of_work(database) as work:
            await work.session.execute(text("SET LOCAL statement_timeout = 0"))
            await effects.exclude(work.session)
            stored = {TopicPartition(*key): end for key, end in (await effects.offsets(work.session)).items()}
            await _check_complete(kafka, stored)
            before = await checksums(work.session, tables)
            await _clear(work.session, effects, tables)
            records, failed, total = 0, 0, sum(stored.values())
            async for batch in history(kafka, stored):
                failed += await _apply(effects, work, batch)
                records += len(batch)
                progress(records, total)
            after = await checksums(work.session, tables)
    finally:
        await kafka.stop()
    return Replay(records, failed, before, after)


async def checksums(session: AsyncSession, tables: Sequence[Table]) -> dict[str, str]:
    """A checksum of each table's rows, whatever their order."""
    result = {}
    for table in tables:
        row = f'hashtextextended("{table.name}"::text, 0)::numeric'
        statement = text(f"SELECT count(*) || ':' || coalesce(sum({row}), 0) FROM \"{table.name}\"")  # noqa: S608 - our own names
        result[table.name] = str(await session.scalar(statement))
    return result


async def _check_complete(kafka: AIOKafkaConsumer, stored: Stored) -> None:
    beginnings, ends = await kafka.beginning_offsets(list(stored)), await kafka.end_offsets(list(stored))
    for partition, end in stored.items():
        if beginnings[partition] > 0 or ends[partition] < end:
            raise ReplayError(
                f"{partition.topic}/{partition.partition} holds offsets {beginnings[partition]} to {ends[partition]}, but "
                f"0 to {end} were consumed: restore the topic first; nothing was changed"
            )


async def _clear(session: AsyncSession, effects: Effects, tables: Sequence[Table]) -> None:
    for table in reversed(tables):
        await session.execute(delete(table))
    await session.execute(delete(ConsumedEvent).where(col(ConsumedEvent.consumer) == effects.name))
    await session.execute(delete(ConsumerOffset).where(col(ConsumerOffset.consumer) == effects.name))


async def _apply(effects: Effects, work: UnitOfWork, records: Sequence[KafkaRecord]) -> int:
    """Apply a batch, or in halves all of it that can be; how many records could not."""
    try:
        async with work.session.begin_nested():
            await effects.apply(work, records)
    except Exception:  # whatever a handler raises
        if len(records) == 1:  # it went to the dead letters when it was consumed
            await effects.store_offset(work, records[0])
            return 1
        middle = len(records) // 2
        return await _apply(effects, work, records[:middle]) + await _apply(effects, work, records[middle:])
    return 0
