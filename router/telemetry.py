"""Logs, metrics and traces. None of them carries variables, header values, tokens or a user's identity."""

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from functools import lru_cache
from typing import Protocol, TextIO

import orjson
import structlog
from opentelemetry import propagate, trace
from prometheus_client import Counter, Gauge
from structlog.typing import EventDict, Processor

from router.config import Telemetry
from router.metrics import Counts, Durations

REQUESTS = Counts("router_http_requests_total", "Answered HTTP requests", ("method", "status"))
OPERATIONS = Counts("router_operations_total", "GraphQL operations", ("type", "outcome"))
OPERATION_SECONDS = Durations("router_operation_duration_seconds", "Duration of queries and mutations", ("type",))
STREAMS = Gauge("router_subscriptions_open", "Open subscriptions of clients", ["protocol"])
UPSTREAMS = Gauge("router_upstream_connections_open", "Open WebSocket connections to subgraphs", ["subgraph"])
FETCHES = Counts("router_subgraph_fetches_total", "Fetches from subgraphs", ("subgraph", "outcome"))
FETCH_SECONDS = Durations("router_subgraph_fetch_duration_seconds", "Duration of fetches", ("subgraph",))
REVOCATIONS_FOLLOWED = Gauge(
    "router_revocations_followed", "1 while revoked tokens are heard of, 0 while Redis is away"
)
SUPERGRAPHS = Counter("router_supergraph_loads_total", "Supergraphs loaded or refused", ["outcome"])

_tracer: trace.Tracer | None = None
_NOTHING = nullcontext()


class LoggedRequest(Protocol):
    """What log lines say of the request that they belong to."""

    request_id: str
    operation_name: str | None


current_request: ContextVar[LoggedRequest | None] = ContextVar("current_request", default=None)


def span(name: str, attributes: Mapping[str, str] | None = None) -> AbstractContextManager[object]:
    """A span around a phase; nothing while no endpoint is configured."""
    if _tracer is None:
        return _NOTHING
    return _tracer.start_as_current_span(name, attributes=attributes)


def start_span(name: str, **attributes: str) -> trace.Span | None:
    """A span that the caller makes current and ends; None while no endpoint is configured."""
    return None if _tracer is None else _tracer.start_span(name, attributes=attributes)


def request_span(headers: Mapping[str, str]) -> AbstractContextManager[object]:
    """The span of a client's request, within the client's trace if it has one."""
    if _tracer is None:
        return _NOTHING
    return _tracer.start_as_current_span("request", context=propagate.extract(headers), kind=trace.SpanKind.SERVER)


def trace_headers() -> dict[str, str]:
    """What tells a subgraph the span that asks it."""
    made: dict[str, str] = {}
    if _tracer is not None:
        propagate.inject(made)
    return made


def configure_logs(config: Telemetry) -> None:
    """JSON lines on standard error, those of libraries too."""
    level = getattr(logging, config.log_level.upper())
    shared: list[Processor] = [
        _of_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _where_it_failed,
    ]
    render = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode())
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    global _requests  # noqa: PLW0603 - one process logs to one place
    _requests = _RequestLog(sys.stderr) if config.access_log and level <= logging.INFO else None
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


def _of_request(_: object, __: str, event: EventDict) -> EventDict:
    request = current_request.get()
    if request is not None:
        event["request_id"] = request.request_id
        if request.operation_name is not None:
            event["operation"] = request.operation_name
    return event


def _where_it_failed(_: object, __: str, event: EventDict) -> EventDict:
    """The kind and the place of an exception. Its message is left out, because it may quote what a client sent."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = type(error).__qualname__
        event["stack"] = "".join(traceback.format_tb(error.__traceback__))
    return event


def record_request(
    method: str, path: str | None, status: int, began: float, request_id: str, operation_name: str | None = None
) -> None:
    """Count a request, and log it unless its path may not be told. `began` is a `perf_counter`."""
    if method not in ("GET", "POST"):
        method = "other"
    REQUESTS.add(method, str(status))
    if _requests is not None and path is not None:
        milliseconds = (time.perf_counter() - began) * 1000
        # None of these can hold a character that JSON escapes.
        operation = "" if operation_name is None else f'"operation":"{operation_name}",'
        _requests.write(
            f'{{"event":"request","request_id":"{request_id}",{operation}"method":"{method}","path":"{path}",'
            f'"status":{status},"ms":{milliseconds:.2f},"level":"info","timestamp":"{_timestamp(time.time())}"}}\n'
        )


class _RequestLog:
    """Writes lines several at a time: a system call each would cost as much as a small request."""

    _PAUSE = 0.2  # seconds

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []

    def write(self, line: str) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(self._PAUSE, self.flush)
        self._lines.append(line)

    def flush(self) -> None:
        self._stream.write("".join(self._lines))
        self._lines.clear()


_requests: _RequestLog | None = None


def flush_logs() -> None:
    """Write what has gathered."""
    if _requests is not None:
        _requests.flush()


def _timestamp(now: float) -> str:
    return f"{_second(int(now))}.{int(now % 1 * 1e6):06d}Z"


@lru_cache(maxsize=1)
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))


def configure_traces(config: Telemetry) -> Callable[[], None]:
    """Export spans, if an endpoint is configured. Gives what sends the last ones."""
    global _tracer  # noqa: PLW0603 - one process exports to one place, as everything in OpenTelemetry assumes
    if config.otlp_endpoint is None:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": config.service_name}))
    exporter = OTLPSpanExporter(endpoint=f"{config.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("router")

    def finish() -> None:
        global _tracer  # noqa: PLW0603 - as above
        _tracer = None
        provider.shutdown()

    return finish
