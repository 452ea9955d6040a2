"""Identity's keys: the one that signs access tokens with its published set, and the one that encrypts at rest."""

import base64
import hashlib
import hmac
import json
import os
import re
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from shared.auth.tokens import ALGORITHM, TYPE

_PUBLIC_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)
_NONCE_BYTES = 12


class SigningKeys:
    """The Ed25519 key that signs, and the key set (RFC 7517) of all whose tokens are good."""

    def __init__(self, private_pem: str, previous_public_pems: str = "") -> None:
        """Raises ValueError unless the PEMs hold Ed25519 keys."""
        try:
            key = load_pem_private_key(private_pem.encode(), password=None)
        except (ValueError, TypeError):
            raise ValueError("it is not a private key in PEM without a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("it is not an Ed25519 key")
        self._key = key
        published = [_jwk(public) for public in (key.public_key(), *self.public_keys(previous_public_pems))]
        self._kid: str = published[0]["kid"]
        self.jwks: dict[str, Any] = {"keys": published}

    @staticmethod
    def public_keys(pems: str) -> list[Ed25519PublicKey]:
        """The public keys of a text; raises ValueError."""
        blocks = _PUBLIC_PEM.findall(pems)
        if _PUBLIC_PEM.sub("", pems).strip():
            raise ValueError("it holds something else than public keys in PEM")
        keys = [load_pem_public_key(block.encode()) for block in blocks]
        if not all(isinstance(key, Ed25519PublicKey) for key in keys):
            raise ValueError("it holds a key that is not Ed25519")
        return [key for key in keys if isinstance(key, Ed25519PublicKey)]

    def sign(self, claims: dict[str, Any]) -> str:
        """An access token (RFC 9068) with these claims."""
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"typ": TYPE, "kid": self._kid})


def _jwk(key: Ed25519PublicKey) -> dict[str, str]:
    """RFC 8037; `kid` is the thumbprint of RFC 7638: SHA-256 over the required members in order, without white space."""
    x = base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode()
    required = {"crv": "Ed25519", "kty": "OKP", "x": x}
    digest = hashlib.sha256(json.dumps(required, separators=(",", ":"), sort_keys=True).encode()).digest()
    return required | {"kid": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "alg": ALGORITHM, "use": "sig"}


class Cipher:
    """AES-256-GCM (NIST SP 800-38D); what was encrypted for one row decrypts for no other. And a pseudorandom function
    (HMAC-SHA-256, RFC 2104) under a key of its own.
    """

    def __init__(self, key: str) -> None:
        secret = base64.b64decode(key)
        self._aead = AESGCM(secret)
        self._derivation_key = hmac.digest(secret, b"caregraph.identity.derivation", "sha256")

    def derive(self, secret: str) -> str:
        """The one secret that follows from another, 256 bits as text for URLs; nobody without the key can tell it."""
        return (
            base64.urlsafe_b64encode(hmac.digest(self._derivation_key, secret.encode(), "sha256")).rstrip(b"=").decode()
        )

    def encrypt(self, plain: bytes, row: UUID) -> bytes:
        """The nonce, then the cipher text with its tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, row.bytes)

    def decrypt(self, stored: bytes, row: UUID) -> bytes:
        """The plain text; raises InvalidTag."""
        return self._aead.decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], row.bytes)
