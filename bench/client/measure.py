"""CPU time of one fetch from a subgraph, by client and size of the answer. `python -m bench.client.measure`."""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from router.config import SubgraphDefaults, Subgraphs
from router.execution.transport import HttpTransport, RequestContext

IN_FLIGHT, EACH = 50, 20  # a batch: so many at a time, so many one after the other
SIZES = (1_000, 20_000, 88_000)
PAYLOAD = b'{"query":"%b"}' % (b"x" * 1000)
HEAD = b"POST /graphql HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
    PAYLOAD
)

Fetch = Callable[[], Awaitable[bytes]]


class Subgraph(asyncio.Protocol):
    """Answers what it hears, without reading it."""

    answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith(b'"}'):
            self.transport.write(self.answer)


class Floor(asyncio.Protocol):
    """The least that a client can do: a write, and a future for so many bytes."""

    free: list["Floor"]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def fetch(self, size: int) -> Awaitable[bytes]:
        self.left, self.future = size, asyncio.get_running_loop().create_future()
        self.transport.write(HEAD + PAYLOAD)
        return self.future

    def data_received(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left <= 0:
            self.free.append(self)
            self.future.set_result(data)


def run_server(size: int, told: Connection) -> None:
    async def serve() -> None:
        body = b'{"data":"%b"}' % (b"x" * size)
        head = b"HTTP/1.1 200 OK\r\ndate: Sat, 01 Jan 2000 00:00:00 GMT\r\nserver: uvicorn\r\n"
        Subgraph.answer = b"%bcontent-length: %d\r\ncontent-type: application/json\r\n\r\n%b" % (head, len(body), body)
        server = await asyncio.get_running_loop().create_server(Subgraph, "127.0.0.1", 0)
        told.send((server.sockets[0].getsockname()[1], len(Subgraph.answer)))
        await server.serve_forever()

    uvloop.run(serve())


async def batch(fetch: Fetch) -> float:
    """CPU-µs a fetch."""

    async def some() -> None:
        for _ in range(EACH):
            await fetch()

    started = time.process_time()
    await asyncio.gather(*(some() for _ in range(IN_FLIGHT)))
    return (time.process_time() - started) / (IN_FLIGHT * EACH) * 1e6


async def measure(port: int, size: int, rounds: int) -> dict[str, list[float]]:
    loop = asyncio.get_running_loop()
    Floor.free = [(await loop.create_connection(Floor, "127.0.0.1", port))[1] for _ in range(IN_FLIGHT)]
    own = HttpTransport(Subgraphs(all=SubgraphDefaults(deduplicate=False)))
    aiohttp = HttpTransport(Subgraphs(all=SubgraphDefaults(deduplicate=False, client="aiohttp")))
    url, request = f"http://127.0.0.1:{port}/graphql", RequestContext()
    fetches: dict[str, Fetch] = {
        "floor": lambda: Floor.free.pop().fetch(size),
        "own": lambda: own.fetch("s", url, PAYLOAD, request),
        "aiohttp": lambda: aiohttp.fetch("s", url, PAYLOAD, request),
    }
    await asyncio.gather(*map(batch, fetches.values()))
    costs: dict[str, list[float]] = {name: [] for name in fetches}
    for _ in range(rounds):
        for name, fetch in fetches.items():
            costs[name].append(await batch(fetch))
    await own.close()
    await aiohttp.close()
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help=f"of {IN_FLIGHT * EACH} fetches with each client")
    rounds = parser.parse_args().rounds
    for body in SIZES:
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=run_server, args=(body, theirs), daemon=True)
        server.start()
        port, size = ours.recv()
        for name, costs in uvloop.run(measure(port, size, rounds)).items():
            print(
                f"{body:>6} bytes  {name:<8} {min(costs):6.1f} µs at least, {statistics.median(costs):6.1f} in the middle"
            )
        server.terminate()


if __name__ == "__main__":
    main()
