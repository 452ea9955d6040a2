"""What the router promises of itself, without a peer: planning, many connections, several workers, subscriptions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from bench.measure import planning, streams
from bench.measure.compare import CONNECTIONS, Row, Shop, measure, row_of, serving, shop, take_turns, warm_up
from bench.measure.gateways import HEAVY_FETCHES, OURS, ours
from bench.measure.process import cpu_seconds

_MANY = 500
_EVENTS = 20
_WORKERS = 2


@dataclass(frozen=True)
class Limit:
    """A promise: what was measured must be below `below`."""

    name: str
    value: float
    below: float
    unit: str


async def limits(*, rounds: int, seconds: float, report: Callable[[str], None]) -> list[Limit]:
    """Measure each."""
    report("planning")
    found = [
        Limit("planning the heavy query the first time", planning.heavy_ms(), 15, "CPU-ms"),
        Limit("planning 500 fields over 50 subgraphs", planning.wide_ms(), 250, "CPU-ms"),
    ]
    async with shop() as running:
        report(f"{_MANY} connections")
        few = await _least(running, rounds, seconds, CONNECTIONS)
        many = await _least(running, rounds, seconds, _MANY)
        report(f"{_WORKERS} workers")
        spread, cost = await _workers(running, seconds)
    found += [
        Limit(f"CPU at {_MANY} connections, of that at {CONNECTIONS}", many.cpu_ms / few.cpu_ms, 1.5, "times"),
        Limit(f"memory at {_MANY} connections", many.peak_mb, 120, "MB"),
        Limit(f"CPU of the busier of {_WORKERS} workers, of the mean", spread, 1.3, "times"),
        Limit(f"CPU a request with {_WORKERS} workers, of that with one", cost, 1.1, "times"),
    ]
    report("subscriptions")
    found += [
        Limit(
            "an event for 1,000 WebSocket clients", await streams.fan_out_ms(clients=1000, events=_EVENTS), 10, "CPU-ms"
        ),
        Limit("memory at 10,000 idle subscriptions", await streams.idle_mb(clients=10_000), 500, "MB"),
    ]
    return found


async def _workers(running: Shop, seconds: float) -> tuple[float, float]:
    """How much more than the mean the busier worker does, and what a request costs compared with one worker."""
    several = replace(OURS, name=f"{_WORKERS} workers", start=partial(ours, workers=_WORKERS))
    async with serving(running, several, HEAVY_FETCHES, core=None) as (process, clients):
        await warm_up(process, clients)
        before = {each.pid: cpu_seconds(each) for each in process.all()}
        await clients.load(seconds)
        spent = sorted(cpu_seconds(each) - before[each.pid] for each in process.all())
    busy = spent[-_WORKERS:]  # whoever only watches over them does nothing
    turns = await take_turns(running, (OURS, several), HEAVY_FETCHES, seconds=seconds, core=None)
    one, more = (row_of(HEAVY_FETCHES, name, found) for name, found in turns.items())
    return busy[-1] / (sum(busy) / _WORKERS), more.ratio(one)


async def _least(running: Shop, rounds: int, seconds: float, connections: int) -> Row:
    rows = [
        await measure(running, OURS, HEAVY_FETCHES, seconds=seconds, connections=connections) for _ in range(rounds)
    ]
    return min(rows, key=lambda row: row.cpu_ms)
