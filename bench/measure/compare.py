"""Gateways beside each other: in each round every gateway in every case, so that a busy minute hits all of them."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bench.measure.gateways import Case, Gateway, Place
from bench.measure.load import Target, first_answer, load
from bench.measure.process import LOAD_CORE, MEASURED_CORE, Measured, MeasurementError, on, python, running
from bench.measure.tokens import Issuer
from bench.workload.shop import expected, operation, supergraph
from stack.ports import free_port

CONNECTIONS = 50
_WARM_UP_SECONDS = 4
_LONGEST_WARM_UP_SECONDS = 30


@dataclass(frozen=True)
class Row:
    """What one gateway did in one case and round. `spread`: how far the dearest round is above this, the cheapest."""

    case: str
    gateway: str
    cpu_ms: float
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    peak_mb: float
    fetches: float
    wrong: int
    spread: float = 0.0


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
    """The cheapest round of each gateway in each case."""
    found: dict[tuple[Case, str], list[Row]] = {}
    async with shop() as running_shop:
        for number in range(1, rounds + 1):
            for case in cases:
                for gateway in gateways:
                    if case in gateway.cases and gateway.installed:
                        report(f"round {number}: {case.name}: {gateway.name}")
                        row = await measure(running_shop, gateway, case, seconds=seconds)
                        found.setdefault((case, gateway.name), []).append(row)
    return [_best(rows) for rows in found.values()]


async def measure(shop: Shop, gateway: Gateway, case: Case, *, seconds: float, connections: int = CONNECTIONS) -> Row:
    """Start a gateway, see that it answers right, warm it up, load it. Raises MeasurementError."""
    async with serving(shop, gateway, case) as (process, target, size):
        await warm_up(process, target, connections, size)
        cpu, fetches = process.cpu_seconds(), await shop.fetches()
        outcome = await load(target, connections=connections, seconds=seconds, size=size)
        cpu, fetches = process.cpu_seconds() - cpu, await shop.fetches() - fetches
        peak = process.peak_mb()
    return Row(
        case=case.name,
        gateway=gateway.name,
        cpu_ms=cpu * 1000 / outcome.count,
        requests_per_second=outcome.count / outcome.seconds,
        p50_ms=outcome.percentile_ms(0.5),
        p99_ms=outcome.percentile_ms(0.99),
        peak_mb=peak,
        fetches=fetches / outcome.count,
        wrong=outcome.wrong,
    )


@asynccontextmanager
async def serving(
    shop: Shop, gateway: Gateway, case: Case, *, core: int | None = MEASURED_CORE
) -> AsyncIterator[tuple[Measured, Target, int]]:
    """Run a gateway that has been seen to answer right, in so many bytes."""
    place = shop.place(case)
    start = gateway.start(case, place)
    with running(start.command, start.environment, core=core) as process:
        target = shop.target(case, place, start.path)
        answer = await first_answer(target, process)
        if answer.json() != {"data": expected(case.operation)}:
            raise MeasurementError(f"{gateway.name} answers {answer.text[:500]}")
        yield process, target, len(answer.content)


async def warm_up(process: Measured, target: Target, connections: int, size: int) -> None:
    """Load a gateway until it has had that much CPU time, however busy the machine is: virtual machines compile a while."""
    enough = process.cpu_seconds() + _WARM_UP_SECONDS
    for _ in range(_LONGEST_WARM_UP_SECONDS):
        await load(target, connections=connections, seconds=1, size=size)
        if process.cpu_seconds() >= enough:
            return


def _best(rows: list[Row]) -> Row:
    rows = sorted(rows, key=lambda row: row.cpu_ms)
    return replace(rows[0], spread=rows[-1].cpu_ms / rows[0].cpu_ms - 1, wrong=sum(row.wrong for row in rows))
