"""How the router reaches subgraphs: HTTP POST over pooled connections, with limits on time, size and attempts.

Queries are retried and, while an equal one is under way, not sent again; mutations never. Each request is signed if the
configuration has a key, and carries of the client's headers only what the rules say.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp

from router.authorization.claims import Claims
from router.config import HeaderRule, SubgraphOverride, Subgraphs
from router.execution.errors import SubgraphFailure
from shared.signature import sign

_HEADERS = {"Content-Type": "application/json", "Accept": "application/graphql-response+json, application/json;q=0.9"}
_NEVER_FORWARDED = frozenset(
    (
        "connection", "content-encoding", "content-length", "content-type", "accept", "accept-encoding", "host",
        "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
        "content-digest", "signature", "signature-input",
    )
)  # fmt: skip
OF_ONE_REQUEST = frozenset(("x-request-id", "traceparent", "tracestate"))
"""Headers that differ from request to request and change nothing in an answer."""
_WORTH_RETRYING = frozenset((502, 503, 504))


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a client's request brings: headers by lower-case name, verified claims, and when it ends (loop time)."""

    headers: Mapping[str, str] = field(default_factory=dict)
    claims: Claims | None = None
    deadline: float | None = None


class Transport(Protocol):
    """The way to subgraphs. What fails raises SubgraphFailure."""

    async def fetch(
        self, subgraph: str, url: str, payload: bytes, request: RequestContext, *, mutation: bool = False
    ) -> bytes | dict[str, Any]:
        """Send a GraphQL request (JSON) and give its response, as JSON or decoded."""
        ...

    def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        """Start a subscription and give its events, each a GraphQL response."""
        ...


@dataclass(slots=True)
class _Circuit:
    """How often a subgraph failed in a row, and until when (loop time) it is left alone."""

    failures: int = 0
    open_until: float = 0.0


class HttpTransport:
    """HTTP with aiohttp. Close it when done. `subscriber` starts subscriptions."""

    def __init__(
        self,
        config: Subgraphs,
        subscriber: Callable[[str, str, dict[str, Any], RequestContext], AsyncIterator[dict[str, Any]]] | None = None,
    ) -> None:
        self._config = config
        self._subscriber = subscriber
        self._session: aiohttp.ClientSession | None = None
        self._circuits: dict[str, _Circuit] = {}
        self._under_way: dict[tuple[Any, ...], asyncio.Task[bytes]] = {}

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()

    def url(self, subgraph: str, url: str) -> str:
        """Where a subgraph is asked."""
        return self._override(subgraph).url or url

    def headers(self, subgraph: str, method: str, url: str, body: bytes, request: RequestContext) -> dict[str, str]:
        """The headers that the rules give this subgraph, and the signature."""
        made = self._forwarded(subgraph, request)
        key = self._override(subgraph).signature_key or self._config.all.signature_key
        if key is not None:
            path = urlsplit(url).path or "/"
            made.update(sign(key.encode(), method, path, body, made.get("authorization", "")))
        return made

    async def fetch(
        self, subgraph: str, url: str, payload: bytes, request: RequestContext, *, mutation: bool = False
    ) -> bytes | dict[str, Any]:
        url = self.url(subgraph, url)
        if mutation or not self._config.all.deduplicate:
            return await self._attempts(subgraph, url, payload, request, 1 if mutation else None)
        forwarded = self._forwarded(subgraph, request)
        sent = tuple(sorted(item for item in forwarded.items() if item[0] not in OF_ONE_REQUEST))
        key = (subgraph, url, payload, sent)
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._attempts(subgraph, url, payload, request, None))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, done))
        return await asyncio.shield(task)

    def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        if self._subscriber is None:
            raise SubgraphFailure(
                subgraph, "cannot be subscribed to: subscriptions are not served", "SUBSCRIPTIONS_OFF"
            )
        return self._subscriber(subgraph, self.url(subgraph, url), payload, request)

    def _finished(self, key: tuple[Any, ...], task: asyncio.Task[bytes]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; if nobody does any more, it is nobody's

    def _override(self, subgraph: str) -> SubgraphOverride:
        return self._config.named.get(subgraph) or SubgraphOverride()

    def _forwarded(self, subgraph: str, request: RequestContext) -> dict[str, str]:
        made: dict[str, str] = {}
        for rule in (*self._config.all.headers, *self._override(subgraph).headers):
            made.update(_apply(rule, request.headers))
        return made

    async def _attempts(
        self, subgraph: str, url: str, payload: bytes, request: RequestContext, attempts: int | None
    ) -> bytes:
        retry = self._config.all.retry
        count = 1 + retry.attempts if attempts is None else attempts
        for number in range(count):
            try:
                return await self._guarded(subgraph, url, payload, request)
            except SubgraphFailure as failure:
                final = failure.status is not None and failure.status not in _WORTH_RETRYING
                if final or number + 1 == count or failure.code in ("SUBREQUEST_TIMEOUT", "SUBGRAPH_CIRCUIT_OPEN"):
                    raise
            await asyncio.sleep(retry.backoff * 2**number)
        raise SubgraphFailure(subgraph, "was not asked")

    async def _guarded(self, subgraph: str, url: str, payload: bytes, request: RequestContext) -> bytes:
        """One attempt, unless the circuit breaker is open."""
        breaker = self._config.all.circuit_breaker
        circuit = self._circuits.setdefault(subgraph, _Circuit())
        now = asyncio.get_running_loop().time()
        if now < circuit.open_until:
            raise SubgraphFailure(
                subgraph, "has failed too often and is not asked for a while", "SUBGRAPH_CIRCUIT_OPEN"
            )
        if circuit.failures >= breaker.failures:
            circuit.open_until = now + breaker.open_for  # this attempt is the probe; the others wait for its outcome
        try:
            answer = await self._send(subgraph, url, payload, request)
        except SubgraphFailure:
            circuit.failures += 1
            if circuit.failures >= breaker.failures:
                circuit.open_until = asyncio.get_running_loop().time() + breaker.open_for
            raise
        circuit.failures, circuit.open_until = 0, 0.0
        return answer

    async def _send(self, subgraph: str, url: str, payload: bytes, request: RequestContext) -> bytes:
        seconds = self._override(subgraph).timeout or self._config.all.timeout
        if request.deadline is not None:
            seconds = min(seconds, max(0.001, request.deadline - asyncio.get_running_loop().time()))
        headers = {**_HEADERS, **self.headers(subgraph, "POST", url, payload, request)}
        try:
            async with (
                asyncio.timeout(seconds),
                self._client().post(url, data=payload, headers=headers, allow_redirects=False) as response,
            ):
                body = await self._read(subgraph, response)
        except TimeoutError as error:
            raise SubgraphFailure(subgraph, f"did not answer within {seconds:g} s", "SUBREQUEST_TIMEOUT") from error
        except (aiohttp.ClientError, OSError) as error:
            raise SubgraphFailure(subgraph, "could not be reached") from error
        if not 200 <= response.status < 300 and not _is_graphql(response, body):
            raise SubgraphFailure(subgraph, f"answered with HTTP status {response.status}", status=response.status)
        return body

    async def _read(self, subgraph: str, response: aiohttp.ClientResponse) -> bytes:
        limit = self._config.all.max_response_bytes
        parts, size = [], 0
        async for part in response.content.iter_any():
            size += len(part)
            if size > limit:
                raise SubgraphFailure(subgraph, f"answered with more than {limit} bytes", status=response.status)
            parts.append(part)
        return b"".join(parts)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=self._config.all.connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


def _is_graphql(response: aiohttp.ClientResponse, body: bytes) -> bool:
    """Whether an answer with an error status is a GraphQL response all the same."""
    return "json" in response.content_type and (b'"errors"' in body or b'"data"' in body)


def _apply(rule: HeaderRule, headers: Mapping[str, str]) -> dict[str, str]:
    """The header that a rule makes, by lower-case name."""
    if rule.insert is not None:
        return {rule.insert.lower(): rule.value or ""}
    name = (rule.propagate or "").lower()
    value = headers.get(name, rule.default)
    sent = (rule.rename or name).lower()
    return {} if value is None or sent in _NEVER_FORWARDED else {sent: value}
