"""Which tokens are accepted (RFC 8725), and what the router asks their issuers for."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from redis.asyncio import Redis

from tests.router.authorization.issuers import Issuer
from tests.router.http.graph import Graph, codes, running

QUERY = "{ secret }"


@asynccontextmanager
async def accepting(**settings: Any) -> AsyncIterator[tuple[Issuer, Graph]]:
    """An issuer, and a router that accepts its tokens by these settings."""
    async with Issuer("https://one.example").running() as issuer:
        configured = {"authorization": {"jwt": {"issuers": [issuer.settings()], **settings}}}
        async with running(configured) as graph:
            yield issuer, graph


@pytest.fixture(scope="module")
async def issuers() -> AsyncIterator[tuple[Issuer, Issuer]]:
    async with Issuer("https://one.example").running() as one, Issuer("https://two.example", "ES256").running() as two:
        yield one, two


@pytest.fixture(scope="module")
async def graph(issuers: tuple[Issuer, Issuer]) -> AsyncIterator[Graph]:
    one, two = issuers
    jwt_settings = {"issuers": [one.settings(), two.settings(types=[], algorithms=["ES256"])], "leeway": 2}
    async with running({"authorization": {"jwt": jwt_settings}}) as graph:
        yield graph


async def status(graph: Graph, authorization: str | None) -> tuple[int, Any]:
    headers = {"authorization": authorization} if authorization else {}
    async with graph.client.post(graph.url, json={"query": QUERY}, headers=headers) as response:
        return response.status, await response.json()


async def test_tokens_of_both_issuers_are_accepted(graph: Graph, issuers: tuple[Issuer, Issuer]) -> None:
    for issuer in issuers:
        assert await graph.ask(QUERY, issuer.token()) == {"data": {"secret": "s3cret"}}


async def test_a_caller_without_a_token_is_anonymous(graph: Graph) -> None:
    assert codes(await graph.ask(QUERY)) == ["UNAUTHORIZED_FIELD_OR_TYPE"]


def _bad_tokens(one: Issuer, two: Issuer) -> dict[str, str]:
    now = time.time()
    good = one.token()
    head, body, signature = good.split(".")
    return {
        "no signature": jwt.encode({"iss": one.name, "aud": "shop", "exp": now + 60}, "", algorithm="none"),
        "signature cut off": f"{head}.{body}.",
        "changed payload": f"{head}.{jwt.utils.base64url_encode(b'{}').decode()}.{signature}",
        "public key as shared secret": one.token(signer=one.public()["keys"][0]["x"], algorithm="HS256"),
        "key of the other issuer": one.token(signer=two.keys["k1"], algorithm="ES256"),
        "unknown key": one.token(signer=Issuer("x").keys["k1"]),
        "unknown key id": one.token(key_id="nope", signer=one.keys["k1"]),
        "other issuer's name": two.token(iss=one.name),
        "unknown issuer": one.token(iss="https://three.example"),
        "no issuer": one.token(without=("iss",)),
        "other audience": one.token(aud="elsewhere"),
        "no audience": one.token(without=("aud",)),
        "expired": one.token(exp=now - 5),
        "no expiry": one.token(without=("exp",)),
        "not yet valid": one.token(nbf=now + 60),
        "issued in the future": one.token(iat=now + 60),
        "kind of an ID token": one.token(typ="JWT"),
        "no kind": one.token(typ=None),
        "critical header": jwt.encode(
            {"iss": one.name, "aud": "shop", "exp": now + 60},
            one.keys["k1"],
            algorithm="EdDSA",
            headers={"typ": "at+jwt", "kid": "k1", "crit": ["x"], "x": 1},
        ),
        "expiry is text": one.token(exp="soon"),
        "no JWT": "abc",
        "too long": one.token(padding="x" * 20_000),
    }


async def test_bad_tokens_are_refused(graph: Graph, issuers: tuple[Issuer, Issuer]) -> None:
    for what, token in _bad_tokens(*issuers).items():
        answered, body = await status(graph, f"Bearer {token}")
        assert (answered, codes(body)) == (401, ["UNAUTHENTICATED"]), what
        assert token not in json.dumps(body), what
    for header in ("Basic YTpi", "Bearer", f"Token {issuers[0].token()}"):
        assert (await status(graph, header))[0] == 401, header
    assert graph.queries.count("{secret}") <= 2


async def test_a_bad_token_does_not_hinder_a_mutation_that_asks_for_no_caller(
    graph: Graph, issuers: tuple[Issuer, Issuer]
) -> None:
    for what, token in _bad_tokens(*issuers).items():
        answer = await graph.ask('mutation { rename(name: "x") }', token)
        assert answer == {"data": {"rename": "x"}}, what
        for query in ("{ hello }", "mutation { unknown }", "mutation {"):
            assert codes(await graph.ask(query, token)) == ["UNAUTHENTICATED"], what


async def test_clocks_may_differ_by_the_leeway(graph: Graph, issuers: tuple[Issuer, Issuer]) -> None:
    assert (await status(graph, f"bearer {issuers[0].token(exp=time.time() - 1)}"))[0] == 200
    assert (await status(graph, f"Bearer {issuers[0].token(nbf=time.time() + 1)}"))[0] == 200


async def test_the_kind_may_be_written_as_media_type(graph: Graph, issuers: tuple[Issuer, Issuer]) -> None:
    assert (await status(graph, f"Bearer {issuers[0].token(typ='application/AT+JWT')}"))[0] == 200


async def test_a_remembered_token_still_expires() -> None:
    async with accepting(leeway=0) as (issuer, graph):
        token = issuer.token(exp=time.time() + 2)
        assert (await status(graph, f"Bearer {token}"))[0] == 200
        await asyncio.sleep(2.1)
        assert (await status(graph, f"Bearer {token}"))[0] == 401


async def test_unknown_key_ids_do_not_flood_the_issuer_and_rotation_needs_no_restart() -> None:
    async with accepting(refresh_cooldown=0.5) as (issuer, graph):
        assert (await status(graph, f"Bearer {issuer.token()}"))[0] == 200
        issuer.asked = 0
        stranger = Issuer("https://one.example")
        floods = [stranger.token(key_id=f"x{n}", signer=stranger.keys["k1"]) for n in range(40)]
        answers = await asyncio.gather(*(status(graph, f"Bearer {token}") for token in floods))
        assert {answered for answered, _ in answers} == {401}
        assert issuer.asked == 1

        issuer.rotate("k2")
        await asyncio.sleep(0.6)
        for token in (issuer.token(key_id="k2"), issuer.token(key_id="k1")):
            assert (await status(graph, f"Bearer {token}"))[0] == 200


async def test_a_key_that_is_withdrawn_ends_its_tokens() -> None:
    async with accepting(refresh_interval=0.1) as (issuer, graph):
        token = issuer.token()
        assert (await status(graph, f"Bearer {token}"))[0] == 200
        issuer.rotate("k2", keep=False)
        await asyncio.sleep(0.4)
        assert (await status(graph, f"Bearer {token}"))[0] == 401
        issuer.down = True
        await asyncio.sleep(0.2)
        assert (await status(graph, f"Bearer {issuer.token(key_id='k2')}"))[0] == 200


async def test_an_issuer_that_was_never_reached_is_not_the_callers_fault() -> None:
    async with Issuer("https://one.example").running() as issuer:
        issuer.down = True
        async with running({"authorization": {"jwt": {"issuers": [issuer.settings()]}}}) as graph:
            answered, body = await status(graph, f"Bearer {issuer.token()}")
            assert (answered, codes(body)) == (503, ["AUTHENTICATION_UNAVAILABLE"])
            assert (await status(graph, None))[0] == 200
            issuer.down = False
            await asyncio.sleep(1.1)
            assert (await status(graph, f"Bearer {issuer.token()}"))[0] == 200


async def test_a_token_may_be_required() -> None:
    async with Issuer("https://one.example").running() as issuer:
        settings = {"require_authentication": True, "jwt": {"issuers": [issuer.settings()]}}
        async with running({"authorization": settings}) as graph:
            answered, body = await status(graph, None)
            assert (answered, codes(body)) == (401, ["UNAUTHENTICATED"])
            assert (await status(graph, f"Bearer {issuer.token()}"))[0] == 200
            for token in (None, "abc"):
                assert codes(await graph.ask('mutation { rename(name: "x") }', token)) == ["UNAUTHENTICATED"]


async def test_revocations_are_pushed(redis_url: str) -> None:
    async with Issuer("https://one.example").running() as issuer, Redis.from_url(redis_url) as redis:
        await redis.set("revoked:router-old", "1", ex=60)
        settings = {"jwt": {"issuers": [issuer.settings()]}, "revocation": {"redis_url": redis_url}}
        async with running({"authorization": settings}) as graph:
            old = issuer.token(sid="router-old")
            good = issuer.token(sid="router-new", sub="router-bob", iat=time.time() - 5)
            other = issuer.token(sid="router-other", sub="router-bob", iat=time.time() - 5)
            await _eventually(graph, old, 401)
            assert (await status(graph, f"Bearer {good}"))[0] == 200

            await redis.publish("revocations", json.dumps({"sid": "router-new"}))
            await _eventually(graph, good, 401)
            assert (await status(graph, f"Bearer {other}"))[0] == 200

            before = int(time.time() * 1000) - 1000
            await redis.publish("revocations", json.dumps({"sub": "router-bob", "before": before}))
            await _eventually(graph, other, 401)
            assert (await status(graph, f"Bearer {issuer.token(sub='router-bob', sid='again')}"))[0] == 200

            await redis.set("revoked:router-missed", "1", ex=60)
            await redis.client_kill_filter(_type="pubsub", skipme=True)
            await _eventually(graph, issuer.token(sid="router-missed"), 401)


async def _eventually(graph: Graph, token: str, expected: int) -> None:
    for _ in range(60):
        if (await status(graph, f"Bearer {token}"))[0] == expected:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"the token was not answered with {expected} in time")
