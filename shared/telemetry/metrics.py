"""What is counted; labels are names of ours, never a caller's or a patient's."""

from prometheus_client import Counter, Histogram

OPERATIONS = Histogram("graphql_operation_seconds", "Time that a GraphQL operation took", ["service", "outcome"])
EVENTS_PUBLISHED = Counter("events_published_total", "Events that the relay has published", ["domain"])
EVENTS_CONSUMED = Counter("events_consumed_total", "Events that a consumer is done with", ["consumer", "outcome"])
