"""The load: connections that each send a request, wait for its answer, and send it again.

Written here so that nothing has to be installed. It takes some 20 microseconds a request of the core that it shares with
the subgraphs, and unlike wrk it notices an answer that is not the one that was checked.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools
import httpx

from bench.measure.process import Measured, MeasurementError

_START_SECONDS = 60
_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Target:
    """What is asked of whom: one GraphQL operation, over and over."""

    url: str
    operation: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return json.dumps({"query": self.operation}).encode()

    @property
    def all_headers(self) -> dict[str, str]:
        plain = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
        return {**plain, **self.headers}


@dataclass(frozen=True)
class Outcome:
    """Answers of one load: how many, in how long, each in how many seconds (ordered); how many were not as expected."""

    count: int
    seconds: float
    latencies: list[float]
    wrong: int


def percentile_ms(latencies: Sequence[float], share: float) -> float:
    """Of ordered latencies in seconds."""
    return latencies[min(len(latencies) - 1, int(share * len(latencies)))] * 1000


async def first_answer(target: Target, process: Measured) -> httpx.Response:
    """The first answer with status 200, as soon as there is one. Raises MeasurementError if there is none in a minute."""
    deadline = time.monotonic() + _START_SECONDS
    problem = "nothing listens"
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
        while time.monotonic() < deadline:
            process.check()
            try:
                response = await client.post(target.url, content=target.body, headers=target.all_headers)
            except httpx.TransportError as error:
                problem = type(error).__name__
            else:
                if response.status_code == 200:
                    return response
                problem = response.text[:500]
            await asyncio.sleep(0.05)
    raise MeasurementError(f"no answer from {target.url}: {problem}")


class Clients:
    """Connections that stay open from one load to the next; those that the gateway ends in between are made anew.

    Answers without status 200, or with another body's size, are wrong.
    """

    def __init__(self, target: Target, *, connections: int, size: int) -> None:
        self._target = target
        self._count = connections
        self._size = size
        self._clients: list[_Client] = []

    async def load(self, seconds: float) -> Outcome:
        """Keep all of them busy for so long, then wait for what is under way. Raises MeasurementError without an answer."""
        await self._connect()
        begin = time.perf_counter()
        for client in self._clients:
            client.begin()
        await asyncio.sleep(seconds)
        for client in self._clients:
            client.last = True
        async with asyncio.timeout(_ANSWER_SECONDS):
            await asyncio.gather(*(client.done for client in self._clients))
        took = time.perf_counter() - begin
        latencies = sorted(one for client in self._clients for one in client.latencies)
        if not latencies:
            raise MeasurementError(f"{self._target.url} answered nothing")
        return Outcome(len(latencies), took, latencies, sum(client.wrong for client in self._clients))

    def close(self) -> None:
        """End the connections."""
        for client in self._clients:
            client.close()

    async def _connect(self) -> None:
        loop, parts = asyncio.get_running_loop(), urlsplit(self._target.url)
        body = self._target.body
        headers = {"host": parts.netloc, "content-length": str(len(body)), **self._target.all_headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"POST {parts.path or '/'} HTTP/1.1\r\n{lines}\r\n".encode() + body
        self._clients = [client for client in self._clients if client.is_open]
        while len(self._clients) < self._count:
            _, client = await loop.create_connection(
                lambda: _Client(request, self._size), parts.hostname or "", parts.port or 80
            )
            self._clients.append(client)


class _Client(asyncio.Protocol):
    """One connection; httptools calls the `on_` methods."""

    done: "asyncio.Future[None]"

    def __init__(self, request: bytes, size: int) -> None:
        self.is_open = False
        self._request, self._expected = request, size
        self._parser = httptools.HttpResponseParser(self)

    def begin(self) -> None:
        """Send the request again and again, until an answer finds that it is the `last`; then it is `done`."""
        self.done = asyncio.get_running_loop().create_future()
        self.last, self.latencies, self.wrong, self._size = False, list[float](), 0, 0
        self._send()

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)

    def on_message_complete(self) -> None:
        self.latencies.append(time.perf_counter() - self._sent)
        self.wrong += self._parser.get_status_code() != 200 or self._size != self._expected
        self._size = 0
        if self.last:
            self.done.set_result(None)
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if not self.done.done():
            self.wrong += 1
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)
