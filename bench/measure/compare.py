"""Gateways beside each other, loaded in turn for a moment each, so that whatever else the machine does hits all of them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import median

import httpx

from bench.measure.gateways import HEAVY, HIVE_ROUTER, Case, Gateway, Place
from bench.measure.load import Clients, Outcome, Target, first_answer, percentile_ms
from bench.measure.process import LOAD_CORE, MEASURED_CORE, Measured, MeasurementError, on, python, running
from bench.measure.tokens import Issuer
from bench.workload.shop import expected, operation, supergraph
from stack.ports import free_port

CONNECTIONS = 50
_TURN_SECONDS = 0.5
_WARM_UP_SECONDS = 4
_LONGEST_WARM_UP_SECONDS = 30


@dataclass(frozen=True)
class Row:
    """What one gateway did in one case. `turns`: CPU-ms a request in each of its turns; `cpu_ms`: the median of them."""

    case: str
    gateway: str
    cpu_ms: float
    turns: list[float]
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    peak_mb: float
    fetches: float
    wrong: int

    @property
    def spread(self) -> float:
        """How far the dearest turn was above the cheapest."""
        return max(self.turns) / min(self.turns) - 1

    def ratio(self, other: "Row") -> float:
        """Its CPU time as a share of another's: the median of the shares of each turn."""
        return median(ours / theirs for ours, theirs in zip(self.turns, other.turns, strict=True))


@dataclass(frozen=True)
class Shop:
    """The subgraphs, running, and what a gateway in front of them has to answer."""

    address: str
    folder: Path
    issuer: Issuer

    async def fetches(self) -> int:
        """How many requests the subgraphs have answered so far."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return int((await client.get(f"{self.address}/count")).text)

    def place(self, case: Case) -> Place:
        """A free port over the case's supergraph."""
        place = Place(self.folder / ("guarded" if case.guarded else "open"), free_port())
        place.folder.mkdir(exist_ok=True)
        place.supergraph.write_text(supergraph(self.address, guarded=case.guarded)[0])
        place.keys.write_text(self.issuer.keys())
        return place

    def target(self, case: Case, place: Place, path: str) -> Target:
        headers = {"authorization": f"Bearer {self.issuer.token()}"} if case.guarded else {}
        return Target(f"http://127.0.0.1:{place.port}{path}", operation(case.operation), headers)


@asynccontextmanager
async def shop() -> AsyncIterator[Shop]:
    """Run the subgraphs on the core of the load."""
    port = free_port()
    with (
        on(LOAD_CORE),
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        running(python("bench.workload", str(port)), core=LOAD_CORE) as process,
    ):
        made = Shop(f"http://127.0.0.1:{port}", Path(folder), Issuer())
        while True:
            process.check()
            try:
                await made.fetches()
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        yield made


async def compare(
    gateways: Sequence[Gateway], cases: Sequence[Case], *, rounds: int, seconds: float, report: Callable[[str], None]
) -> list[Row]:
    """Each gateway in each case, started anew in each round."""
    found: dict[tuple[Case, str], list[Turn]] = {}
    async with shop() as running_shop:
        for number in range(1, rounds + 1):
            for case in cases:
                report(f"round {number}: {case.name}")
                installed = [one for one in gateways if case in one.cases and one.installed]
                for name, turns in (await take_turns(running_shop, installed, case, seconds=seconds)).items():
                    found.setdefault((case, name), []).extend(turns)
    return [row_of(case, name, turns) for (case, name), turns in found.items()]


@dataclass(frozen=True)
class Turn:
    """What a gateway did in a moment."""

    outcome: Outcome
    cpu_seconds: float
    fetches: int
    peak_mb: float


async def take_turns(
    shop: Shop,
    gateways: Sequence[Gateway],
    case: Case,
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    core: int | None = MEASURED_CORE,
) -> dict[str, list[Turn]]:
    """Start the gateways, see that they answer right, warm them up, load each in turn. Raises MeasurementError."""
    found: dict[str, list[Turn]] = {gateway.name: [] for gateway in gateways}
    async with AsyncExitStack() as stack:
        started = {
            one.name: await stack.enter_async_context(serving(shop, one, case, connections=connections, core=core))
            for one in gateways
        }
        for process, clients in started.values():
            await warm_up(process, clients)
        for _ in range(max(1, round(seconds / _TURN_SECONDS))):
            for name, (process, clients) in started.items():
                cpu, fetches = process.cpu_seconds(), await shop.fetches()
                outcome = await clients.load(_TURN_SECONDS)
                cpu, fetches = process.cpu_seconds() - cpu, await shop.fetches() - fetches
                found[name].append(Turn(outcome, cpu, fetches, process.peak_mb()))
    return found


async def measure(shop: Shop, gateway: Gateway, case: Case, *, seconds: float, connections: int = CONNECTIONS) -> Row:
    """One gateway alone. Raises MeasurementError."""
    turns = await take_turns(shop, [gateway], case, seconds=seconds, connections=connections)
    return row_of(case, gateway.name, turns[gateway.name])


def row_of(case: Case, name: str, turns: list[Turn]) -> Row:
    """What all turns come to."""
    outcomes = [turn.outcome for turn in turns]
    count = sum(one.count for one in outcomes)
    each = [turn.cpu_seconds * 1000 / turn.outcome.count for turn in turns]
    latencies = sorted(chain.from_iterable(one.latencies for one in outcomes))
    return Row(
        case=case.name,
        gateway=name,
        cpu_ms=median(each),
        turns=each,
        requests_per_second=count / sum(one.seconds for one in outcomes),
        p50_ms=percentile_ms(latencies, 0.5),
        p99_ms=percentile_ms(latencies, 0.99),
        peak_mb=max(turn.peak_mb for turn in turns),
        fetches=sum(turn.fetches for turn in turns) / count,
        wrong=sum(one.wrong for one in outcomes),
    )


@asynccontextmanager
async def serving(
    shop: Shop, gateway: Gateway, case: Case, *, connections: int = CONNECTIONS, core: int | None = MEASURED_CORE
) -> AsyncIterator[tuple[Measured, Clients]]:
    """Run a gateway that has been seen to answer right, with the clients that are to load it."""
    place = shop.place(case)
    start = gateway.start(case, place)
    with running(start.command, start.environment, core=core) as process:
        target = shop.target(case, place, start.path)
        answer = await first_answer(target, process)
        if answer.json() != {"data": expected(case.operation)}:
            raise MeasurementError(f"{gateway.name} answers {answer.text[:500]}")
        with closing(Clients(target, connections=connections, size=len(answer.content))) as clients:
            yield process, clients


@asynccontextmanager
async def peer() -> AsyncIterator[Callable[[], Awaitable[float | None]]]:
    """What measures the CPU-ms a request of Hive Router's heavy query for a moment; gives None if it is not installed."""
    if not HIVE_ROUTER.installed:
        yield _nothing
        return
    async with shop() as running_shop, serving(running_shop, HIVE_ROUTER, HEAVY) as (process, clients):
        await warm_up(process, clients)

        async def measure() -> float | None:
            before = process.cpu_seconds()
            outcome = await clients.load(_TURN_SECONDS)
            return (process.cpu_seconds() - before) * 1000 / outcome.count

        yield measure


async def _nothing() -> None: ...


async def warm_up(process: Measured, clients: Clients) -> None:
    """Load a gateway until it has had that much CPU time, however busy the machine is: virtual machines compile a while."""
    enough = process.cpu_seconds() + _WARM_UP_SECONDS
    for _ in range(_LONGEST_WARM_UP_SECONDS):
        await clients.load(1)
        if process.cpu_seconds() >= enough:
            return
