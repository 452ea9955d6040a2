"""The relay: from the outbox to Kafka, in the order in which events were recorded, at least once.

One process of a service is the relay at a time (a lock in PostgreSQL). The producer is idempotent and waits for all
replicas; a row is marked as published after the broker has acknowledged it, so a crash between the two publishes it
again under the same event id, which consumers recognise.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence

import structlog
from aiokafka import AIOKafkaProducer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from shared.database.engine import Database, alive, listen, wait
from shared.database.tables import Outbox
from shared.events.event import CONTENT_TYPE
from shared.events.topics import REQUEST_TIMEOUT_MILLISECONDS, ensure_topics, topic
from shared.telemetry.metrics import EVENTS_PUBLISHED

_BATCH = 500
_IDLE_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_FOLLOWER_SECONDS = 2.0

_UNPUBLISHED = select(Outbox).where(col(Outbox.published_at).is_(None)).order_by(col(Outbox.position)).limit(_BATCH)
_PUBLISHED = """
WITH gone AS (DELETE FROM outbox WHERE position = ANY($1::bigint[]) AND domain = ANY($2::text[]))
UPDATE outbox SET published_at = now() WHERE position = ANY($1::bigint[]) AND domain <> ALL($2::text[])
"""

log = structlog.get_logger(__name__)


class Relay:
    """Publishes a service's outbox until it is cancelled."""

    def __init__(
        self,
        database: Database,
        bootstrap_servers: str,
        prefix: str,
        domains: Collection[str],
        fleeting: Collection[str] = (),
    ) -> None:
        """`fleeting` are those of the domains whose events are not kept once they are published."""
        self._database, self._servers, self._prefix, self._domains = database, bootstrap_servers, prefix, domains
        self._fleeting = fleeting

    async def run(self) -> None:
        """Publish while this process is the leader; a failure of the broker or the database is waited out."""
        while True:
            try:
                async with self._database.leader("outbox") as connection:
                    if connection is not None:
                        await self._lead(connection)
                await asyncio.sleep(_FOLLOWER_SECONDS)
            except Exception as error:  # whatever it is, what is not marked is published again
                log.warning("relay.interrupted", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _lead(self, connection: AsyncConnection) -> None:
        woken = await listen(connection, "outbox")
        await ensure_topics(self._servers, [topic(self._prefix, domain) for domain in self._domains])
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            enable_idempotence=True,
            linger_ms=2,
            request_timeout_ms=REQUEST_TIMEOUT_MILLISECONDS,
        )
        try:
            await producer.start()
            while await alive(connection):
                woken.clear()
                if not await self._publish_batch(producer):
                    await wait(woken, _IDLE_SECONDS)
        finally:
            await producer.stop()

    async def _publish_batch(self, producer: AIOKafkaProducer) -> bool:
        """Publish the oldest unpublished events; whether there were any."""
        rows = await self._database.driver.fetch(_UNPUBLISHED)
        if not rows:
            return False
        await self._send(producer, rows)
        await self._database.driver.execute(_PUBLISHED, [row.position for row in rows], list(self._fleeting))
        for domain, count in Counter(row.domain for row in rows).items():
            EVENTS_PUBLISHED.labels(domain).inc(count)
        return True

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Outbox]) -> None:
        headers = [("content-type", CONTENT_TYPE.encode())]
        futures = [
            await producer.send(topic(self._prefix, row.domain), row.body, key=row.key.encode(), headers=headers)
            for row in rows
        ]
        await asyncio.gather(*futures)
