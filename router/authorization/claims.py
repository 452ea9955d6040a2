"""From a bearer token to verified claims (RFC 7519, RFC 8725, RFC 9068)."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import ExpiredSignatureError, InvalidTokenError

from router.authorization.jwks import KeySet, KeysUnavailableError
from router.authorization.revocation import Revocations
from router.cache import Cache
from router.config import Authorization, Jwt, JwtIssuer
from router.translations import gettext_noop

_MAX_TOKEN_LENGTH = 16_384
_CLAIMS = 6  # bytes that a verified token takes for each of its characters


class AuthenticationError(Exception):
    """The token is not good. The message says why and holds nothing of the token."""


class AuthenticationUnavailableError(Exception):
    """The token cannot be judged now, because its issuer's keys could not be fetched."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says. Times are Unix times in seconds."""

    issuer: str
    subject: str | None
    session: str | None
    scopes: frozenset[str]
    issued_at: float
    expires_at: float
    raw: Mapping[str, Any]


@dataclass(slots=True)
class _Verified:
    claims: Claims
    keys: KeySet
    generation: int


class Authenticator:
    """Verifies tokens of the configured issuers. A token is verified once and then remembered until it expires."""

    def __init__(self, config: Authorization) -> None:
        self._jwt = config.jwt
        self._issuers = {issuer.issuer: KeySet(issuer, config.jwt) for issuer in config.jwt.issuers}
        self._revocations = Revocations(config.revocation.redis_url)
        self._verified: Cache[str, _Verified] = Cache(config.jwt.cache, config.jwt.cache_bytes)
        self._refresher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._revocations.start()
        if self._issuers:
            self._refresher = asyncio.create_task(self._refresh_keys(), name="jwks")

    async def close(self) -> None:
        await self._revocations.close()
        if self._refresher is not None:
            self._refresher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._refresher

    @property
    def has_issuers(self) -> bool:
        """Whether tokens are looked at: without an issuer every caller is anonymous."""
        return bool(self._issuers)

    def remembered(self, authorization: str) -> Claims | None:
        """The claims of an `Authorization` header that was verified before. Raises AuthenticationError."""
        entry = self._verified.get(authorization)
        if entry is None or entry.generation != entry.keys.generation:
            return None
        return self._current(authorization, entry.claims)

    def _current(self, authorization: str, claims: Claims) -> Claims:
        """The same claims. Raises AuthenticationError where they hold no longer."""
        if time.time() >= claims.expires_at + self._jwt.leeway:
            self._verified.remove(authorization)
            raise AuthenticationError(gettext_noop("the token has expired"))
        if self._revoked(claims):
            raise AuthenticationError(gettext_noop("the token has been revoked"))
        return claims

    async def authenticate(self, authorization: str | None) -> Claims | None:
        """The claims of an `Authorization` header, None where there is none or no issuer is configured.

        Raises AuthenticationError, and AuthenticationUnavailableError while an issuer's keys are out of reach.
        """
        if not authorization or not self._issuers:
            return None
        claims = self.remembered(authorization)
        return self._current(authorization, await self._verify(authorization)) if claims is None else claims

    def still_valid(self, claims: Claims) -> bool:
        """Whether an open stream may go on: its token is neither expired (clocks are not given leeway) nor revoked."""
        return time.time() < claims.expires_at and not self._revoked(claims)

    def _revoked(self, claims: Claims) -> bool:
        return self._revocations.revoked(claims.session, claims.subject, claims.issued_at)

    async def _verify(self, authorization: str) -> Claims:
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise AuthenticationError(gettext_noop("the header 'Authorization' must be 'Bearer <token>'"))
        if len(token) > _MAX_TOKEN_LENGTH:
            raise AuthenticationError(gettext_noop("the token is too long"))
        try:
            header = jwt.get_unverified_header(token)
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except InvalidTokenError:
            raise AuthenticationError(gettext_noop("the token is no JWT")) from None
        keys = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise AuthenticationError(gettext_noop("the token's issuer is not accepted"))
        _check_header(header, keys.issuer)
        claims = _claims(await self._decode(token, header, keys), self._jwt)
        self._verified.put(authorization, _Verified(claims, keys, keys.generation), _CLAIMS * len(authorization))
        return claims

    async def _decode(self, token: str, header: dict[str, Any], keys: KeySet) -> dict[str, Any]:
        try:
            candidates = await keys.candidates(header.get("kid"), header["alg"])
        except KeysUnavailableError:
            raise AuthenticationUnavailableError(gettext_noop("the issuer's keys cannot be fetched")) from None
        failure = gettext_noop("the token's key is not known")
        for key in candidates:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=[header["alg"]],
                    issuer=keys.issuer.issuer,
                    audience=keys.issuer.audiences,
                    leeway=self._jwt.leeway,
                    options={"require": ["exp", "iss", "aud"]},
                )
            except ExpiredSignatureError:
                failure = gettext_noop("the token has expired")
            except InvalidTokenError as error:
                failure = gettext_noop("the token is not valid: {reason}").format(reason=_reason(error))
        raise AuthenticationError(failure)

    async def _refresh_keys(self) -> None:
        while True:
            await asyncio.gather(*(keys.refresh() for keys in self._issuers.values()))
            await asyncio.sleep(self._jwt.refresh_interval)


def _check_header(header: dict[str, Any], issuer: JwtIssuer) -> None:
    """RFC 8725, sections 3.1 and 3.11: the algorithm and the kind of token are ours to choose, not the token's."""
    if header.get("alg") not in issuer.algorithms:
        raise AuthenticationError(gettext_noop("the token's algorithm is not accepted"))
    kind = header.get("typ")
    if issuer.types and (not isinstance(kind, str) or kind.lower().removeprefix("application/") not in issuer.types):
        raise AuthenticationError(gettext_noop("the token is of another kind: its 'typ' is not accepted"))


def _claims(raw: dict[str, Any], settings: Jwt) -> Claims:
    scopes = next((raw[name] for name in settings.scope_claims if name in raw), ())
    if isinstance(scopes, str):
        scopes = scopes.split()
    try:
        return Claims(
            issuer=raw["iss"],
            subject=raw.get("sub"),
            session=raw.get("sid") if isinstance(raw.get("sid"), str) else None,
            scopes=frozenset(scope for scope in scopes if isinstance(scope, str)),
            issued_at=float(raw.get("iat", 0)),
            expires_at=float(raw["exp"]),
            raw=raw,
        )
    except (TypeError, ValueError):
        raise AuthenticationError(gettext_noop("the token's claims have the wrong types")) from None


def _reason(error: InvalidTokenError) -> str:
    """The kind of error alone, since messages of the library may quote the token."""
    name = type(error).__name__.removesuffix("Error").removeprefix("Invalid").removesuffix("Signature")
    return {"": "signature", "Token": "claims"}.get(name, name.lower())
