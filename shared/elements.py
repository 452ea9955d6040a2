"""Which elements of a FHIR resource nothing is made of, at any depth: those that its reader does not declare."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from shared.fhir import Reference, Resource

# What says nothing of what a resource is about; of `meta`, labels do.
_ABOUT = frozenset({"resourceType", "id", "language"})
_ABOUT_META = frozenset({"versionId", "lastUpdated", "source", "profile", "extension"})
# What a reference says besides where it leads: https://hl7.org/fhir/R4/references.html
_OF_REFERENCES = ("display", "type")

# https://hl7.org/fhir/R4/extensibility.html#modifierExtension
MODIFIER = "modifierExtension"

_ELEMENT = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}")
_NO_ELEMENT = "what is no element of FHIR's"

# The elements that are declared of an element, each with those of its own; of None, all is taken.
Declared = Mapping[str, "Declared | None"]


def untaken(content: bytes, kind: type[Resource]) -> list[str]:
    """The paths of the elements of a resource that its reader does not declare, each once."""
    return [*dict.fromkeys(_untaken("", msgspec.json.decode(content), _declared(kind)))]


def _untaken(path: str, value: Any, declared: Declared | None) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _untaken(path, each, declared)
    elif isinstance(value, dict) and declared is not None:
        for name, part in value.items():
            known, at = declared.get(name, ...), f"{path}.{name}".lstrip(".")
            if known is not ...:
                yield from _untaken(at, part, known)
            elif not _ELEMENT.fullmatch(name):
                yield _NO_ELEMENT
            elif name.startswith("_"):
                yield from _untaken(f"{path}.{name[1:]}".lstrip("."), part, _PRIMITIVE)
            else:
                yield at


# What is beside a primitive value: its id and its extensions.
_PRIMITIVE: Declared = dict.fromkeys(_ABOUT)


@cache
def _declared(kind: type[Resource]) -> Declared:
    found = dict(_of(inspect.type_info(kind)) or {})
    return found | {"meta": dict.fromkeys(_ABOUT_META)}


def _of(kind: inspect.Type) -> Declared | None:
    match kind:
        case inspect.StructType():
            own = {part.encode_name: _of(part.type) for part in kind.fields}
            also = (*_ABOUT, *(_OF_REFERENCES if issubclass(kind.cls, Reference) else ()))
            return dict.fromkeys(also) | own
        case inspect.ListType():
            return _of(kind.item_type)
        case inspect.UnionType():
            return next(filter(None, map(_of, kind.types)), None)
    return None
