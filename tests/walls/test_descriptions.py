"""Each description in the schema stands alone, as a client's editor shows it: it says of what it speaks, in a sentence."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import build_schema, is_specified_scalar_type

SCHEMA = build_schema((Path(__file__).parents[2] / "schema" / "api.graphql").read_text())
FORM = re.compile(r"(?!(Its?|Theirs?|They|Them|Those|These|That|He|She)\b)[A-Z0-9`].*[.:!]", re.DOTALL)
ROOTS = {"Query", "Mutation", "Subscription"}
SHORTEST = 3  # words


def descriptions() -> Iterator[tuple[str, str | None]]:
    """Of all that the schema defines, by its coordinate."""
    for name, kind in SCHEMA.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind) or name in ROOTS:
            continue
        yield name, kind.description
    for name, kind in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        members: dict[str, Any] = getattr(kind, "fields", None) or getattr(kind, "values", None) or {}
        for member_name, member in members.items():
            yield f"{name}.{member_name}", member.description
            for argument_name, argument in getattr(member, "args", {}).items():
                yield f"{name}.{member_name}({argument_name}:)", argument.description


def test_every_description_stands_alone() -> None:
    wrong = {
        coordinate: text
        for coordinate, text in descriptions()
        if text is None or FORM.fullmatch(text) is None or len(text.split()) < SHORTEST
    }
    assert wrong == {}
