"""What `_entities` of 100 keys costs, by type, beside Hive Router's heavy query, against which the goal was set.

After the answer comes what is done of the look that it was: it is sealed, told of, and in records kept.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import asyncpg
import psutil

from bench.measure.compare import peer
from bench.measure.process import LOAD_CORE, MEASURED_CORE, cpu_seconds, on
from bench.subgraph.running import Running, Target, running
from bench.subgraph.workloads import PLAIN, workloads

_WARM_UP, _REQUESTS = 200, 200
_AFTER_SECONDS = 3  # until nothing is left to do
_IDLE_SECONDS = 10
_LOGGED = re.compile(r"LOG:  (?:execute [^:]*|statement): (.*)")


@dataclass(frozen=True)
class Entities:
    """CPU-ms a request for a type, until it is answered and after that; both, as a multiple of the plain type's and of the
    peer's heavy query; SQL statements a request.
    """

    subgraph: str
    typename: str
    cpu_ms: float
    answer_ms: float
    after_ms: float
    of_plain: float
    of_peer: float | None
    statements: float


class _Spent(NamedTuple):
    """CPU-ms a request."""

    answer: float
    after: float


async def entities(*, turns: int, report: Callable[[str], None]) -> list[Entities]:
    """Each type, and the peer if it is installed, in turn."""
    report("starting")
    with on(LOAD_CORE):
        async with running(workloads()) as stack, peer() as of_peer:
            costs, peers = await _take_turns(stack.targets, of_peer, turns, report)
            statements = [await _statements(stack, target) for target in stack.targets]
    both = {name: [sum(each) for each in spent] for name, spent in costs.items()}
    return [
        Entities(
            target.subgraph,
            target.typename,
            median(both[target.typename]),
            median(each.answer for each in costs[target.typename]),
            median(each.after for each in costs[target.typename]),
            _ratio(both[target.typename], both[PLAIN]) or 1,
            _ratio(both[target.typename], peers),
            counts,
        )
        for target, counts in zip(stack.targets, statements, strict=True)
    ]


async def _take_turns(
    targets: Sequence[Target],
    of_peer: Callable[[], Awaitable[float | None]],
    turns: int,
    report: Callable[[str], None],
) -> tuple[dict[str, list[_Spent]], list[float | None]]:
    for target in targets:
        target.process.cpu_affinity([MEASURED_CORE])
        await target.ask(_WARM_UP)
    idle = await _idle({target.process for target in targets})
    costs: dict[str, list[_Spent]] = {target.typename: [] for target in targets}
    peers = []
    for number in range(1, turns + 1):
        report(f"turn {number} of {turns}")
        peers.append(await of_peer())
        for target in targets:
            costs[target.typename].append(await _spent(target, idle[target.process]))
    return costs, peers


def _ratio(costs: Sequence[float], others: Sequence[float | None]) -> float | None:
    ratios = [cost / other for cost, other in zip(costs, others, strict=True) if other]
    return median(ratios) if ratios else None


async def _idle(processes: Collection[psutil.Process]) -> dict[psutil.Process, float]:
    """What each process takes of a second without being asked."""
    await asyncio.sleep(_AFTER_SECONDS)
    before = {process: cpu_seconds(process) for process in processes}
    await asyncio.sleep(_IDLE_SECONDS)
    return {process: (cpu_seconds(process) - before[process]) / _IDLE_SECONDS for process in processes}


async def _spent(target: Target, idle: float) -> _Spent:
    """By the subgraph's process."""
    before = cpu_seconds(target.process)
    await target.ask(_REQUESTS)
    answered = cpu_seconds(target.process)
    await asyncio.sleep(_AFTER_SECONDS)
    after = cpu_seconds(target.process) - answered - idle * _AFTER_SECONDS
    return _Spent((answered - before) * 1000 / _REQUESTS, after * 1000 / _REQUESTS)


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
