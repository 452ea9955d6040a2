"""A service that ends is started again; one that cannot start is an error; none outlives its supervisor."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from stack.errors import StackError
from stack.ports import free_port
from stack.supervisor import Service, is_ready, keep
from tests.stack.processes import gone


def _service(folder: Path, *command: str, port: int | None = None) -> Service:
    port = port or free_port()
    command = command or ("-m", "tests.stack.fake_service", str(port))
    return Service("fake", [sys.executable, *command], os.environ, f"http://127.0.0.1:{port}", folder / "fake.log")


async def test_a_crashed_service_is_started_again_and_all_end_together(tmp_path: Path) -> None:
    service, ready = _service(tmp_path), asyncio.Event()
    reports: list[str] = []
    keeper = asyncio.create_task(keep(service, ready, reports.append))
    async with asyncio.timeout(20), httpx.AsyncClient() as client:
        await ready.wait()
        first = service.pid
        os.kill(first, signal.SIGKILL)
        assert await gone([first]) == set()
        ready.clear()
        await ready.wait()
        assert await is_ready(client, service.url)
        second = service.pid
        keeper.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeper
    assert await gone([first, second]) == set()
    assert reports == ["fake ended with status -9; starting it again in 0.25 s"]


async def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    service = _service(tmp_path, "-c", "import sys; sys.exit('fake: DATABASE_URL is missing: set it')")
    with pytest.raises(StackError, match=r"fake ended with status 1 .*: fake: DATABASE_URL is missing: set it"):
        await keep(service, asyncio.Event(), print)


async def test_a_service_that_ignores_sigterm_is_ended_after_its_grace(tmp_path: Path) -> None:
    from stack.process import Child

    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = Child("deaf", [sys.executable, "-c", stubborn], log=tmp_path / "deaf.log")

    async def deaf() -> bool:
        return "deaf" in (tmp_path / "deaf.log").read_text()

    await child.until(deaf, seconds=10)
    await child.stop(grace=0.2)
    assert child.exit_code == -signal.SIGKILL
