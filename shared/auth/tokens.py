"""Access tokens: JWT (RFC 7519) in the profile of RFC 9068, checked as RFC 8725 asks."""

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import jwt
from jwt import PyJWK

from shared.auth.principal import Kind, Principal
from shared.auth.revocation import Revocations

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
REQUIRED_CLAIMS = ["iss", "aud", "sub", "jti", "sid", "iat", "exp"]
CLOCK_SKEW_SECONDS = 10


@cache
def trust() -> ssl.SSLContext:
    """The authorities that the machine trusts; reading them takes 50 ms."""
    return ssl.create_default_context()


class InvalidToken(Exception):
    """The bearer token is not one of ours, is too old, or was revoked."""


class KeySet:
    """The issuer's public keys, by `kid`; an unknown `kid` asks the issuer again, at most once in `cooldown` seconds."""

    def __init__(self, url: str, *, cooldown: float = 10, timeout: float = 5) -> None:
        self._url, self._cooldown, self._timeout = url, cooldown, timeout
        self._keys: dict[str, PyJWK] = {}
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self, kid: str) -> PyJWK:
        """The key; raises InvalidToken if the issuer has no such key, or does not answer."""
        if kid not in self._keys:
            async with self._lock:
                if kid not in self._keys and time.monotonic() - self._fetched > self._cooldown:
                    await self._fetch()
        try:
            return self._keys[kid]
        except KeyError:
            raise InvalidToken("the token is signed with an unknown key") from None

    async def _fetch(self) -> None:
        self._fetched = time.monotonic()
        try:
            async with httpx.AsyncClient(timeout=self._timeout, verify=trust()) as client:
                response = await client.get(self._url)
                response.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(response.json()).keys
        except (httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            self._fetched = float("-inf") if not self._keys else self._fetched
            raise InvalidToken("the token cannot be checked now: its issuer's keys are out of reach") from error
        self._keys = {key.key_id: key for key in keys if key.key_id}


class TokenVerifier:
    """Verifies bearer tokens; what was verified is remembered by token until it expires, within a bound."""

    def __init__(
        self, keys: KeySet, revocations: Revocations, *, issuer: str, audience: str, bound: int = 10_000
    ) -> None:
        self._keys, self._revocations = keys, revocations
        self._issuer, self._audience, self._bound = issuer, audience, bound
        self._verified: OrderedDict[str, tuple[dict[str, Any], Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """The caller that a token names; raises InvalidToken."""
        known = self._verified.get(token)
        if known is None:
            claims = await self._check(token)
            known = self._verified[token] = claims, principal_of(claims)
            if len(self._verified) > self._bound:
                self._verified.popitem(last=False)
        claims, principal = known
        if claims["exp"] + CLOCK_SKEW_SECONDS < time.time():
            self._verified.pop(token, None)
            raise InvalidToken("the token has expired: refresh it")
        self.check_session(claims)
        return principal

    def check_session(self, claims: Mapping[str, Any]) -> None:
        """Raise InvalidToken if the session that claims name has ended, or their account's rights have changed since."""
        if self._revocations.revoked(claims["sid"], claims["sub"], claims["iat"]):
            raise InvalidToken("the session has ended: log in again")

    async def _check(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE or header.get("alg") != ALGORITHM:
                raise InvalidToken("the token is not an access token")
            key = await self._keys.get(str(header.get("kid")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": REQUIRED_CLAIMS},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidToken("the token has expired: refresh it") from None
        except jwt.PyJWTError as error:
            raise InvalidToken("the token is not valid") from error
        return claims


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """The caller whom verified claims describe; raises InvalidToken."""
    try:
        return Principal(
            subject=UUID(claims["sub"]),
            session=UUID(claims["sid"]),
            roles=frozenset(claims.get("roles", ())),
            scopes=frozenset(claims.get("scope", "").split()),
            patient=UUID(claims["patient"]) if claims.get("patient") else None,
            practitioner=UUID(claims["practitioner"]) if claims.get("practitioner") else None,
            kind=Kind.of(claims.get("kind")),
            locations=frozenset(map(UUID, claims.get("locations", ()))),
            second_factor_at=_second_factor_at(claims),
        )
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
        raise InvalidToken("the token's claims are not ours") from error


def _second_factor_at(claims: Mapping[str, Any]) -> datetime | None:
    """`auth_time` (OpenID Connect Core, section 2), where `amr` (RFC 8176) says that more than one factor was given then."""
    if "mfa" not in claims.get("amr", ()):
        return None
    return datetime.fromtimestamp(claims["auth_time"], UTC)
