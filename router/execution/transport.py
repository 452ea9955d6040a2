"""How the router reaches subgraphs: HTTP POST, with limits on time, size and attempts.

Queries are retried and, while an equal one is under way, not sent again; mutations never. Each request is signed if the
configuration has a key, and carries of the client's headers only what the rules say.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from router.authorization.claims import Claims
from router.client.pool import PooledClient
from router.client.request import Client, Limits
from router.config import SubgraphOverride, Subgraphs
from router.execution.errors import SubgraphFailure
from router.execution.fetch import Circuit, Observer, SubgraphEndpoint, SubgraphRequest, fail
from router.execution.headers import Forwarded, HeaderRules, lines
from router.translations import gettext_noop
from shared.signature import sign

_HEADER_LINES = (
    b"content-type: application/json\r\naccept: application/graphql-response+json, application/json;q=0.9\r\n"
)
_NO_OVERRIDE = SubgraphOverride()


class Resumption(msgspec.Struct):
    """The cursor after the last event of a subscription that was taken; None where the subgraph tells none."""

    cursor: str | None = None


class RequestContext(msgspec.Struct, frozen=True):
    """What a client's request brings: headers by lower-case name, verified claims, and when it ends (loop time)."""

    headers: Mapping[str, str] = {}
    claims: Claims | None = None
    deadline: float | None = None
    forwarded: dict[HeaderRules, Forwarded] = msgspec.field(default_factory=dict)
    """What header rules made of the headers, so that each set of rules is applied once."""
    resumption: Resumption | None = None
    """Where a subscription begins, and how far it has come by now."""


class Transport(Protocol):
    """The way to subgraphs. What fails raises SubgraphFailure."""

    def fetch(
        self,
        subgraph: str,
        url: str,
        payload: bytes,
        request: RequestContext,
        *,
        mutation: bool = False,
        entities: bool = False,
    ) -> Awaitable[bytes]:
        """Start a GraphQL request and give what awaits its response, both in JSON.

        One for `entities` goes on with an operation that holds answers already, and may overtake those that begin one.
        """
        ...

    def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        """Start a subscription and give its events, each a GraphQL response."""
        ...


class HttpTransport:
    """Close it when done. `subscriber` starts subscriptions.

    `trace` is told of each fetch, by its subgraph and the future of its response, and gives headers that name its span.
    """

    def __init__(
        self,
        config: Subgraphs,
        subscriber: Callable[[str, str, dict[str, Any], RequestContext], AsyncIterator[dict[str, Any]]] | None = None,
        trace: Callable[[str, asyncio.Future[bytes]], Mapping[str, str]] = lambda subgraph, future: {},
        observe: Observer = lambda subgraph, seconds, ok: None,
    ) -> None:
        self._config = config
        self._subscriber = subscriber
        self._trace = trace
        self._observe = observe
        self._deduplicate = config.all.deduplicate
        limits = Limits(config.all.connections, config.all.waiting, config.all.max_response_bytes)
        self._client: Client = PooledClient(limits)
        if config.all.client == "aiohttp":
            from router.client.with_aiohttp import AiohttpClient  # takes 10 MB, which only those pay who use it

            self._client = AiohttpClient(limits)
        self._rules = HeaderRules(config.all.headers)
        self._own_rules = {
            name: HeaderRules((*config.all.headers, *own.headers)) for name, own in config.named.items() if own.headers
        }
        self._subgraphs: dict[str, SubgraphEndpoint] = {}
        self._inflight: dict[object, SubgraphRequest] = {}

    async def close(self) -> None:
        """End all connections."""
        await self._client.close()

    def url(self, subgraph: str, url: str) -> str:
        """Where a subgraph is asked."""
        return self._override(subgraph).url or url

    def headers(self, subgraph: str, method: str, url: str, body: bytes, request: RequestContext) -> dict[str, str]:
        """The headers that the rules give this subgraph, and the signature. Raises SubgraphFailure."""
        made = dict(self._forwarded(subgraph, request).fields)
        key = self._signature_key(subgraph)
        if key is not None:
            made.update(sign(key, method, urlsplit(url).path or "/", body, made.get("authorization", "")))
        return made

    def fetch(
        self,
        subgraph: str,
        url: str,
        payload: bytes,
        request: RequestContext,
        *,
        mutation: bool = False,
        entities: bool = False,
    ) -> asyncio.Future[bytes]:
        """Start a request, at once if a connection is free. Whoever cancels takes the response from nobody else."""
        future: asyncio.Future[bytes] = self._loop.create_future()
        trace = self._trace(subgraph, future)
        try:
            asked = self._subgraph(subgraph, url)
            forwarded = asked.rules.same_for_all or self._forwarded(subgraph, request)
        except SubgraphFailure as failure:
            fail(future, failure)
            self._observe(subgraph, 0.0, False)
            return future
        until = math.inf if request.deadline is None else request.deadline
        key = None
        if self._deduplicate and not mutation:
            key = (asked, payload, forwarded.identity)
            same = self._inflight.get(key)
            if same is not None:
                same.join(future, until)
                return future
        fields = lines({**forwarded.fields, **trace}) if trace else forwarded.lines
        authorization = forwarded.fields.get("authorization", "")
        fetch = SubgraphRequest(
            asked, fields, authorization, payload, mutation, entities, key, self._inflight, future, until
        )
        fetch.start(self._loop.time())
        return future

    def subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        if self._subscriber is None:
            raise SubgraphFailure(
                subgraph,
                gettext_noop("the subgraph {service} cannot be subscribed to: subscriptions are not served"),
                "SUBSCRIPTIONS_OFF",
            )
        return self._subscriber(subgraph, self.url(subgraph, url), payload, request)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def _override(self, subgraph: str) -> SubgraphOverride:
        return self._config.named.get(subgraph) or _NO_OVERRIDE

    def _subgraph(self, name: str, given_url: str) -> SubgraphEndpoint:
        known = self._subgraphs.get(name)
        if known is not None and known.given_url == given_url:
            return known
        own, settings, url = self._override(name), self._config.all, self.url(name, given_url)
        try:
            endpoint = self._client.endpoint(url, _HEADER_LINES)
        except ValueError as error:
            sentence = gettext_noop("the subgraph {service} has no address that can be asked: {reason}")
            raise SubgraphFailure(name, sentence, reason=str(error)) from error
        made = self._subgraphs[name] = SubgraphEndpoint(
            name=name,
            given_url=given_url,
            endpoint=endpoint,
            path=urlsplit(url).path or "/",
            timeout=own.timeout or settings.timeout,
            signature_key=self._signature_key(name),
            rules=self._own_rules.get(name, self._rules),
            settings=settings,
            circuit=Circuit(settings.circuit_breaker) if known is None else known.circuit,
            observe=self._observe,
        )
        return made

    def _signature_key(self, subgraph: str) -> bytes | None:
        key = self._override(subgraph).signature_key or self._config.all.signature_key
        return None if key is None else key.encode()

    def _forwarded(self, subgraph: str, request: RequestContext) -> Forwarded:
        rules = self._own_rules.get(subgraph, self._rules)
        if rules.same_for_all is not None:
            return rules.same_for_all
        made = request.forwarded.get(rules)
        if made is None:
            try:
                made = request.forwarded[rules] = rules.apply(request.headers)
            except ValueError as error:
                sentence = gettext_noop("the subgraph {service} was not asked: {reason}")
                raise SubgraphFailure(subgraph, sentence, "SUBREQUEST_HEADER_INVALID", reason=str(error)) from error
        return made
