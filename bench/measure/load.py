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


async def load(target: Target, *, connections: int, seconds: float, size: int) -> Outcome:
    """Keep `connections` busy for `seconds`. Answers without status 200, or with another body's size, are wrong."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(target.url)
    headers = {"host": parts.netloc, "content-length": str(len(target.body)), **target.all_headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"POST {parts.path or '/'} HTTP/1.1\r\n{lines}\r\n".encode() + target.body
    clients = []
    for _ in range(connections):
        made = await loop.create_connection(
            lambda: _Client(request, size, loop.create_future()), parts.hostname or "", parts.port or 80
        )
        clients.append(made[1])
    begin = time.perf_counter()
    for client in clients:
        client.send()
    await asyncio.sleep(seconds)
    for client in clients:
        client.last = True
    async with asyncio.timeout(_ANSWER_SECONDS):
        await asyncio.gather(*(client.closed for client in clients))
    took = time.perf_counter() - begin
    latencies = sorted(one for client in clients for one in client.latencies)
    if not latencies:
        raise MeasurementError(f"{target.url} answered nothing")
    return Outcome(len(latencies), took, latencies, sum(client.wrong for client in clients))


class _Client(asyncio.Protocol):
    """One connection; httptools calls the `on_` methods."""

    def __init__(self, request: bytes, size: int, closed: "asyncio.Future[None]") -> None:
        self.latencies: list[float] = []
        self.wrong = 0
        self.last = False
        self.closed = closed
        self._request, self._expected, self._size = request, size, 0
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)

    def on_message_complete(self) -> None:
        self.latencies.append(time.perf_counter() - self._sent)
        self.wrong += self._parser.get_status_code() != 200 or self._size != self._expected
        self._size = 0
        if self.last:
            self._transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self.wrong += not self.last
        self.closed.set_result(None)
