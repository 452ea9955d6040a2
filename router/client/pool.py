"""The router's own client: a pool of connections for each origin, without a task for a request."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import Callable
from contextvars import Context
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from router.client.connection import Connection
from router.client.encodings import ACCEPTED
from router.client.request import Failure, Limits, Request
from router.header_sections import HeaderSection

SWEEP_SECONDS = 0.05
"""So late may a limit on time be noticed. One timer for all connections costs less than one for each request."""
_PORTS = {"http": 80, "https": 443}


class PooledClient:
    """`tls` is the system's trust unless given."""

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None = None) -> None:
        self._limits = limits
        self._given_tls = tls
        self._pools: dict[tuple[str, str, int], Pool] = {}
        self._timer: asyncio.TimerHandle | None = None

    def endpoint(self, url: str, header_lines: bytes) -> "PooledEndpoint":
        """The address, and header lines that all its requests have. Raises ValueError for what is no HTTP URL."""
        parts = split(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        key = (parts.scheme, host, port)
        pool = self._pools.get(key)
        if pool is None:
            tls = self._tls if parts.scheme == "https" else None
            pool = self._pools[key] = Pool(self._limits, host, port, tls, self._watch)
        return PooledEndpoint(pool, parts, header_lines)

    async def close(self) -> None:
        """End all requests and connections."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        await asyncio.sleep(0)  # the connections end in the loop's next turn

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep, context=Context())

    def _sweep(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for pool in list(self._pools.values()):
            pool.sweep(now)
            if pool.alive():
                self._watch()


def split(url: str) -> SplitResult:
    """The parts of an HTTP URL. Raises ValueError for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ValueError("an address is http://host or https://host, without user and password")
    if re.fullmatch(r"[!-~]+", url) is None:
        raise ValueError("an address has visible ASCII characters only")
    return parts


class PooledEndpoint:
    def __init__(self, pool: "Pool", parts: SplitResult, header_lines: bytes) -> None:
        self._pool = pool
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._start = b"POST %b HTTP/1.1\r\nhost: %b\r\naccept-encoding: %b\r\n%b" % (
            target.encode(), parts.netloc.encode(), ACCEPTED, header_lines,
        )  # fmt: skip

    def send(self, request: Request) -> None:
        """Start a request, at once if a connection is free."""
        request.message = b"%b%bcontent-length: %d\r\n\r\n%b" % (
            self._start, request.header_lines, len(request.body), request.body,
        )  # fmt: skip
        self._pool.send(request)


class _Queue:
    """Requests that wait: first those that go on with something, so that what that holds is soon let go; each in order."""

    def __init__(self) -> None:
        self._first: deque[Request] = deque()
        self._others: deque[Request] = deque()

    def __len__(self) -> int:
        return len(self._first) + len(self._others)

    def add(self, request: Request) -> None:
        (self._first if request.has_priority else self._others).append(request)

    def requeue(self, request: Request) -> None:
        """It was at its turn already."""
        self._first.appendleft(request)

    def pop(self) -> Request:
        return (self._first or self._others).popleft()


class Pool:
    """The connections to one origin, and the requests that wait for one."""

    def __init__(
        self, limits: Limits, host: str, port: int, tls: ssl.SSLContext | None, watch: Callable[[], None]
    ) -> None:
        self.limits = limits
        self.header_section: HeaderSection[dict[bytes, bytes]] | None = None
        self._host = host
        self._port = port
        self._tls = tls
        self._watch = watch
        self._connections: set[Connection] = set()
        self._free: list[Connection] = []  # the last used one last, so that the others may grow old
        self._opening: set[asyncio.Task[Connection | None]] = set()
        self._waiting = _Queue()
        self._closed = False

    def send(self, request: Request) -> None:
        while self._free:
            connection = self._free.pop()
            if not connection.is_closing():
                connection.start(request)
                return
        if self._closed:
            request.on_failure(Failure.UNREACHABLE)
        elif len(self._waiting) >= self.limits.waiting:
            request.on_failure(Failure.QUEUE_FULL)
        else:
            self._waiting.add(request)
            self._open_more()

    def resend(self, request: Request) -> None:
        """Send what a dead connection did not take, on one that cannot be as old."""
        request.retryable = False
        self._waiting.requeue(request)
        self._open_more()

    def release(self, connection: Connection) -> None:
        """A connection can take the next request."""
        while self._waiting:
            request = self._waiting.pop()
            failure = request.abort_reason(asyncio.get_running_loop().time())
            if failure is None:
                connection.start(request)
                return
            request.on_failure(failure)
        self._free.append(connection)

    def ended(self, connection: Connection) -> None:
        """A connection is gone, or about to go."""
        if connection in self._connections:
            self._connections.remove(connection)
            if connection in self._free:
                self._free.remove(connection)
            self._open_more()

    def sweep(self, now: float) -> None:
        """End what takes too long."""
        for connection in list(self._connections):
            connection.sweep(now)
        waiting, self._waiting = self._waiting, _Queue()
        while waiting:
            request = waiting.pop()
            failure = request.abort_reason(now)
            if failure is None:
                self._waiting.add(request)
            else:
                request.on_failure(failure)

    def alive(self) -> bool:
        return bool(self._connections or self._opening or self._waiting)

    async def close(self) -> None:
        self._closed = True
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        while self._waiting:
            self._waiting.pop().on_failure(Failure.UNREACHABLE)
        for connection in list(self._connections):
            connection.fail(Failure.UNREACHABLE)

    def _open_more(self) -> None:
        """A connection for each request that waits, as far as the limit allows."""
        while len(self._opening) < len(self._waiting) and (
            len(self._connections) + len(self._opening) < self.limits.connections
        ):
            task = asyncio.create_task(self._open(), context=Context())  # it outlives the request that needs it first
            self._opening.add(task)
            task.add_done_callback(self._opened)
        self._watch()

    async def _open(self) -> Connection | None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                _, connection = await loop.create_connection(
                    lambda: Connection(self), self._host, self._port, ssl=self._tls
                )
        except (OSError, UnicodeError):  # no such name or address, refused, too late, a certificate that is not trusted
            return None
        return connection

    def _opened(self, task: asyncio.Task[Connection | None]) -> None:
        self._opening.remove(task)
        if task.cancelled():
            return
        connection = task.result()
        if connection is not None and not connection.is_closing():
            self._connections.add(connection)
            self.release(connection)
        elif self._waiting:
            self._waiting.pop().on_failure(Failure.UNREACHABLE)
        self._open_more()
