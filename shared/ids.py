"""Keys: UUID version 7 (RFC 9562 section 5.7), which grow with time, so that indexes stay compact and pages stay in order."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

_NAMESPACE = UUID("0198f6a4-6d0e-7c43-9a51-3f0c8d2b7e15")


def new_id() -> UUID:
    """A new key."""
    return uuid7()


def named_id(name: str) -> UUID:
    """The key of what has a name elsewhere, the same each time (version 5): others can refer to it before it is here."""
    return uuid5(_NAMESPACE, name)


def global_id(resource: str, key: UUID | str) -> str:
    """The id of an object in the graph, which no other object has: `Type:key`."""
    return f"{resource}:{key}"


def parse_id(text: str, resource: str) -> UUID | None:
    """The key in an `ID` that a client sent; None if it is none, or is an id of another type.

    An id is `Type:key`; the key alone is taken as well.
    """
    try:
        return UUID(text.removeprefix(global_id(resource, "")))
    except ValueError:
        return None
