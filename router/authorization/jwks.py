"""An issuer's public keys: fetched, kept, and fetched again when they age or a token names a key that is not there.

Whoever sends tokens with invented key ids must not make the router flood the issuer, so such fetches have a cooldown.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from router.config import Jwt, JwtIssuer

_LOG = structlog.get_logger("router.authorization")
_MAX_BYTES = 1_000_000
_FIRST_FETCH_COOLDOWN = 1.0


class KeysUnavailableError(Exception):
    """No key of the issuer has been fetched yet, so none of its tokens can be judged."""


class KeySet:
    """The keys of one issuer. `generation` grows whenever they change."""

    def __init__(self, issuer: JwtIssuer, settings: Jwt) -> None:
        self.issuer = issuer
        self.generation = 0
        self._settings = settings
        self._keys: list[dict[str, Any]] = []
        self._next_unknown_key_fetch = 0.0
        self._fetching = asyncio.Lock()

    async def candidates(self, key_id: str | None, algorithm: str) -> list[PyJWK]:
        """The keys that may have signed a token with this header, at most one if it names its key.

        Raises KeysUnavailableError where the issuer could never be reached.
        """
        found = self._matching(key_id, algorithm)
        if not found:
            await self._fetch_for_unknown_key(key_id, algorithm)
            found = self._matching(key_id, algorithm)
        if not found and not self._keys:
            raise KeysUnavailableError(self.issuer.issuer)
        return found

    async def refresh(self) -> None:
        """Fetch the keys; what cannot be fetched leaves those that are known."""
        try:
            keys = await self._fetch()
        except (TimeoutError, OSError, ValueError) as error:
            _LOG.warning("keys not fetched", issuer=self.issuer.issuer, error=f"{type(error).__name__}: {error}")
            return
        if keys != self._keys:
            self._keys = keys
            self.generation += 1

    async def _fetch_for_unknown_key(self, key_id: str | None, algorithm: str) -> None:
        async with self._fetching:
            if time.monotonic() < self._next_unknown_key_fetch or self._matching(key_id, algorithm):
                return
            await self.refresh()
            cooldown = self._settings.refresh_cooldown
            self._next_unknown_key_fetch = time.monotonic() + (
                cooldown if self._keys else min(cooldown, _FIRST_FETCH_COOLDOWN)
            )

    async def _fetch(self) -> list[dict[str, Any]]:
        url = self.issuer.jwks_url
        if url.startswith("file:"):
            body = await asyncio.to_thread(Path(url.removeprefix("file:")).read_bytes)
        else:
            body = await _get(url, self._settings.timeout)
        document = orjson.loads(body)
        keys = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(keys, list):
            raise ValueError("the answer is no JSON Web Key Set")
        return [key for key in keys if isinstance(key, dict) and _is_for_signatures(key)]

    def _matching(self, key_id: str | None, algorithm: str) -> list[PyJWK]:
        found = []
        for key in self._keys:
            if (key_id is None or key.get("kid") == key_id) and key.get("alg", algorithm) == algorithm:
                try:
                    found.append(PyJWK(key, algorithm))
                except PyJWTError:
                    continue  # a key of another type than the algorithm's
        return found


async def _get(url: str, seconds: float) -> bytes:
    """Raises OSError and TimeoutError."""
    import aiohttp  # takes 10 MB, which only those pay who use it

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.get(url) as response,
        ):
            response.raise_for_status()
            return await response.content.read(_MAX_BYTES)
    except aiohttp.ClientError as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


def _is_for_signatures(key: dict[str, Any]) -> bool:
    """RFC 7517, sections 4.2 and 4.3. Symmetric keys have no place in a public set."""
    return key.get("kty") != "oct" and key.get("use", "sig") == "sig" and "verify" in key.get("key_ops", ["verify"])
