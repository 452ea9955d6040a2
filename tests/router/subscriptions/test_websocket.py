"""Clients over graphql-transport-ws: the protocol's messages, close codes and bounds."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.router.http.graph import Graph, codes, running
from tests.router.subscriptions.client import close_code, connected, heard, opened, say, subscribe

TICKS = "subscription { ticks(to: 2) { number seller { name } } }"


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    settings = {"subscriptions": {"init_timeout": 0.3, "maximum_per_connection": 2, "heartbeat": 0.4}}
    async with running(settings) as graph:
        yield graph


async def test_events_come_with_entities_of_other_subgraphs(graph: Graph) -> None:
    async with opened(graph) as socket:
        await subscribe(socket, "1", TICKS)
        for number in (1, 2):
            data = {"ticks": {"number": number, "seller": {"name": "Ann"}}}
            assert await heard(socket) == {"id": "1", "type": "next", "payload": {"data": data}}
        assert await heard(socket) == {"id": "1", "type": "complete"}


async def test_queries_and_mutations_run_as_well(graph: Graph) -> None:
    async with opened(graph) as socket:
        await subscribe(socket, "q", "query($n: String) { hello(name: $n) }", variables={"n": "you"})
        assert (await heard(socket))["payload"] == {"data": {"hello": "Hello you"}}
        assert await heard(socket) == {"id": "q", "type": "complete"}
        await subscribe(socket, "q", 'mutation { rename(name: "x") }')
        assert (await heard(socket))["payload"] == {"data": {"rename": "x"}}


@pytest.mark.parametrize("query", ["{ nope }", "{", "subscription { ticks(to: 1) { number } x: endless { number } }"])
async def test_a_request_that_cannot_run_is_an_error_message(graph: Graph, query: str) -> None:
    async with opened(graph) as socket:
        await subscribe(socket, "1", query)
        message = await heard(socket)
        assert (message["id"], message["type"]) == ("1", "error")
        assert message["payload"][0]["message"]
        await subscribe(socket, "1", "{ hello }")  # the id is free again, and the connection lives on
        assert (await heard(socket))["type"] == "next"


async def test_a_subgraphs_error_ends_the_stream(graph: Graph) -> None:
    async with opened(graph) as socket:
        await subscribe(socket, "1", "subscription { broken }")
        assert (await heard(socket))["payload"] == {"data": {"broken": 1}}
        failed = await heard(socket)
        assert failed["payload"]["data"] == {"broken": None}
        assert failed["payload"]["errors"][0]["message"] == "the stream broke"
        assert (await heard(socket))["type"] == "complete"


async def test_complete_stops_the_stream_up_to_the_subgraph(graph: Graph) -> None:
    async with opened(graph) as socket:
        await subscribe(socket, "1", "subscription { endless { number } }")
        await heard(socket)
        await say(socket, id="1", type="complete")
        await asyncio.sleep(0.3)
        await subscribe(socket, "2", "{ hello }")
        messages: list[dict[str, Any]] = []
        while not messages or messages[-1]["id"] != "2":
            messages.append(await heard(socket))
        assert len(messages) < 10
    assert [socket.application_state.name for socket in graph.shop.sockets] == ["CONNECTED"] * len(graph.shop.sockets)


async def test_leaving_ends_all_streams_up_to_the_subgraph(graph: Graph) -> None:
    async with opened(graph) as socket:
        for identity in ("1", "2"):
            await subscribe(socket, identity, "subscription { endless { number } }")
            await heard(socket)
        assert graph.shop.open_streams >= 1
    for _ in range(100):
        if graph.shop.open_streams == 0:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the subgraph still streams")


async def test_pings_are_answered_and_sent(graph: Graph) -> None:
    async with connected(graph) as socket:
        await say(socket, type="ping")
        assert await heard(socket) == {"type": "pong"}
        await say(socket, type="connection_init")
        assert await heard(socket) == {"type": "connection_ack"}
        await say(socket, type="ping", payload={"n": 1})
        assert await heard(socket) == {"type": "pong", "payload": {"n": 1}}
        async with asyncio.timeout(2):
            assert json.loads(await socket.recv()) == {"type": "ping"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["no json"], 4400),
        (["[]"], 4400),
        (['{"type": 1}'], 4400),
        (['{"type": "start"}'], 4400),
        (['{"type": "connection_init", "payload": "x"}'], 4400),
        (['{"type": "subscribe", "id": "1", "payload": {"query": "{ hello }"}}'], 4401),
        (['{"type": "connection_init"}', '{"type": "connection_init"}'], 4429),
        (['{"type": "connection_init"}', '{"type": "nope"}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "payload": {"query": "{ hello }"}}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "1"}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "1", "payload": {"query": 1}}'], 4400),
        (['{"type": "connection_init"}', '{"type": "complete"}'], 4400),
        ([], 4408),
        (
            [
                '{"type": "connection_init"}',
                *['{"type": "subscribe", "id": "1", "payload": {"query": "subscription { endless { number } }"}}'] * 2,
            ],
            4409,
        ),
    ],
)
async def test_a_broken_protocol_closes_with_its_code(graph: Graph, messages: list[str], code: int) -> None:
    async with connected(graph) as socket:
        for message in messages:
            await socket.send(message)
        assert await close_code(socket) == code


async def test_other_subprotocols_are_refused(graph: Graph) -> None:
    async with connected(graph, subprotocol="graphql-ws") as socket:
        assert await close_code(socket) == 4406


async def test_pages_of_other_origins_are_refused(graph: Graph) -> None:
    with pytest.raises(Exception, match="403"):
        async with connected(graph, origin="https://evil.example"):
            pass
    async with opened(graph, origin=graph.url.removesuffix("/graphql")):
        pass


async def test_a_connection_has_a_maximum_of_operations(graph: Graph) -> None:
    async with opened(graph) as socket:
        for identity in ("1", "2", "3"):
            await subscribe(socket, identity, "subscription { endless { number } }")
        while (message := await heard(socket))["type"] == "next":
            assert message["id"] in ("1", "2")
        assert (message["id"], codes({"errors": message["payload"]})) == ("3", ["TOO_MANY_OPERATIONS"])


async def test_subscriptions_of_one_caller_share_a_connection_to_the_subgraph(graph: Graph) -> None:
    graph.shop.upgrades.clear()
    async with opened(graph) as first, opened(graph) as second:
        for socket in (first, second):
            await subscribe(socket, "1", "subscription { endless { number } }")
        for socket in (first, second):
            assert (await heard(socket))["type"] == "next"
        assert len(graph.shop.upgrades) == 1
