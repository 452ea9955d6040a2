"""Signed addresses by which the content of a document is sent and fetched: a link in a browser carries no access token.

Each is a JWT (RFC 7519) of this service alone, for one document, one use and one caller, whose own token was verified when it
was made; it is good for minutes, and no longer than the caller's session. It opens nothing by itself: what the caller may do
is asked anew, in SQL, when it is used.
"""

import time
from datetime import timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

import jwt

from shared.auth.principal import Principal
from shared.auth.tokens import InvalidToken, principal_of
from shared.graph.context import Context
from shared.runtime import Runtime
from subgraphs.records import policy
from subgraphs.records.settings import RecordsSettings

PATH = "/documents/{address}"

_ALGORITHM = "HS256"
_REQUIRED = ["aud", "sub", "sid", "iat", "exp", "document"]


class Use(StrEnum):
    """What an address is for, the token's audience."""

    UPLOAD = "upload"
    DOWNLOAD = "download"


_SCOPES = {Use.UPLOAD: frozenset({policy.READ, policy.UPLOAD}), Use.DOWNLOAD: frozenset({policy.READ})}
_LIFETIME = {Use.UPLOAD: timedelta(minutes=15), Use.DOWNLOAD: timedelta(minutes=5)}


def address_of(context: Context, document_id: UUID, use: Use) -> str:
    """An address for the caller."""
    settings, now = _settings(context.runtime), time.time()
    claims = _claims(context.principal, use) | {"document": str(document_id), "aud": use}
    claims |= {"iat": now, "exp": now + _LIFETIME[use].total_seconds()}
    signed = jwt.encode(claims, settings.records_address_key.get_secret_value(), _ALGORITHM)
    return settings.records_base_url.rstrip("/") + PATH.format(address=signed)


def read(runtime: Runtime, signed: str, use: Use) -> tuple[UUID, Principal]:
    """Which document an address is for, and whose it is; raises InvalidToken."""
    key = _settings(runtime).records_address_key.get_secret_value()
    try:
        claims = jwt.decode(signed, key, [_ALGORITHM], audience=use, options={"require": _REQUIRED})
        document = UUID(claims["document"])
    except (jwt.PyJWTError, ValueError, AttributeError):
        raise InvalidToken("the address is none of ours, or too old") from None
    runtime.verifier.check_session(claims)
    return document, principal_of(claims)


def _claims(principal: Principal, use: Use) -> dict[str, object]:
    """The caller, as far as the use needs."""
    own = {"patient": principal.patient, "practitioner": principal.practitioner}
    return {
        "sub": str(principal.subject),
        "sid": str(principal.session),
        "roles": sorted(principal.roles),
        "scope": " ".join(sorted(principal.scopes & _SCOPES[use])),
        "kind": principal.kind,
        **{name: str(key) for name, key in own.items() if key is not None},
    }


def _settings(runtime: Runtime) -> RecordsSettings:
    return cast("RecordsSettings", runtime.settings)
