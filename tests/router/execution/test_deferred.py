"""Random graphs, data and operations, some of each deferred: in the end clients have the same answer.

`FUZZ=5000 pytest tests/router/execution/test_deferred.py` runs half as many graphs.
"""

import random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.planning import build
from tests.router.execution.deferring import Payload, at_once, deferring, entries, merged, payloads, without_
from tests.router.execution.operations import Operations
from tests.router.execution.running import run_prepared
from tests.router.execution.servers import Failures, Merged
from tests.router.execution.test_generated import Graph, fuzz
from tests.router.execution.world import Generator

OPERATIONS = 3  # for each graph; each is run some seven times


@pytest.mark.parametrize("shard", range(4))
@fuzz
@given(seed=st.integers(0, 2**32))
async def test_random_deferrals(shard: int, seed: int) -> None:
    rng = random.Random(f"{shard} {seed}")
    graph = Graph(Generator(rng).world(), rng)
    with patch.object(build, "MAX_SPREAD", rng.choice((1, build.MAX_SPREAD))):
        for _ in range(OPERATIONS):
            query, variables = Operations(graph.merged.schema, rng).operation()
            await judge(graph, query, *deferring(query, variables, rng))


async def judge(graph: Graph, query: str, deferred: str, variables: dict[str, Any]) -> None:
    """Compare the parts of an answer with the same at once, as graphql-core gives it for the merged schema."""
    prepared = graph.engine.prepare(deferred)
    given = {name: value for name, value in variables.items() if f"${name}" in query}
    expected = set_up(graph).execute(query, given)
    if not graph.engine.defers(prepared, variables):
        assert await run_prepared(graph.engine, prepared, variables) == expected, deferred
        return
    now = at_once(deferred, variables)
    primary = without_(graph.merged.execute(now, variables))

    parts = await run(graph, deferred, variables)
    assert merged(parts) == expected["data"], deferred
    assert parts[0]["data"] == primary["data"], deferred
    assert not any("errors" in one for one in (parts[0], *entries(parts))), deferred
    assert [one["hasNext"] for one in parts] == [True] * (len(parts) - 1) + [False], deferred

    expected = set_up(graph, failures=graph.failures).execute(query, given)
    parts = await run(graph, deferred, variables)
    assert is_part(expected["data"], merged(parts)), deferred
    assert is_part(parts[0]["data"], graph.merged.execute(now, variables)["data"]), deferred
    told = [error for one in (parts[0], *entries(parts)) for error in one.get("errors", ())]
    assert bool(told) == bool(expected.get("errors")), deferred

    expected = set_up(graph, down=graph.down).execute(query, given)
    if "C0" not in graph.world.types:  # an argument is null whose context cannot be had
        parts = await run(graph, deferred, variables)
        assert is_part(merged(parts), expected["data"]), deferred
        assert any("errors" in one for one in (parts[0], *entries(parts))) or merged(parts) == expected["data"], (
            deferred
        )


def set_up(graph: Graph, failures: Failures = frozenset(), down: frozenset[str] = frozenset()) -> Merged:
    """Let fields fail, or subgraphs; gives the merged schema."""
    graph.merged.failures = failures
    for server in graph.servers.values():
        server.failures = failures
    graph.transport.failing = down
    return graph.merged


async def run(graph: Graph, query: str, variables: dict[str, Any]) -> list[Payload]:
    """All parts of the answer."""
    return [part async for part in payloads(graph.engine, graph.engine.prepare(query), variables)]


def is_part(got: Any, whole: Any) -> bool:
    """Whether all that is not null is so in a whole too."""
    if got is None:
        return True
    if isinstance(got, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in got.items())
    if isinstance(got, list) and isinstance(whole, list):
        return len(got) == len(whole) and all(map(is_part, got, whole))
    return bool(got == whole)
