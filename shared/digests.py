"""Telling others what only those with a key can compare."""

import hmac

from pydantic import SecretStr


def keyed_digest(key: SecretStr, text: str) -> str:
    """HMAC-SHA-256 (RFC 2104) of a text, whatever its case, as hex: the same for the same text, and nothing to others."""
    return hmac.digest(key.get_secret_value().encode(), text.lower().encode(), "sha256").hex()
