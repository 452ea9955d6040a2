"""Several workers behind one port."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import psutil

from tests.router.http.graph import accounts, shop, supergraph
from tests.router.http.test_command import ROOT, served

WAIT = {"query": '{ hello(name: "wait") }'}


async def test_workers_share_a_port_are_replaced_and_finish_their_requests(tmp_path: Path) -> None:
    async with shop().running() as first, accounts().running() as second:
        file = tmp_path / "s.graphql"
        file.write_text(supergraph(first.url, second.url))
        async with served(file, "--workers", "2") as (process, base, client):
            watcher = psutil.Process(process.pid)
            await _until_workers(client, base, watcher)

            port = int(base.rpartition(":")[2])
            asked = [asyncio.create_task(_ask(base)) for _ in range(6)]
            await _until(lambda: _true(len(first.queries) == 2))  # each worker joins its equal fetches
            assert sorted(_connections(worker, port) for worker in watcher.children()) == [3, 4], "one is `client`'s"
            assert await asyncio.gather(*asked) == [{"data": {"hello": "Hello wait"}}] * 6
            await _until(lambda: _all_tell(base, 6.0))  # a worker writes its metrics for the others every second

            before = {worker.pid for worker in watcher.children()}
            os.kill(min(before), signal.SIGKILL)
            for _ in range(20):
                async with aiohttp.ClientSession() as another, another.get(f"{base}/health") as response:
                    assert response.status == 200
            await _until_workers(client, base, watcher)
            assert len({worker.pid for worker in watcher.children()} & before) == 1
            assert await _answered(base) >= 3.0, "what a worker counted that died is not lost"

            last = asyncio.create_task(_ask(base))
            await _until(lambda: _true(len(first.queries) == 3))
            process.send_signal(signal.SIGTERM)
            assert await last == {"data": {"hello": "Hello wait"}}
            assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_connections_are_shared_from_the_first_one_on(tmp_path: Path) -> None:
    async with shop().running() as first, accounts().running() as second:
        file = tmp_path / "s.graphql"
        file.write_text(supergraph(first.url, second.url))
        async with served(file, "--workers", "2") as (process, base, _):
            port = int(base.rpartition(":")[2])
            made = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
            workers = psutil.Process(process.pid).children()

            async def all_taken() -> bool:
                return sum(_connections(worker, port) for worker in workers) >= len(made)

            await _until(all_taken)
            counts = [_connections(worker, port) for worker in workers]
            assert len(counts) == 2
            assert max(counts) - min(counts) <= 1, counts
            for _, writer in made:
                writer.close()


async def test_a_first_worker_that_cannot_start_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "s.graphql").write_text("type Query {")
    command = ["-m", "router", "serve", "--supergraph", str(tmp_path / "s.graphql"), "--port", "0", "--workers", "2"]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT, stderr=PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert [line for line in errors.decode().splitlines() if line.startswith("router: ")][1:] == []


def _connections(worker: psutil.Process, port: int) -> int:
    return sum(each.laddr.port == port and each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections())


async def _ask(base: str) -> object:
    async with aiohttp.ClientSession() as client, client.post(f"{base}/graphql", json=WAIT) as response:
        return await response.json()


async def _answered(base: str) -> float:
    """The queries that all workers have answered, as one of them tells."""
    async with aiohttp.ClientSession() as client, client.get(f"{base}/metrics") as response:
        lines = (await response.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('router_operations_total{outcome="ok"'))


async def _all_tell(base: str, count: float) -> bool:
    return {await _answered(base) for _ in range(4)} == {count}


async def _true(value: bool) -> bool:
    return value


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)


async def _until_workers(client: aiohttp.ClientSession, base: str, watcher: psutil.Process) -> None:
    """Until both workers serve: each tells of itself among the metrics."""

    async def both() -> bool:
        async with client.get(f"{base}/metrics") as response:
            text = await response.text()
        workers = watcher.children()
        return len(workers) == 2 and all(f'worker="{each.pid}"' in text for each in workers)

    await _until(both)
