"""Defaults by their types: of an enum, enum values, also where a subgraph writes strings; of other types, the reverse."""

from __future__ import annotations

from dataclasses import replace

from router.federation.model import InputValue, Kind, Schema
from router.federation.types import ListOf, NonNull, TypeRef
from router.federation.values import Symbol, Unset, Value


def with_symbols(schema: Schema) -> Schema:
    """The schema with its defaults by their types."""
    types = []
    for type_ in schema.types.values():
        fields = {
            field.name: replace(field, arguments={name: _with_symbol(schema, a) for name, a in field.arguments.items()})
            for field in type_.fields.values()
            if any(not isinstance(argument.default, Unset) for argument in field.arguments.values())
        }
        inputs = {name: _with_symbol(schema, each) for name, each in type_.inputs.items()}
        if fields or inputs:
            types.append(replace(type_, fields={**type_.fields, **fields}, inputs=inputs))
    return schema.with_types(types)


def _with_symbol(schema: Schema, element: InputValue) -> InputValue:
    if isinstance(element.default, Unset):
        return element
    return replace(element, default=_typed(schema, element.default, element.type))


def _typed(schema: Schema, value: Value, ref: TypeRef) -> Value:
    if isinstance(ref, NonNull):
        return _typed(schema, value, ref.of)
    if isinstance(ref, ListOf):
        return (
            [_typed(schema, each, ref.of) for each in value]
            if isinstance(value, list)
            else _typed(schema, value, ref.of)
        )
    type_ = schema.types.get(ref.name)
    if isinstance(value, str):
        return Symbol(value) if type_ and type_.kind is Kind.ENUM else str(value)
    if type_ and type_.kind is Kind.INPUT and isinstance(value, dict):
        return {
            name: _typed(schema, each, type_.inputs[name].type) if name in type_.inputs else each
            for name, each in value.items()
        }
    return value
