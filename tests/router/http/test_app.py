"""Around GraphQL: health, metrics, CORS, GraphiQL, logs, one subgraph down."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router.telemetry import configure_logs, flush_logs
from tests.router.http.graph import Graph, codes, running
from tests.router.http.logs import logs_of_its_own

ORIGIN = "https://portal.example"


@pytest.fixture(scope="module")
async def graph() -> AsyncIterator[Graph]:
    async with running({"server": {"cors": {"origins": [ORIGIN]}}}) as graph:
        yield graph


def at(graph: Graph, path: str) -> str:
    return graph.url.removesuffix("/graphql") + path


async def test_the_router_lives_and_is_ready_though_a_subgraph_is_down() -> None:
    async with running({"subgraphs": {"named": {"accounts": {"url": "http://127.0.0.1:9/"}}}}) as graph:
        for path in ("/health", "/ready"):
            async with graph.client.get(at(graph, path)) as response:
                assert response.status == 200
        answer = await graph.ask("{ hello viewer { id name } }")
        assert answer["data"] == {"hello": "Hello world", "viewer": {"id": "u1", "name": None}}
        (error,) = answer["errors"]
        assert (error["path"], error["extensions"]["service"]) == (["viewer", "name"], "accounts")


async def test_without_a_supergraph_the_router_is_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "supergraph.yaml"
    file.write_text(
        "subgraphs: {shop: {routing_url: 'http://127.0.0.1:9/', schema: {subgraph_url: 'http://127.0.0.1:9/'}}}"
    )
    async with running({"supergraph": {"subgraphs": str(file)}}) as graph:
        async with graph.client.get(at(graph, "/ready")) as response:
            assert (response.status, (await response.json())["missing"]) == (503, ["supergraph"])
        async with graph.client.post(graph.url, json={"query": "{ hello }"}) as response:
            assert codes(await response.json()) == ["SUPERGRAPH_UNAVAILABLE"]
            assert response.status == 503


async def test_metrics_count_and_name_nobody(graph: Graph) -> None:
    await graph.ask("{ hello }")
    await graph.ask("{ fail }")
    async with graph.client.get(at(graph, "/metrics")) as response:
        text = await response.text()
    for line in (
        'router_http_requests_total{method="POST",status="200"}',
        'router_operations_total{outcome="ok",type="query"}',
        'router_operations_total{outcome="errors",type="query"}',
        'router_operation_duration_seconds_count{type="query"}',
        'router_subgraph_fetches_total{outcome="ok",subgraph="shop"}',
        'router_subgraph_fetch_duration_seconds_count{subgraph="shop"}',
    ):
        assert any(found.startswith(line) and float(found.split()[-1]) > 0 for found in text.splitlines()), line


async def test_equal_queries_under_way_are_asked_once() -> None:
    rules = {"subgraphs": {"all": {"headers": [{"propagate": "x-request-id"}, {"propagate": "authorization"}]}}}
    async with running(rules) as graph:
        answers = await asyncio.gather(*(graph.ask('{ hello(name: "wait") }') for _ in range(5)))
        assert [answer["data"] for answer in answers] == [{"hello": "Hello wait"}] * 5
        assert len(graph.shop.queries) == 1
        await asyncio.gather(*(graph.ask('{ hello(name: "wait") }', token) for token in ("a", "b")))
        assert len(graph.shop.queries) == 3


async def test_cors_answers_the_allowed_origin_only(graph: Graph) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type"}
    async with graph.client.options(graph.url, headers={"origin": ORIGIN, **asked}) as response:
        assert response.status == 200
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "Origin" in response.headers["vary"].split(", ")
        assert "POST" in response.headers["access-control-allow-methods"]
        assert {"authorization", "content-type", "x-apollo-operation-name"} <= set(
            response.headers["access-control-allow-headers"].lower().split(", ")
        )
        assert response.headers["access-control-max-age"] == "7200"
        assert "access-control-allow-credentials" not in response.headers
    for refused in ({"access-control-request-method": "DELETE"}, {"access-control-request-headers": "x-other"}):
        async with graph.client.options(graph.url, headers={"origin": ORIGIN, **asked, **refused}) as response:
            assert response.status == 400
    async with graph.client.options(graph.url, headers={"origin": "https://evil.example", **asked}) as response:
        assert response.status == 400
        assert "access-control-allow-origin" not in response.headers
    async with graph.client.post(graph.url, json={"query": "{"}, headers={"origin": ORIGIN}) as response:
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "x-request-id" in response.headers["access-control-expose-headers"].lower()
        assert "origin" in response.headers.getall("vary")
    async with graph.client.post(
        graph.url, json={"query": "{"}, headers={"origin": "https://evil.example"}
    ) as response:
        assert "access-control-allow-origin" not in response.headers
        assert "origin" in response.headers.getall("vary")


async def test_any_page_may_read_where_the_origin_is_a_star() -> None:
    async with running({"server": {"cors": {"origins": "*"}}}) as graph:
        preflight = {"origin": "https://any.example", "access-control-request-method": "POST"}
        async with graph.client.options(graph.url, headers=preflight) as response:
            assert (response.status, response.headers["access-control-allow-origin"]) == (200, "*")
        async with graph.client.post(graph.url, json={"query": "{ hello }"}, headers={"origin": "null"}) as response:
            assert response.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in response.headers


async def test_graphiql_comes_from_our_own_files(graph: Graph) -> None:
    async with graph.client.get(at(graph, "/")) as response:
        page = await response.text()
        assert "default-src 'self'" in response.headers["content-security-policy"]
    assert 'content="/graphql"' in page
    files = [part.split('"')[0] for part in page.replace('href="/', 'src="/').split('src="')[1:]]
    assert len(files) == 6
    for file in files:
        async with graph.client.get(at(graph, file)) as response:
            assert response.status == 200, file
            assert len(await response.read()) < 1024 * 1024
    async with graph.client.get(at(graph, "/static/../app.py")) as response:
        assert response.status == 404


async def test_presets_are_for_graphiql_alone(graph: Graph, tmp_path: Path) -> None:
    presets = tmp_path / "presets.json"
    async with graph.client.get(at(graph, "/graphiql-presets.json")) as response:
        assert response.status == 404
    async with running({"server": {"graphiql_presets": str(presets), "cors": {"origins": "*"}}}) as offering:
        address = at(offering, "/graphiql-presets.json")
        async with offering.client.get(at(offering, "/")) as response:
            assert 'content="/graphiql-presets.json"' in await response.text()
        async with offering.client.get(address) as response:
            assert response.status == 404  # it is not there yet
        presets.write_text('{"accounts": []}')
        for headers, status in (
            ({}, 200),
            ({"sec-fetch-site": "same-origin"}, 200),
            ({"sec-fetch-site": "cross-site"}, 404),
            ({"host": "rebound.example"}, 404),
        ):
            async with offering.client.get(address, headers=headers) as response:
                assert response.status == status, headers
                if status == 200:
                    assert await response.json() == {"accounts": []}
                    assert response.headers["cache-control"] == "no-store"


async def test_graphiql_can_be_switched_off() -> None:
    async with running({"server": {"graphiql": False, "path": "/api"}}) as graph:
        async with graph.client.get(at(graph, "/")) as response:
            assert response.status == 404
        async with graph.client.post(at(graph, "/api"), json={"query": "{ hello }"}) as response:
            assert response.status == 200


async def test_logs_hold_no_variables(graph: Graph, capsys: pytest.CaptureFixture[str]) -> None:
    with logs_of_its_own():
        configure_logs(graph.config.telemetry)
        await graph.ask(
            "query Asked($n: String) { hello(name: $n) fail }", variables={"n": "Ann Example"}, token="not.a.token"
        )
        async with graph.client.get(at(graph, "/graphql?query=Ann+Example")):
            pass
        async with graph.client.get(at(graph, "/Ann%20Example")):
            pass
        flush_logs()
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert [(line["path"], line["status"], line.get("operation")) for line in asked] == [
        ("/graphql", 200, "Asked"),
        ("/graphql", 400, None),
    ]
    assert len({line["request_id"] for line in asked}) == 2
    assert "Ann" not in text
    assert "not.a.token" not in text


def failing(names: frozenset[str], claims: object) -> frozenset[str]:
    raise KeyError("Ann Example")


async def test_a_fault_is_logged_without_what_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    directives = {"policies": f"{__name__}:failing"}
    async with running({"authorization": {"directives": directives}}) as graph:
        with logs_of_its_own():
            configure_logs(graph.config.telemetry)
            answer = await graph.ask("{ hello }")
    assert answer["errors"] == [{"message": "the router failed", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (fault,) = [line for line in lines if line["event"] == "the operation failed"]
    assert (fault["exception"], fault["level"]) == ("KeyError", "error")
    assert "failing" in fault["stack"]
    assert all("Ann" not in str({**line, "stack": ""}) for line in lines)


@pytest.mark.parametrize(("labels", "owner"), [([], "shop"), (["other"], "shop"), (["moved"], "accounts")])
async def test_an_override_is_on_with_its_label(labels: list[str], owner: str) -> None:
    async with running({"planning": {"active_labels": labels}}) as graph:
        assert await graph.ask("{ moved }") == {"data": {"moved": owner}}
