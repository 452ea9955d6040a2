"""Every fixture: composes or is refused as it should, whatever the order, and what it becomes is valid GraphQL."""

import itertools

import pytest
from graphql import build_schema, parse, validate_schema

from router.composition import ErrorCode, compose
from tests.router.composition.broken import BROKEN, NOT_OF_COMPOSITION
from tests.router.composition.graphs import VALID, Graph, codes, composed, subgraphs


@pytest.mark.parametrize("name", VALID)
def test_valid_graphs_compose(name: str) -> None:
    composition = composed(**VALID[name])
    assert [str(error) for error in composition.errors] == []
    assert composition.supergraph_sdl
    assert composition.api_schema_sdl
    parse(composition.supergraph_sdl)
    assert validate_schema(build_schema(composition.api_schema_sdl)) == []


@pytest.mark.parametrize(("code", "graph"), BROKEN, ids=[f"{code.name}-{n}" for n, (code, _) in enumerate(BROKEN)])
def test_broken_graphs_are_refused_with_their_code(code: ErrorCode, graph: Graph) -> None:
    composition = composed(**graph)
    assert code.name in codes(composition)
    assert composition.supergraph_sdl is None
    assert composition.api_schema_sdl is None


def test_every_code_has_a_fixture() -> None:
    assert {code.name for code in ErrorCode} - {code.name for code, _ in BROKEN} == NOT_OF_COMPOSITION


def test_two_subgraphs_of_one_name_are_refused() -> None:
    twice = [*subgraphs(VALID["one subgraph"]), *subgraphs(VALID["one subgraph"])]
    assert codes(compose(twice)) == {"INVALID_SUBGRAPH_NAME"}


@pytest.mark.parametrize("graph", [*VALID.values(), *(graph for _, graph in BROKEN)])
def test_the_order_of_subgraphs_changes_nothing(graph: Graph) -> None:
    expected = compose(subgraphs(graph))
    for order in itertools.permutations(subgraphs(graph)):
        assert compose(order) == expected


@pytest.mark.parametrize("graph", [graph for _, graph in BROKEN])
def test_errors_say_what_and_mostly_where(graph: Graph) -> None:
    for error in composed(**graph).errors:
        assert error.message.strip()
        assert set(error.subgraphs) <= set(graph)
        assert all(1 <= place.line <= graph[place.subgraph].count("\n") + 1 for place in error.locations)
