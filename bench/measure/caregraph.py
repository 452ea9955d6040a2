"""CareGraph itself: what the portal's first page costs, service by service, on the local stack with its demo data.

The page asks five subgraphs. Those that do not exist yet, and reporting, which patients may not ask, are not in it.
"""

import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import yaml

from bench.measure.gateways import Start
from bench.measure.load import Target, first_answer, load
from bench.measure.phases import Profile, forget, profile, sampled
from bench.measure.process import Measured, MeasurementError, cpu_seconds, python, running
from stack import local
from stack.environment import of_router
from stack.errors import StackError
from stack.ports import free_port
from stack.secrets import DEMO_PASSWORD, load_or_create
from stack.services import ROUTER_CONFIG, SUBGRAPHS, SUPERGRAPH

_PATIENT = "patient@caregraph.example"
_LOG_IN = "mutation ($input: LogInInput!) { logIn(input: $input) { ... on LogInSuccess { accessToken } } }"
_HOME = (Path(__file__).parent / "home.graphql").read_text()
_CONNECTIONS = 8
_START_SECONDS = 180
_LEAST_MS = 0.05
_ELSE = {"postgres": "PostgreSQL", "valkey": "Valkey", "java": "Kafka", "router": "the stack's own router, idle"}


@dataclass(frozen=True)
class Cost:
    """CPU-ms that a service spends on one page; what it spends anyway is taken off."""

    service: str
    cpu_ms: float


async def home_page(*, seconds: float, report: Callable[[str], None]) -> tuple[list[Cost], Profile]:
    """What each service spends on a page, and on what the router spends it."""
    with _folder() as folder:
        output = folder / "samples"
        report("starting the stack")
        async with _stack(folder) as (stack, found), _router(found, folder, output) as (router, target):
            answer = await first_answer(target, router)
            if "errors" in answer.json():
                raise MeasurementError(f"the router answers {answer.text[:500]}")
            size = len(answer.content)
            report("warming up")
            await load(target, connections=_CONNECTIONS, seconds=seconds / 2, size=size)
            report("doing nothing")
            before = _spent(stack, router)
            await asyncio.sleep(seconds / 2)
            idle = _since(before, _spent(stack, router))
            report("measuring")
            forget(router)
            before = _spent(stack, router)
            outcome = await load(target, connections=_CONNECTIONS, seconds=seconds, size=size)
            spent = _since(before, _spent(stack, router))
        if outcome.wrong:
            raise MeasurementError(f"{outcome.wrong} of {outcome.count} answers were not as the first")
        anyway = outcome.seconds / (seconds / 2)
        costs = [Cost(name, (cpu - idle.get(name, 0) * anyway) * 1000 / outcome.count) for name, cpu in spent.items()]
        shown = [one for one in sorted(costs, key=lambda one: -one.cpu_ms) if one.cpu_ms > _LEAST_MS]
        return shown, profile("the portal's home page", output)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder)
        path.chmod(0o755)  # PostgreSQL may run as another user
        yield path


@asynccontextmanager
async def _stack(folder: Path) -> AsyncIterator[tuple[Measured, local.Running]]:
    """`caregraph up`, in a folder of its own."""
    os.environ["CAREGRAPH_HOME"] = str(folder / "stack")
    with running(python("stack", "up", "--free-ports"), core=None) as process:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            process.check()
            try:
                yield process, local.running()
                return
            except StackError:
                await asyncio.sleep(0.2)
        raise MeasurementError("the stack did not start")


@asynccontextmanager
async def _router(found: local.Running, folder: Path, output: Path) -> AsyncIterator[tuple[Measured, Target]]:
    """A router of our own in front of the stack's subgraphs, sampled, and a patient who asks it.

    It asks for each page anew, although all pages are the same.
    """
    secrets, port = load_or_create(local.secrets_file()), free_port()
    options: list[str | Path] = ["--supergraph", SUPERGRAPH, "--config", _config(folder), "--port", str(port)]
    start = sampled(Start(python("router", "serve", *options), of_router(found.addresses, secrets)), output)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        credentials = {"input": {"email": _PATIENT, "password": secrets[DEMO_PASSWORD]}}
        url = f"{found.addresses.url('router')}/graphql"
        granted = (await client.post(url, json={"query": _LOG_IN, "variables": credentials})).json()
    token = granted["data"]["logIn"]["accessToken"]
    with running(start.command, start.environment, core=None) as router:
        yield router, Target(f"http://127.0.0.1:{port}/graphql", _HOME, {"authorization": f"Bearer {token}"})


def _config(folder: Path) -> Path:
    config = yaml.safe_load(ROUTER_CONFIG.read_text())
    config["subgraphs"]["all"]["deduplicate"] = False
    path = folder / "router.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def _spent(stack: Measured, router: Measured) -> dict[str, float]:
    """CPU seconds so far, by service."""
    spent = defaultdict(float, {"router": router.cpu_seconds()})
    for process in stack.all():
        with suppress(psutil.NoSuchProcess):
            spent[_service(process)] += cpu_seconds(process)
    return spent


def _since(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    return {name: spent - before.get(name, 0) for name, spent in now.items()}


def _service(process: psutil.Process) -> str:
    command = process.cmdline()
    modules = {each.module: each.name for each in SUBGRAPHS}
    if known := [modules[part] for part in command if part in modules]:
        return known[0]
    program = " ".join([process.name(), *command[:3]])
    return next((name for word, name in _ELSE.items() if word in program), "launcher")
