"""A clinic a test: chosen services and the router in this process, on databases, topics and a Redis database of its own."""
