"""Ended sessions, held by every service, so that a logout acts at once and costs no call a request.

Redis holds a key `revoked:<sid>` for an ended session, or `revoked:<sub>` with the time in milliseconds since the epoch
up to which an account's tokens are refused, until the last such token has expired. The channel `revocations` carries each
new one: `{"sid": …}` or `{"sub": …, "before": …}`.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "revocations"
PREFIX = "revoked:"
LIFETIME_SECONDS = 3600 + 60
_RELOAD_SECONDS = 600.0
_RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


async def revoke_session(redis: Redis, *sids: UUID) -> None:
    """End sessions everywhere."""
    await _publish(redis, [(sid, 1, {"sid": str(sid)}) for sid in sids])


async def revoke_account(redis: Redis, *subs: UUID) -> None:
    """Refuse all tokens that accounts have been given until now."""
    before = int(time.time() * 1000)
    await _publish(redis, [(sub, before, {"sub": str(sub), "before": before}) for sub in subs])


async def _publish(redis: Redis, revocations: Sequence[tuple[UUID, int, Mapping[str, str | int]]]) -> None:
    async with redis.pipeline(transaction=True) as pipe:
        for identifier, value, message in revocations:
            pipe.set(f"{PREFIX}{identifier}", value, ex=LIFETIME_SECONDS)
            pipe.publish(CHANNEL, json.dumps(message))
        await pipe.execute()


class Revocations:
    """A local copy of what is revoked; `follow` keeps it current."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._values: dict[str, int] = {}
        self._loaded = float("-inf")

    def revoked(self, sid: str, sub: str, issued_at: float) -> bool:
        """Whether a token of this session and account, issued at this time (seconds since the epoch), is refused."""
        if sid in self._values:
            return True
        before = self._values.get(sub)
        return before is not None and issued_at * 1000 <= before

    async def follow(self) -> None:
        """Take up revocations until cancelled; after a lost connection all are read again."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    await self.load()
                    while True:
                        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=_RELOAD_SECONDS)
                        if message is not None:
                            self._take(message["data"])
                        if time.monotonic() - self._loaded > _RELOAD_SECONDS:
                            await self.load()
            except (RedisError, OSError) as error:
                log.warning("revocations.disconnected", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def load(self) -> None:
        """Read all that is revoked now; what has lapsed is forgotten."""
        keys = [key async for key in self._redis.scan_iter(match=f"{PREFIX}*", count=1000)]
        values = await self._redis.mget(keys) if keys else []
        self._values = {
            key.removeprefix(PREFIX): int(value) for key, value in zip(keys, values, strict=True) if value is not None
        }
        self._loaded = time.monotonic()

    def _take(self, data: str) -> None:
        with suppress(ValueError, KeyError, TypeError):
            message = json.loads(data)
            self._values[message.get("sid") or message["sub"]] = int(message.get("before", 1))
