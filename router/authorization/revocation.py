"""Revoked sessions and subjects, pushed by Redis into a local copy, so that no request waits for Redis.

Keys `revoked:<sid>` (a session) and `revoked:<sub>` (tokens of a subject issued before its value, Unix time in ms) are
read at the start and after each lost connection; the channel `revocations` announces new ones as `{"sid": ...}` or
`{"sub": ..., "before": ms}`.
"""

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from router.telemetry import REVOCATIONS_FOLLOWED

if TYPE_CHECKING:
    from redis.asyncio import Redis

_LOG = structlog.get_logger("router.authorization")
_PREFIX = "revoked:"
_CHANNEL = "revocations"
_LIFETIME = 3600.0  # seconds; no token lives longer than the keys that revoke it
_SWEEP = 300.0
_MAX_PAUSE = 5.0
_FIRST_READING = 2.0


class Revocations:
    """The local copy. Without an address nothing is ever revoked."""

    def __init__(self, redis_url: str | None) -> None:
        self._url = redis_url
        self._entries: dict[str, tuple[float, float]] = {}
        """By sid or sub: tokens issued before the first time (s) are revoked; the entry is kept until the second."""
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()

    async def start(self) -> None:
        """Begin to follow, and wait a moment for the first reading, so that none of what is revoked slips in."""
        if self._url is not None:
            self._task = asyncio.create_task(self._follow(self._url), name="revocations")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.connected.wait(), _FIRST_READING)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def revoked(self, session: str | None, subject: str | None, issued_at: float) -> bool:
        """Whether a token of this session and subject, issued then (Unix time in s), is no longer good."""
        if not self._entries:
            return False
        if session is not None and session in self._entries:
            return True
        entry = self._entries.get(subject) if subject is not None else None
        return entry is not None and issued_at < entry[0]

    async def _follow(self, url: str) -> None:
        from redis.asyncio import Redis  # takes 9 MB, which only those pay who use it
        from redis.exceptions import RedisError

        pause = 0.1
        while True:
            try:
                async with Redis.from_url(url, socket_connect_timeout=5, health_check_interval=10) as redis:
                    await self._load_and_listen(redis)
            except (RedisError, OSError, TimeoutError) as error:
                _LOG.warning("revocations not reachable", error=f"{type(error).__name__}: {error}")
            self.connected.clear()
            REVOCATIONS_FOLLOWED.set(0)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _MAX_PAUSE)

    async def _load_and_listen(self, redis: "Redis") -> None:
        async with redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(_CHANNEL)  # before the scan, so that nothing falls between the two
            async for key in redis.scan_iter(match=f"{_PREFIX}*", count=1000):
                value = await redis.get(key)
                if value is not None:
                    self._note(key.decode().removeprefix(_PREFIX), value)
            self.connected.set()
            REVOCATIONS_FOLLOWED.set(1)
            sweep_at = time.monotonic() + _SWEEP
            while True:
                message = await channel.get_message(timeout=5.0)
                if message is not None:
                    self._announced(message["data"])
                if time.monotonic() > sweep_at:
                    self._sweep()
                    sweep_at = time.monotonic() + _SWEEP

    def _announced(self, data: bytes) -> None:
        try:
            message: Any = orjson.loads(data)
            if "sid" in message:
                self._note(str(message["sid"]), b"")
            else:
                self._note(str(message["sub"]), str(message["before"]))
        except (ValueError, KeyError, TypeError):
            _LOG.warning("unreadable revocation ignored")

    def _note(self, name: str, value: bytes | str) -> None:
        try:
            before = float(value) / 1000
        except ValueError:
            before = time.time()
        known = self._entries.get(name, (0.0, 0.0))[0]
        self._entries[name] = (max(before, known), time.time() + _LIFETIME)

    def _sweep(self) -> None:
        now = time.time()
        self._entries = {name: entry for name, entry in self._entries.items() if entry[1] > now}
