"""Random graphs, data and operations: the router's answer is that of graphql-core on the merged schema.

Each operation is judged three times: with all well, with fields that fail, and with a subgraph that is down.
`FUZZ=5000 pytest tests/router/execution/test_generated.py` runs so many graphs, by themselves 100: 3,000 cases.
"""

import os
import random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.engine import Engine
from router.planning import build
from tests.router.execution.operations import Operations
from tests.router.execution.running import run_prepared
from tests.router.execution.servers import Failures, InProcess, Merged, Server
from tests.router.execution.world import Generator, World, supergraph_sdl

SHARDS = 8  # tests that may run beside each other
GRAPHS = int(os.environ.get("FUZZ", "100"))
OPERATIONS = 10  # for each graph

fuzz = settings(
    max_examples=max(GRAPHS // SHARDS, 1),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="FUZZ" not in os.environ,
)
Answer = dict[str, Any]


@pytest.mark.parametrize("shard", range(SHARDS))
@fuzz
@given(seed=st.integers(0, 2**32))
async def test_random_operations_on_random_graphs(shard: int, seed: int) -> None:
    await judge(f"{shard} {seed}")


@pytest.mark.parametrize(
    "seed",
    [
        "0 3876811159",  # a program left keys in objects that two fetches bring, each those of some types
        "6 343",  # a program looked at types that it had not asked for
    ],
)
async def test_what_was_answered_wrongly_once(seed: str) -> None:
    await judge(seed)


async def judge(seed: str) -> None:
    rng = random.Random(seed)
    graph = Graph(Generator(rng).world(), rng)
    with patch.object(build, "MAX_SPREAD", rng.choice((1, build.MAX_SPREAD))):
        for _ in range(OPERATIONS):
            query, variables = Operations(graph.merged.schema, rng).operation()
            await graph.judge(query, variables)


class Graph:
    """A world with its servers and an engine in front of them."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world = world
        self.merged = Merged(world)
        self.servers = {name: Server(world, name) for name in world.subgraphs}
        self.transport = InProcess(self.servers)
        self.engine = Engine(supergraph_sdl(world), transport=self.transport)
        self.failures = _some_failures(world, rng)
        self.down = frozenset((rng.choice(world.subgraphs),))

    async def judge(self, query: str, variables: dict[str, Any]) -> None:
        prepared = self.engine.prepare(query)

        async def run(failures: Failures = frozenset(), down: frozenset[str] = frozenset()) -> tuple[Answer, Answer]:
            self.merged.failures = failures
            for server in self.servers.values():
                server.failures = failures
            self.transport.failing = down
            self.transport.log.clear()
            return await run_prepared(self.engine, prepared, variables), self.merged.execute(query, variables)

        answer, expected = await run()
        assert answer == expected, query
        self.judge_failures(query, *await run(failures=self.failures))
        if "C0" not in self.world.types:  # an argument is null whose context cannot be had
            self.judge_down(query, *await run(down=self.down))

    def judge_failures(self, query: str, answer: Answer, expected: Answer) -> None:
        """Fields that fail give the same nulls, and their errors; objects that they take along may be told of too."""
        assert answer["data"] == expected["data"], query
        errors = answer.get("errors", [])
        told = [one for one in errors if one["extensions"].get("code") != "NULL_IN_NON_NULL_FIELD"]
        paths, failed = ([tuple(one["path"]) for one in each] for each in (told, expected.get("errors", [])))
        others = [path for path in set(paths) ^ set(failed) if not _is_null_above(path, expected["data"])]
        assert not others, query  # of an object that is made null, any of its fields that fail may be told
        assert all(one["message"].endswith(" fails") for one in told), errors
        assert all(one["extensions"]["service"] in self.world.subgraphs for one in told)

    def judge_down(self, query: str, answer: Answer, expected: Answer) -> None:
        """A subgraph that is down takes only its own fields along."""
        assert _is_part(answer["data"], expected["data"]), (query, answer, expected)
        if answer["data"] != expected["data"]:
            assert any(error["extensions"].get("code") == "SUBREQUEST_HTTP_ERROR" for error in answer["errors"])
        if not any(subgraph in self.down for subgraph, _ in self.transport.log):
            assert answer == expected, query


def _some_failures(world: World, rng: random.Random) -> Failures:
    """Fields that fail, but none that another field requires, and none that is nullable for clients only.

    Nor non-null ones of objects that another field requires something of: the client's fields of such an object are
    asked together with the required ones, so they take it along.
    """
    fields = [(kind, one) for kind in world.types.values() if kind.kind == "entity" for one in kind.fields.values()]
    required = " ".join(one.requires or one.context or "" for _, one in fields).replace("(", " ").split()
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


def _is_null_above(path: tuple[Any, ...], data: Any) -> bool:
    """Whether the field at a path is in an object that was made null."""
    for part in path[:-1]:
        data = data and data[part]
    return data is None


def _is_part(got: Any, expected: Any) -> bool:
    """Whether a value is the expected one, but for nulls."""
    if got is None:
        return True
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(_is_part(got[key], expected[key]) for key in got)
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(_is_part, got, expected))
    return bool(got == expected)
