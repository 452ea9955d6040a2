"""GraphQL over HTTP: methods, media types, status codes, and what is refused before GraphQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.router.http.graph import Graph, codes, running

GRAPHQL = "application/graphql-response+json"


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    settings = {"server": {"max_body_bytes": 5000, "max_header_bytes": 4000, "request_timeout": 0.3}}
    async with running(settings) as graph:
        yield graph


async def post(graph: Graph, body: Any, **headers: str) -> tuple[int, str, Any]:
    """Status, media type and decoded body of a POST; `body` is sent as JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with graph.client.post(graph.url, data=data, headers=sent) as response:
        return response.status, response.content_type, await response.json(content_type=None)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json", "application/json"),
        (GRAPHQL, GRAPHQL),
        ("*/*", "application/json"),
        (f"application/json;q=0.5, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=0.1, application/json", "application/json"),
        ("text/html, application/*;q=0.8", GRAPHQL),
    ],
)
async def test_the_best_accepted_media_type_answers(graph: Graph, accept: str, media_type: str) -> None:
    status, given, body = await post(graph, {"query": "{ __typename }"}, accept=accept)
    assert (status, given, body) == (200, media_type, {"data": {"__typename": "Query"}})


async def test_without_accept_the_answer_is_json_in_utf8(graph: Graph) -> None:
    async with graph.client.post(
        graph.url, json={"query": '{ hello(name: "Ø") }'}, skip_auto_headers=["accept"]
    ) as answer:
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert (await answer.read()).decode("utf-8") == '{"data":{"hello":"Hello Ø"}}'


@pytest.mark.parametrize(
    ("body", "accept", "status"),
    [
        ({"query": "{"}, "application/json", 200),
        ({"query": "{"}, GRAPHQL, 400),
        ({"query": "{ nope }"}, "application/json", 200),
        ({"query": "{ nope }"}, GRAPHQL, 400),
        ({"query": "query($id: ID!) { node(id: $id) { __typename } }"}, "application/json", 200),
        ({"query": "query($id: ID!) { node(id: $id) { __typename } }"}, GRAPHQL, 400),
        ({"query": "query A { hello } query B { hello }"}, GRAPHQL, 400),
    ],
)
async def test_a_request_that_fails_before_execution_has_no_data(
    graph: Graph, body: dict[str, Any], accept: str, status: int
) -> None:
    given, _, answer = await post(graph, body, accept=accept)
    assert given == status
    assert "data" not in answer
    assert answer["errors"]


@pytest.mark.parametrize(
    "body",
    [
        b"{ no json",
        b"",
        b"3",
        {"nope": 1},
        *[{"query": value} for value in [1, False, {"a": 1}, ["x"], ""]],
        *[{"query": "{ hello }", "operationName": value} for value in [1, False, {"a": 1}, ["x"]]],
        *[{"query": "{ hello }", "variables": value} for value in [1, False, "x", ["x"]]],
        *[{"query": "{ hello }", "extensions": value} for value in [1, False, "x", ["x"]]],
    ],
)
async def test_malformed_parameters_are_refused_in_every_media_type(graph: Graph, body: Any) -> None:
    for accept in ("application/json", GRAPHQL):
        status, _, answer = await post(graph, body, accept=accept)
        assert status == 400
        assert codes(answer)[0] in ("BAD_REQUEST", "INVALID_JSON")


async def test_null_parameters_count_as_absent(graph: Graph) -> None:
    body = {"query": "{ hello }", "operationName": None, "variables": None, "extensions": None}
    assert await post(graph, body, accept=GRAPHQL) == (200, GRAPHQL, {"data": {"hello": "Hello world"}})


async def test_get_serves_queries_only(graph: Graph) -> None:
    headers = {"apollo-require-preflight": "1"}
    parameters = {
        "query": 'query A($n: String) { hello(name: $n) } mutation B { rename(name: "x") }',
        "operationName": "A",
        "variables": '{"n": "GET"}',
    }
    async with graph.client.get(graph.url, params=parameters, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"data": {"hello": "Hello GET"}})
    asked = len(graph.queries)
    async with graph.client.get(graph.url, params={**parameters, "operationName": "B"}, headers=headers) as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert codes(await answer.json()) == ["METHOD_NOT_ALLOWED"]
    assert len(graph.queries) == asked


async def test_other_methods_are_refused(graph: Graph) -> None:
    async with graph.client.put(graph.url, json={"query": "{ hello }"}) as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("text/plain", 400, "CSRF_PREVENTION"),
        ("application/x-www-form-urlencoded", 400, "CSRF_PREVENTION"),
        ("multipart/form-data; boundary=x", 400, "CSRF_PREVENTION"),
        ("application/graphql", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/json; charset=latin-1", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
async def test_only_json_is_read(graph: Graph, content_type: str, status: int, code: str) -> None:
    given, _, answer = await post(graph, {"query": "{ hello }"}, content_type=content_type)
    assert (given, codes(answer)) == (status, [code])


async def test_a_request_without_preflight_is_refused(graph: Graph) -> None:
    for headers in ({}, {"accept": GRAPHQL}, {"apollo-require-preflight": ""}):
        async with graph.client.get(graph.url, params={"query": "{ hello }"}, headers=headers) as answer:
            assert (answer.status, codes(await answer.json())) == (400, ["CSRF_PREVENTION"])
    async with graph.client.get(
        graph.url, params={"query": "{ hello }"}, headers={"x-apollo-operation-name": "q"}
    ) as answer:
        assert answer.status == 200


async def test_file_uploads_are_refused_with_what_to_do(graph: Graph) -> None:
    status, _, answer = await post(
        graph, b"--x--", content_type="multipart/form-data; boundary=x", apollo_require_preflight="1"
    )
    assert (status, codes(answer)) == (415, ["UPLOADS_NOT_SUPPORTED"])


async def test_batches_are_off(graph: Graph) -> None:
    status, _, answer = await post(graph, [{"query": "{ hello }"}])
    assert (status, codes(answer)) == (400, ["BATCHING_NOT_SUPPORTED"])


async def test_batches_have_a_maximum_and_keep_their_order() -> None:
    async with running({"server": {"batching": {"enabled": True, "maximum": 2}}}) as graph:
        answer = await graph.client.post(graph.url, json=[{"query": "{ nope }"}, {"query": "{ hello }"}])
        first, second = await answer.json()
        assert codes(first) == ["GRAPHQL_VALIDATION_FAILED"]
        assert second == {"data": {"hello": "Hello world"}}
        answer = await graph.client.post(graph.url, json=[{"query": "{ hello }"}] * 3)
        assert (answer.status, codes(await answer.json())) == (400, ["BATCH_LIMIT"])


async def test_what_nobody_accepts_is_not_answered(graph: Graph) -> None:
    status, _, answer = await post(graph, {"query": "{ hello }"}, accept="text/html")
    assert (status, codes(answer)) == (406, ["NOT_ACCEPTABLE"])


@pytest.mark.parametrize("chunked", [False, True])
async def test_large_bodies_are_refused(graph: Graph, chunked: bool) -> None:
    body = json.dumps({"query": "{ hello }", "variables": {"x": "y" * 6000}}).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    async with graph.client.post(
        graph.url, data=chunks() if chunked else body, headers={"content-type": "application/json"}
    ) as answer:
        assert (answer.status, codes(await answer.json())) == (413, ["BODY_TOO_LARGE"])


async def test_a_body_that_does_not_arrive_is_not_waited_for(graph: Graph) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)

    async with graph.client.post(graph.url, data=stalled(), headers={"content-type": "application/json"}) as answer:
        assert (answer.status, codes(await answer.json())) == (408, ["REQUEST_TIMEOUT"])


async def test_large_headers_are_refused(graph: Graph) -> None:
    status, _, answer = await post(graph, {"query": "{ hello }"}, x_large="y" * 4000)
    assert (status, codes(answer)) == (431, ["HEADERS_TOO_LARGE"])


async def test_an_operation_that_takes_too_long_ends(graph: Graph) -> None:
    status, _, answer = await post(graph, {"query": "{ slow }"}, accept=GRAPHQL)
    assert status in (200, 504)
    assert codes(answer)[0] in ("GATEWAY_TIMEOUT", "SUBREQUEST_TIMEOUT")


async def test_a_subgraphs_error_comes_with_partial_data(graph: Graph) -> None:
    status, _, answer = await post(graph, {"query": "{ hello fail }"}, accept=GRAPHQL)
    assert status == 200
    assert answer["data"] == {"hello": "Hello world", "fail": None}
    assert [(error["message"], error["path"]) for error in answer["errors"]] == [("it failed", ["fail"])]
    assert answer["errors"][0]["extensions"] == {"code": "SHOP_CLOSED", "service": "shop"}


async def test_every_answer_has_a_request_id(graph: Graph) -> None:
    async with graph.client.post(graph.url, json={"query": "{ hello }"}, headers={"x-request-id": "mine-1"}) as answer:
        assert answer.headers["x-request-id"] == "mine-1"
    async with graph.client.post(graph.url, json={"query": "{"}, headers={"x-request-id": "not one <"}) as answer:
        assert len(answer.headers["x-request-id"]) == 32
