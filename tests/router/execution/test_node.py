"""The router's own subgraph: `Query.node` and `Query.nodes` over two subgraphs, composed and run."""

from collections.abc import Callable
from typing import Any

import pytest

from router.authorization.access import Access
from router.composition import SubgraphSdl, compose, node_subgraph
from router.engine import Engine
from router.execution.errors import SubgraphFailure
from tests.router.composition.graphs import fed
from tests.router.execution.running import run
from tests.router.execution.scripted import Answer, Scripted

BOOKS = """
type Query { books: [Book!]! }
interface Node { id: ID! }
type Book implements Node @key(fields: "id") { id: ID! title: String! }
type Secret implements Node @key(fields: "id") @requiresScopes(scopes: [["spy"]]) { id: ID! code: String! }
"""
REVIEWS = """
type Query { top: Review }
interface Node { id: ID! }
type Review implements Node @key(fields: "id") { id: ID! text: String book: Book }
type Book @key(fields: "id") { id: ID! stars: Int! }
"""
READER = Access(authenticated=True)
SPY = Access(authenticated=True, scopes=frozenset({"spy"}))
REFETCH = "query($id: ID!) { node(id: $id) { __typename ... on Book { title stars } ... on Secret { code } id } }"


def graph() -> str:
    subgraphs = [
        SubgraphSdl(name, f"http://{name}/", fed(sdl)) for name, sdl in (("books", BOOKS), ("reviews", REVIEWS))
    ]
    composed = compose([*subgraphs, node_subgraph(subgraphs)])
    assert composed.supergraph_sdl is not None, composed.errors
    return composed.supergraph_sdl


SUPERGRAPH = graph()


def books(body: dict[str, Any]) -> Answer:
    """Knows all books and secrets but those that end with 0."""
    return _entities(body, lambda one: {"title": f"t{one['id']}", "code": "c"})


def reviews(body: dict[str, Any]) -> Answer:
    """Has stars for whatever book is asked of it."""
    return _entities(body, lambda one: {"stars": 5, "text": "good"}, all_of={"Book"})


def _entities(
    body: dict[str, Any],
    fields: Callable[[dict[str, Any]], dict[str, Any]],
    all_of: frozenset[str] | set[str] = frozenset(),
) -> Answer:
    found = []
    for one in body["variables"]["representations"]:
        there = one["__typename"] in all_of or not one["id"].endswith("0")
        found.append({**one, **fields(one)} if there else None)
    return {"data": {"_entities": found}}


async def ask(query: str, access: Access = SPY, **variables: Any) -> tuple[dict[str, Any], list[str]]:
    """The answer, and the subgraphs that were asked, in order."""
    transport = Scripted(books=books, reviews=reviews)
    engine = Engine(SUPERGRAPH, transport=transport)
    return await run(engine, query, variables, access), [name for name, _ in transport.log]


async def test_an_object_comes_by_its_id() -> None:
    answer, _ = await ask(REFETCH, id="Book:1")
    assert answer == {"data": {"node": {"__typename": "Book", "title": "tBook:1", "stars": 5, "id": "Book:1"}}}


@pytest.mark.parametrize("id", ["Book:0", "Pamphlet:1", "1", "", ":", "Node:1", "Query:1"])
async def test_what_is_not_there_is_null_without_an_error(id: str) -> None:
    answer, asked = await ask(REFETCH, id=id)
    assert answer == {"data": {"node": None}}
    assert asked == (["books"] if id == "Book:0" else [])


async def test_an_id_alone_is_looked_up_too() -> None:
    assert (await ask('{ node(id: "Book:1") { id } }'))[0] == {"data": {"node": {"id": "Book:1"}}}
    assert (await ask('{ node(id: "Book:0") { id } }'))[0] == {"data": {"node": None}}


async def test_nodes_are_in_the_order_of_their_ids() -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Book { title } ... on Review { text } } }"
    answer, asked = await ask(query, ids=["Review:2", "Book:1", "Book:0", "Review:2", "x"])
    review = {"id": "Review:2", "text": "good"}
    assert answer == {"data": {"nodes": [review, {"id": "Book:1", "title": "tBook:1"}, None, review, None]}}
    assert sorted(asked) == ["books", "books", "reviews", "reviews"]


async def test_nodes_are_a_hundred_at_most() -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    (error,) = (await ask(query, ids=[f"Book:{n}" for n in range(101)]))[0]["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_fragments_on_the_interface_and_aliases() -> None:
    query = """
    query { a: node(id: "Book:1") { ...Any } b: node(id: "Review:1") { ...Any ... on Review { text } } }
    fragment Any on Node { key: id ... on Node { id } }
    """
    answer, _ = await ask(query)
    assert answer == {
        "data": {
            "a": {"key": "Book:1", "id": "Book:1"},
            "b": {"key": "Review:1", "id": "Review:1", "text": "good"},
        }
    }


@pytest.mark.parametrize("selection", ["id", "... on Node { id }", "__typename id ... on Book { id }"])
async def test_types_that_a_caller_may_not_see_keep_nobody_from_the_others(selection: str) -> None:
    answer, _ = await ask(f'{{ node(id: "Book:1") {{ {selection} }} }}', READER)
    assert answer["data"]["node"]["id"] == "Book:1"
    assert "errors" not in answer


async def test_denied_fields_are_denied_here_too() -> None:
    answer, asked = await ask(REFETCH, READER, id="Secret:1")
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["node", "code"], "UNAUTHORIZED_FIELD_OR_TYPE")
    assert "code" not in (answer["data"]["node"] or {})
    assert asked == ["books"]


async def test_strangers_get_no_node() -> None:
    answer, asked = await ask('{ node(id: "Book:1") { id } }', Access())
    assert answer["data"] == {"node": None}
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (SubgraphFailure("books", "is away", "SUBREQUEST_TIMEOUT"), "SUBREQUEST_TIMEOUT"),
        ({"data": None, "errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}, "FORBIDDEN"),
        ({"data": {"_entities": "nonsense"}}, "SUBREQUEST_HTTP_ERROR"),
    ],
)
async def test_a_subgraph_that_cannot_say_is_told_of(answer: Answer, code: str) -> None:
    engine = Engine(SUPERGRAPH, transport=Scripted(books=[answer]))
    got = await run(engine, '{ node(id: "Book:1") { id } }', {}, READER)
    assert got["data"] == {"node": None}
    assert [(one["path"], one["extensions"]["code"]) for one in got["errors"]] == [(["node"], code)]
