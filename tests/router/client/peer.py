"""A subgraph that says exactly the bytes that a test writes down, on a free port of this process."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from router.client.request import Failure
from router.config import Retry, SubgraphDefaults, SubgraphOverride, Subgraphs
from router.execution.transport import HttpTransport

BODY = b'{"data":{"a":1}}'
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)


class Wire:
    """The peer's end of one connection."""

    def __init__(self, peer: "Peer", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peer = peer
        self.number = peer.connections
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The next request, head and body. Raises IncompleteReadError at the end."""
        head = await self.head()
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        request = head + await self._reader.readexactly(int(length[1]))
        self._peer.requests.append(request)
        return request

    async def head(self) -> bytes:
        """The head of the next request, which is not kept."""
        return await self._reader.readuntil(b"\r\n\r\n")

    async def send(self, *pieces: bytes) -> None:
        """Send each piece by itself."""
        for piece in pieces:
            self._writer.write(piece)
            await asyncio.sleep(0)

    async def ended(self) -> None:
        """Wait until the client has closed the connection, whatever it sends before."""
        try:
            while await self._reader.read(65_536):
                pass
        except ConnectionError:
            return

    def half_close(self) -> None:
        self._writer.write_eof()

    def reset(self) -> None:
        self._writer.transport.abort()

    @property
    def transport(self) -> asyncio.WriteTransport:
        return self._writer.transport


class Recorded:
    """A request that has all the time in the world."""

    header_lines = b""
    body = b""
    message = b""
    has_priority = False
    retryable = True
    outcome: Failure | bytes | None = None

    def __init__(self) -> None:
        self.over = asyncio.Event()

    def abort_reason(self, now: float) -> Failure | None:
        return None

    def on_response(self, status: int, content_type: bytes, body: bytes) -> None:
        self.outcome = body
        self.over.set()

    def on_failure(self, failure: Failure) -> None:
        self.outcome = failure
        self.over.set()


Script = Callable[[Wire], Awaitable[None]]


class Peer:
    """What was sent to it, and over how many connections."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0


@asynccontextmanager
async def peer(
    script: Script, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, name: str | None = None
) -> AsyncIterator[Peer]:
    """A server that runs the script on each connection, then closes it."""
    made = Peer()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        made.open += 1
        made.most_open = max(made.most_open, made.open)
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await script(Wire(made, reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            made.open -= 1
            tasks.discard(task)
            writer.close()

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = await asyncio.start_server(connected, host, 0, family=family, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    shown = name or (f"[{host}]" if ":" in host else host)
    made.url = f"http{'s' if tls else ''}://{shown}:{port}/graphql"
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(*pieces: bytes) -> Script:
    """Each request is answered with these bytes, piece by piece."""

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.send(*pieces)

    return script


def answering_after(go: asyncio.Event) -> Script:
    """Each request is answered with `OK`, but none before the event."""

    async def script(wire: Wire) -> None:
        while True:
            await wire.request()
            await go.wait()
            await wire.send(OK)

    return script


def once(*pieces: bytes) -> Script:
    """One request is answered with these bytes, then the connection ends."""

    async def script(wire: Wire) -> None:
        await wire.request()
        await wire.send(*pieces)

    return script


@asynccontextmanager
async def transport(own: SubgraphOverride | None = None, **defaults: object) -> AsyncIterator[HttpTransport]:
    """A transport that tries once, unless told otherwise."""
    defaults = {"retry": Retry(attempts=0), "deduplicate": False, **defaults}
    made = HttpTransport(Subgraphs(all=SubgraphDefaults.model_validate(defaults), named={"s": own} if own else {}))
    try:
        yield made
    finally:
        await made.close()


async def until(holds: Callable[[], bool]) -> None:
    """Let others run until something holds."""
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came true")
