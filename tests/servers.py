"""One stack of real servers a test run, on free ports and in a folder of its own.

The process that runs pytest owns the servers and starts each when a test first asks for it; the workers of xdist ask
over a loopback connection. When the run ends, however it ends, so do they.
"""

import asyncio
import json
import secrets
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from stack.errors import StackError
from stack.ports import free_port
from stack.servers.kafka import Kafka
from stack.servers.postgres import Postgres
from stack.servers.valkey import Valkey

_LONGEST_START_SECONDS = 100  # with Kafka's jars to be fetched first


class Servers:
    """The run's servers, in an event loop of their own; a thread of ours is their parent for as long as they live."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="caregraph-tests-"))
        self.folder.chmod(0o755)  # PostgreSQL may run as another user
        self._starts: dict[str, asyncio.Task[str]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="servers", daemon=True)
        self._thread.start()
        self._postgres = Postgres(
            self.folder / "postgres", free_port(), secrets.token_urlsafe(), log=self._log("postgres"), durable=False
        )
        self._valkey = Valkey(self.folder / "valkey", free_port(), log=self._log("valkey"), durable=False)
        self._kafka = Kafka(self.folder / "kafka", free_port(), log=self._log("kafka"))
        listening = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._answer, "127.0.0.1", 0), self._loop)
        self.port: int = listening.result().sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stop what was started and remove its data."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        shutil.rmtree((self.folder / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line in: a server's name; one line out: its address, or why it has none."""
        name = (await reader.readline()).decode().strip()
        if name not in self._starts:
            self._starts[name] = asyncio.create_task(self._start(name))
        try:
            answer = {"address": await asyncio.shield(self._starts[name])}
        except StackError as error:
            answer = {"error": str(error)}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        writer.close()

    async def _start(self, name: str) -> str:
        if name == "postgres":
            await self._postgres.start()
            return self._postgres.url
        if name == "valkey":
            await self._valkey.start()
            return self._valkey.url
        await self._kafka.start()
        return self._kafka.address

    async def _stop(self) -> None:
        for start in self._starts.values():
            start.cancel()
        await asyncio.gather(*self._starts.values(), return_exceptions=True)
        await asyncio.gather(self._postgres.stop(), self._valkey.stop(), self._kafka.stop())


_SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_SERVERS] = Servers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where to ask."""
    node.workerinput["servers_port"] = node.config.stash[_SERVERS].port


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SERVERS in config.stash:
        config.stash[_SERVERS].close()


def _address(config: pytest.Config, name: str) -> str:
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    port = config.stash[_SERVERS].port if worker is None else worker["servers_port"]
    with socket.create_connection(("127.0.0.1", port), timeout=_LONGEST_START_SECONDS) as connection:
        connection.sendall(name.encode() + b"\n")
        answer = json.loads(connection.makefile().readline())
    if "error" in answer:
        pytest.fail(answer["error"], pytrace=False)
    return str(answer["address"])


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """A PostgreSQL address whose user may create databases."""
    return _address(pytestconfig, "postgres")


@pytest.fixture(scope="session")
def redis_url(pytestconfig: pytest.Config) -> str:
    """A Redis address, database 0; the server has 1024."""
    return _address(pytestconfig, "valkey")


@pytest.fixture(scope="session")
def kafka_bootstrap(pytestconfig: pytest.Config) -> str:
    """A Kafka address, `host:port`."""
    return _address(pytestconfig, "kafka")
