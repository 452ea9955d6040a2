"""Anchors: the audit chain's newest seal, kept in Kafka at a bounded interval, where who holds the database cannot reach it.

An anchor is JSON, `{"service", "seal", "hash", "at"}`, with its HMAC-SHA-256 (RFC 2104) as hex in the header `hmac-sha256`.
Each is a statement of its own: that the chain had this hash at this seal. So anchors that are repeated or out of order do no
harm, and of a chain that was made anew the older ones tell.
"""

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from shared.audit.seal import head
from shared.database.engine import Database
from shared.database.model import utc_now
from shared.events.history import history
from shared.events.topics import REQUEST_TIMEOUT_MILLISECONDS, anchor_topic, ensure_topics, partitions

HEADER = "hmac-sha256"
_STOP_SECONDS = 2
_READ_SECONDS = 300

log = structlog.get_logger(__name__)


class Anchor(msgspec.Struct, frozen=True):
    """What the chain's head was at a time; `hash` as hex. Of a chain without an entry they are 0 and empty."""

    service: str
    seal: int
    hash: str
    at: datetime


class AnchorsUnread(Exception):
    """The anchors could not be read; the message says why."""


class Anchoring:
    """Anchors a service's chain. Several processes may: two anchors of a seal say the same."""

    def __init__(self, database: Database, servers: str, prefix: str, service: str, key: SecretStr) -> None:
        self._database, self._servers, self._service, self._key = database, servers, service, key
        self._topic = anchor_topic(prefix, service)
        self._anchored: int | None = None

    async def run(self) -> None:
        """Anchor the newest seal, or that there is none yet, unless this process has; raises KafkaError."""
        seal, found = await head(self._database)
        if seal == self._anchored:
            return
        await ensure_topics(self._servers, [self._topic])
        await send(self._servers, self._topic, self._key, Anchor(self._service, seal, found.hex(), utc_now()))
        self._anchored = seal

    async def finish(self) -> None:
        """Anchor what was sealed since, as the service stops; if that fails, the next start does."""
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self.run()
        except Exception as error:  # nothing may keep a service from stopping
            log.warning("anchor.failed", error=type(error).__name__)


async def send(servers: str, topic: str, key: SecretStr, anchor: Anchor) -> None:
    """Put an anchor on its topic, once, acknowledged by all replicas; raises KafkaError."""
    producer = AIOKafkaProducer(
        bootstrap_servers=servers, enable_idempotence=True, request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS
    )
    body = msgspec.json.encode(anchor)
    try:
        await producer.start()
        await producer.send_and_wait(
            topic, body, key=anchor.service.encode(), headers=[(HEADER, _mac(key, body).encode())]
        )
    finally:
        await producer.stop()


def _mac(key: SecretStr, body: bytes) -> str:
    return hmac.digest(key.get_secret_value().encode(), body, "sha256").hex()


@dataclass(frozen=True, slots=True)
class Anchors:
    """A service's anchors: hashes by seal, empty where two contradict each other, when the newest was made, and how many
    records were none, by somebody without the key or from before it was changed.
    """

    hashes: dict[int, bytes]
    newest: datetime | None
    foreign: int


async def read_anchors(servers: str, prefix: str, service: str, key: SecretStr) -> Anchors:
    """All anchors of a service; raises AnchorsUnread."""
    topic = anchor_topic(prefix, service)
    kafka = AIOKafkaConsumer(bootstrap_servers=servers, request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS)
    try:
        async with asyncio.timeout(_READ_SECONDS):
            found = await partitions(servers, topic)
            if not found:
                raise AnchorsUnread(f"Kafka has no topic {topic}, which the service makes within seconds of its start")
            await kafka.start()
            return await _read(kafka, found, service, key)
    except (KafkaError, OSError) as error:  # TimeoutError is an OSError
        raise AnchorsUnread(f"Kafka does not answer ({type(error).__name__})") from error
    finally:
        await kafka.stop()


async def _read(kafka: AIOKafkaConsumer, of_topic: Sequence[TopicPartition], service: str, key: SecretStr) -> Anchors:
    hashes: dict[int, bytes] = {}
    newest: datetime | None = None
    foreign = 0
    async for records in history(kafka, await kafka.end_offsets(of_topic)):
        for record in records:
            anchor = _authentic(record, service, key)
            if anchor is None:
                foreign += 1
                continue
            found = bytes.fromhex(anchor.hash)
            hashes[anchor.seal] = found if hashes.get(anchor.seal, found) == found else b""
            newest = anchor.at if newest is None else max(newest, anchor.at)
    return Anchors(hashes, newest, foreign)


def _authentic(record: Any, service: str, key: SecretStr) -> Anchor | None:
    body, mac = record.value or b"", dict(record.headers).get(HEADER) or b""
    if not hmac.compare_digest(mac, _mac(key, body).encode()):
        return None
    anchor = msgspec.json.decode(body, type=Anchor)
    return anchor if anchor.service == service else None
