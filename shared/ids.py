"""Keys: UUID version 7 (RFC 9562 section 5.7), which grow with time, so that indexes stay compact and pages stay in order."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new key."""
    return uuid7()


def global_id(resource: str, key: UUID | str) -> str:
    """The id of an object in the graph, which no other object has: `Type:key`."""
    return f"{resource}:{key}"


def parse_id(text: str, resource: str | None = None) -> UUID | None:
    """The key in an `ID` that a client sent; None if it is none, or is an id of another type than `resource`.

    An id is `Type:key`; the key alone is taken as well.
    """
    kind, separator, key = text.rpartition(":")
    if separator and resource is not None and kind != resource:
        return None
    try:
        return UUID(key)
    except ValueError:
        return None
