"""Random graphs, data and operations: the router's answer is that of graphql-core on the merged schema.

`FUZZ=5000 pytest tests/router/execution/test_generated.py` runs more of them.
"""

import json
import os
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.engine import Engine
from tests.router.execution.operations import Operations
from tests.router.execution.running import run
from tests.router.execution.servers import Failures, InProcess, Merged, Server
from tests.router.execution.world import Generator, World, supergraph_sdl

EXAMPLES = int(os.environ.get("FUZZ", "40"))
OPERATIONS = 3  # for each graph

fuzz = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize="FUZZ" not in os.environ
)
seeds = st.integers(0, 2**32)


@fuzz
@given(seeds)
async def test_the_answer_is_that_of_the_merged_schema(seed: int) -> None:
    rng = random.Random(seed)
    world = Generator(rng).world()
    merged, engine, _ = _serve(world)
    for _ in range(OPERATIONS):
        query, variables = Operations(merged.schema, rng).operation()
        answer = await run(engine, query, variables)
        assert answer == merged.execute(query, variables), query


@fuzz
@given(seeds)
async def test_fields_that_fail_give_the_same_nulls_and_their_errors(seed: int) -> None:
    rng = random.Random(seed)
    world = Generator(rng).world()
    failures = _some_failures(world, rng)
    merged, engine, _ = _serve(world, failures)
    for _ in range(OPERATIONS):
        query, variables = Operations(merged.schema, rng).operation()
        answer, expected = await run(engine, query, variables), merged.execute(query, variables)
        assert answer["data"] == expected["data"], query
        told = {json.dumps(error["path"]) for error in answer.get("errors", [])}
        assert bool(told) == bool(expected.get("errors")), query
        assert all(error["message"].endswith(" fails") for error in answer.get("errors", [])), answer["errors"]
        assert all(error["extensions"]["service"] in world.subgraphs for error in answer.get("errors", []))


@fuzz
@given(seeds)
async def test_a_subgraph_that_is_down_takes_only_its_own_fields_along(seed: int) -> None:
    rng = random.Random(seed)
    world = Generator(rng).world()
    merged, _, servers = _serve(world)
    transport = InProcess(servers, frozenset((rng.choice(world.subgraphs),)))
    engine = Engine(supergraph_sdl(world), transport=transport)
    for _ in range(OPERATIONS):
        transport.log.clear()
        query, variables = Operations(merged.schema, rng).operation()
        answer, expected = await run(engine, query, variables), merged.execute(query, variables)
        assert _is_part(answer["data"], expected["data"]), (query, answer, expected)
        if answer["data"] != expected["data"]:
            assert any(error["extensions"].get("code") == "SUBREQUEST_HTTP_ERROR" for error in answer["errors"])
        if not any(subgraph in transport.failing for subgraph, _ in transport.log):
            assert answer == expected, query


def _serve(world: World, failures: Failures = frozenset()) -> tuple[Merged, Engine, dict[str, Server]]:
    servers = {name: Server(world, name, failures) for name in world.subgraphs}
    return Merged(world, failures), Engine(supergraph_sdl(world), transport=InProcess(servers)), servers


def _some_failures(world: World, rng: random.Random) -> Failures:
    """Fields that fail, but none that another field requires, and none that is nullable for clients only.

    Nor non-null ones of objects that another field requires something of: the client's fields of such an object are
    asked together with the required ones, so they take it along.
    """
    fields = [(kind, one) for kind in world.types.values() if kind.kind == "entity" for one in kind.fields.values()]
    required = " ".join(one.requires or "" for _, one in fields).replace("(", " ").split()
    around = {name for _, one in fields if one.name in required for name in _objects(world, one.type.name)}
    return frozenset(
        (kind.name, rng.randrange(3), one.name)
        for kind, one in fields
        if one.name[0] in "fl" and one.name not in required and not one.strict
        if not (one.type.required and kind.name in around)
        if rng.random() < 0.2
    )


def _objects(world: World, name: str) -> list[str]:
    return world.concrete(name) if name in world.types else []


def _is_part(got: Any, expected: Any) -> bool:
    """Whether a value is the expected one, but for nulls."""
    if got is None:
        return True
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(_is_part(got[key], expected[key]) for key in got)
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(_is_part, got, expected))
    return bool(got == expected)
