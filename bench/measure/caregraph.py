"""CareGraph itself: what a first page costs, service by service, on the local stack with its demo data.

Both ask most subgraphs, in turn with Hive Router's heavy query, which says what the machine is worth at that time.
"""

import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import psutil
import yaml

from bench.measure.compare import peer
from bench.measure.gateways import Start
from bench.measure.load import Clients, Target, first_answer
from bench.measure.phases import Profile, forget, profile, sampled
from bench.measure.process import Measured, MeasurementError, cpu_seconds, python, running
from stack import local
from stack.demo.accounts import DOMAIN
from stack.environment import of_router
from stack.errors import StackError
from stack.ports import free_port
from stack.secrets import DEMO_PASSWORD, load_or_create
from stack.services import ROUTER_CONFIG, SUBGRAPHS, SUPERGRAPH

_LOG_IN = "mutation ($input: LogInInput!) { logIn(input: $input) { ... on LogInSuccess { accessToken } } }"
_CONNECTIONS, _TURNS = 8, 10
_START_SECONDS = 180
_LEAST_MS = 0.05
_ELSE = {"postgres": "PostgreSQL", "valkey": "Valkey", "java": "Kafka", "router": "the stack's own router, idle"}


@dataclass(frozen=True)
class Page:
    """What somebody sees first."""

    name: str
    account: str
    query: str


HOME = Page("the portal's home page", "patient", "home")
PAGES = (HOME, Page("an administrator's first page", "admin", "office"))


@dataclass(frozen=True)
class Cost:
    """CPU-ms of each service for one page, what it spends anyway taken off, and what the router spends its own on.

    `of_peer`: all of it as a multiple of the peer's heavy query, if that is installed.
    """

    page: str
    cpu_ms: dict[str, float]
    router: Profile
    of_peer: float | None


async def first_pages(*, seconds: float, report: Callable[[str], None]) -> list[Cost]:
    """What each page costs."""
    report("starting the stack")
    with _folder() as folder:
        async with _stack(folder) as (stack, found), peer() as of_peer:
            return [await _measure(page, stack, found, folder, of_peer, seconds, report) for page in PAGES]


async def _measure(
    page: Page,
    stack: Measured,
    found: local.Running,
    folder: Path,
    of_peer: Callable[[], Awaitable[float | None]],
    seconds: float,
    report: Callable[[str], None],
) -> Cost:
    output = folder / page.account
    async with _router(page, found, folder, output) as (router, clients):
        report(f"{page.name}: warming up")
        await clients.load(seconds / 2)
        report("doing nothing")
        before = _spent(stack, router)
        await asyncio.sleep(seconds / 2)
        idle = _since(before, _spent(stack, router))
        report("measuring")
        forget(router)
        spent, outcomes, peers = [], [], []
        for _ in range(_TURNS):
            before = _spent(stack, router)
            outcomes.append(await clients.load(seconds / _TURNS))
            spent.append(_since(before, _spent(stack, router)))
            peers.append(await of_peer())
    if wrong := sum(one.wrong for one in outcomes):
        raise MeasurementError(f"{wrong} answers were not as the first")
    count, anyway = sum(one.count for one in outcomes), sum(one.seconds for one in outcomes) / (seconds / 2)
    together = {name: sum(turn.get(name, 0) for turn in spent) for name in set().union(*spent)}
    costs = {name: (cpu - idle.get(name, 0) * anyway) * 1000 / count for name, cpu in together.items()}
    costs = {name: cpu for name, cpu in costs.items() if cpu > _LEAST_MS}
    known = [one for one in peers if one is not None]
    of_known = sum(costs.values()) / median(known) if known else None
    return Cost(page.name, costs, profile(page.name, output), of_known)


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
async def _router(
    page: Page, found: local.Running, folder: Path, output: Path
) -> AsyncIterator[tuple[Measured, Clients]]:
    """A router of our own in front of the stack's subgraphs, sampled, and who asks it for the page.

    It asks for each page anew, although all pages are the same.
    """
    secrets, port = load_or_create(local.secrets_file()), free_port()
    options: list[str | Path] = ["--supergraph", SUPERGRAPH, "--config", _config(folder), "--port", str(port)]
    start = sampled(Start(python("router", "serve", *options), of_router(found.addresses, secrets)), output)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        credentials = {"input": {"email": f"{page.account}@{DOMAIN}", "password": secrets[DEMO_PASSWORD]}}
        url = f"{found.addresses.url('router')}/graphql"
        granted = (await client.post(url, json={"query": _LOG_IN, "variables": credentials})).json()
    token = granted["data"]["logIn"]["accessToken"]
    query = (Path(__file__).parent / f"{page.query}.graphql").read_text()
    target = Target(f"http://127.0.0.1:{port}/graphql", query, {"authorization": f"Bearer {token}"})
    with running(start.command, start.environment, core=None) as router:
        answer = await first_answer(target, router)
        if "errors" in answer.json():
            raise MeasurementError(f"the router answers {answer.text[:500]}")
        with closing(Clients(target, connections=_CONNECTIONS, size=len(answer.content))) as clients:
            yield router, clients


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
