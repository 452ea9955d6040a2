"""The tests' token issuer: a signing key, its JWKS, and tokens for callers of any role."""

import json
import time
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.auth.principal import Kind
from shared.auth.tokens import ALGORITHM, TYPE
from shared.ids import new_id
from subgraphs.identity.roles import KINDS, SCOPES, BuiltInRole, kind_of

ISSUER = "https://caregraph.example"
AUDIENCE = "caregraph"
KID = "tests"


@cache
def signing_key() -> Ed25519PrivateKey:
    """The key of this process."""
    return Ed25519PrivateKey.generate()


def signing_key_pem() -> str:
    """The key as identity wants it."""
    return signing_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwks() -> dict[str, Any]:
    """The public key, as identity publishes it."""
    key = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(signing_key().public_key()))
    return {"keys": [key | {"kid": KID, "alg": ALGORITHM, "use": "sig"}]}


def token(
    *roles: str,
    subject: UUID | None = None,
    patient: UUID | None = None,
    practitioner: UUID | None = None,
    locations: Collection[UUID] = (),
    second_factor_at: datetime | None = None,
    scopes: set[str] | None = None,
    expires_in: float = 3600,
    session: UUID | None = None,
) -> str:
    """An access token with the scopes of its roles, or with these."""
    now = time.time()
    granted = scopes if scopes is not None else set().union(*(SCOPES[BuiltInRole(role)] for role in roles))
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(subject or new_id()),
        "jti": str(new_id()),
        "sid": str(session or new_id()),
        "iat": now,
        "exp": now + expires_in,
        "roles": list(roles),
        "scope": " ".join(sorted(granted)),
    }
    kind = kind_of(KINDS[BuiltInRole(role)] for role in roles)
    if kind is not Kind.NONE:
        claims["kind"] = kind.value
    if patient:
        claims["patient"] = str(patient)
    if practitioner:
        claims["practitioner"] = str(practitioner)
    if locations:
        claims["locations"] = [str(each) for each in locations]
    if second_factor_at:
        claims |= {"auth_time": int(second_factor_at.timestamp()), "amr": ["pwd", "otp", "mfa"]}
    return jwt.encode(claims, signing_key(), algorithm=ALGORITHM, headers={"typ": TYPE, "kid": KID})
