"""What `_entities` of 100 keys costs a subgraph: processor time and SQL statements a request, and where the time goes.

.venv/bin/python bench/subgraph/measure.py              processor time and statements
.venv/bin/python bench/subgraph/measure.py --py-spy P   and the share of each phase, by the profiler py-spy at P
"""

import argparse
import asyncio
import re
import statistics
from collections import Counter
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.table import Table

from bench.subgraph.phases import PHASES, shares
from bench.subgraph.running import Running, Target, running
from bench.subgraph.workloads import workloads

_WARM_UP, _REQUESTS, _ROUNDS = 100, 100, 5
_LOGGED = re.compile(r"LOG:  (?:execute [^:]*|statement): (.*)")


async def main(names: list[str], py_spy: Path | None) -> None:
    """Measure and print."""
    chosen = [each for each in workloads() if not names or each.subgraph in names]
    async with running(chosen) as stack:
        targets = stack.targets
        for target in targets:
            await target.ask(_WARM_UP)
        rounds = [[await _milliseconds(target) for target in targets] for _ in range(_ROUNDS)]
        statements = [await _statements(stack, target) for target in targets]
        phases = [await shares(py_spy, target) for target in targets] if py_spy else []
    table = Table("subgraph", "CPU-ms a request", "least", "statements a request")
    for target, costs, counts in zip(targets, zip(*rounds, strict=True), statements, strict=True):
        text = "\n".join(f"{count:5.2f} {statement}" for statement, count in counts.most_common())
        table.add_row(target.name, f"{statistics.median(costs):.2f}", f"{min(costs):.2f}", text, end_section=True)
    Console().print(table)
    if phases:
        table = Table("share of the time", *(target.name for target in targets))
        for phase in PHASES:
            table.add_row(phase, *(f"{100 * each[phase]:.0f} %" for each in phases))
        Console().print(table)


async def _milliseconds(target: Target) -> float:
    """Processor time of the subgraph's process a request, user's and system's, with all that it does besides."""
    before = target.process.cpu_times()
    await target.ask(_REQUESTS)
    after = target.process.cpu_times()
    milliseconds: float = (after.user + after.system - before.user - before.system) * 1000
    return milliseconds / _REQUESTS


async def _statements(stack: Running, target: Target, requests: int = 50) -> Counter[str]:
    """What PostgreSQL executed a request, by its own log; jobs that run by the clock are in it."""
    server = await asyncpg.connect(stack.postgres)
    await _log_statements(server, "all")
    start = stack.log.stat().st_size
    await target.ask(requests)
    await _log_statements(server, "none")
    await server.close()
    with stack.log.open() as lines:
        lines.seek(start)
        executed = Counter(_shortened(match[1]) for match in map(_LOGGED.search, lines) if match)
    return Counter({statement: count / requests for statement, count in executed.items() if count > requests // 10})


async def _log_statements(server: asyncpg.Connection, which: str) -> None:
    await server.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
    await server.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(0.5)  # until its processes have taken note


def _shortened(statement: str) -> str:
    words = statement.replace(";", "").split()
    named = words.index("FROM") if "FROM" in words else 1
    return " ".join([*words[:1], *words[named : named + 2]])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("subgraph", nargs="*", help="of directory, patients, appointments; all if absent")
    parser.add_argument("--py-spy", type=Path, metavar="P", help="py-spy's program")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.subgraph, arguments.py_spy))
