"""Operations that a client names by hash: automatic persisted queries, and a safelist from a manifest.

Automatic persisted queries follow Apollo's protocol: `extensions.persistedQuery = {version: 1, sha256Hash}`, the text
sent along once after `PERSISTED_QUERY_NOT_FOUND`.
"""

import hashlib
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from router.cache import Cache
from router.config import AutomaticPersistedQueries, ConfigurationError, OperationsSection
from router.errors import RequestError
from router.http.request import GraphQLRequest

if TYPE_CHECKING:
    from redis.asyncio import Redis

_LOG = structlog.get_logger("router.http")
_PREFIX = "router:apq:"


class PersistedOperations:
    """Gives the text of the operation that a request names."""

    def __init__(self, config: OperationsSection) -> None:
        self._config = config
        self._manifest = read_manifest(config.safelist.manifest) if config.safelist.manifest else {}
        self._texts = frozenset(self._manifest.values())
        self._automatic = _AutomaticCache(config.persisted)

    async def close(self) -> None:
        await self._automatic.close()

    def text(self, request: GraphQLRequest) -> str | None:
        """The operation's text if the request just says it."""
        return request.query if request.extensions is None and not self._manifest else None

    async def resolve(self, request: GraphQLRequest) -> str:
        """The operation's text. Raises RequestError."""
        named = _persisted_hash(request)
        if named is not None and named in self._manifest:
            return self._manifest[named]
        if self._manifest and self._config.safelist.only:
            return self._safelisted(request)
        if named is not None:
            return await self._resolve_automatic(named, request.query)
        assert request.query is not None  # noqa: S101 - a request without a text names a hash
        return request.query

    async def remember(self, request: GraphQLRequest) -> None:
        """Remember the operation of a request by its hash, if it sent both. Not before the operation was found valid."""
        named = _persisted_hash(request)
        is_automatic = not (self._manifest and self._config.safelist.only) and named not in self._manifest
        if named is not None and request.query is not None and is_automatic:
            await self._automatic.put(named, request.query)

    def _safelisted(self, request: GraphQLRequest) -> str:
        if request.query is not None and self._config.safelist.allow_text and request.query in self._texts:
            return request.query
        raise RequestError.because("the operation is not on the safelist", "OPERATION_NOT_SAFELISTED", 403)

    async def _resolve_automatic(self, named: str, query: str | None) -> str:
        if not self._config.persisted.enabled:
            raise RequestError.because("persisted queries are off", "PERSISTED_QUERY_NOT_SUPPORTED", 400)
        if query is None:
            known = await self._automatic.get(named)
            if known is None:
                # Clients of Apollo's protocol look for this very message, and answer it by sending the text.
                raise RequestError.because("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND", 200)
            return known
        if _digest(query) != named:
            raise RequestError.because("the hash is not that of the query", "PERSISTED_QUERY_HASH_MISMATCH", 400)
        return query


class _AutomaticCache:
    """The least used go first; Redis, where configured, shares them between routers and may be away."""

    def __init__(self, config: AutomaticPersistedQueries) -> None:
        self._config = config
        self._local: Cache[str, str] = Cache(config.maximum, config.max_bytes)
        self._redis = _connected(config.redis_url) if config.redis_url else None

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()

    async def get(self, named: str) -> str | None:
        known = self._local.get(named)
        if known is not None or self._redis is None:
            return known
        stored = await _reached(self._redis.get(_PREFIX + named))
        if stored is None:
            return None
        text = str(stored, "utf-8", "replace")
        if _digest(text) != named:
            _LOG.warning("a persisted query is not what its hash says")
            return None
        self._local.put(named, text, len(stored))
        return text

    async def put(self, named: str, query: str) -> None:
        if self._local.get(named) == query:
            return
        self._local.put(named, query, len(query.encode()))
        if self._redis is not None:
            await _reached(self._redis.set(_PREFIX + named, query, ex=self._config.ttl))


def _connected(url: str) -> "Redis":
    from redis.asyncio import Redis  # takes 9 MB, which only those pay who use it

    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)


async def _reached(answer: Awaitable[Any]) -> Any:
    """What Redis answers, None while it is away."""
    from redis.exceptions import RedisError

    try:
        return await answer
    except RedisError as error:
        _LOG.warning("persisted queries not reachable", error=type(error).__name__)
        return None


def read_manifest(path: Path) -> dict[str, str]:
    """Operation texts by hash or id. Raises ConfigurationError."""
    try:
        document: Any = orjson.loads(path.read_bytes())
        operations = document.get("operations", document)
        if isinstance(operations, list):
            operations = {entry["id"]: entry["body"] for entry in operations}
        if not all(isinstance(text, str) for text in operations.values()):
            raise TypeError("an operation is no string")
    except OSError as error:
        raise ConfigurationError(f"operations.safelist.manifest: {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"operations.safelist.manifest: {path} is not a manifest of operations") from error
    return dict(operations)


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()


def _persisted_hash(request: GraphQLRequest) -> str | None:
    entry = (request.extensions or {}).get("persistedQuery")
    if entry is None:
        return None
    if not isinstance(entry, dict) or entry.get("version") != 1 or not isinstance(entry.get("sha256Hash"), str):
        raise RequestError.because("'persistedQuery' needs version 1 and a sha256Hash", "PERSISTED_QUERY_INVALID", 400)
    return str(entry["sha256Hash"])
