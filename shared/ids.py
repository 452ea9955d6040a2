"""Keys: UUID version 7 (RFC 9562 section 5.7), which grow with time, so that indexes stay compact and pages stay in order."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new key."""
    return uuid7()


def parse_id(text: str) -> UUID | None:
    """The key that a client sent as `ID`; None if it is none, which then finds nothing."""
    try:
        return UUID(text)
    except ValueError:
        return None
