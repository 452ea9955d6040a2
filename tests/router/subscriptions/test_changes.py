"""Open streams when what they were opened with changes: token, policies, supergraph."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.router.authorization.issuers import Issuer
from tests.router.http.graph import Graph, codes, running, supergraph
from tests.router.subscriptions.client import close_code, connected, heard, opened, say, subscribe

ENDLESS = "subscription { endless { number secret } }"
SSE = {"accept": "text/event-stream"}


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer("https://one.example").running() as issuer:
        yield issuer


def authorization(issuer: Issuer, **more: Any) -> dict[str, Any]:
    return {
        "authorization": {"jwt": {"issuers": [issuer.settings()]}, **more},
        "subscriptions": {"recheck_interval": 0.1},
    }


async def test_the_token_may_come_in_the_header_or_the_first_message(issuer: Issuer) -> None:
    async with running(authorization(issuer)) as graph:
        token = f"Bearer {issuer.token()}"
        for payload, headers in (
            ({"Authorization": token}, {}),
            ({"authorization": token}, {}),
            (None, {"authorization": token}),
        ):
            async with opened(graph, payload, **headers) as socket:
                await subscribe(socket, "1", "{ secret }")
                assert (await heard(socket))["payload"] == {"data": {"secret": "s3cret"}}
        async with opened(graph) as socket:
            await subscribe(socket, "1", "{ secret }")
            assert codes((await heard(socket))["payload"]) == ["UNAUTHORIZED_FIELD_OR_TYPE"]


async def test_a_bad_token_is_forbidden(issuer: Issuer) -> None:
    async with running(authorization(issuer)) as graph, connected(graph) as socket:
        await say(socket, type="connection_init", payload={"Authorization": "Bearer nope"})
        assert await close_code(socket) == 4403


async def test_a_denied_subscription_never_reaches_its_subgraph(issuer: Issuer) -> None:
    async with running(authorization(issuer)) as graph, opened(graph) as socket:
        await subscribe(socket, "1", "subscription { secretTicks }")
        payload = (await heard(socket))["payload"]
        assert (payload["data"], codes(payload)) == ({"secretTicks": None}, ["UNAUTHORIZED_FIELD_OR_TYPE"])
        assert (await heard(socket))["type"] == "complete"
        assert graph.shop.upgrades == []


async def test_a_stream_ends_with_its_token(issuer: Issuer) -> None:
    async with running(authorization(issuer)) as graph:
        expiry = time.time() + 3
        token = f"Bearer {issuer.token(exp=expiry)}"
        async with opened(graph, {"Authorization": token}) as busy, opened(graph, {"Authorization": token}) as idle:
            await subscribe(busy, "1", ENDLESS)
            assert (await heard(busy))["type"] == "next"
            events = await graph.client.post(
                graph.url, json={"query": ENDLESS}, headers={**SSE, "authorization": token}
            )
            assert await close_code(busy) == 4403
            assert await close_code(idle) == 4403
            last = [line for line in (await events.text()).splitlines() if line.startswith("data: {")][-1]
            assert codes(json.loads(last[6:])) == ["UNAUTHENTICATED"]
        assert 0 <= time.time() - expiry < 5


async def test_a_stream_ends_when_its_session_is_revoked(issuer: Issuer, redis_url: str) -> None:
    settings = authorization(issuer, revocation={"redis_url": redis_url})
    payload = {"Authorization": f"Bearer {issuer.token(sid='ending')}"}
    async with (
        running(settings) as graph,
        Redis.from_url(redis_url) as redis,
        opened(graph, payload) as socket,
    ):
        await subscribe(socket, "1", ENDLESS)
        assert (await heard(socket))["type"] == "next"
        await _until_heard_of(redis, json.dumps({"sid": "ending"}))
        began = time.monotonic()
        assert await close_code(socket) == 4403
        assert time.monotonic() - began < 5


async def _until_heard_of(redis: Redis, revocation: str) -> None:
    """Publish until the router listens."""
    for _ in range(60):
        if await redis.publish("revocations", revocation):
            return
        await asyncio.sleep(0.05)


class Changing:
    """A policy callable whose answer changes."""

    granted = frozenset({"see ticks"})


def changing(names: frozenset[str], claims: Any) -> frozenset[str]:
    return Changing.granted


async def test_a_stream_narrows_when_a_policy_is_withdrawn(issuer: Issuer) -> None:
    Changing.granted = frozenset({"see ticks"})
    settings = authorization(issuer, directives={"policies": f"{__name__}:changing"})
    async with running(settings) as graph, opened(graph) as socket:
        await subscribe(socket, "1", ENDLESS)
        assert (await heard(socket))["payload"]["data"]["endless"]["secret"] == "s"
        Changing.granted = frozenset()
        while (message := await heard(socket))["payload"]["data"]["endless"]["secret"] == "s":
            assert "errors" not in message["payload"]
        assert codes(message["payload"]) == ["UNAUTHORIZED_FIELD_OR_TYPE"]


async def _taken_up(graph: Graph, path: Path, **options: str) -> None:
    """Replace the supergraph and wait until it is served."""
    path.write_text(graph.sdl(**options))
    query = "{ __schema { queryType { fields { name } } } }"
    before = await graph.ask(query)
    for _ in range(100):
        if await graph.ask(query) != before:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the new supergraph is not served")


async def test_streams_survive_a_new_supergraph_where_their_fields_do(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.graphql"
    path.write_text(supergraph("http://127.0.0.1:9/", "http://127.0.0.1:9/"))
    settings = {
        "supergraph": {"file": str(path), "poll_interval": 0.05},
        "subscriptions": {"recheck_interval": 0.1},
    }
    async with running(settings) as graph:
        graph.shop.resumes = True
        await _taken_up(graph, path, extra="added: Int @join__field(graph: SHOP)")
        async with opened(graph) as kept, opened(graph) as gone:
            await subscribe(kept, "1", "subscription { endless { number } }")
            await subscribe(gone, "1", "subscription { endless { seller { id } } }")
            assert (await heard(gone))["type"] == "next"
            asked = [asyncio.create_task(graph.ask("{ hello }")) for _ in range(20)]
            await _taken_up(graph, path, tick="other: String")
            assert all([await answer == {"data": {"hello": "Hello world"}} for answer in asked])
            message = await heard(gone)
            while message["type"] == "next":
                message = await heard(gone)
            assert (message["type"], codes({"errors": message["payload"]})) == ("error", ["GRAPHQL_VALIDATION_FAILED"])
            await asyncio.sleep(0.3)
            numbers = [(await heard(kept))["payload"]["data"]["endless"]["number"] for _ in range(60)]
            assert numbers == list(range(1, 61))
        assert graph.shop.subscribed == 2
