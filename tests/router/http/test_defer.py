"""`@defer`: what clients get, when, and what subgraphs are asked for it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.router.http.shop import Shop, read, running


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    async with running({"server": {"batching": {"enabled": True}}}) as shop:
        yield shop


def entry(data: Any, *path: str | int, **more: Any) -> dict[str, Any]:
    return {"data": data, "path": list(path), **more}


async def test_the_primary_answer_waits_for_no_deferred_subgraph(shop: Shop) -> None:
    query = '{ product(id: "1") { name ... @defer(label: "r") { reviews { text } } } }'
    shop.open.clear()
    async with shop.asking(query) as response:
        parts = read(response)
        assert await anext(parts) == {"data": {"product": {"name": "p1"}}, "hasNext": True}
        shop.open.set()
        later = entry({"reviews": [{"text": "good"}]}, "product", label="r")
        assert await anext(parts) == {"hasNext": False, "incremental": [later]}
        assert [part async for part in parts] == []


async def test_a_deferral_waits_for_no_other(shop: Shop) -> None:
    query = """{ product(id: "1") {
      name ... @defer(label: "slow") { reviews { text } } ... @defer(label: "fast") { price }
    } }"""
    shop.open.clear()
    async with shop.asking(query) as response:
        parts = read(response)
        assert await anext(parts) == {"data": {"product": {"name": "p1"}}, "hasNext": True}
        fast = entry({"price": 10}, "product", label="fast")
        assert await anext(parts) == {"hasNext": True, "incremental": [fast]}
        shop.open.set()
        slow = entry({"reviews": [{"text": "good"}]}, "product", label="slow")
        assert await anext(parts) == {"hasNext": False, "incremental": [slow]}


CASES: dict[str, tuple[str, Any, list[dict[str, Any]]]] = {
    "items of a list come together": (
        "{ products { id ... @defer { stock } } }",
        {"products": [{"id": "1"}, {"id": "2"}]},
        [entry({"stock": 7}, "products", 0), entry({"stock": 7}, "products", 1)],
    ),
    "a named fragment": (
        'query Q { product(id: "1") { ...F @defer(label: "f") } } fragment F on Product { name price }',
        {"product": {}},
        [entry({"name": "p1", "price": 10}, "product", label="f")],
    ),
    "the root": (
        '{ motto ... @defer { product(id: "2") { name } } }',
        {"motto": "buy"},
        [entry({"product": {"name": "p2"}})],
    ),
    "all of it": ("{ ... @defer { motto } }", {}, [entry({"motto": "buy"})]),
    "a type condition": (
        "{ things { __typename ... on Product @defer { stock } } }",
        {"things": [{"__typename": "Note"}, {"__typename": "Product"}]},
        [entry({"stock": 7}, "things", 1)],
    ),
    "a value that comes with its parent": (
        '{ product(id: "1") { size { width ... @defer { height } } } }',
        {"product": {"size": {"width": 2}}},
        [entry({"height": 3}, "product", "size")],
    ),
    "a field that is needed at once too": (
        '{ product(id: "1") { size { width } ... @defer { size { width height } } } }',
        {"product": {"size": {"width": 2}}},
        [entry({"size": {"width": 2, "height": 3}}, "product")],
    ),
    "nothing where there is no object": ('{ product(id: "0") { name ... @defer { stock } } }', {"product": None}, []),
    "an alias and introspection": (
        '{ ... @defer { __type(name: "Size") { name } } product(id: "1") { ... @defer { cost: price } } }',
        {"product": {}},
        [entry({"__type": {"name": "Size"}}), entry({"cost": 10}, "product")],
    ),
    "skipped": (
        '{ product(id: "1") { name ... @defer @skip(if: true) { price } ... @include(if: true) @defer { stock } } }',
        {"product": {"name": "p1"}},
        [entry({"stock": 7}, "product")],
    ),
    "not deferred": (
        '{ product(id: "1") { ... @defer(if: false) { name } ... @defer(if: true) { stock } } }',
        {"product": {"name": "p1"}},
        [entry({"stock": 7}, "product")],
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_parts(shop: Shop, case: str) -> None:
    query, primary, deferred = CASES[case]
    first, *later = await shop.parts(query)
    assert first == {"data": primary, "hasNext": bool(deferred)}
    assert [one["hasNext"] for one in later] == [True] * (len(later) - 1) + [False] * bool(later)
    found = [one for part in later for one in part["incremental"]]
    assert sorted(found, key=json.dumps) == sorted(deferred, key=json.dumps)


async def test_a_deferral_within_another_comes_after_it(shop: Shop) -> None:
    parts = await shop.parts(
        '{ product(id: "1") { ... @defer(label: "a") { reviews { text author { ... @defer(label: "b") { name } } } } } }'
    )
    reviews = entry({"reviews": [{"text": "good", "author": {}}]}, "product", label="a")
    name = entry({"name": "name of u1"}, "product", "reviews", 0, "author", label="b")
    assert parts == [
        {"data": {"product": {}}, "hasNext": True},
        {"hasNext": True, "incremental": [reviews]},
        {"hasNext": False, "incremental": [name]},
    ]


@pytest.mark.parametrize("variables", [{"later": True}, {}, None])
async def test_a_variable_decides_and_is_true_unless_given(shop: Shop, variables: dict[str, Any] | None) -> None:
    query = 'query($later: Boolean) { product(id: "1") { name ... @defer(if: $later) { stock } } }'
    parts = await shop.parts(query, variables=variables)
    deferred = {"hasNext": False, "incremental": [entry({"stock": 7}, "product")]}
    assert parts == [{"data": {"product": {"name": "p1"}}, "hasNext": True}, deferred]
    whole = await shop.answer(query, variables={"later": False})
    assert whole == (200, {"data": {"product": {"name": "p1", "stock": 7}}})


async def test_subgraphs_are_asked_no_more_than_needed(shop: Shop) -> None:
    before = shop.asked
    await shop.parts("{ products { name ... @defer { name price reviews { text } stock } } }")
    first, *more = shop.catalogue.queries[before[0] :]
    assert (first, len(more)) == ("{products{name id}}", 1)
    assert "name" not in more[0]
    assert shop.asked[1] - before[1] == 1


async def test_what_is_deferred_of_a_mutation_comes_after_all_of_it(shop: Shop) -> None:
    before = len(shop.catalogue.queries)
    parts = await shop.parts(
        """mutation { a: rename(id: "1", name: "x") { name ... @defer { stock } } b: rename(id: "2", name: "y") { name } }"""
    )
    assert parts == [
        {"data": {"a": {"name": "x"}, "b": {"name": "y"}}, "hasNext": True},
        {"hasNext": False, "incremental": [entry({"stock": 7}, "a")]},
    ]
    assert len(shop.catalogue.queries) == before + 1


async def test_a_null_goes_no_further_than_its_fragment(shop: Shop) -> None:
    first, second = await shop.parts("{ products { name ... @defer { rating } } }")
    assert first == {"data": {"products": [{"name": "p1"}, {"name": "p2"}]}, "hasNext": True}
    good, bad = second["incremental"]
    assert good == entry({"rating": 4.5}, "products", 0)
    error = {"message": "nobody rated it", "path": ["products", 1, "rating"], "extensions": {"service": "reviews"}}
    assert bad == entry(None, "products", 1, errors=[error])


async def test_a_client_that_takes_no_parts_is_told_so(shop: Shop) -> None:
    query = "{ ... @defer { motto } }"
    status, body = await shop.answer(query, accept="application/json")
    assert (status, body["errors"][0]["extensions"]["code"]) == (406, "DEFER_BAD_HEADER")
    async with shop.client.post(shop.url, json=[{"query": query}, {"query": "{ motto }"}]) as response:
        refused, answered = await response.json()
    assert refused["errors"][0]["extensions"]["code"] == "DEFER_BAD_HEADER"
    assert answered == {"data": {"motto": "buy"}}


async def test_what_is_not_deferred_comes_as_a_whole(shop: Shop) -> None:
    assert await shop.answer("{ motto }") == (200, {"data": {"motto": "buy"}})
    status, body = await shop.answer("{ ... @defer { nope } }")
    assert (status, body["errors"][0]["extensions"]["code"]) == (200, "GRAPHQL_VALIDATION_FAILED")


async def test_server_sent_events(shop: Shop) -> None:
    async with shop.asking("{ motto ... @defer { best { id } } }", accept="text/event-stream") as response:
        events = (await response.text()).removeprefix(":\n\n").split("\n\n")
    assert [event.partition("data:")[0] for event in events if event] == ["event: next\n"] * 2 + ["event: complete\n"]
    first, second = (json.loads(event.partition("data: ")[2]) for event in events[:2])
    assert first == {"data": {"motto": "buy"}, "hasNext": True}
    assert second == {"hasNext": False, "incremental": [entry({"best": {"id": "1"}})]}


async def test_a_websocket(shop: Shop) -> None:
    async with connect(shop.url.replace("http", "ws"), subprotocols=["graphql-transport-ws"], proxy=None) as socket:  # type: ignore[list-item]
        payload = {"query": "{ motto ... @defer { best { id } } }"}
        await socket.send('{"type":"connection_init"}')
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        heard = [json.loads(await socket.recv()) for _ in range(4)]
    assert [one["type"] for one in heard] == ["connection_ack", "next", "next", "complete"]
    assert heard[1]["payload"] == {"data": {"motto": "buy"}, "hasNext": True}
    assert heard[2]["payload"] == {"hasNext": False, "incremental": [entry({"best": {"id": "1"}})]}


@pytest.mark.parametrize(
    "query",
    [
        'mutation { ... @defer { rename(id: "1", name: "x") { name } } }',
        "subscription { renamed { ... @defer { name } } }",
        '{ ... @defer(label: "x") { motto } ... @defer(label: "x") { motto } }',
        "query($x: String) { ... @defer(label: $x) { motto } }",
        "{ motto @defer }",
    ],
)
async def test_where_it_may_not_be(shop: Shop, query: str) -> None:
    _, body = await shop.answer(query)
    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_an_event_of_a_subscription_is_one_answer(shop: Shop) -> None:
    query = "subscription($x: Boolean!) { renamed { id ... @defer(if: $x) { name stock } } }"
    async with shop.asking(query, accept="text/event-stream", variables={"x": True}) as response:
        text = await response.text()
    assert '{"data":{"renamed":{"id":"1","name":"p1","stock":7}}}' in text


async def test_introspection_knows_the_directive(shop: Shop) -> None:
    _, body = await shop.answer("{ __schema { directives { name locations args { name defaultValue } } } }")
    (directive,) = [one for one in body["data"]["__schema"]["directives"] if one["name"] == "defer"]
    arguments = [{"name": "if", "defaultValue": "true"}, {"name": "label", "defaultValue": None}]
    locations = ["FRAGMENT_SPREAD", "INLINE_FRAGMENT"]
    assert directive == {"name": "defer", "locations": locations, "args": arguments}


async def test_what_the_caller_may_not_see_is_told_where_it_would_be(shop: Shop) -> None:
    before = len(shop.reviews.queries)
    first, second = await shop.parts("{ products { name ... @defer { secret } } }")
    assert first == {"data": {"products": [{"name": "p1"}, {"name": "p2"}]}, "hasNext": True}
    for number, one in enumerate(second["incremental"]):
        assert (one["data"], one["path"]) == ({"secret": None}, ["products", number])
        (error,) = one["errors"]
        assert (error["path"], error["extensions"]["code"]) == (
            ["products", number, "secret"],
            "UNAUTHORIZED_FIELD_OR_TYPE",
        )
    assert len(shop.reviews.queries) == before


async def test_denied_with_all_around_it_is_told_all_the_same(shop: Shop) -> None:
    (only,) = await shop.parts('{ product(id: "1") { ... @defer { secret } } }')
    assert (only["data"], only["hasNext"]) == ({"product": None}, False)
    assert [error["path"] for error in only["errors"]] == [["product", "secret"]]


async def test_a_client_that_leaves_ends_what_is_under_way(shop: Shop) -> None:
    shop.open.clear()
    before = shop.asked
    query = '{ product(id: "1") { ... @defer { reviews { author { name } } } } }'
    async with shop.asking(query) as response:
        await anext(read(response))
    await shop.answer("{ motto }")  # the router has seen by then that the client left
    shop.open.set()
    await shop.parts('{ product(id: "1") { ... @defer { reviews { text } } } }')
    assert shop.asked == [before[0] + 3, before[1] + 2, before[2]]


async def test_limits_hold_for_what_is_deferred() -> None:
    async with running({"limits": {"depth": 2}}) as shop:
        _, body = await shop.answer("{ products { ... @defer { size { width } } } }")
        assert body["errors"][0]["extensions"]["code"] == "MAX_DEPTH_LIMIT"
        assert shop.asked == [0, 0, 0]


async def test_a_subgraph_that_takes_too_long_fails_its_own_part() -> None:
    async with running({"server": {"request_timeout": 0.3}}) as shop:
        shop.open.clear()
        first, second = await shop.parts('{ product(id: "1") { name ... @defer { reviews { text } } } }')
        assert first == {"data": {"product": {"name": "p1"}}, "hasNext": True}
        (one,) = second["incremental"]
        assert (one["data"], second["hasNext"]) == (None, False)
        assert [error["path"] for error in one["errors"]] == [["product", "reviews"]]
        shop.open.set()
