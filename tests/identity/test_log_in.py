"""Logging in, refreshing, logging out."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import jwt
import pytest
from redis.asyncio import Redis
from sqlalchemy import select, update
from sqlmodel import col

from shared.database.model import utc_now
from shared.ids import global_id
from subgraphs.identity import throttle
from subgraphs.identity.models import RefreshToken, Session
from subgraphs.identity.roles import SCOPES, BuiltInRole
from tests.harness import tokens
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.identity.conftest import (
    LOG_IN,
    PASSWORD,
    REFRESH,
    account,
    activity,
    log_in,
    logged_in,
    perform,
    refresh,
    refused,
)


async def test_a_log_in_gives_a_token_that_says_who_it_is(clinic: Clinic) -> None:
    ann = await account(clinic, "ann@example.org", "PATIENT")
    assert ann.patient_id is not None
    answer = await log_in(clinic, " Ann@Example.ORG ")
    assert answer["account"] == {
        "id": global_id("Account", ann.id),
        "email": "ann@example.org",
        "roles": ["PATIENT"],
        "patient": {"id": global_id("Patient", ann.patient_id)},
    }

    claims = jwt.decode(answer["accessToken"], options={"verify_signature": False})
    assert claims["iss"] == "https://caregraph.example"
    assert claims["aud"] == "caregraph"
    assert (claims["sub"], claims["patient"]) == (str(ann.id), str(ann.patient_id))
    assert (claims["roles"], claims["kind"]) == (["PATIENT"], "patient")
    assert set(claims["scope"].split()) == SCOPES[BuiltInRole.PATIENT]
    assert claims["exp"] - claims["iat"] == pytest.approx(3600, abs=1)
    assert datetime.fromisoformat(answer["expiresAt"]) == datetime.fromtimestamp(claims["exp"], UTC)
    assert {"jti", "sid"} <= claims.keys()
    assert "practitioner" not in claims
    assert jwt.get_unverified_header(answer["accessToken"])["typ"] == "at+jwt"

    me = clinic.bearer(answer["accessToken"])
    session = global_id("Session", UUID(claims["sid"]))
    query = """{ me { status lastLogInAt sessions { nodes { id current } totalCount }
        activity { nodes { kind sessionId actorId } } } }"""
    data = (await me.data(query))["me"]
    assert data["status"] == "ACTIVE"
    assert data["lastLogInAt"] is not None
    assert data["sessions"] == {"nodes": [{"id": session, "current": True}], "totalCount": 1}
    assert data["activity"]["nodes"] == [{"kind": "LOGGED_IN", "sessionId": session, "actorId": None}]
    assert (await clinic.anonymous.execute("{ me { id } }"))["data"] in (None, {"me": None})

    async with httpx.AsyncClient(timeout=5) as client:
        response = await client.get(f"{clinic.service('identity').url}/.well-known/jwks.json")
        (key,) = response.json()["keys"]
        assert "d" not in key, "nothing but the public half"
        headers = {"x-forwarded-for": "203.0.113.9", "user-agent": "Portal/1.0"}
        body = {"query": LOG_IN, "variables": {"input": {"email": "ann@example.org", "password": PASSWORD}}}
        response = await client.post(clinic.url, json=body, headers=headers)
    verified = jwt.decode(
        answer["accessToken"], jwt.PyJWK(key), algorithms=["EdDSA"], audience="caregraph", issuer=claims["iss"]
    )
    assert verified == claims
    there = clinic.bearer(response.json()["data"]["logIn"]["accessToken"])
    nodes = (await there.data("{ me { sessions(first: 1) { nodes { address userAgent } } } }"))["me"]["sessions"][
        "nodes"
    ]
    assert nodes == [{"address": "203.0.113.9", "userAgent": "Portal/1.0"}]


async def test_what_fails_looks_the_same(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    gone = await account(clinic, "gone@example.org", "NURSE")
    admin = clinic.caller("ADMIN")
    await account(clinic, "root@example.org", "ADMIN")
    await perform(admin, "saveAccount", "", id=str(gone.id), version=1, roles=["NURSE"], enabled=False)

    wrong = await log_in(clinic, "ann@example.org", "tulip orbit kettles")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    assert await log_in(clinic, "nobody@example.org") == wrong
    assert await log_in(clinic, "gone@example.org") == wrong
    assert (await log_in(clinic, "ann@example.org", "x" * 100_000))["code"] == "INVALID_INPUT"
    assert await log_in(clinic, "not an address") == wrong

    ann = await logged_in(clinic, "ann@example.org")
    assert await activity(ann) == ["LOGGED_IN", "LOG_IN_FAILED"]
    trail = await clinic.audit("identity")
    denied = [entry for entry in trail if entry.outcome == "denied"]
    assert [(entry.detail or {}).get("activity") for entry in denied].count("LOG_IN_FAILED") == 4
    assert "ann@example.org" not in str([entry.model_dump() for entry in trail])


async def test_failures_lock_out_whether_the_account_exists_or_not(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    for email in ("ann@example.org", "nobody@example.org"):
        answers = await asyncio.gather(*(log_in(clinic, email, f"wrong {n}") for n in range(12)))
        assert sorted(answer["code"] for answer in answers) == ["ACCOUNT_LOCKED"] * 7 + ["INVALID_CREDENTIALS"] * 5
        locked = await log_in(clinic, email)
        assert locked["code"] == "ACCOUNT_LOCKED"
        wait = datetime.fromisoformat(locked["until"]) - utc_now()
        assert timedelta(seconds=20) < wait <= timedelta(seconds=30)

    await _let_locks_pass(clinic)
    assert (await log_in(clinic, "ann@example.org", "wrong again"))["code"] == "INVALID_CREDENTIALS"
    longer = await log_in(clinic, "ann@example.org")
    assert datetime.fromisoformat(longer["until"]) - utc_now() > timedelta(seconds=45), "each failure doubles the wait"

    await _let_locks_pass(clinic)
    ann = await logged_in(clinic, "ann@example.org")
    kinds = await activity(ann)
    assert kinds.count("LOG_IN_FAILED") == 6
    assert "LOCKED_OUT" in kinds
    assert (await log_in(clinic, "ann@example.org", "wrong"))["code"] == "INVALID_CREDENTIALS", "a success starts anew"
    assert (await log_in(clinic, "ann@example.org"))["__typename"] == "LogInSuccess"


async def test_an_address_is_locked_out_whatever_emails_it_tries(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    guesser, patient = throttle.address_key("203.0.113.9"), throttle.address_key("203.0.113.7")
    redis = clinic.service("identity").runtime.redis
    for key in [guesser] * 50 + [patient] * 49:
        await throttle.claim(redis, [key])

    async def from_address(address: str) -> str:
        return await _from_address(clinic, address, "ann@example.org", PASSWORD)

    assert await from_address("203.0.113.9") == "AccountLocked"
    assert await from_address("203.0.113.9, 203.0.113.8") == "LogInSuccess", "what the nearest proxy has seen counts"
    for _ in range(3):
        assert await from_address("203.0.113.7") == "LogInSuccess", "a success takes its attempt back"
    assert await from_address("203.0.113.9") == "AccountLocked", "others' successes do not"


async def test_a_clinics_typos_among_its_log_ins_lock_nobody_out_for_good(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    redis, address = clinic.service("identity").runtime.redis, "203.0.113.9"
    for number in range(60):
        assert await _from_address(clinic, address, f"nurse{number}@example.org", "typo") == "InvalidCredentials"
        assert await _from_address(clinic, address, "ann@example.org", PASSWORD) == "LogInSuccess"
        await _let_time_pass_in(redis, seconds=60)

    assert await throttle.claim(redis, [throttle.address_key(address)]) is False
    for key in await redis.keys("throttle:*"):
        assert 0 < await redis.ttl(key) <= 3 * 3600, "what is forgotten is kept nowhere"


async def test_a_guesser_has_one_attempt_at_a_time_once_locked_out(clinic: Clinic) -> None:
    redis, key = clinic.service("identity").runtime.redis, throttle.address_key("2001:db8::1")
    assert [await throttle.claim(redis, [key]) for _ in range(50)] == [False] * 49 + [True]
    neighbour = throttle.address_key("2001:db8::ffff:2")
    for _ in range(3):
        with pytest.raises(throttle.Locked):
            await throttle.claim(redis, [neighbour])
        await _let_time_pass_in(redis, seconds=30)
        assert await throttle.claim(redis, [neighbour]) is True, "another address of its own network helps nobody"
    assert await throttle.claim(redis, [throttle.address_key("2001:db8:0:1::1")]) is False


async def _from_address(clinic: Clinic, address: str, email: str, password: str) -> str:
    caller = clinic.anonymous.with_headers(**{"x-forwarded-for": address})
    return str((await caller.data(LOG_IN, input={"email": email, "password": password}))["logIn"]["__typename"])


async def _let_time_pass_in(redis: Redis, seconds: float) -> None:
    for key in await redis.keys("throttle:*"):
        for field in ("at", "until"):
            if await redis.hexists(key, field):
                await redis.hincrbyfloat(key, field, -seconds)


async def _let_locks_pass(clinic: Clinic) -> None:
    redis = clinic.service("identity").runtime.redis
    for key in await redis.keys("throttle:*"):
        await redis.hdel(key, "until")


async def test_a_refresh_token_is_good_once_and_reuse_ends_the_session(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    first = await log_in(clinic, "ann@example.org")
    second = await refresh(clinic, first["refreshToken"])
    assert second["__typename"] == "RefreshSuccess"
    newest = clinic.bearer(second["accessToken"])
    assert (await newest.data("{ me { id } }"))["me"]["id"] == first["account"]["id"]

    await _let_time_pass(clinic)
    assert (await refresh(clinic, first["refreshToken"]))["code"] == "SESSION_ENDED"
    assert (await refresh(clinic, second["refreshToken"]))["code"] == "SESSION_ENDED", "the whole family has ended"
    assert await refused(clinic, newest)
    assert (await refresh(clinic, "made up"))["code"] == "SESSION_ENDED"

    again = await log_in(clinic, "ann@example.org")
    assert "REFRESH_TOKEN_REUSED" in await activity(clinic.bearer(again["accessToken"]))
    grant = await log_in(clinic, "ann@example.org")
    async with stored(clinic.service("identity").runtime.database) as session:
        token = (await session.scalars(select(RefreshToken).order_by(col(RefreshToken.id).desc()).limit(1))).one()
        assert timedelta(days=6, hours=23) < token.expires_at - utc_now() <= timedelta(days=7)
        assert grant["refreshToken"].encode() not in token.digest
        token.expires_at = utc_now()
    assert (await refresh(clinic, grant["refreshToken"]))["code"] == "SESSION_ENDED"


async def test_a_refresh_is_repeated_by_the_same_client_for_a_while(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    first = await log_in(clinic, "ann@example.org")
    tabs = await asyncio.gather(*(refresh(clinic, first["refreshToken"]) for _ in range(8)))
    assert tabs == [tabs[0]] * 8, "all have the same answer"
    second = tabs[0]
    assert second["refreshToken"] != first["refreshToken"]
    third = await refresh(clinic, second["refreshToken"])
    assert third["__typename"] == "RefreshSuccess"
    assert await refresh(clinic, second["refreshToken"]) == third, "an answer was lost"
    tab = clinic.bearer(third["accessToken"])
    assert (await tab.data("{ me { sessions { totalCount } } }"))["me"]["sessions"]["totalCount"] == 1

    thief = clinic.anonymous.with_headers(**{"user-agent": "Thief/1.0"})
    answer = await thief.data(REFRESH, input={"refreshToken": second["refreshToken"]})
    assert answer["refresh"]["code"] == "SESSION_ENDED"
    assert (await refresh(clinic, third["refreshToken"]))["code"] == "SESSION_ENDED"
    assert await refused(clinic, tab)


async def _let_time_pass(clinic: Clinic) -> None:
    async with stored(clinic.service("identity").runtime.database) as session:
        await session.execute(update(RefreshToken).values(used_at=col(RefreshToken.used_at) - timedelta(seconds=31)))


async def test_a_token_that_is_not_good_keeps_nobody_from_logging_in(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    grant = await log_in(clinic, "ann@example.org")
    expired = tokens.token("PATIENT", expires_in=-3600)
    for authorization in (f"Bearer {expired}", "Bearer made.up", "Basic YTpi"):
        client = clinic.anonymous.with_headers(authorization=authorization)
        answer = await client.data(REFRESH, input={"refreshToken": grant["refreshToken"]})
        assert answer["refresh"]["__typename"] == "RefreshSuccess"
        grant = answer["refresh"]
        answer = await client.data(LOG_IN, input={"email": "ann@example.org", "password": PASSWORD})
        assert answer["logIn"]["__typename"] == "LogInSuccess"

        for query in ("{ me { id } }", "{ __typename }", "mutation { logOut { ... on LogOutSuccess { sessionId } } }"):
            refusal = await client.execute(query)
            assert [error["extensions"]["code"] for error in refusal["errors"]] == ["UNAUTHENTICATED"], query
        both = REFRESH.rstrip().removesuffix("}") + " logOut { ... on LogOutSuccess { sessionId } } }"
        refusal = await client.execute(both, input={"refreshToken": grant["refreshToken"]})
        assert refusal.get("data") is None, "nothing is done where a part needs a caller"

    caller = clinic.bearer(grant["accessToken"])
    await caller.data("mutation { logOut { ... on LogOutSuccess { sessionId } } }")
    assert await refused(clinic, caller)
    answer = await caller.data(LOG_IN, input={"email": "ann@example.org", "password": PASSWORD})
    assert answer["logIn"]["__typename"] == "LogInSuccess", "a revoked token does not either"


async def test_logging_out_acts_at_once_and_only_here(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    here, there = await log_in(clinic, "ann@example.org"), await log_in(clinic, "ann@example.org")
    caller, other = clinic.bearer(here["accessToken"]), clinic.bearer(there["accessToken"])
    claims = jwt.decode(here["accessToken"], options={"verify_signature": False})
    ended = (await caller.data("mutation { logOut { ... on LogOutSuccess { sessionId } } }"))["logOut"]
    assert ended == {"sessionId": global_id("Session", UUID(claims["sid"]))}
    assert await refused(clinic, caller)
    assert (await refresh(clinic, here["refreshToken"]))["code"] == "SESSION_ENDED"
    assert (await activity(other))[0] == "LOGGED_OUT"
    assert (await refresh(clinic, there["refreshToken"]))["__typename"] == "RefreshSuccess"


async def test_sessions_are_ended_by_their_owner_and_nobody_else(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    await account(clinic, "ben@example.org", "DOCTOR")
    ann, stolen, ben = [await logged_in(clinic, f"{name}@example.org") for name in ("ann", "ann", "ben")]
    nodes = (await ann.data("{ me { sessions { nodes { id current } } } }"))["me"]["sessions"]["nodes"]
    other = next(node["id"] for node in nodes if not node["current"])

    answer = await perform(ben, "endSession", "... on Success { sessionId }", id=other)
    assert answer["code"] == "NOT_FOUND"
    answer = await perform(ann, "endSession", "... on Success { sessionId }", id=other)
    assert answer["sessionId"] == other
    assert await refused(clinic, stolen)
    assert (await activity(ann))[0] == "SESSION_ENDED"
    async with stored(clinic.service("identity").runtime.database) as session:
        ended = await session.scalars(select(col(Session.id)).where(col(Session.ended_at).is_not(None)))
        assert list(ended) == [key_of(other)]
