"""Ids of the graph, which tests compare with keys that events, tokens and rows have."""

from uuid import UUID


def key_of(id: str) -> UUID:
    """The key in an id of an answer; ValueError if it is not `Type:key`."""
    _, key = id.split(":")
    return UUID(key)
