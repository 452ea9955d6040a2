"""Compiled plans against the interpreter of plans: the same answers from the same requests, whatever subgraphs answer."""

import json
import os
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from router.engine import Engine, Prepared
from router.execution.program import Program, Programs
from router.execution.transport import RequestContext
from tests.router.execution.operations import Operations
from tests.router.execution.running import run_prepared
from tests.router.execution.servers import InProcess, Merged, Server
from tests.router.execution.world import Generator, supergraph_sdl

EXAMPLES = int(os.environ.get("FUZZ", "40"))
OPERATIONS = 5  # for each graph
NONSENSE: tuple[Any, ...] = (None, 7, 1.5, True, "text", [], {}, [None], {"id": None}, "E0")

fuzz = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize="FUZZ" not in os.environ
)
seeds = st.integers(0, 2**32)


class Interpreted(Programs):
    """No program, whatever the variables."""

    def __init__(self) -> None:
        pass

    def get(self, variables: Any) -> Program | None:
        return None


class Corrupted(InProcess):
    """Subgraphs whose answers are not what they must be: values replaced, fields left out, errors, no JSON."""

    async def fetch(self, subgraph: str, url: str, payload: bytes, request: RequestContext, **kind: bool) -> bytes:
        answer = await super().fetch(subgraph, url, payload, request, **kind)
        rng = random.Random(payload)  # the same request gets the same answer
        if rng.random() < 0.5:
            return answer
        if rng.random() < 0.1:
            return answer[: rng.randrange(len(answer))]
        document = json.loads(answer)
        _corrupt(document, rng)
        return json.dumps(document).encode()


def _corrupt(document: Any, rng: random.Random) -> None:
    """Change one value somewhere in a document."""
    places = [(document, key) for key in document]
    while True:
        at, key = rng.choice(places)
        value = at[key]
        if isinstance(value, dict | list) and value and rng.random() < 0.8:
            places = [(value, inner) for inner in (value if isinstance(value, dict) else range(len(value)))]
            continue
        if isinstance(at, dict) and rng.random() < 0.2:
            del at[key]
        else:
            at[key] = rng.choice(NONSENSE)
        return


@pytest.mark.parametrize("subgraphs", [InProcess, Corrupted])
@fuzz
@given(seed=seeds)
@example(seed=2414711014)
@example(seed=2930576229)
@example(seed=4140042988)
async def test_a_program_asks_and_answers_as_the_interpreter_does(subgraphs: type[InProcess], seed: int) -> None:
    rng = random.Random(seed)
    engine, transport, operations = _serve(rng, subgraphs)
    for _ in range(OPERATIONS):
        query, variables = operations.operation()
        await _compare(engine, transport, query, variables)


async def test_a_program_is_made_when_the_same_is_asked_again() -> None:
    rng = random.Random(1)
    engine, _, operations = _serve(rng, InProcess)
    query, variables = operations.operation()
    prepared = engine.prepare(query)
    coerced = prepared.variables.coerce(variables)
    assert not isinstance(coerced, list)
    assert [prepared.programs.get(coerced) is not None for _ in range(3)] == [False, False, True]


async def test_plans_are_compiled_but_for_few() -> None:
    compiled = []
    for seed in range(30):
        rng = random.Random(seed)
        engine, _, operations = _serve(rng, InProcess)
        for _ in range(OPERATIONS):
            query, variables = operations.operation()
            prepared = engine.prepare(query)
            if not any(fetch.contexts for fetch in prepared.plan.fetches()):
                compiled.append(_compile(prepared, variables))
    sources = [program.source for program in compiled if program is not None]
    assert len(sources) > 0.95 * len(compiled)
    assert any("setdefault" in source for source in sources)  # equal references made one object


def _serve(rng: random.Random, transport: type[InProcess]) -> tuple[Engine, InProcess, Operations]:
    world = Generator(rng).world()
    made = transport({name: Server(world, name) for name in world.subgraphs})
    engine = Engine(supergraph_sdl(world), transport=made)
    return engine, made, Operations(Merged(world).schema, rng)


async def _compare(engine: Engine, transport: InProcess, query: str, variables: dict[str, Any]) -> None:
    prepared = engine.prepare(query)
    _compile(prepared, variables)
    transport.log.clear()
    answer = await run_prepared(engine, prepared, variables)
    requests = _sorted(transport.log)
    transport.log.clear()
    expected = await run_prepared(engine, replace(prepared, programs=Interpreted()), variables)
    assert answer == expected, query
    assert requests == _sorted(transport.log), query


def _compile(prepared: Prepared, variables: dict[str, Any]) -> Program | None:
    coerced = prepared.variables.coerce(variables)
    assert not isinstance(coerced, list)
    prepared.programs.compile(coerced)
    return prepared.programs.get(coerced)


def _sorted(log: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, str]]:
    return sorted((subgraph, json.dumps(body, sort_keys=True)) for subgraph, body in log)
