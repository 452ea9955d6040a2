"""Keeping processes running."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import httpx

from stack.errors import StackError
from stack.process import Child, running

_START_SECONDS = 60
_PROBE_SECONDS = 5
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60


class Unit(Protocol):
    """Something that runs: a server or a service."""

    @property
    def name(self) -> str: ...
    async def start(self) -> None: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


class Service:
    """A service's process; it has started when its `/ready` says so."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], url: str, log: Path) -> None:
        self.name, self.url = name, url
        self._command, self._environment, self._log = command, environment, log
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        return running(self._child).pid

    async def start(self) -> None:
        """Return when it is ready."""
        self._child = Child(self.name, self._command, log=self._log, environment=self._environment)
        async with httpx.AsyncClient(timeout=_PROBE_SECONDS, trust_env=False) as client:

            async def ready() -> bool:
                return await is_ready(client, self.url)

            await self._child.until(ready, seconds=_START_SECONDS)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await running(self._child).wait()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()


async def is_ready(client: httpx.AsyncClient, url: str) -> bool:
    """Whether a service answers `/ready` with 200."""
    try:
        return (await client.get(f"{url}/ready")).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def keep(unit: Unit, ready: asyncio.Event, report: Callable[[str], None]) -> None:
    """Run a unit until cancelled, and then stop it. `ready` is set while it is up.

    If it cannot be started the first time, that is an error. Later, whenever it ends, it is started again after a pause
    that doubles with each failure, up to 30 s, and is short again once the unit has run for a minute.
    """
    pause, first = _FIRST_PAUSE_SECONDS, True
    while True:
        began = time.monotonic()
        try:
            await unit.start()
            ready.set()
            first = False
            cause = f"ended with status {await unit.wait()}"
        except StackError as error:
            if first:
                raise
            cause = str(error)
        finally:
            ready.clear()
            await unit.stop()
        if time.monotonic() - began > _STEADY_SECONDS:
            pause = _FIRST_PAUSE_SECONDS
        report(f"{unit.name} {cause}; starting it again in {pause:g} s")
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
