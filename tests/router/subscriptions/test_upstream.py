"""Subscriptions at subgraphs: signed, reconnecting, bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from router.config import parse
from router.execution.errors import SubgraphFailure
from router.execution.transport import HttpTransport, RequestContext
from router.subscriptions.upstream import Upstreams
from shared.signature import verify
from tests.router.http.graph import Graph, running
from tests.router.http.listening import listening
from tests.router.subscriptions.client import heard, opened, subscribe

KEY = "k" * 32
ENDLESS = "subscription { endless { number } }"


async def test_the_upgrade_is_signed_and_carries_what_the_rules_forward() -> None:
    rules = [{"propagate": "authorization"}, {"propagate": "x-request-id"}, {"insert": "x-router", "value": "yes"}]
    async with running({"subgraphs": {"all": {"signature_key": KEY, "headers": rules}}}) as graph:
        async with opened(graph, {"authorization": "Bearer t"}, x_private="no") as socket:
            await subscribe(socket, "1", ENDLESS)
            assert (await heard(socket))["type"] == "next"
        (headers,) = graph.shop.upgrades
        assert (headers["authorization"], headers["x-router"]) == ("Bearer t", "yes")
        assert "x-private" not in headers
        verify(KEY.encode(), "GET", "/graphql", b"", headers)


async def test_a_subscription_with_cursors_loses_and_repeats_nothing_when_its_connection_drops() -> None:
    async with running() as graph, opened(graph) as socket:
        graph.shop.resumes = True
        await subscribe(socket, "1", ENDLESS)
        seen: list[int] = []
        while graph.shop.subscribed < 4 or seen[-1] < 20:
            payload = (await heard(socket))["payload"]
            assert payload.keys() == {"data"}
            seen.append(payload["data"]["endless"]["number"])
            if len(seen) in (2, 5, 9):
                await graph.shop.sockets[-1].close(1012)
        assert seen == list(range(1, len(seen) + 1))
        resumed = [payload["extensions"]["resume"] for payload in graph.shop.subscriptions]
        assert resumed[0] is None
        assert [int(cursor) >= number for cursor, number in zip(resumed[1:], (2, 5, 9), strict=True)] == [True] * 3


async def test_a_subscription_goes_on_from_its_beginning_if_no_event_has_come() -> None:
    async with running() as graph, opened(graph) as socket:
        graph.shop.resumes = True
        graph.shop.root["endless"] = _only_the_second_time(graph.shop.root["endless"])
        await subscribe(socket, "1", ENDLESS)
        await _streaming(graph)
        await graph.ask("{ hello }")  # after which the router has read what the subgraph sent before
        await graph.shop.sockets[0].close(1012)
        assert (await heard(socket))["payload"]["data"]["endless"]["number"] == 1
        assert [payload["extensions"]["resume"] for payload in graph.shop.subscriptions] == [None, "0"]


@pytest.mark.parametrize("events", [0, 1])
async def test_a_subscription_without_a_cursor_ends_with_an_error_when_its_connection_drops(events: int) -> None:
    async with running() as graph, opened(graph) as socket:
        if not events:
            graph.shop.root["endless"] = _only_the_second_time(graph.shop.root["endless"])
        await subscribe(socket, "1", ENDLESS)
        for _ in range(events):
            assert (await heard(socket))["type"] == "next"
        await _streaming(graph)
        await graph.shop.sockets[0].close(1012)
        while "errors" not in (message := await heard(socket))["payload"]:
            assert message["type"] == "next"
        (error,) = message["payload"]["errors"]
        assert error["message"].endswith("events may have been missed: subscribe again")
        assert error["extensions"] == {"code": "SUBGRAPH_SUBSCRIPTION_LOST", "service": "shop"}
        assert await heard(socket) == {"id": "1", "type": "complete"}
        assert graph.shop.subscribed == 1
        await subscribe(socket, "2", "subscription { ticks(to: 1) { number } }")
        assert (await heard(socket))["payload"] == {"data": {"ticks": {"number": 1}}}


async def test_a_refused_connection_is_not_tried_again_and_ends_with_an_error() -> None:
    async with running() as graph, opened(graph) as socket:
        await subscribe(socket, "1", ENDLESS)
        assert (await heard(socket))["type"] == "next"
        await graph.shop.sockets[0].close(4403)
        while "errors" not in (message := await heard(socket))["payload"]:
            assert message["type"] == "next"
        (error,) = message["payload"]["errors"]
        assert error["extensions"] == {"code": "SUBGRAPH_SUBSCRIPTION_LOST", "service": "shop"}
        assert await heard(socket) == {"id": "1", "type": "complete"}
        assert len(graph.shop.upgrades) == 1


async def test_attempts_are_bounded() -> None:
    config = parse({"subscriptions": {"reconnect_attempts": 1}})
    with pytest.raises(SubgraphFailure, match="does not serve the subscription any more"):
        await _collect(config, "http://127.0.0.1:9/graphql")


async def test_a_subgraph_that_always_hangs_up_is_left_after_some_attempts() -> None:
    upgrades = 0

    async def hang_up(websocket: WebSocket) -> None:
        nonlocal upgrades
        upgrades += 1
        await websocket.accept("graphql-transport-ws")
        await websocket.receive_json()
        await websocket.close(1012)

    async with listening(Starlette(routes=[WebSocketRoute("/graphql", hang_up)])) as port:
        with pytest.raises(SubgraphFailure, match="does not serve the subscription any more"):
            await _collect(parse({"subscriptions": {"reconnect_attempts": 2}}), f"http://127.0.0.1:{port}/graphql")
    assert upgrades == 3


async def test_a_slow_reader_is_ended_alone() -> None:
    async def flood(websocket: WebSocket) -> None:
        await websocket.accept("graphql-transport-ws")
        await websocket.receive_json()
        await websocket.send_json({"type": "connection_ack"})
        identity = (await websocket.receive_json())["id"]
        try:
            for number in range(50):
                await websocket.send_json({"id": identity, "type": "next", "payload": {"data": {"n": number}}})
            while True:
                await websocket.receive_json()
        except WebSocketDisconnect:
            return

    async with listening(Starlette(routes=[WebSocketRoute("/graphql", flood)])) as port:
        config = parse({"subscriptions": {"queue": 5}})
        with pytest.raises(SubgraphFailure) as failed:
            await _collect(config, f"http://127.0.0.1:{port}/graphql", pause=0.3)
        assert failed.value.code == "SUBSCRIPTION_QUEUE_OVERFLOW"


async def _streaming(graph: Graph) -> None:
    while not graph.shop.open_streams:  # noqa: ASYNC110 - what is waited for happens in a subgraph
        await asyncio.sleep(0.01)


def _only_the_second_time(resolver: Any) -> Any:
    asked = 0

    async def quiet(info: Any) -> AsyncIterator[dict[str, Any]]:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.Event().wait()
        async for event in resolver(info):
            yield event

    return quiet


async def _collect(config: Any, url: str, pause: float = 0) -> list[Any]:
    transport = HttpTransport(config.subgraphs)
    upstreams = Upstreams(config, transport.headers)
    events = []
    try:
        async with aclosing(
            upstreams.subscribe("shop", url, {"query": "subscription { n }"}, RequestContext())
        ) as stream:
            async for event in stream:
                events.append(event)
                await asyncio.sleep(pause)
    finally:
        await upstreams.close()
    return events
