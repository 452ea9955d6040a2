"""How a type shows what its row says."""

from typing import Any

from shared.graph.fields import from_row

VERSION = "The version, which counts changes; an update names the one that it has read."


def said(name: str, *, description: str) -> Any:
    """A field that is one of its row's facts: an object of those is shown as it is, by the names of its type's fields."""
    return from_row(f"facts.value.{name}", description=description)
