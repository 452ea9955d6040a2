"""Logs, metrics and traces. None of them carries variables, header values, tokens or a user's identity."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import structlog
from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram

from router.config import Telemetry

REQUESTS = Counter("router_http_requests_total", "Answered HTTP requests", ["method", "status"])
OPERATIONS = Counter("router_operations_total", "GraphQL operations", ["type", "outcome"])
OPERATION_SECONDS = Histogram("router_operation_duration_seconds", "Duration of queries and mutations", ["type"])
STREAMS = Gauge("router_subscriptions_open", "Open subscriptions of clients", ["protocol"])
UPSTREAMS = Gauge("router_upstream_connections_open", "Open WebSocket connections to subgraphs", ["subgraph"])
FETCHES = Counter("router_subgraph_fetches_total", "Fetches from subgraphs", ["subgraph", "outcome"])
FETCH_SECONDS = Histogram("router_subgraph_fetch_duration_seconds", "Duration of fetches", ["subgraph"])
SUPERGRAPHS = Counter("router_supergraph_loads_total", "Supergraphs taken up or refused", ["outcome"])

_TRACER = trace.get_tracer("router")


@contextmanager
def span(name: str, **attributes: str) -> Iterator[None]:
    """A span around a phase; free of cost but for a call while no endpoint is configured."""
    with _TRACER.start_as_current_span(name, attributes=attributes):
        yield


def configure_logs(config: Telemetry) -> None:
    """JSON lines on standard error."""
    level = getattr(logging, config.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")


def configure_traces(config: Telemetry) -> None:
    """Export spans, if an endpoint is configured."""
    if config.otlp_endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": config.service_name}))
    exporter = OTLPSpanExporter(endpoint=f"{config.otlp_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
