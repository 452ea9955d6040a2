"""Telling others what only those with a key can compare."""

import hmac
from uuid import UUID

from pydantic import SecretStr


def keyed_digest(key: SecretStr, text: str) -> str:
    """HMAC-SHA-256 (RFC 2104) of a text, whatever its case, as hex: the same for the same text, and nothing to others."""
    return hmac.digest(key.get_secret_value().encode(), text.lower().encode(), "sha256").hex()


def pseudonym(key: bytes, kind: str, identifier: UUID) -> UUID:
    """What stands for a row of a kind where nobody is to find the row: the same each time, made by who has the key."""
    digest = hmac.digest(key, kind.encode() + identifier.bytes, "sha256")
    return UUID(bytes=digest[:16], version=5)
