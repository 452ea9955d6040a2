"""MLLP, which carries messages of HL7 over TCP: VT, a message, FS and CR; and back, its answer (HL7 v2.5.1, appendix C).

A connection's messages are answered one after the other, each when `answer` has given what to say.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from subgraphs.laboratory.hl7.message import MAXIMUM_BYTES

log = structlog.get_logger(__name__)

Answer = Callable[[bytes], Awaitable[bytes]]

START, END, RETURN = b"\x0b", b"\x1c", b"\r"
_CHUNK = 65_536
_FINISH_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of others' patience and this service's memory a server uses; times are seconds.

    `message` is how long one may take to arrive, once it has begun; `idle` how long a connection may be silent before one;
    `answer` how long it may take to be worked on; `at_once` how many messages are worked on at a time.
    """

    connections: int = 64
    message_bytes: int = MAXIMUM_BYTES
    message: float = 30
    idle: float = 3600
    answer: float = 60
    at_once: int = 4


@asynccontextmanager
async def listening(host: str, port: int, answer: Answer, limits: Limits = Limits()) -> AsyncIterator[asyncio.Server]:
    """A server for the block; what is being worked on as it ends is answered, and no more is read."""
    served = _Served(answer, limits)
    server = await asyncio.start_server(served.connection, host, port, limit=_CHUNK)
    try:
        yield server
    finally:
        server.close()
        await served.finish()


class _Served:
    def __init__(self, answer: Answer, limits: Limits) -> None:
        self._answer, self._limits = answer, limits
        self._at_once = asyncio.Semaphore(limits.at_once)
        self._open: set[asyncio.Task[None]] = set()
        self._working: set[asyncio.Task[None]] = set()
        self._closing = False

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes until it ends."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # asyncio calls this in one
        if len(self._open) >= self._limits.connections:
            log.warning("mllp.refused", connections=len(self._open))
            writer.close()
            return
        self._open.add(task)
        try:
            await self._serve(reader, writer, task)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            pass  # who has gone, or sends nothing, needs no answer
        except asyncio.CancelledError:
            pass  # the service ends
        except Exception as error:  # whatever happens, it is this connection's alone
            log.error("mllp.failed", error=type(error).__name__)
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(Exception):
                await writer.wait_closed()

    async def finish(self) -> None:
        """End connections, those that are being answered after that."""
        self._closing = True
        for task in self._open - self._working:
            task.cancel()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=_FINISH_SECONDS)
            for task in late:
                task.cancel()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: "asyncio.Task[None]"
    ) -> None:
        frames = _Frames(reader, self._limits)
        while not self._closing and (message := await frames.next()) is not None:
            self._working.add(task)
            try:
                async with self._at_once, asyncio.timeout(self._limits.answer):
                    answered = await self._answer(message)
                writer.write(b"".join((START, answered, END, RETURN)))
                async with asyncio.timeout(self._limits.message):
                    await writer.drain()
            finally:
                self._working.discard(task)


class _Frames:
    """The messages of a connection."""

    def __init__(self, reader: asyncio.StreamReader, limits: Limits) -> None:
        self._reader, self._limits, self._rest = reader, limits, b""

    async def next(self) -> bytes | None:
        """The next message, or None at the end; of one that is too long, more than is taken, but not all.

        What is before a message is no part of it. A message that begins anew before it has ended was broken off: only what
        begins last is taken.
        """
        while True:
            _, start, self._rest = self._rest.partition(START)
            if start:
                return await self._message()
            self._rest = await self._read(self._limits.idle)
            if not self._rest:
                return None

    async def _message(self) -> bytes | None:
        parts, size = [], 0
        async with asyncio.timeout(self._limits.message):
            while True:
                part, end, rest = self._rest.partition(END)
                parts.append(part)
                size += len(part)
                if size > self._limits.message_bytes + 1:
                    # Enough to be answered as too large: what follows of it is skipped as what is before a message.
                    end, rest = END, b""
                if end:
                    self._rest = rest
                    return b"".join(parts).rpartition(START)[2]
                self._rest = await self._reader.read(_CHUNK)
                if not self._rest:
                    return None

    async def _read(self, seconds: float) -> bytes:
        async with asyncio.timeout(seconds):
            return await self._reader.read(_CHUNK)
