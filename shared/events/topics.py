"""The topics: one a domain, ordered by key within a partition, kept for ever, so that a consumer can begin again at 0."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

PARTITIONS = 3
REQUEST_TIMEOUT_MILLISECONDS = 10_000
_BROKER_DEFAULT = -1


def topic(prefix: str, domain: str) -> str:
    """Where a domain publishes."""
    return f"{prefix}.{domain}"


def dead_letter_topic(prefix: str, service: str) -> str:
    """Where a service puts the events that it cannot deal with, with the cause in their headers."""
    return f"{prefix}.dead-letter.{service}"


def anchor_topic(prefix: str, service: str) -> str:
    """Where a service anchors its audit chain."""
    return f"{prefix}.audit-anchor.{service}"


async def partitions(bootstrap_servers: str, name: str) -> list[TopicPartition]:
    """A topic's partitions, none if there is no such topic: who asks Kafka for that one alone makes it. Raises KafkaError."""
    async with _administering(bootstrap_servers) as admin:
        found = (each for each in await admin.describe_topics() if each["topic"] == name)
        return [TopicPartition(name, part["partition"]) for each in found for part in each["partitions"]]


async def ensure_topics(bootstrap_servers: str, names: list[str]) -> None:
    """Create the topics that are missing; raises KafkaError."""
    async with _administering(bootstrap_servers) as admin:
        missing = sorted(set(names) - set(await admin.list_topics()))
        configs = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
        # Without an empty assignment, the client takes the broker's default for a mistake.
        new = [NewTopic(name, PARTITIONS, _BROKER_DEFAULT, {}, configs) for name in missing]
        if new:
            response: Any = await admin.create_topics(new, timeout_ms=REQUEST_TIMEOUT_MILLISECONDS)
            for _, code, *_ in response.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise for_code(code)


@asynccontextmanager
async def _administering(bootstrap_servers: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
