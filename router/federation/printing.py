"""Schemas as SDL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from graphql.language.block_string import print_block_string

from router.federation.model import (
    ROOT_NAMES,
    Directive,
    DirectiveDefinition,
    EnumValue,
    Field,
    InputValue,
    Kind,
    Schema,
    Type,
)
from router.federation.values import Unset, show, show_arguments

T = TypeVar("T")

_KEYWORDS = {
    Kind.SCALAR: "scalar",
    Kind.OBJECT: "type",
    Kind.INTERFACE: "interface",
    Kind.UNION: "union",
    Kind.ENUM: "enum",
    Kind.INPUT: "input",
}


def print_schema(schema: Schema) -> str:
    """The schema definition, then directives and types by name."""
    blocks = [
        _schema_definition(schema),
        *(print_definition(schema.definitions[name]) for name in sorted(schema.definitions)),
        *(print_type(schema.types[name]) for name in sorted(schema.types)),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def print_sorted(schema: Schema) -> str:
    """The schema with the parts of its types by name too: equal text for equal schemas."""
    return print_schema(
        Schema(
            types={type_.name: _sorted_type(type_) for type_ in schema.types.values()},
            definitions=schema.definitions,
            roots=schema.roots,
            directives=schema.directives,
            description=schema.description,
        )
    )


def _sorted_type(type_: Type) -> Type:
    fields = {
        field.name: Field(
            field.name,
            field.type,
            _by_name(field.arguments),
            field.description,
            field.directives,
        )
        for field in type_.fields.values()
    }
    return Type(
        type_.kind,
        type_.name,
        type_.description,
        type_.directives,
        tuple(sorted(type_.interfaces)),
        _by_name(fields),
        _by_name(type_.inputs),
        tuple(sorted(type_.members)),
        _by_name(type_.values),
    )


def _by_name(elements: Mapping[str, T]) -> dict[str, T]:
    return {name: elements[name] for name in sorted(elements)}


def _schema_definition(schema: Schema) -> str:
    operations = [f"  {operation}: {name}" for operation, name in schema.roots.items()]
    usual = all(ROOT_NAMES[operation] == name for operation, name in schema.roots.items())
    if not operations or (usual and not schema.directives and not schema.description):
        return ""
    directives = "".join(f"\n  {_application(directive)}" for directive in schema.directives)
    return f"{_description(schema.description)}schema{directives or ' '}{_newline(directives)}{_block(operations)}"


def print_definition(definition: DirectiveDefinition) -> str:
    """A directive's definition."""
    repeatable = " repeatable" if definition.repeatable else ""
    arguments = _arguments(definition.arguments, "")
    locations = " | ".join(definition.locations)
    return f"{_description(definition.description)}directive @{definition.name}{arguments}{repeatable} on {locations}"


def print_type(type_: Type) -> str:
    """A type's definition, its directives on lines of their own."""
    head = f"{_description(type_.description)}{_KEYWORDS[type_.kind]} {type_.name}"
    if type_.interfaces:
        head += f" implements {' & '.join(type_.interfaces)}"
    directives = "".join(f"\n  {_application(directive)}" for directive in type_.directives)
    body = _body(type_)
    return head + directives + (f"{_newline(directives) or ' '}{body}" if body else "")


def _newline(directives: str) -> str:
    return "\n" if directives else ""


def _body(type_: Type) -> str:
    match type_.kind:
        case Kind.OBJECT | Kind.INTERFACE:
            return _block(map(_field, type_.fields.values()))
        case Kind.INPUT:
            return _block(_input(field, "  ") for field in type_.inputs.values())
        case Kind.ENUM:
            return _block(map(_enum_value, type_.values.values()))
        case Kind.UNION:
            return f"= {' | '.join(type_.members)}" if type_.members else ""
    return ""


def _block(lines: Iterable[str]) -> str:
    text = "\n".join(lines)
    return f"{{\n{text}\n}}" if text else ""


def _field(field: Field) -> str:
    arguments = _arguments(field.arguments, "  ")
    return f"{_description(field.description, '  ')}  {field.name}{arguments}: {field.type}{_on_line(field.directives)}"


def _enum_value(value: EnumValue) -> str:
    return f"{_description(value.description, '  ')}  {value.name}{_on_line(value.directives)}"


def _arguments(arguments: Mapping[str, InputValue], indent: str) -> str:
    if not arguments:
        return ""
    if all(argument.description is None for argument in arguments.values()):
        return f"({', '.join(_input(argument, '') for argument in arguments.values())})"
    lines = "\n".join(_input(argument, f"{indent}  ") for argument in arguments.values())
    return f"(\n{lines}\n{indent})"


def _input(element: InputValue, indent: str) -> str:
    default = "" if isinstance(element.default, Unset) else f" = {show(element.default)}"
    description = _description(element.description, indent)
    return f"{description}{indent}{element.name}: {element.type}{default}{_on_line(element.directives)}"


def _on_line(directives: Iterable[Directive]) -> str:
    return "".join(f" {_application(directive)}" for directive in directives)


def _application(directive: Directive) -> str:
    return f"@{directive.name}{show_arguments(directive.arguments)}"


def _description(text: str | None, indent: str = "") -> str:
    if text is None:
        return ""
    lines = print_block_string(text).splitlines()
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
