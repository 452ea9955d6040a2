"""Where the router's CPU time goes, by phase."""

import json
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.measure.compare import serving, shop, warm_up
from bench.measure.gateways import HEAVY, HEAVY_FETCHES, OURS, SMALL, SMALL_GUARDED, Case, Place, Start, ours
from bench.measure.process import ROOT, Measured, python
from bench.measure.sampler import PLAN
from bench.workload.shop import operation, supergraph
from router.config import parse
from router.http.engines import EngineBuilder

CASES = (HEAVY, HEAVY_FETCHES, SMALL, SMALL_GUARDED)
_LISTED = 25

# The innermost frame that a pattern matches says the phase. Frames of generated code have their line's text.
_PATTERNS = {
    "requests to subgraphs": r"router/(client/|execution/(transport|requests|fetch|headers)|http/engines)|/aiohttp/",
    "decoding answers": r"<plan>.*decode|router/execution/program.py:_text",
    "encoding the answer": r"<plan>.*encode",
    "collecting, merging": r"<plan>|router/execution/",
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

                async with serving(running, replace(OURS, start=start), case) as (process, clients):
                    await warm_up(process, clients)
                    forget(process)
                    await clients.load(seconds)
                found.append(profile(case.name, output, _program(case)))
    return found


def sampled(start: Start, output: Path) -> Start:
    """The same start of a module, with samples written to `output` at its end."""
    return replace(start, command=python("bench.measure.sampler", output, *start.command[2:]))


def forget(process: Measured) -> None:
    """What was sampled so far is the start's."""
    process.all()[0].send_signal(signal.SIGUSR1)


def profile(name: str, output: Path, program: str = "") -> Profile:
    """What the samples say; `program` is the code that was generated for the operation."""
    lines = dict(enumerate(program.splitlines(), 1))
    by_phase: Counter[str] = Counter()
    by_function: Counter[str] = Counter()
    for stack, count in json.loads(output.read_text()):
        frames = [_with_text(frame, lines) for frame in stack]
        by_phase[_phase(frames)] += count
        by_function[re.sub(r".*(site-packages|python3\.\d+)/", "", frames[0].removeprefix(f"{ROOT}/"))] += count
    total = max(1, by_phase.total())
    return Profile(
        name,
        {phase: by_phase[phase] / total for phase in PHASES},
        {function: count / total for function, count in by_function.most_common(_LISTED)},
    )


def _with_text(frame: str, lines: Mapping[int, str]) -> str:
    if not frame.startswith(PLAN):
        return frame
    return f"{PLAN} {lines.get(int(frame.rpartition(':')[2]), '').strip()}"


def _program(case: Case) -> str:
    """The code that the router generates for a case's operation."""
    engine = EngineBuilder(parse({})).build(supergraph("http://shop.example")[0])
    programs = engine.prepare(operation(case.operation)).programs
    programs.compile({})
    program = programs.get({})
    return program.source if program is not None else ""


def _phase(stack: list[str]) -> str:
    for frame in stack:
        for phase, pattern in _PATTERNS.items():
            if re.search(pattern, frame):
                return phase
    return "else"
