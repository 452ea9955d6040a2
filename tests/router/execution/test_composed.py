"""What our composer writes, our router runs: the answers are those of graphql-core on the composed API schema."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.engine import Engine, EngineConfig
from tests.router.composition.graphs import VALID
from tests.router.execution.composed import Composed, fixture, random_graph
from tests.router.execution.operations import Operations
from tests.router.execution.running import run
from tests.router.execution.servers import InProcess

OPERATIONS = 3  # for each graph


@pytest.mark.parametrize("name", VALID)
async def test_fixtures_of_composition(name: str) -> None:
    await check(fixture(VALID[name]), random.Random(name))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 2**32))
async def test_random_graphs(seed: int) -> None:
    rng = random.Random(seed)
    graph = random_graph(rng)
    if graph is not None:
        await check(graph, rng)


async def check(graph: Composed, rng: random.Random) -> None:
    unguarded = EngineConfig(authorization_dry_run=True)
    engine = Engine(graph.supergraph, transport=InProcess(graph.servers), config=unguarded)
    for _ in range(OPERATIONS):
        query, variables = Operations(graph.oracle.schema, rng).operation()
        answer = await run(engine, query, variables)
        answer.pop("extensions", None)
        assert answer == graph.oracle.execute(query, variables), query
