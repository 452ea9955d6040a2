"""The content of documents: how it is sent and fetched, what it is held to be, and who scans it."""
