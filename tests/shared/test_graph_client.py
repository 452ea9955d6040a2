"""What a service makes of the graph's answers when it asks as the caller."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.errors import GRAPH_DENIED, GRAPH_UNAVAILABLE, NotChecked, Problem
from shared.graph import client as client_module
from shared.graph.client import GraphClient
from tests.harness.serving import free_socket, serving

QUERY = "query Name($id: ID!) { patient(id: $id) { id } }"
ANSWERS: list[tuple[Any, Problem | None]] = [
    ({"data": {"patient": None}}, None),
    ({"data": {"patient": None}, "errors": [{"extensions": {"code": "UNAUTHORIZED_FIELD_OR_TYPE"}}]}, GRAPH_DENIED),
    ({"errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]}, GRAPH_DENIED),
    ({"data": None, "errors": [{"extensions": {"code": "SUBREQUEST_TIMEOUT"}}]}, GRAPH_UNAVAILABLE),
    ({"data": {"patient": {"id": "x"}}, "errors": [{"message": "odd"}]}, GRAPH_UNAVAILABLE),
    ({"data": {"patient": {"id": "x" * 2_000_000}}}, GRAPH_UNAVAILABLE),
    ([], GRAPH_UNAVAILABLE),
    (None, GRAPH_UNAVAILABLE),
]


@pytest.mark.parametrize(("answer", "problem"), ANSWERS, ids=range(len(ANSWERS)))
async def test_an_answer_is_whole_or_refused(answer: Any, problem: Problem | None) -> None:
    asked: list[Any] = []

    async def graph(request: Request) -> Response:
        asked.append((dict(request.headers), await request.json()))
        return JSONResponse(answer)

    bound = free_socket()
    client = GraphClient(f"http://127.0.0.1:{bound.getsockname()[1]}/graphql")
    async with serving(Starlette(routes=[Route("/graphql", graph, methods=["POST"])]), bound):
        if problem is None:
            assert await client.ask(QUERY, {"id": "x"}, "Bearer t", "r") == answer["data"]
        else:
            with pytest.raises(NotChecked) as refused:
                await client.ask(QUERY, {"id": "x"}, "Bearer t", "r")
            assert refused.value.problem == problem
    await client.close()
    ((headers, body),) = asked
    assert (headers["authorization"], headers["x-request-id"]) == ("Bearer t", "r")
    assert body == {"query": QUERY, "variables": {"id": "x"}, "operationName": "Name"}


async def test_an_answer_has_its_time_however_many_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 0.6)
    waiting, most = 0, 0

    async def graph(_: Request) -> Response:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.25)
        waiting -= 1
        return JSONResponse({"data": {"patient": None}})

    bound = free_socket()
    client = GraphClient(f"http://127.0.0.1:{bound.getsockname()[1]}/graphql")
    async with serving(Starlette(routes=[Route("/graphql", graph, methods=["POST"])]), bound):
        answers = await asyncio.gather(*(client.ask(QUERY, {"id": "x"}, "", None) for _ in range(32)))
        assert (answers, most) == ([{"patient": None}] * 32, 8)

        monkeypatch.setattr(client_module, "TURN_SECONDS", 0.1)
        late = await asyncio.gather(
            *(client.ask(QUERY, {"id": "x"}, "", None) for _ in range(9)), return_exceptions=True
        )
        other = await client.ask(QUERY.replace("Name", "Other"), {"id": "x"}, "", None)
    await client.close()
    assert [type(each) for each in late].count(NotChecked) == 1
    assert other == {"patient": None}


async def test_who_is_not_there_is_asked_in_vain_and_nobody_to_change_anything() -> None:
    client = GraphClient("http://127.0.0.1:9/graphql")
    with pytest.raises(NotChecked) as refused:
        await client.ask(QUERY, {"id": "x"}, "", None)
    assert refused.value.problem == GRAPH_UNAVAILABLE
    with pytest.raises(TypeError):
        await client.ask("mutation Name($id: ID!) { remove(id: $id) }", {"id": "x"}, "", None)
    await client.close()
