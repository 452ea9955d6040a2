"""PostgreSQL, Valkey and Kafka, run as ordinary processes from what pip and Maven Central deliver."""
