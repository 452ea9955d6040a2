"""What a single operation may ask, and that nothing beyond reaches a subgraph."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.router.http.graph import Graph, codes, running

LIMITS = {"depth": 4, "height": 12, "aliases": 3, "root_fields": 5, "directives": 3, "tokens": 80}


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    async with running({"limits": LIMITS}) as graph:
        yield graph


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer { ...A } } fragment A on User { ... { id } }", None),
        ("{ a: hello b: hello c: hello }", None),
        ("{ a: hello b: hello c: hello d: hello }", "MAX_ALIASES_LIMIT"),
        ("{ ...A ...A } fragment A on Query { a: hello b: hello }", "MAX_ALIASES_LIMIT"),
        ("{ hello hello hello hello hello hello }", "MAX_ROOT_FIELDS_LIMIT"),
        ("{ ...A ...A } fragment A on Query { hello hello hello }", "MAX_ROOT_FIELDS_LIMIT"),
        ("{ __schema { types { fields { type { name } } } } }", "MAX_DEPTH_LIMIT"),
        ("{ ...A } fragment A on Query { __schema { ...B } } fragment B on __Schema { types { fields { type { name } } } }",
         "MAX_DEPTH_LIMIT"),
        ("{ viewer { id id id id id id id id id id id id } }", "MAX_HEIGHT_LIMIT"),
        ("{ hello @skip(if: false) @include(if: true) fail @skip(if: true) secret @skip(if: true) }",
         "MAX_DIRECTIVES_LIMIT"),
        ("{" + " hello" * 90 + "}", "MAX_TOKENS_LIMIT"),
        ("#" + " hello" * 90 + "\n{ hello }", None),
    ],
)  # fmt: skip
async def test_each_limit_has_its_code(graph: Graph, query: str, code: str | None) -> None:
    asked = len(graph.queries)
    answer = await graph.ask(query)
    if code is None:
        assert "errors" not in answer
    else:
        assert codes(answer) == [code]
        assert "data" not in answer
        assert len(graph.queries) == asked


async def test_fragments_that_multiply_or_spread_themselves_are_refused_quickly() -> None:
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    async with running() as graph:
        answer = await graph.ask("{ ...F0 } " + doubling + " fragment F60 on Query { hello }")
        assert codes(answer) == ["MAX_ROOT_FIELDS_LIMIT"] or codes(answer) == ["MAX_HEIGHT_LIMIT"]
        answer = await graph.ask("{ ...A } fragment A on Query { hello ...B } fragment B on Query { ...A }")
        assert set(codes(answer)) == {"GRAPHQL_VALIDATION_FAILED"}
        answer = await graph.ask("{ a" * 5000 + "}" * 5000)
        assert codes(answer)[0] in ("GRAPHQL_PARSE_FAILED", "MAX_TOKENS_LIMIT")
        assert await graph.ask("{ hello }") == {"data": {"hello": "Hello world"}}


@pytest.fixture(scope="module")
async def running_costly() -> AsyncIterator[Graph]:
    async with running({"limits": {"cost": 9}}) as graph:
        yield graph


@pytest.fixture
def costly(running_costly: Graph) -> Graph:
    running_costly.shop.queries.clear()
    running_costly.accounts.queries.clear()
    return running_costly


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ hello }", {}, 0),
        ("{ items(first: 2) { id } viewer { id } i: viewer { id } }", {}, 6),
        ("{ items(first: 5) { id } }", {}, 10),
        ("{ items(first: 4) { id } viewer { id } }", {}, 9),
        ("{ viewer { id name } }", {}, 1),
        ('mutation { rename(name: "x") }', {}, 10),
        ("{ items(first: 3) { id } }", {}, 3 * 2),
        ("{ items(first: 3) { price } }", {}, 3 * (2 + 3)),
        ("{ items { id } }", {}, 50 * 2),
        ("query($n: Int) { items(first: $n) { id } }", {"n": 7}, 7 * 2),
        ("query($n: Int = 4) { items(first: $n) { id } }", {}, 4 * 2),
        ("{ nodes { ... on Public { id } } }", {}, 10),
        ("{ ...A } fragment A on Query { items(first: 3) { ... on Item { price } } }", {}, 15),
        ("query($no: Boolean!) { items(first: 3) @include(if: $no) { id } }", {"no": False}, 0),
        ("{ __schema { types { name } } }", {}, 0),
    ],
)
async def test_static_cost(costly: Graph, query: str, variables: dict[str, Any], cost: int) -> None:
    answer = await costly.ask(query, variables=variables)
    if cost <= 9:
        assert "errors" not in answer
    else:
        assert codes(answer) == ["COST_ESTIMATED_TOO_EXPENSIVE"]
        assert answer["errors"][0]["extensions"]["cost"] == cost
        assert costly.queries == []


async def test_production_hides_the_schema() -> None:
    async with running({"mode": "production"}) as graph:
        for query in (
            "{ __schema { queryType { name } } }",
            '{ ...A } fragment A on Query { __type(name: "User") { name } }',
        ):
            assert codes(await graph.ask(query)) == ["INTROSPECTION_DISABLED"]
        assert await graph.ask("{ __typename }") == {"data": {"__typename": "Query"}}
        (error,) = (await graph.ask("{ helo }"))["errors"]
        assert "hello" not in error["message"]
    async with running({"mode": "production", "operations": {"introspection": True, "suggestions": True}}) as graph:
        assert "errors" not in await graph.ask("{ __schema { queryType { name } } }")
        (error,) = (await graph.ask("{ helo }"))["errors"]
        assert "hello" in error["message"]


@pytest.mark.parametrize(
    "query", ["{ }", "{ item { } }", "{ hello ... on Query { } }", "{ hello ...F } fragment F on Query { }"]
)
async def test_a_selection_set_that_selects_nothing_is_no_graphql(query: str) -> None:
    async with running() as graph:
        answer = await graph.ask(query)
        assert codes(answer) == ["GRAPHQL_PARSE_FAILED"]
        assert not graph.queries
