"""Key providers: who wraps data keys with keys of their own, which no database has (NIST SP 800-57: key-encryption keys)."""

import asyncio
import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BYTES_OF_KEY = 32
_BYTES_OF_NONCE = 12
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 2, 5, 3


class KeyProviderError(Exception):
    """Data keys cannot be wrapped or unwrapped: the message says what is missing."""


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored; `wrapped_by` is the id of the key that wraps it."""

    wrapped_by: str
    data: bytes


class KeyProvider(Protocol):
    """Wraps and unwraps data keys of 32 bytes. `context` is authenticated: what is not the same for both is refused.

    Each raises KeyProviderError.
    """

    async def current(self) -> str:
        """The id of the key that wraps now."""

    async def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """Wrap with the current key."""

    async def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        """The data key."""


def open_provider(url: str) -> KeyProvider:
    """The provider of `file:///path`, `env:VARIABLE` or `aws-kms:KEY`; raises KeyProviderError if there is no such one."""
    scheme, _, rest = url.partition(":")
    if scheme == "file":
        return LocalKeys(Path(unquote(urlsplit(url).path)))
    if scheme == "env" and rest:
        return LocalKeys(rest)
    if scheme == "aws-kms" and rest:
        return KmsKeys(rest)
    raise KeyProviderError("KEY_PROVIDER names no key provider: set it to file:///path, env:VARIABLE or aws-kms:KEY")


class LocalKeys:
    """AES-256-GCM with keys of a file, or of a variable of the environment: words `id:key`, the key in base64.

    The last one wraps. A file is read anew when it has changed.
    """

    def __init__(self, source: Path | str) -> None:
        self._source, self._changed, self._keys = source, -1, dict[str, AESGCM]()

    async def current(self) -> str:
        """The last key."""
        return list(self._all())[-1]

    async def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """Nonce, ciphertext and tag."""
        name, nonce = await self.current(), os.urandom(_BYTES_OF_NONCE)
        return WrappedKey(name, nonce + self._keys[name].encrypt(nonce, data_key, _bytes_of(context)))

    async def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        """By the key that has wrapped it."""
        key = self._all().get(wrapped.wrapped_by)
        if key is None:
            raise KeyProviderError(f"{self._source} lacks the key {wrapped.wrapped_by!r}, which wraps data keys")
        try:
            return key.decrypt(wrapped.data[:_BYTES_OF_NONCE], wrapped.data[_BYTES_OF_NONCE:], _bytes_of(context))
        except InvalidTag:
            raise KeyProviderError(f"the key {wrapped.wrapped_by!r} has not wrapped this data key") from None

    def _all(self) -> Mapping[str, AESGCM]:
        try:
            changed = self._source.stat().st_mtime_ns if isinstance(self._source, Path) else 0
            if changed != self._changed:
                self._keys, self._changed = _keys(self._text()), changed
        except OSError as error:
            raise KeyProviderError(f"{self._source} cannot be read: {error.strerror}") from error
        except ValueError:
            raise KeyProviderError(f"{self._source} has not words `id:key`, a key of 32 bytes in base64") from None
        return self._keys

    def _text(self) -> str:
        return self._source.read_text() if isinstance(self._source, Path) else os.environ.get(self._source, "")


def _keys(text: str) -> dict[str, AESGCM]:
    keys = {}
    for name, _, encoded in (word.partition(":") for word in text.split()):
        key = base64.b64decode(encoded, validate=True)
        if not name or len(key) != BYTES_OF_KEY:
            raise ValueError("no key")
        keys[name] = AESGCM(key)
    if not keys:
        raise ValueError("no keys")
    return keys


def _bytes_of(context: Mapping[str, str]) -> bytes:
    return "|".join(f"{name}={value}" for name, value in sorted(context.items())).encode()


class KmsKeys:
    """A key of AWS KMS, by its id, ARN or alias; region, endpoint and credentials come from AWS's own variables.

    KMS rotates what is behind a key by itself; `current` is the key's ARN.
    """

    def __init__(self, key: str) -> None:
        self._key, self._client, self._arn = key, None, ""

    async def current(self) -> str:
        """The ARN that the id or alias stands for now."""
        answer = await self._call("describe_key", KeyId=self._key)
        arn: str = answer["KeyMetadata"]["Arn"]
        return arn

    async def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """By KMS's Encrypt."""
        answer = await self._call("encrypt", KeyId=self._key, Plaintext=data_key, EncryptionContext=dict(context))
        return WrappedKey(answer["KeyId"], answer["CiphertextBlob"])

    async def unwrap(self, wrapped: WrappedKey, context: Mapping[str, str]) -> bytes:
        """By KMS's Decrypt."""
        answer = await self._call(
            "decrypt", KeyId=wrapped.wrapped_by, CiphertextBlob=wrapped.data, EncryptionContext=dict(context)
        )
        data_key: bytes = answer["Plaintext"]
        return data_key

    async def _call(self, operation: str, **parameters: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return await asyncio.to_thread(getattr(self._connected(), operation), **parameters)
        except (BotoCoreError, ClientError) as error:
            raise KeyProviderError(f"AWS KMS refuses {operation}: {error}") from error

    def _connected(self) -> Any:
        if self._client is None:
            import boto3
            from botocore.config import Config

            timeouts = Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            )
            self._client = boto3.client("kms", config=timeouts)
        return self._client


def new_key(name: str) -> str:
    """A new word of `LocalKeys`."""
    return f"{name}:{base64.b64encode(os.urandom(BYTES_OF_KEY)).decode()}"
