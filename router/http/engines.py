"""Makes engines: what the configuration says about planning and execution, over one shared transport."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import DocumentNode, OperationDefinitionNode
from opentelemetry import trace

from router.config import Config
from router.engine import Engine, EngineConfig
from router.execution.transport import HttpTransport, RequestContext
from router.http import limits
from router.subscriptions.upstream import Upstreams
from router.telemetry import FETCH_SECONDS, FETCHES, start_span, trace_headers


def _trace(subgraph: str, future: asyncio.Future[bytes]) -> Mapping[str, str]:
    """Put a fetch into a span, of which the subgraph is told."""
    span = start_span("fetch", subgraph=subgraph)
    if span is None:
        return {}
    future.add_done_callback(partial(_end_span, span))
    with trace.use_span(span):
        return trace_headers()


def _observe(subgraph: str, seconds: float, ok: bool) -> None:
    FETCH_SECONDS.observe(seconds, subgraph)
    FETCHES.add(subgraph, "ok" if ok else "failed")


def _end_span(span: trace.Span, done: asyncio.Future[bytes]) -> None:
    error = None if done.cancelled() else done.exception()
    if error is not None:
        span.record_exception(error)
        span.set_status(trace.StatusCode.ERROR, str(error))
    span.end()


class EngineBuilder:
    """Holds the connections to subgraphs, which outlive each engine."""

    def __init__(self, config: Config) -> None:
        self._subgraphs = config.subgraphs
        self._transport = HttpTransport(config.subgraphs, self._subscribe, _trace, _observe)
        self._upstreams = Upstreams(config, self._headers)
        self._compiler = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compiler")
        self._config = replace(_engine_config(config), later=self._compiler.submit)

    async def close(self) -> None:
        self._compiler.shutdown(wait=False, cancel_futures=True)
        await self._upstreams.close()
        await self._transport.close()

    def build(self, sdl: str) -> Engine:
        """An engine for this supergraph. Raises SupergraphError."""
        engine = Engine(sdl, transport=self._transport, config=self._config)
        engine.config = replace(self._config, redacted=frozenset(filter(self._redacts, engine.supergraph.subgraphs)))
        return engine

    def _subscribe(
        self, subgraph: str, url: str, payload: dict[str, Any], request: RequestContext
    ) -> AsyncIterator[dict[str, Any]]:
        return self._upstreams.subscribe(subgraph, url, payload, request)

    def _headers(self, subgraph: str, method: str, url: str, body: bytes, request: RequestContext) -> dict[str, str]:
        return {**self._transport.headers(subgraph, method, url, body, request), **trace_headers()}

    def _redacts(self, subgraph: str) -> bool:
        own = self._subgraphs.named.get(subgraph)
        chosen = own.redact_errors if own is not None else None
        return self._subgraphs.all.redact_errors if chosen is None else chosen


def _engine_config(config: Config) -> EngineConfig:
    directives = config.authorization.directives

    def check(document: DocumentNode, operation: OperationDefinitionNode, schema: Any) -> None:
        limits.check(document, operation, config.limits)
        if not config.introspection:
            limits.refuse_introspection(document)

    return EngineConfig(
        cache=config.operations.cache,
        cache_bytes=config.operations.cache_bytes,
        introspection=config.introspection,
        suggestions=config.suggestions,
        planning_budget=config.planning.budget,
        active_labels=frozenset(config.planning.active_labels),
        reject_unauthorized=directives.reject_unauthorized,
        authorization_dry_run=directives.dry_run,
        parse=partial(limits.parse_document, limits=config.limits),
        check=check,
    )
