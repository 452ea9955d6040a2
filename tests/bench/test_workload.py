"""The benchmark measures what it says: the usual heavy query, answered right, and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import uvloop

from bench.measure.compare import serving, shop
from bench.measure.gateways import HEAVY_REQUESTS, OURS, SMALL_GUARDED, Case
from bench.workload.shop import expected, operation

_SECONDS = 0.3


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from objects(child)


def test_the_heavy_query_has_the_usual_size() -> None:
    answer = expected("heavy")
    leaves = [leaf for each in objects(answer) for leaf in each.values() if not isinstance(leaf, (dict, list))]
    assert (len(list(objects(answer))), len(leaves)) == (390, 1383)
    assert len(operation("heavy")) == pytest.approx(1000, rel=0.05)
    assert len(json.dumps({"data": answer}, separators=(",", ":"))) == pytest.approx(88_000, rel=0.01)


@pytest.mark.parametrize("case", [HEAVY_REQUESTS, SMALL_GUARDED], ids=lambda case: case.name)
def test_the_router_answers_the_workload_under_load(case: Case) -> None:
    async def answers() -> tuple[int, int]:
        async with shop() as running, serving(running, OURS, case, connections=5) as (_, clients):
            outcomes = [await clients.load(_SECONDS) for _ in range(2)]
        return min(one.count for one in outcomes), sum(one.wrong for one in outcomes)

    count, wrong = uvloop.run(answers())
    assert count
    assert wrong == 0
