"""From the table to open subscriptions: a Redis Stream a recipient, whose entries have the notifications' positions as ids.

The table is the truth; the streams hold its newest rows, so that a notification costs an open subscription no query.
Every notification is pushed at least once, and since ids in a stream only grow, a second push of it is refused by Redis.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import select, text, update
from sqlmodel import col

from shared.database.model import utc_now
from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork, system_work
from subgraphs.notifications.models import POSITION, Notification

_CHANNEL = "notifications"
_STREAM_LENGTH = 200
_STREAM_LIFETIME = timedelta(days=7)
_BATCH = 500
_TIMEOUT_SECONDS = 5
_RETRY_SECONDS = 1.0
_HEALTH_SECONDS = 15.0
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_NEW = (
    select(col(Notification.id))
    .where(col(Notification.position).is_(None))
    .order_by(col(Notification.id))
    .limit(_BATCH)
)

log = structlog.get_logger(__name__)


def _stream(recipient: UUID) -> str:
    return f"notifications:{recipient}"


async def push(runtime: Runtime) -> None:
    """Place what is new, then give Redis what it has not had."""
    while True:
        async with system_work(runtime.database, "push") as work:
            await work.session.execute(_LOCK, {"name": "notification position"})
            await _place(work)
        unpushed = select(Notification).where(
            col(Notification.pushed_at).is_(None), col(Notification.position).is_not(None)
        )
        async with system_work(runtime.database, "push") as work:
            rows = (await work.session.scalars(unpushed.order_by(col(Notification.position)).limit(_BATCH))).all()
            if rows:
                await _add(runtime.redis, rows)
                pushed = update(Notification).where(col(Notification.id).in_([row.id for row in rows]))
                await work.session.execute(pushed.values(pushed_at=utc_now()))
        if len(rows) < _BATCH:
            return


async def _place(work: UnitOfWork) -> None:
    """Give the new ones their positions, in the order of their keys."""
    waiting = _NEW.cte("waiting")
    # The sequence is drawn from after the rows are in order.
    ordered = select(waiting.c.id).order_by(waiting.c.id).subquery()
    placed = select(ordered.c.id, POSITION.next_value().label("position")).subquery()
    this = update(Notification).where(col(Notification.id) == placed.c.id)
    await work.session.execute(this.values(position=placed.c.position).execution_options(synchronize_session=False))


async def _add(redis: Redis, rows: Sequence[Notification]) -> None:
    async with asyncio.timeout(_TIMEOUT_SECONDS), redis.pipeline(transaction=False) as pipe:
        for row in rows:
            stream = _stream(row.recipient)
            fields: dict[Any, Any] = {"row": row.model_dump_json(exclude={"pushed_at"})}
            pipe.xadd(stream, fields, id=f"{row.position}-0", maxlen=_STREAM_LENGTH, approximate=True)
            pipe.expire(stream, _STREAM_LIFETIME)
        for recipient in {row.recipient for row in rows}:
            pipe.publish(_CHANNEL, str(recipient))
        for answer in await pipe.execute(raise_on_error=False):
            if isinstance(answer, RedisError) and not _is_there(answer):
                raise answer


def _is_there(error: RedisError) -> bool:
    """Whether Redis refused an entry because the stream has it already."""
    return isinstance(error, ResponseError) and "equal or smaller" in str(error)


PUSH = Job("push", timedelta(seconds=5), push, channel="notification")


async def streamed_after(redis: Redis, recipients: Iterable[UUID], position: int) -> list[Notification] | None:
    """What the recipients' streams hold after a position, in order; None if they do not reach back so far."""
    streams = [_stream(recipient) for recipient in recipients]
    async with asyncio.timeout(_TIMEOUT_SECONDS), redis.pipeline(transaction=True) as pipe:
        for stream in streams:
            pipe.xrange(stream, count=1)
        pipe.xread(dict.fromkeys(streams, f"{position}-0"))
        *oldest, found = await pipe.execute()
    first = {stream: _position(entries[0][0]) for stream, entries in zip(streams, oldest, strict=True) if entries}
    rows = []
    for stream, entries in found:
        if first[stream] > position:
            return None
        # `model_validate_json` would leave JSON's strings as they are: SQLModel validates a table's rows in this way only
        rows += [Notification.model_validate(orjson.loads(fields["row"])) for _, fields in entries]
    return sorted(rows, key=lambda row: row.position or 0)


def _position(stream_id: str) -> int:
    return int(stream_id.partition("-")[0])


@dataclass(eq=False)
class Waiter:
    """An open subscription. `behind` says that something may have passed unnoticed, so that it must ask the table."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    behind: bool = False


class Wakeups:
    """Wakes the open subscriptions of this process that have something new, over one connection for all of them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiters: dict[str, set[Waiter]] = defaultdict(set)

    def __len__(self) -> int:
        """How many recipients somebody listens as."""
        return len(self._waiters)

    @contextmanager
    def waiting(self, recipients: Iterable[UUID]) -> Iterator[Waiter]:
        """Be woken for these recipients."""
        waiter, keys = Waiter(), [str(recipient) for recipient in recipients]
        for key in keys:
            self._waiters[key].add(waiter)
        try:
            yield waiter
        finally:
            for key in keys:
                self._waiters[key].discard(waiter)
                if not self._waiters[key]:
                    del self._waiters[key]

    async def follow(self) -> None:
        """Pass wake-ups on until cancelled."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(_CHANNEL)
                    self._wake_all()
                    while True:
                        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=_HEALTH_SECONDS)
                        if message is not None:
                            for waiter in self._waiters.get(message["data"], ()):
                                waiter.event.set()
            except (RedisError, OSError) as error:
                log.warning("wakeups.disconnected", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    def _wake_all(self) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.behind = True
                waiter.event.set()


@asynccontextmanager
async def open_wakeups(runtime: Runtime) -> AsyncIterator[Wakeups]:
    """The service's wake-ups, at work as long as the service."""
    wakeups = Wakeups(runtime.redis)
    task = asyncio.create_task(wakeups.follow(), name="background:wakeups")
    try:
        yield wakeups
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
