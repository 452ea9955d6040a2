"""What our composer writes, our router runs: the answers are those of graphql-core on the composed API schema."""

import random

import pytest
from graphql import build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.composition import compose
from router.engine import Engine, EngineConfig
from tests.router.composition.graphs import VALID, subgraphs
from tests.router.execution.authored import subgraphs_of
from tests.router.execution.mocked import Mocked
from tests.router.execution.operations import Operations
from tests.router.execution.running import run
from tests.router.execution.servers import InProcess, Merged, Server
from tests.router.execution.world import Generator

OPERATIONS = 3  # for each graph
UNGUARDED = EngineConfig(authorization_dry_run=True)


@pytest.mark.parametrize("name", VALID)
async def test_fixtures_of_composition(name: str) -> None:
    composition = compose(subgraphs(VALID[name]))
    mocked = Mocked(VALID[name], composition.api_schema_sdl or "")
    engine = Engine(composition.supergraph_sdl or "", transport=InProcess(mocked.servers), config=UNGUARDED)
    rng = random.Random(name)
    for _ in range(OPERATIONS):
        query, variables = Operations(mocked.schema, rng).operation()
        answer = await run(engine, query, variables)
        answer.pop("extensions", None)
        assert answer == mocked.execute(query, variables), query


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 2**32))
async def test_random_graphs(seed: int) -> None:
    rng = random.Random(seed)
    world = Generator(rng).world()
    composition = compose(subgraphs(subgraphs_of(world)))
    assert {error.code.name for error in composition.errors} <= {"SATISFIABILITY_ERROR"}
    if composition.errors:
        return
    oracle = Merged(world)
    oracle.schema = build_schema(composition.api_schema_sdl or "")
    servers = {name: Server(world, name) for name in world.subgraphs}
    engine = Engine(composition.supergraph_sdl or "", transport=InProcess(servers))
    for _ in range(OPERATIONS):
        query, variables = Operations(oracle.schema, rng).operation()
        assert await run(engine, query, variables) == oracle.execute(query, variables), query
