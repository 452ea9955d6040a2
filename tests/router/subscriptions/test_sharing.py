"""Equal subscriptions share one at the subgraph; slow clients hold up nobody."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from operator import itemgetter
from typing import Any

import pytest

from tests.router.http.graph import Graph, codes, running
from tests.router.subscriptions.client import heard, opened, subscribe

WITH_NAME = "subscription { endless { number seller { name } } }"
LANGUAGE = {"accept_language": "nl"}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    rules = [{"propagate": "accept-language"}]
    async with running({"subscriptions": {"queue": 20}, "subgraphs": {"all": {"headers": rules}}}) as graph:
        yield graph


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a subgraph
            await asyncio.sleep(0.02)


def gated(graph: Graph) -> asyncio.Event:
    """Let `endless` begin when the event is set, and end after two events."""
    gate = asyncio.Event()

    async def stream(info: Any) -> AsyncIterator[dict[str, Any]]:
        await gate.wait()
        for number in (1, 2):
            yield {"endless": {"number": number, "seller": {"__typename": "User", "id": "u1"}, "secret": "s"}}

    graph.shop.root["endless"] = stream
    return gate


async def test_equal_subscriptions_are_one_at_the_subgraph(graph: Graph) -> None:
    gate = gated(graph)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(graph)) for _ in range(3)]
        other = await stack.enter_async_context(opened(graph, **LANGUAGE))
        number_only = "subscription { endless { number } }"
        asked = ((0, "a", WITH_NAME), (0, "b", WITH_NAME), (1, 'c"', WITH_NAME), (2, "d", number_only))
        for index, identity, query in asked:
            await subscribe(sockets[index], identity, query)
        await subscribe(other, "e", WITH_NAME)
        await until(lambda: graph.shop.open_streams == 3)
        before = len(graph.accounts.queries)
        gate.set()
        for number in (1, 2):
            event: Any = {"data": {"endless": {"number": number, "seller": {"name": "Ann"}}}}
            of_one_socket = [await heard(sockets[0]) for _ in "ab"]  # in whatever order
            assert sorted(of_one_socket, key=itemgetter("id")) == [
                {"id": identity, "type": "next", "payload": event} for identity in "ab"
            ]
            for socket, identity in ((sockets[1], 'c"'), (other, "e")):
                assert await heard(socket) == {"id": identity, "type": "next", "payload": event}
            payload = {"data": {"endless": {"number": number}}}
            assert await heard(sockets[2]) == {"id": "d", "type": "next", "payload": payload}
        assert len(graph.accounts.queries) == before + 4, "one an event for each of the two languages"
        assert [(await heard(sockets[0]))["type"] for _ in range(2)] == ["complete"] * 2


async def test_the_language_reaches_subgraphs_in_every_way_that_clients_give_it(graph: Graph) -> None:
    gate = gated(graph)
    gate.set()
    both = "{ hello viewer { name } }"
    for accept_language in ("de-CH", "fr;q=0.8"):
        header = {"accept-language": accept_language}
        for given in ({"payload": {"Accept-Language": accept_language}}, {"accept_language": accept_language}):
            async with opened(graph, **given) as socket:
                for identity, query in (("1", both), ("2", 'mutation { rename(name: "x") }'), ("3", WITH_NAME)):
                    await subscribe(socket, identity, query)
                    assert "errors" not in (await heard(socket))["payload"]
                    assert (await heard(socket))["type"] in ("complete", "next")
            assert graph.shop.upgrades[-1]["accept-language"] == accept_language
            assert {sent["accept-language"] for sent in graph.shop.headers[-2:]} == {accept_language}
            assert {sent["accept-language"] for sent in graph.accounts.headers[-2:]} == {accept_language}
        for query in (both, 'mutation { rename(name: "x") }'):
            async with graph.client.post(graph.url, json={"query": query}, headers=header) as response:
                assert "errors" not in await response.json()
            assert graph.shop.headers[-1]["accept-language"] == accept_language


async def test_clients_of_different_languages_share_no_answer_of_a_subgraph(graph: Graph) -> None:
    async def ask(accept_language: str) -> None:
        sent = {"accept-language": accept_language}
        query = {"query": '{ hello(name: "wait") }'}
        async with graph.client.post(graph.url, json=query, headers=sent) as response:
            assert await response.json() == {"data": {"hello": "Hello wait"}}

    before = len(graph.shop.queries)
    await asyncio.gather(*map(ask, ("de", "en", "de", "en")))
    assert [sent["accept-language"] for sent in graph.shop.headers[before:]] in (["de", "en"], ["en", "de"])


async def test_clients_of_several_protocols_share_a_stream(graph: Graph) -> None:
    gate = gated(graph)
    query = "subscription { endless { number } }"
    accepted = ("text/event-stream", "multipart/mixed;subscriptionSpec=1.0", "text/event-stream")
    async with opened(graph) as socket, AsyncExitStack() as stack:
        await subscribe(socket, "1", query)
        await until(lambda: graph.shop.open_streams == 1)
        responses = [
            await stack.enter_async_context(
                graph.client.post(graph.url, json={"query": query}, headers={"accept": one})
            )
            for one in accepted
        ]
        assert graph.shop.open_streams == 1
        gate.set()
        events = [f'{{"data":{{"endless":{{"number":{number}}}}}}}' for number in (1, 2)]
        for event in events:
            assert await heard(socket) == {"id": "1", "type": "next", "payload": json.loads(event)}
        sse, multipart, same = [await response.text() for response in responses]
        begun = ":\n\n"
        assert sse.removeprefix(begun).split("\n\n")[:2] == [f"event: next\ndata: {event}" for event in events]
        assert same == sse
        assert re.findall(r"\r\n(.+)\r\n--graphql", multipart) == [f'{{"payload":{event}}}' for event in events]


async def test_who_comes_after_an_event_gets_a_subscription_of_its_own(graph: Graph) -> None:
    async with opened(graph) as first, opened(graph) as second:
        await subscribe(first, "1", "subscription { endless { number } }")
        while (await heard(first))["payload"]["data"]["endless"]["number"] < 3:
            pass
        await subscribe(second, "1", "subscription { endless { number } }")
        assert (await heard(second))["payload"]["data"]["endless"]["number"] == 1


async def test_a_shared_stream_outlives_those_who_leave_it(graph: Graph) -> None:
    gate = gated(graph)
    async with opened(graph) as staying:
        async with opened(graph) as leaving:
            for socket in (leaving, staying):
                await subscribe(socket, "1", "subscription { endless { number } }")
            await until(lambda: graph.shop.open_streams == 1)
        gate.set()
        for number in (1, 2):
            assert (await heard(staying))["payload"]["data"]["endless"]["number"] == number
        assert (await heard(staying))["type"] == "complete"


async def test_a_client_that_does_not_read_is_ended_alone(graph: Graph) -> None:
    count = 200

    async def flood(info: Any) -> AsyncIterator[dict[str, Any]]:
        await gate.wait()
        for number in range(count):
            yield {"endless": {"number": number, "seller": {"__typename": "User", "id": "x" * 100_000}}}
            await asyncio.sleep(0.002)

    gate = asyncio.Event()
    graph.shop.root["endless"] = flood
    query = "subscription { endless { number seller { id } } }"
    async with opened(graph, max_queue=1) as slow, opened(graph) as quick:
        for socket in (slow, quick):
            await subscribe(socket, "1", query)
        await until(lambda: graph.shop.open_streams == 1)
        gate.set()
        numbers = [(await heard(quick))["payload"]["data"]["endless"]["number"] for _ in range(count)]
        assert numbers == list(range(count))
        received = 0
        while (message := await heard(slow))["type"] == "next":
            assert message["payload"]["data"]["endless"]["number"] == received
            received += 1
        assert (message["type"], codes({"errors": message["payload"]})) == ("error", ["SUBSCRIPTION_QUEUE_OVERFLOW"])
        assert received < count
