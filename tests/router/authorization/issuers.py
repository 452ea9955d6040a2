"""Issuers of tokens: keys, the JWKS that they publish over HTTP, and tokens good and bad."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import get_default_algorithms
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.router.http.listening import listening

Key = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_MAKERS: dict[str, Callable[[], Key]] = {
    "EdDSA": Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
}


class Issuer:
    """Publishes the public halves of `keys`, by key id, and counts how often it is asked."""

    def __init__(self, name: str, algorithm: str = "EdDSA") -> None:
        self.name = name
        self.algorithm = algorithm
        self.keys: dict[str, Key] = {"k1": _MAKERS[algorithm]()}
        self.asked = 0
        self.down = False
        self.url = ""

    def rotate(self, key_id: str, *, keep: bool = True) -> None:
        """A new key; the old ones are no longer published unless kept."""
        self.keys = {**(self.keys if keep else {}), key_id: _MAKERS[self.algorithm]()}

    def settings(self, **more: Any) -> dict[str, Any]:
        """The router's configuration of this issuer."""
        return {"issuer": self.name, "jwks_url": self.url, "audiences": ["shop"], **more}

    def public(self) -> dict[str, Any]:
        algorithm = get_default_algorithms()[self.algorithm]
        keys = []
        for key_id, key in self.keys.items():
            made = algorithm.to_jwk(key.public_key())
            keys.append({**json.loads(made), "kid": key_id, "alg": self.algorithm, "use": "sig"})
        return {"keys": keys}

    def token(
        self,
        scope: str | list[str] | None = "",
        *,
        key_id: str | None = "k1",
        typ: str | None = "at+jwt",
        signer: Any = None,
        algorithm: str | None = None,
        without: tuple[str, ...] = (),
        **claims: Any,
    ) -> str:
        """A good token, but for what is asked otherwise."""
        now = time.time()
        payload = {"iss": self.name, "aud": "shop", "sub": "ann", "sid": "s1", "iat": now, "exp": now + 60}
        payload |= {"scope": scope} | claims
        payload = {name: value for name, value in payload.items() if name not in without}
        headers = {"typ": typ} | ({"kid": key_id} if key_id else {})
        key = signer or self.keys[key_id or next(iter(self.keys))]
        return jwt.encode(payload, key, algorithm=algorithm or self.algorithm, headers=headers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Issuer"]:
        async def publish(request: Request) -> JSONResponse:
            self.asked += 1
            return JSONResponse({}, 500) if self.down else JSONResponse(self.public())

        async with listening(Starlette(routes=[Route("/jwks.json", publish)])) as port:
            self.url = f"http://127.0.0.1:{port}/jwks.json"
            yield self
