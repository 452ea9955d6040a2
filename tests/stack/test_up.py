"""`caregraph up`, whole: it comes up, heals, is there again, and leaves no process behind however it ends."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from stack import local
from stack.services import MAIL, ROUTER, SUBGRAPHS, subgraph
from tests.stack.processes import descendants, gone
from tests.stack.test_command import caregraph

_UP_SECONDS = 90


@asynccontextmanager
async def up(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A launcher whose stack is up; killed at the end if it still runs."""
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stack", "up", "--free-ports", env={**os.environ, "CAREGRAPH_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert launcher.stdout is not None
    output = b""
    try:
        async with asyncio.timeout(_UP_SECONDS):
            while b"CareGraph is up" not in output:
                line = await launcher.stdout.readline()
                assert line, output.decode()
                output += line
        yield launcher
    finally:
        with suppress(ProcessLookupError):
            launcher.kill()
        await launcher.wait()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CAREGRAPH_HOME", str(tmp_path))
    yield tmp_path
    shutil.rmtree((tmp_path / "postgres").resolve(), ignore_errors=True)


async def _typename(client: httpx.AsyncClient, running: local.Running) -> object:
    answer = await client.post(f"{running.addresses.url(ROUTER)}/graphql", json={"query": "{ __typename }"})
    return answer.json()


@pytest.mark.timeout(240)
async def test_up_heals_survives_a_crash_and_leaves_nothing(home: Path) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        async with up(home) as launcher:
            running = local.running()
            assert running.pid == launcher.pid
            assert await _typename(client, running) == {"data": {"__typename": "Query"}}
            status = await asyncio.to_thread(caregraph, home, "status")
            assert (status.returncode, status.stdout.count(" ready ")) == (0, len(SUBGRAPHS) + 1)
            assert "mails" in (await client.get(running.addresses.url(MAIL))).text
            presets = (await client.get(f"{running.addresses.url(ROUTER)}/graphiql-presets.json")).json()
            body = {"query": presets["logIn"], "variables": presets["accounts"][0]["variables"]}
            logged_in = await client.post(f"{running.addresses.url(ROUTER)}/graphql", json=body)
            assert logged_in.json()["data"]["logIn"]["accessToken"]
            second = await asyncio.to_thread(caregraph, home, "up")
            assert second.returncode == 1
            assert f"already running (process {launcher.pid}) at {running.addresses.url(ROUTER)}" in second.stderr
            await _kill_and_wait(client, running, "directory")
            processes = descendants(launcher.pid)
            launcher.send_signal(signal.SIGKILL)
        assert await gone(processes) == set()

        async with up(home) as launcher:
            assert await _typename(client, local.running()) == {"data": {"__typename": "Query"}}
            processes = descendants(launcher.pid)
            launcher.send_signal(signal.SIGINT)
            assert await launcher.wait() == 0
            assert await gone(processes, seconds=0) == set()


async def _kill_and_wait(client: httpx.AsyncClient, running: local.Running, service: str) -> None:
    """Kill a service's process, and wait until another has taken its place."""
    module = subgraph(service).module
    (old,) = [child.pid for child in psutil.Process(running.pid).children() if module in child.cmdline()]
    os.kill(old, signal.SIGKILL)
    assert await gone([old]) == set()
    async with asyncio.timeout(30):
        while True:
            with suppress(httpx.HTTPError):
                if (await client.get(f"{running.addresses.url(service)}/ready")).is_success:
                    return
            await asyncio.sleep(0.1)
