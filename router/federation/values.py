"""Constant GraphQL values as plain Python ones; an enum value is a `Symbol`, so that it prints without quotes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

from router.federation.types import ListOf, NonNull, TypeRef

_MAX_DIGITS = 4_000  # int() takes 4300
Value = Any  # None, bool, int, float, str, Symbol, list[Value] or dict[str, Value]


class Symbol(str):
    """An enum value: equal to the string of the same letters, printed without quotes."""

    __slots__ = ()


class Unset:
    """The default of an input that has none, which is not the same as null."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


def constant(node: ValueNode) -> Value:  # noqa: PLR0911 - one kind of node a line
    """The value that a constant node spells; `UNSET` for a variable."""
    match node:
        case NullValueNode():
            return None
        case IntValueNode() if len(node.value) <= _MAX_DIGITS:
            return int(node.value)
        case FloatValueNode() if math.isfinite(float(node.value)):
            return float(node.value)
        case EnumValueNode() | IntValueNode() | FloatValueNode():  # numbers beyond Python's keep their spelling
            return Symbol(node.value)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case ListValueNode():
            return [constant(item) for item in node.values]
        case ObjectValueNode():
            return {field.name.value: constant(field.value) for field in node.fields}
    return UNSET


def same(a: Value, b: Value) -> bool:
    """Equality that does not take 1 for true, and takes objects without their order."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def show(value: Value) -> str:
    """The value in GraphQL's spelling."""
    if isinstance(value, Symbol):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 1e21 else repr(value)
    return json.dumps(value, ensure_ascii=False)


def show_arguments(arguments: Mapping[str, Value]) -> str:
    """Arguments with their parentheses; nothing if there are none."""
    if not arguments:
        return ""
    return "(" + ", ".join(f"{name}: {show(value)}" for name, value in arguments.items()) + ")"


def coerces(value: Value, ref: TypeRef, leaf: Any) -> bool:
    """Whether a constant can be the value of a type; `leaf(value, name)` decides for what is not a list."""
    if isinstance(ref, NonNull):
        return value is not None and coerces(value, ref.of, leaf)
    if value is None:
        return True
    if isinstance(ref, ListOf):
        items = value if isinstance(value, list) else [value]
        return all(coerces(item, ref.of, leaf) for item in items)
    return bool(leaf(value, ref.name))
