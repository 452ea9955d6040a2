"""What entity fetches send: one representation for each different object, and to which objects each answer goes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from router.execution.data import Object
from router.planning.conditions import holds
from router.planning.plan import InputField, Representation, Source

_ABSENT = object()


class Batch:
    """The representations of one `_entities` field, de-duplicated over all its sources.

    `lacking` are the keys of the answer that are not good, by index, because what they require is not there.
    """

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self.representations: list[Object] = []
        self.lacking: dict[int, list[str]] = {}
        self._known: dict[bytes, int] = {}

    def add(self, source: Source, objects: list[Object]) -> list[int | None]:
        """The index of each object's representation, None where it has none."""
        return [self._add(source, item) for item in objects]

    def _add(self, source: Source, item: Object) -> int | None:
        for representation in source.representations:
            made = represent(representation, item)
            if made is None:
                continue
            lacking = self._require(made, representation, item)
            if lacking and source.keys.issubset(lacking):
                return None
            same = msgspec.json.encode(made)
            index = self._known.setdefault(same, len(self.representations))
            if index == len(self.representations):
                self.representations.append(made)
                if lacking:
                    self.lacking[index] = lacking
            return index
        return None

    def _require(self, made: Object, representation: Representation, item: Object) -> list[str]:
        """Add what fields require that are asked for; the keys of those for which it is not there."""
        lacking: list[str] = []
        for requirement in representation.requirements:
            if not holds(requirement.condition, self._variables):
                continue
            added: Object = {}
            if _fill(added, requirement.fields, item):
                _overlay(made, added)
            else:
                lacking += requirement.keys
        return lacking


def represent(representation: Representation, item: Object) -> Object | None:
    """An object's representation by its key alone; None if it is of another type or lacks its key."""
    type_name = item.get("__typename")
    unknown = type_name is None and representation.type_name is not None  # an interface object may be of any type
    if representation.types is not None and type_name not in representation.types and not unknown:
        return None
    name = representation.type_name or type_name
    if name is None:
        return None
    made: Object = {"__typename": name}
    if not _fill(made, representation.keys, item):
        return None
    values = [made[field.name] for field in representation.keys]  # none, if the type's name is the key
    return made if not values or any(value is not None for value in values) else None


def _overlay(made: Object, added: Object) -> None:
    for name, value in added.items():
        known = made.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            _overlay(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            for one, other in zip(known, value, strict=False):
                if isinstance(one, dict) and isinstance(other, dict):
                    _overlay(one, other)
        else:
            made[name] = value


def _fill(made: Object, fields: tuple[InputField, ...], item: Object) -> bool:
    """Copy the fields of an object. Whether they were all there."""
    for field in fields:
        if field.types is not None and item.get("__typename") not in field.types:
            continue
        value = item.get(field.key, _ABSENT)
        if value is _ABSENT:
            return False
        if field.fields:
            value = _nested(value, field.fields)
            if value is _ABSENT:
                return False
        made[field.name] = value
    return True


def _nested(value: Any, fields: tuple[InputField, ...]) -> Any:
    if isinstance(value, list):
        items = [_nested(item, fields) for item in value]
        return _ABSENT if any(item is _ABSENT for item in items) else items
    if not isinstance(value, dict):
        return value
    made: Object = {}
    return made if _fill(made, fields, value) else _ABSENT


def context_value(item: Any, fields: tuple[InputField, ...]) -> Any:
    """The value that a context's selection leads to; the first that applies to the object's type."""
    if not fields or not isinstance(item, dict):
        return item
    for field in fields:
        if field.name != "__typename" and (field.types is None or item.get("__typename") in field.types):
            return context_value(item.get(field.key), field.fields)
    return None
