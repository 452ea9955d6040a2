"""Access tokens as RFC 8725 asks, and revocation that acts at once."""

import time
from collections.abc import AsyncIterator

import jwt
import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.auth.principal import Kind
from shared.auth.revocation import Revocations, revoke_account, revoke_session
from shared.auth.tokens import InvalidToken, KeySet, TokenVerifier
from shared.ids import new_id
from tests.harness import tokens
from tests.harness.serving import free_socket, serving


class Issuer:
    """Publishes keys, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.url = ""

    async def keys(self, _: Request) -> Response:
        self.asked += 1
        return JSONResponse(tokens.jwks())


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    result = Issuer()
    bound = free_socket()
    result.url = f"http://127.0.0.1:{bound.getsockname()[1]}/keys"
    async with serving(Starlette(routes=[Route("/keys", result.keys)]), bound):
        yield result


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as connection:
        yield connection


@pytest.fixture
def verifier(issuer: Issuer, redis: Redis) -> TokenVerifier:
    keys = KeySet(issuer.url)
    return TokenVerifier(keys, Revocations(redis), issuer=tokens.ISSUER, audience=tokens.AUDIENCE)


async def test_a_token_names_its_caller(verifier: TokenVerifier) -> None:
    patient = new_id()
    principal = await verifier.verify(tokens.token("PATIENT", patient=patient))
    assert principal.patient == patient
    assert principal.roles == {"PATIENT"}
    assert principal.can("appointment:read")
    assert not principal.can("report:read")
    assert principal.kind is Kind.PATIENT


@pytest.mark.parametrize("kind", [None, "", "STAFF", "nurse", "none", ["staff"], 1])
async def test_who_is_of_no_kind_can_nothing(verifier: TokenVerifier, kind: object) -> None:
    principal = await verifier.verify(forged(kind=kind))
    assert (principal.kind, principal.roles) == (Kind.NONE, frozenset({"DOCTOR"}))
    assert not principal.can("appointment:read")


def forged(**changes: object) -> str:
    """A token with other header fields or claims, signed with the right key."""
    token = tokens.token("DOCTOR")
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    for name, value in changes.items():
        place = header if name in {"typ", "kid"} else claims
        place[name] = value
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, tokens.signing_key(), algorithm="EdDSA", headers=header)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda: "nonsense", id="no JWT"),
        pytest.param(lambda: forged(typ="JWT"), id="another type"),
        pytest.param(lambda: forged(iss="https://elsewhere.example"), id="another issuer"),
        pytest.param(lambda: forged(aud="other"), id="another audience"),
        pytest.param(lambda: forged(exp=time.time() - 60), id="expired"),
        pytest.param(lambda: forged(sid=None), id="a claim is missing"),
        pytest.param(lambda: forged(sub="someone"), id="a claim of another kind"),
        pytest.param(lambda: forged(kid="unknown"), id="an unknown key"),
        pytest.param(lambda: tokens.token("DOCTOR")[:-4] + "AAAA", id="another signature"),
        pytest.param(
            lambda: jwt.encode({"sub": "x"}, "0" * 32, algorithm="HS256", headers={"typ": "at+jwt", "kid": tokens.KID}),
            id="another algorithm",
        ),
    ],
)
async def test_another_token_is_refused(verifier: TokenVerifier, token: object) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(token())  # type: ignore[operator]  # a function


async def test_unknown_keys_do_not_become_requests(verifier: TokenVerifier, issuer: Issuer) -> None:
    await verifier.verify(tokens.token("DOCTOR"))
    for number in range(50):
        with pytest.raises(InvalidToken):
            await verifier.verify(forged(kid=f"unknown-{number}"))
    assert issuer.asked == 1


async def test_revocation(issuer: Issuer, redis: Redis) -> None:
    revocations = Revocations(redis)
    verifier = TokenVerifier(KeySet(issuer.url), revocations, issuer=tokens.ISSUER, audience=tokens.AUDIENCE)
    session, subject = new_id(), new_id()
    of_session = tokens.token("DOCTOR", session=session)
    of_account = tokens.token("DOCTOR", subject=subject)
    await verifier.verify(of_session)
    await verifier.verify(of_account)

    await revoke_session(redis, session)
    await revoke_account(redis, subject)
    await revocations.load()

    for token in (of_session, of_account):
        with pytest.raises(InvalidToken, match="ended"):
            await verifier.verify(token)
    assert (await verifier.verify(tokens.token("DOCTOR", subject=subject))).subject == subject
