"""What topics hold, from their first records to an end that is known."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from shared.events.effects import KafkaRecord

_BATCH = 500
_POLL_MILLISECONDS = 1000
_SILENT_POLLS = 20


async def history(kafka: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> AsyncIterator[Sequence[KafkaRecord]]:
    """Batches of one partition each, up to the offsets that `ends` names; raises KafkaError, also if nothing more comes."""
    waiting = {partition for partition, end in ends.items() if end > 0}
    if waiting:
        kafka.assign(list(waiting))
        await kafka.seek_to_beginning()
    silent = 0
    while waiting:
        fetched: dict[Any, list[KafkaRecord]] = await kafka.getmany(
            *waiting, timeout_ms=_POLL_MILLISECONDS, max_records=_BATCH
        )
        silent = 0 if fetched else silent + 1
        if silent == _SILENT_POLLS:
            raise KafkaTimeoutError
        for partition, records in fetched.items():
            batch = [record for record in records if record.offset < ends[partition]]
            if batch:
                yield batch
            if await kafka.position(partition) >= ends[partition]:
                waiting.discard(partition)
