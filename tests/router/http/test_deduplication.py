"""Equal queries of clients that are under way at the same time are run once, with `server.deduplicate`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.router.authorization.issuers import Issuer
from tests.router.http.graph import Graph, running
from tests.router.http.test_connection import answer, connected, request, until

WAIT = '{ hello(name: "wait") }'
VARIABLE = "query($n: String) { hello(name: $n) }"
SETTINGS: dict[str, Any] = {
    "server": {"deduplicate": True},
    # Fetches are not joined, so that the queries that a subgraph gets are those that the router ran.
    "subgraphs": {"all": {"deduplicate": False, "headers": [{"propagate": "accept-language"}]}},
}


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    async with running(SETTINGS) as graph:
        yield graph


async def ran(graph: Graph, *requests: Any) -> tuple[int, list[Any]]:
    """How many queries the router ran for these requests (body, headers) at once, and the answers."""
    before = len(graph.shop.queries)

    async def ask(body: dict[str, Any], headers: dict[str, str]) -> Any:
        async with graph.client.post(graph.url, json=body, headers=headers) as response:
            return response.status, response.content_type, await response.text()

    answers = await asyncio.gather(*(ask(body, headers) for body, headers in requests))
    return len(graph.shop.queries) - before, answers


async def test_equal_queries_run_once_and_each_is_answered_as_it_asked(graph: Graph) -> None:
    accepts = ["application/json", "application/graphql-response+json", "text/event-stream"] * 3
    requests = [({"query": WAIT}, {"accept": accept, "x-request-id": f"r{n}"}) for n, accept in enumerate(accepts)]
    count, answers = await ran(graph, *requests)
    assert count == 1
    assert [content_type for _, content_type, _ in answers] == accepts
    assert all('{"data":{"hello":"Hello wait"}}' in text for _, _, text in answers)


async def test_whatever_may_change_the_answer_keeps_queries_apart(graph: Graph) -> None:
    requests = [
        ({"query": WAIT}, {}),
        ({"query": WAIT}, {"accept-language": "nl"}),
        ({"query": WAIT}, {"authorization": "Bearer a"}),
        ({"query": VARIABLE, "variables": {"n": "wait"}}, {}),
        ({"query": VARIABLE, "variables": {"n": "you"}}, {}),
    ]
    count, answers = await ran(graph, *requests)
    assert count == 5
    assert [status for status, _, _ in answers] == [200] * 5


async def test_mutations_always_run(graph: Graph) -> None:
    count, answers = await ran(graph, *[({"query": 'mutation { rename(name: "x") }'}, {})] * 4)
    assert count == 4
    assert {text for _, _, text in answers} == {'{"data":{"rename":"x"}}'}


async def test_each_subscription_has_its_own_answer(graph: Graph) -> None:
    query = {"query": "subscription { ticks(to: 2) { number } }"}
    _, answers = await ran(graph, *[(query, {"accept": "text/event-stream"})] * 3)
    assert [text.count("event: next") for _, _, text in answers] == [2, 2, 2]


async def test_refusals_are_shared_as_well(graph: Graph) -> None:
    _, answers = await ran(graph, *[({"query": "{ nope }"}, {})] * 3)
    assert ["GRAPHQL_VALIDATION_FAILED" in text for _, _, text in answers] == [True] * 3


async def test_who_leaves_takes_the_answer_from_nobody_else(graph: Graph) -> None:
    before = len(graph.shop.queries)
    (_, leaving), (reader, staying) = await connected(graph), await connected(graph)
    leaving.write(request(WAIT))
    await until(lambda: len(graph.shop.queries) > before)
    staying.write(request(WAIT))
    await asyncio.sleep(0.1)
    leaving.close()
    async with asyncio.timeout(5):
        assert (await answer(reader))[2] == b'{"data":{"hello":"Hello wait"}}'
    staying.close()
    assert len(graph.shop.queries) == before + 1


async def test_callers_are_kept_apart() -> None:
    async with Issuer("https://one.example").running() as issuer:
        authorization = {"jwt": {"issuers": [issuer.settings()]}}
        async with running({**SETTINGS, "authorization": authorization}) as graph:
            tokens = [issuer.token(sub="a"), issuer.token(sub="b")]
            query = '{ hello(name: "wait") secret }'
            for token in tokens:
                assert (await graph.ask("{ secret }", token))["data"] == {"secret": "s3cret"}
            asked = [({"query": query}, {"authorization": f"Bearer {token}"}) for token in tokens for _ in range(3)]
            count, answers = await ran(graph, *asked, ({"query": query}, {}))
            assert count == 3
            assert [("s3cret" in text) for _, _, text in answers] == [True] * 6 + [False]
            (status, _, _) = (await ran(graph, ({"query": query}, {"authorization": "Bearer nope"})))[1][0]
            assert status == 401
