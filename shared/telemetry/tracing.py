"""OpenTelemetry, where an endpoint is set."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import ProxyTracerProvider, SpanKind


def set_up_tracing(service: str, endpoint: str | None) -> None:
    """Send this process's spans to an OTLP endpoint (HTTP)."""
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)


def span_of_remote(name: str, traceparent: str | None, kind: SpanKind) -> AbstractContextManager[Any]:
    """A span within that of a caller in another process (W3C Trace Context), if anybody traces."""
    if traceparent is None and isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        return nullcontext()
    context = extract({"traceparent": traceparent} if traceparent else {})
    return trace.get_tracer(__name__).start_as_current_span(name, context, kind=kind)
