"""OpenTelemetry, where an endpoint is set; without one, spans cost nothing and go nowhere."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import extract


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


def remote_context(traceparent: str | None) -> Context:
    """The context of a caller in another process (W3C Trace Context)."""
    return extract({"traceparent": traceparent} if traceparent else {})
