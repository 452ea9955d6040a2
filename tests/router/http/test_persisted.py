"""Operations named by hash: automatic persisted queries and the safelist."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from router.config import ConfigurationError
from tests.router.http.graph import Graph, codes, running

QUERY = "{ hello }"
ANSWER = {"data": {"hello": "Hello world"}}


def digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()


async def ask(graph: Graph, query: str | None, sha256: Any, version: Any = 1) -> dict[str, Any]:
    body = {"query": query} if query is not None else {}
    extensions = {"persistedQuery": {"version": version, "sha256Hash": sha256}}
    async with graph.client.post(graph.url, json={**body, "extensions": extensions}) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_query_is_sent_once_and_named_afterwards() -> None:
    async with running() as graph:
        unknown = await ask(graph, None, digest(QUERY))
        assert (codes(unknown), unknown["errors"][0]["message"]) == (
            ["PERSISTED_QUERY_NOT_FOUND"],
            "PersistedQueryNotFound",
        )
        assert await ask(graph, QUERY, digest(QUERY)) == ANSWER
        assert await ask(graph, None, digest(QUERY)) == ANSWER
        parameters = {"extensions": json.dumps({"persistedQuery": {"version": 1, "sha256Hash": digest(QUERY)}})}
        headers = {"apollo-require-preflight": "1"}
        async with graph.client.get(graph.url, params=parameters, headers=headers) as response:
            assert await response.json() == ANSWER


async def test_a_hash_names_only_its_own_text() -> None:
    async with running() as graph:
        assert codes(await ask(graph, "{ fail }", digest(QUERY))) == ["PERSISTED_QUERY_HASH_MISMATCH"]
        assert codes(await ask(graph, None, digest(QUERY))) == ["PERSISTED_QUERY_NOT_FOUND"]
        for sha256, version in ((1, 1), (None, 1), (digest(QUERY), 2)):
            assert codes(await ask(graph, QUERY, sha256, version)) == ["PERSISTED_QUERY_INVALID"]


async def test_the_least_used_go_first() -> None:
    async with running({"operations": {"persisted": {"maximum": 2}}}) as graph:
        queries = ["{ a: hello }", "{ b: hello }", "{ c: hello }"]
        for query in queries[:2]:
            await ask(graph, query, digest(query))
        await ask(graph, None, digest(queries[0]))
        await ask(graph, queries[2], digest(queries[2]))
        answers = [codes(await ask(graph, None, digest(query))) for query in queries]
        assert answers == [[], ["PERSISTED_QUERY_NOT_FOUND"], []]


async def test_they_take_no_more_bytes_than_they_may() -> None:
    async with running({"operations": {"persisted": {"max_bytes": 1000}}}) as graph:
        queries = [f"{{ hello }} # {name * 400}" for name in "abc"]
        for query in queries:
            await ask(graph, query, digest(query))
        answers = [codes(await ask(graph, None, digest(query))) for query in queries]
        assert answers == [["PERSISTED_QUERY_NOT_FOUND"], [], []]


@pytest.mark.parametrize(
    "query", ["{ nope }", "{", "{ hello(name: 1) }", "{ a: a: }", "query A { hello } query B { hello }"]
)
async def test_what_is_no_valid_operation_is_not_kept(query: str, redis_url: str) -> None:
    async with running({"operations": {"persisted": {"redis_url": redis_url}}}) as graph:
        assert (await ask(graph, query, digest(query)))["errors"]
        assert codes(await ask(graph, None, digest(query))) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_text_in_redis_that_is_not_what_its_hash_says_is_not_run(redis_url: str) -> None:
    query = "{ other: hello }"
    settings = {"operations": {"persisted": {"redis_url": redis_url}}}
    async with running(settings) as graph, Redis.from_url(redis_url) as redis:
        await redis.set(f"router:apq:{digest(query)}", "{ secret }")
        assert codes(await ask(graph, None, digest(query))) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_routers_share_them_through_redis(redis_url: str) -> None:
    query = "{ shared: hello }"
    settings = {"operations": {"persisted": {"redis_url": redis_url, "ttl": 60}}}
    async with running(settings) as one, running(settings) as other, Redis.from_url(redis_url) as redis:
        await ask(one, query, digest(query))
        assert await ask(other, None, digest(query)) == {"data": {"shared": "Hello world"}}
        (key,) = await redis.keys(f"*{digest(query)}")
        assert 0 < await redis.ttl(key) <= 60


async def test_a_redis_server_that_is_away_is_done_without() -> None:
    async with running({"operations": {"persisted": {"redis_url": "redis://127.0.0.1:9/0"}}}) as graph:
        assert await ask(graph, QUERY, digest(QUERY)) == ANSWER
        assert await ask(graph, None, digest(QUERY)) == ANSWER


async def test_they_can_be_switched_off() -> None:
    async with running({"operations": {"persisted": {"enabled": False}}}) as graph:
        assert codes(await ask(graph, QUERY, digest(QUERY))) == ["PERSISTED_QUERY_NOT_SUPPORTED"]


@pytest.mark.parametrize("form", ["apollo", "map"])
@pytest.mark.parametrize("allow_text", [True, False])
async def test_only_what_is_on_the_safelist_runs(tmp_path: Path, form: str, allow_text: bool) -> None:
    entry = {"id": "q-1", "body": QUERY, "name": "Q", "type": "query"}
    manifest = (
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [entry]}
        if form == "apollo"
        else {"q-1": QUERY}
    )
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    settings = {"operations": {"safelist": {"manifest": str(path), "allow_text": allow_text}}}
    async with running(settings) as graph:
        assert await ask(graph, None, "q-1") == ANSWER
        assert codes(await graph.ask(QUERY)) == ([] if allow_text else ["OPERATION_NOT_SAFELISTED"])
        for query, named in (("{ fail }", "q-1x"), ("{ fail }", digest("{ fail }")), (None, digest(QUERY))):
            assert codes(await ask(graph, query, named)) == ["OPERATION_NOT_SAFELISTED"]
        assert codes(await graph.ask("{ fail }")) == ["OPERATION_NOT_SAFELISTED"]


async def test_a_broken_manifest_is_told_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    settings = {"operations": {"safelist": {"manifest": str(path)}}}
    for text in (None, "{", '{"operations": [{"id": 1}]}', '{"a": 1}'):
        if text is not None:
            path.write_text(text)
        with pytest.raises(ConfigurationError, match=r"operations\.safelist\.manifest"):
            async with running(settings):
                pass
