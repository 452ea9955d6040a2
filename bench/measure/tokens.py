"""An issuer of tokens for the case with authorization."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

ISSUER = "https://issuer.example"
AUDIENCE = "shop"
_KEY_ID = "bench"
_LIFETIME_SECONDS = 3600


class Issuer:
    """Signs with a key of this run."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def keys(self) -> str:
        """The JWKS."""
        public = json.loads(OKPAlgorithm.to_jwk(self._key.public_key()))
        return json.dumps({"keys": [{**public, "kid": _KEY_ID, "alg": "EdDSA", "use": "sig"}]})

    def token(self) -> str:
        """An access token of a member."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "1", "iat": now, "exp": now + _LIFETIME_SECONDS}
        headers = {"kid": _KEY_ID, "typ": "at+jwt"}
        return jwt.encode({**claims, "jti": "1", "sid": "1", "scope": "member:read"}, self._key, "EdDSA", headers)
