"""How a type shows what its row says."""

from operator import attrgetter
from typing import Any

from shared.graph.datatypes import Coding
from shared.graph.fields import from_row
from subgraphs.records.facts import Coded

VERSION = "The version, which counts changes; an update names the one that it has read."


def said(name: str, *, description: str) -> Any:
    """A field that is one of its row's facts."""
    return from_row(f"facts.value.{name}", description=description)


def coded(name: str, *, description: str) -> Any:
    """A field that is a code among its row's facts."""
    read = attrgetter(f"facts.value.{name}")

    def code(row: Any) -> Coding | None:
        value = read(row)
        return None if value is None else coding(value)

    return from_row(code, description=description)


def coding(value: Coded) -> Coding:
    """A code as the graph shows it."""
    return Coding(system=value.system, code=value.code, display=value.display)
