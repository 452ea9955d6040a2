"""Where the router's CPU time goes, by phase."""

import json
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measure.compare import CONNECTIONS, serving, shop, warm_up
from bench.measure.gateways import HEAVY, HEAVY_FETCHES, OURS, SMALL, SMALL_GUARDED, Case, Place, Start, ours
from bench.measure.load import load
from bench.measure.process import Measured, python

CASES = (HEAVY, HEAVY_FETCHES, SMALL, SMALL_GUARDED)
_LISTED = 25

# The innermost frame that a pattern matches says the phase.
_PATTERNS = {
    "requests to subgraphs": r"router/client/|router/execution/transport|router/http/engines|/aiohttp/|/yarl/|/multidict/",
    "collecting, merging": r"router/execution/(?!shape)|/msgspec/|<plan",
    "the answer's shape": r"router/execution/shape|router/execution/introspection",
    "authorization": r"router/authorization/|/jwt/",
    "preparing": r"router/engine|router/planning/|router/http/(limits|cost|persisted)|/graphql/",
    "metrics, logs, traces": r"router/telemetry|/prometheus_client/|/structlog/|/opentelemetry/",
    "HTTP with clients": r"router/http/|/uvicorn/|/starlette/|router/config|/pydantic/",
    "event loop": r"/asyncio/|/uvloop/",
}
PHASES = (*_PATTERNS, "else")


@dataclass(frozen=True)
class Profile:
    """Each phase's share of the CPU time, and that of the functions that took most."""

    name: str
    shares: dict[str, float]
    functions: dict[str, float]


async def phases(*, seconds: float, report: Callable[[str], None]) -> list[Profile]:
    """A profile of the router in each case."""
    found = []
    async with shop() as running:
        for case in CASES:
            report(case.name)
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                output = Path(folder) / "samples"

                def start(case: Case, place: Place, output: Path = output) -> Start:
                    return sampled(ours(case, place), output)

                async with serving(running, replace(OURS, start=start), case) as (process, target, size):
                    await warm_up(process, target, CONNECTIONS, size)
                    forget(process)
                    await load(target, connections=CONNECTIONS, seconds=seconds, size=size)
                found.append(profile(case.name, output))
    return found


def sampled(start: Start, output: Path) -> Start:
    """The same start of a module, with samples written to `output` at its end."""
    return replace(start, command=python("bench.measure.sampler", output, *start.command[2:]))


def forget(process: Measured) -> None:
    """What was sampled so far is the start's."""
    process.all()[0].send_signal(signal.SIGUSR1)


def profile(name: str, output: Path) -> Profile:
    """What the samples say."""
    by_phase: Counter[str] = Counter()
    by_function: Counter[str] = Counter()
    for stack, count in json.loads(output.read_text()):
        by_phase[_phase(stack)] += count
        by_function[re.sub(r".*(site-packages|python3\.\d+|router)/", "", stack[0])] += count
    total = max(1, by_phase.total())
    return Profile(
        name,
        {phase: by_phase[phase] / total for phase in PHASES},
        {function: count / total for function, count in by_function.most_common(_LISTED)},
    )


def _phase(stack: list[str]) -> str:
    for frame in stack:
        for phase, pattern in _PATTERNS.items():
            if re.search(pattern, frame):
                return phase
    return "else"
