"""What `_entities` of 100 keys costs, by type, beside Hive Router's heavy query, against which the goal was set."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

import asyncpg

from bench.measure.compare import peer
from bench.measure.process import LOAD_CORE, MEASURED_CORE, cpu_seconds, on
from bench.subgraph.running import Running, Target, running
from bench.subgraph.workloads import PLAIN, workloads

_WARM_UP, _REQUESTS = 200, 60
_LOGGED = re.compile(r"LOG:  (?:execute [^:]*|statement): (.*)")


@dataclass(frozen=True)
class Entities:
    """CPU-ms a request for a type, as a multiple of the plain type's and the peer's heavy query; SQL statements a request."""

    subgraph: str
    typename: str
    cpu_ms: float
    of_plain: float
    of_peer: float | None
    statements: float


async def entities(*, turns: int, report: Callable[[str], None]) -> list[Entities]:
    """Each type, and the peer if it is installed, in turn."""
    report("starting")
    with on(LOAD_CORE):
        async with running(workloads()) as stack, peer() as of_peer:
            costs, peers = await _take_turns(stack.targets, of_peer, turns, report)
            statements = [await _statements(stack, target) for target in stack.targets]
    plain = costs[PLAIN]
    return [
        Entities(
            target.subgraph, target.typename, median(spent), _ratio(spent, plain) or 1, _ratio(spent, peers), counts
        )
        for target, spent, counts in zip(stack.targets, costs.values(), statements, strict=True)
    ]


async def _take_turns(
    targets: Sequence[Target],
    of_peer: Callable[[], Awaitable[float | None]],
    turns: int,
    report: Callable[[str], None],
) -> tuple[dict[str, list[float]], list[float | None]]:
    for target in targets:
        target.process.cpu_affinity([MEASURED_CORE])
        await target.ask(_WARM_UP)
    costs: dict[str, list[float]] = {target.typename: [] for target in targets}
    peers = []
    for number in range(1, turns + 1):
        report(f"turn {number} of {turns}")
        peers.append(await of_peer())
        for target in targets:
            costs[target.typename].append(await _milliseconds(target))
    return costs, peers


def _ratio(costs: Sequence[float], others: Sequence[float | None]) -> float | None:
    ratios = [cost / other for cost, other in zip(costs, others, strict=True) if other]
    return median(ratios) if ratios else None


async def _milliseconds(target: Target) -> float:
    """Of the subgraph's process, with all that it does besides."""
    before = cpu_seconds(target.process)
    await target.ask(_REQUESTS)
    return (cpu_seconds(target.process) - before) * 1000 / _REQUESTS


async def _statements(stack: Running, target: Target, requests: int = 50) -> float:
    """What PostgreSQL executes for a request, by its own log; jobs that run by the clock are left out."""
    server = await asyncpg.connect(stack.postgres)
    await target.ask(_WARM_UP)  # data keys are kept for a minute
    await _log_statements(server, "all")
    start = stack.log.stat().st_size
    await target.ask(requests)
    await _log_statements(server, "none")
    await server.close()
    with stack.log.open() as lines:
        lines.seek(start)
        executed = Counter(match[1] for match in map(_LOGGED.search, lines) if match)
    return sum(count for count in executed.values() if count > requests // 10) / requests


async def _log_statements(server: asyncpg.Connection, which: str) -> None:
    await server.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
    await server.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(0.5)  # until its processes have taken note
