"""Subscriptions over HTTP responses: graphql-sse (distinct connections) and multipart."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.router.http.graph import Graph, codes, running

SSE = {"accept": "text/event-stream"}
MULTIPART = {"accept": "multipart/mixed;subscriptionSpec=1.0, application/json"}
TICKS = {"query": "subscription { ticks(to: 2) { number seller { name } } }"}
EVENTS = [{"data": {"ticks": {"number": number, "seller": {"name": "Ann"}}}} for number in (1, 2)]


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    async with running({"subscriptions": {"heartbeat": 0.2}}) as graph:
        yield graph


async def test_server_sent_events(graph: Graph) -> None:
    async with graph.client.post(graph.url, json=TICKS, headers=SSE) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        pieces = (await response.text()).split("\n\n")
    sent = [piece for piece in pieces if piece and not piece.startswith(":")]
    assert [json.loads(piece.removeprefix("event: next\ndata: ")) for piece in sent[:-1]] == EVENTS
    assert sent[-1] == "event: complete\ndata:"


async def test_multipart(graph: Graph) -> None:
    async with graph.client.post(graph.url, json=TICKS, headers=MULTIPART) as response:
        assert response.headers["content-type"] == 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
        body = await response.text()
    assert body.startswith("\r\n--graphql\r\n")
    assert body.endswith("\r\n--graphql--\r\n")
    parts = re.findall(r"--graphql\r\ncontent-type: application/json\r\n\r\n(.*)\r\n(?=--graphql)", body)
    assert [json.loads(part) for part in parts if part != "{}"] == [{"payload": event} for event in EVENTS]


@pytest.mark.parametrize(("headers", "heartbeat"), [(SSE, b":\n\n"), (MULTIPART, b"{}\r\n--graphql")])
async def test_heartbeats_and_leaving(graph: Graph, headers: dict[str, str], heartbeat: bytes) -> None:
    query = {"query": "subscription { endless { number } }"}
    async with graph.client.post(graph.url, json=query, headers=headers) as response:
        body = b""
        async with asyncio.timeout(3):
            while body.count(heartbeat) < 3 or b'"number":3' not in body:
                body += await response.content.readany()
    await _until(lambda: graph.shop.open_streams == 0)


async def test_a_failing_stream_says_so_and_completes(graph: Graph) -> None:
    async with graph.client.post(graph.url, json={"query": "subscription { broken }"}, headers=SSE) as response:
        events = [line for line in (await response.text()).splitlines() if line.startswith("data: {")]
    assert json.loads(events[-1][6:])["errors"][0]["message"] == "the stream broke"


CASES = [("subscription { nope }", None), ("{ hello }", {"data": {"hello": "Hello world"}})]


@pytest.mark.parametrize(("query", "expected"), CASES)
async def test_what_is_no_stream_is_one_event_to_a_client_of_events(graph: Graph, query: str, expected: Any) -> None:
    async with graph.client.post(graph.url, json={"query": query}, headers=SSE) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        event, end, rest = (await response.text()).split("\n\n")
    answer = json.loads(event.removeprefix("event: next\ndata: "))
    assert answer == expected if expected else codes(answer) == ["GRAPHQL_VALIDATION_FAILED"]
    assert (end, rest) == ("event: complete\ndata:", "")


@pytest.mark.parametrize(("query", "expected"), CASES)
async def test_what_is_no_stream_is_json_to_a_client_of_multipart(graph: Graph, query: str, expected: Any) -> None:
    async with graph.client.post(graph.url, json={"query": query}, headers=MULTIPART) as response:
        assert response.content_type == "application/json"
        answer = await response.json()
    assert answer == expected if expected else codes(answer) == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_subscription_needs_a_stream(graph: Graph) -> None:
    for accept in ("*/*", "application/json, multipart/mixed"):
        async with graph.client.post(graph.url, json=TICKS, headers={"accept": accept}) as response:
            assert (response.status, codes(await response.json())) == (406, ["SUBSCRIPTION_NEEDS_STREAM"])


async def test_the_router_has_a_maximum_of_open_subscriptions() -> None:
    query = {"query": "subscription { endless { number } }"}
    async with running({"subscriptions": {"maximum": 1}}) as graph:
        async with graph.client.post(graph.url, json=query, headers=SSE) as first:
            while b"next" not in await first.content.readany():
                pass
            async with graph.client.post(graph.url, json=query, headers=SSE) as second:
                assert "TOO_MANY_SUBSCRIPTIONS" in await second.text()
        await _until(lambda: graph.shop.open_streams == 0)
        async with graph.client.post(graph.url, json=TICKS, headers=SSE) as third:
            assert '"number":2' in await third.text()


async def test_subscriptions_can_be_switched_off() -> None:
    async with running({"subscriptions": {"enabled": False}}) as graph:
        response = await graph.client.post(graph.url, json=TICKS, headers=SSE)
        assert "SUBSCRIPTIONS_NOT_SUPPORTED" in await response.text()


async def _until(condition: Any) -> None:
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a subgraph
            await asyncio.sleep(0.02)
