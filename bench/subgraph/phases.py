"""Where a subgraph's time goes: py-spy's samples, native frames included, each counted for the first phase that it is in.

python -m bench.subgraph.phases P     by the profiler py-spy at P
"""

import argparse
import asyncio
import re
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.subgraph.running import Target, running
from bench.subgraph.workloads import workloads

_REQUESTS = 4000
_SECONDS = 6

# The innermost frame that a pattern matches says the phase.
_PATTERNS = {
    "JSON": r"orjson|msgspec|_encode",
    "signature, token": r"shared/signature|shared/auth|/jwt/|hashlib|hmac",
    "audit": r"shared/audit",
    "SQL": r"sqlalchemy|asyncpg|sqlmodel|shared/database|greenlet",
    "parse, validate": r"graphql/language|graphql/validation|shared/graph/operations",
    "execution": r"/graphql/|strawberry/(?!http|asgi)|shared/graph/(?!view)",
    "the domain's own": r"subgraphs/|reporting/",
    "HTTP": r"uvicorn|starlette|httptools|uvloop|asyncio|strawberry|shared/graph/view|cross_web|opentelemetry|shared/service",
}
_PHASES = [*_PATTERNS, "else"]


async def main(py_spy: Path) -> None:
    """Profile each measured type, and print."""
    async with running(workloads()) as stack:
        found = {target.typename: await _shares(py_spy, target) for target in stack.targets}
    table = Table("share of the time", *found)
    for phase in _PHASES:
        table.add_row(phase, *(f"{each[phase]:.0%}" for each in found.values()))
    Console().print(table)


async def _shares(py_spy: Path, target: Target) -> dict[str, float]:
    """Each phase's share of the time in which the process worked, while it is asked."""
    asking = asyncio.create_task(target.ask(_REQUESTS))
    command = ["record", "--native", "--format", "raw", "--full-filenames", "--rate", "100"]
    command += ["--duration", str(_SECONDS), "--output", "/dev/stdout", "--pid", str(target.process.pid)]
    profiler = await asyncio.create_subprocess_exec(
        py_spy, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    output, _ = await profiler.communicate()
    await asking
    samples: Counter[str] = Counter()
    for line in output.decode().splitlines():
        stack, _, count = line.rpartition(" ")
        if count.isdigit():  # the profiler talks as well
            samples[_phase(stack.split(";"))] += int(count)
    return {phase: samples[phase] / max(1, samples.total()) for phase in _PHASES}


def _phase(stack: list[str]) -> str:
    for frame in reversed(stack):
        for phase, pattern in _PATTERNS.items():
            if re.search(pattern, frame):
                return phase
    return "else"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("py_spy", type=Path, metavar="P", help="py-spy's program")
    asyncio.run(main(parser.parse_args().py_spy))
