"""Events: CloudEvents through an outbox to Kafka, and back by consumers."""
