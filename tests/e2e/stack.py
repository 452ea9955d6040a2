"""The whole system as `make up` starts it, on the run's servers."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from shared.ids import new_id
from stack.secrets import DEMO_PASSWORD, load_or_create
from tests.harness.caller import Caller

_START_SECONDS = 110
_CAREGRAPH = "from stack.cli import app; app()"

LOG_IN = """
mutation LogIn($input: LogInInput!) {
  logIn(input: $input) { __typename ... on LogInSuccess { accessToken refreshToken account { email roles } } }
}
"""


@dataclass(frozen=True)
class Stack:
    """A stack that runs."""

    process: asyncio.subprocess.Process
    home: Path
    state: dict[str, Any]
    http: httpx.AsyncClient

    @property
    def url(self) -> str:
        """The graph's address."""
        return f"http://127.0.0.1:{self.state['addresses']['ports']['router']}/graphql"

    async def log_in(self, name: str) -> Caller:
        """The demo account of a role, logged in."""
        email, password = f"{name}@caregraph.example", load_or_create(self.home / "secrets.env")[DEMO_PASSWORD]
        anonymous = Caller(self.http, self.url, None)
        answer = await anonymous.data(LOG_IN, input={"email": email, "password": password})
        return Caller(self.http, self.url, answer["logIn"]["accessToken"])

    def pid(self, service: str) -> int:
        """The process that listens on a service's port."""
        port = self.state["addresses"]["ports"][service]
        for each in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it may end while we look
                if any(found.laddr.port == port and found.status == "LISTEN" for found in each.net_connections("inet")):
                    return each.pid
        raise LookupError(f"nothing listens for {service}")


@asynccontextmanager
async def running_stack(home: Path, postgres: str, redis: str, kafka: str) -> AsyncIterator[Stack]:
    """Start the stack, wait until it is up, and stop it with the signal of Ctrl+C."""
    environment = os.environ | {
        "CAREGRAPH_HOME": str(home),
        "DATABASE_URL": postgres,
        "REDIS_URL": f"{redis.rstrip('/').removesuffix('/0')}/900",
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "KAFKA_TOPIC_PREFIX": f"e2e{new_id().hex[-8:]}",
    }
    log = (home / "up.log").open("wb")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CAREGRAPH, "up", "--free-ports", env=environment, stdout=log, stderr=log
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            while not (home / "running.json").exists():
                assert process.returncode is None, (home / "up.log").read_text()
                await asyncio.sleep(0.1)
        async with httpx.AsyncClient(timeout=30) as http:
            yield Stack(process, home, json.loads((home / "running.json").read_text()), http)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), 30)
        log.close()
