"""GraphQL's type system rules (specification of October 2021, section 3) for schema records.

They hold for subgraphs and for what is merged of them. What SDL alone shows is validated by graphql-core.

https://spec.graphql.org/October2021/#sec-Type-System
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import Node
from graphql.pyutils import suggestion_list

from router.federation.fieldsets import is_value
from router.federation.model import (
    BUILT_IN_SCALARS,
    Directive,
    DirectiveDefinition,
    EnumValue,
    Field,
    InputValue,
    Kind,
    Schema,
    Type,
    applied,
)
from router.federation.types import ListOf, Named, NonNull, TypeRef, base_name, nullable
from router.federation.values import Unset, coerces, show

AnyElement = Type | Field | InputValue | EnumValue | DirectiveDefinition | Directive
Problems = Iterator[tuple[str, AnyElement | None]]

UNSUPPORTED_DIRECTIVES = frozenset({"oneOf"})


def schema_problems(schema: Schema) -> Iterator[tuple[str, Node | None]]:
    """What is wrong, and where it is written."""
    for message, element in _problems(schema):
        yield message, element.node if element else None


def root_problems(schema: Schema) -> Iterator[str]:
    """Roots that are no object types."""
    for operation, name in schema.roots.items():
        if schema.kind(name) is not Kind.OBJECT:
            yield f'Define the {operation} root "{name}" as an object type'


def _problems(schema: Schema) -> Problems:
    for message in root_problems(schema):
        yield message, None
    for type_ in schema.types.values():
        yield from _type_problems(schema, type_)
    for definition in schema.definitions.values():
        yield from _name_problems(f"@{definition.name}", definition.name, definition)
        for argument in definition.arguments.values():
            yield from _input_problems(schema, f"@{definition.name}({argument.name}:)", argument)
    yield from _application_problems(schema)
    yield from _circular_inputs(schema)


def _name_problems(coordinate: str, name: str, element: AnyElement) -> Problems:
    if name.startswith("__"):
        yield f'Rename "{coordinate}": names that begin with "__" belong to introspection', element


def _type_problems(schema: Schema, type_: Type) -> Problems:
    yield from _name_problems(type_.name, type_.name, type_)
    match type_.kind:
        case Kind.OBJECT | Kind.INTERFACE:
            yield from _field_problems(schema, type_)
            yield from _implementation_problems(schema, type_)
        case Kind.INPUT:
            if not type_.inputs:
                yield f'Give the input type "{type_.name}" at least one field', type_
            for field in type_.inputs.values():
                yield from _input_problems(schema, f"{type_.name}.{field.name}", field)
        case Kind.UNION:
            yield from _union_problems(schema, type_)
        case Kind.ENUM:
            yield from _enum_problems(type_)


def _union_problems(schema: Schema, type_: Type) -> Problems:
    if not type_.members:
        yield f'Give the union "{type_.name}" at least one member', type_
    for member in type_.members:
        if schema.kind(member) is not Kind.OBJECT:
            yield f'Remove "{member}" from the union "{type_.name}": members are object types', type_


def _enum_problems(type_: Type) -> Problems:
    if not type_.values:
        yield f'Give the enum "{type_.name}" at least one value', type_
    for value in type_.values.values():
        yield from _name_problems(f"{type_.name}.{value.name}", value.name, value)
        if value.name in ("true", "false", "null"):
            yield f'Rename "{type_.name}.{value.name}": an enum cannot have such a value', value


def _field_problems(schema: Schema, type_: Type) -> Problems:
    if not type_.fields and type_.name != schema.roots.get("query"):  # routers give the query root fields of their own
        yield f'Give the type "{type_.name}" at least one field', type_
    for field in type_.fields.values():
        coordinate = f"{type_.name}.{field.name}"
        yield from _name_problems(coordinate, field.name, field)
        kind = schema.kind(base_name(field.type))
        if not kind:
            yield _unknown(schema, coordinate, base_name(field.type)), field
        elif not kind.output:
            yield f'The type of "{coordinate}" must be for output, not "{field.type}"', field
        for argument in field.arguments.values():
            yield from _input_problems(schema, f"{coordinate}({argument.name}:)", argument)


def _input_problems(schema: Schema, coordinate: str, element: InputValue) -> Problems:
    yield from _name_problems(coordinate, element.name, element)
    kind = schema.kind(base_name(element.type))
    if not kind:
        yield _unknown(schema, coordinate, base_name(element.type)), element
        return
    if not kind.input:
        yield f'The type of "{coordinate}" must be for input, not "{element.type}"', element
        return
    if element.required and applied(element, "deprecated"):
        yield (
            f'Remove @deprecated from "{coordinate}" or make it optional: what is required cannot be deprecated',
            element,
        )
    if not isinstance(element.default, Unset) and not _fits(schema, element.default, element.type):
        yield f'{show(element.default)} cannot be the default of "{coordinate}" of type "{element.type}"', element


def _unknown(schema: Schema, coordinate: str, name: str) -> str:
    similar = suggestion_list(name, [*schema.types, *BUILT_IN_SCALARS])
    hint = f' (did you mean "{similar[0]}"?)' if similar else ""
    return f'Define the type "{name}" of "{coordinate}", or correct its name{hint}'


def _fits(schema: Schema, value: Any, ref: TypeRef) -> bool:
    return coerces(value, ref, lambda item, name: is_value(schema, item, name))


# Interfaces


def _implementation_problems(schema: Schema, type_: Type) -> Problems:
    for name in type_.interfaces:
        interface = schema.types.get(name)
        if not interface or interface.kind is not Kind.INTERFACE:
            yield f'"{type_.name}" cannot implement "{name}", which is no interface', type_
        elif name == type_.name:
            yield f'"{name}" cannot implement itself', type_
        else:
            for inherited in interface.interfaces:
                if inherited not in type_.interfaces:
                    yield f'"{type_.name}" must implement "{inherited}" too, as its interface "{name}" does', type_
            for field in interface.fields.values():
                yield from _implemented_field_problems(schema, type_, interface, field)


def _implemented_field_problems(schema: Schema, type_: Type, interface: Type, expected: Field) -> Problems:
    wanted = f"{interface.name}.{expected.name}"
    actual = type_.fields.get(expected.name)
    if not actual:
        yield f'Add the field "{expected.name}" to "{type_.name}": its interface "{interface.name}" has it', type_
        return
    coordinate = f"{type_.name}.{actual.name}"
    if not is_subtype(schema, expected.type, actual.type):
        yield (
            f'The type of "{coordinate}" must fit "{expected.type}", that of "{wanted}"; it is "{actual.type}"',
            actual,
        )
    for argument in expected.arguments.values():
        found = actual.arguments.get(argument.name)
        if not found:
            yield f'Add the argument "{argument.name}" to "{coordinate}": "{wanted}" has it', actual
        elif found.type != argument.type:
            yield f'The type of "{coordinate}({argument.name}:)" must be "{argument.type}", as in "{wanted}"', found
    for argument in actual.arguments.values():
        if argument.required and argument.name not in expected.arguments:
            yield f'Make "{coordinate}({argument.name}:)" optional: "{wanted}" does not have it', argument


def is_subtype(schema: Schema, type_: TypeRef, candidate: TypeRef) -> bool:
    """Whether values of `candidate` are values of `type_`: the same, narrower, or less nullable."""
    if type_ == candidate:
        return True
    if isinstance(candidate, NonNull):
        return is_subtype(schema, nullable(type_), candidate.of)
    if isinstance(candidate, ListOf):
        return isinstance(type_, ListOf) and is_subtype(schema, type_.of, candidate.of)
    return isinstance(type_, Named) and _is_narrower(schema, type_.name, candidate.name)


def _is_narrower(schema: Schema, wide_name: str, narrow_name: str) -> bool:
    wide, narrow = schema.types.get(wide_name), schema.types.get(narrow_name)
    if not wide or not narrow:
        return False
    if wide.kind is Kind.UNION:
        return narrow.kind is Kind.OBJECT and narrow_name in wide.members
    return wide.kind is Kind.INTERFACE and wide_name in narrow.interfaces


# Directives


def location_problems(schema: Schema) -> Iterator[str]:
    """Directives where their definitions do not allow them; in subgraphs, graphql-core finds these."""
    for coordinate, location, directive in _applications(schema):
        definition = schema.definitions.get(directive.name)
        if definition and location not in definition.locations:
            yield f"Allow @{directive.name} at {location} in its definition: {coordinate} has it"


def _application_problems(schema: Schema) -> Problems:
    for coordinate, _, directive in _applications(schema):
        if directive.name in UNSUPPORTED_DIRECTIVES and directive.name not in schema.definitions:
            yield f"Remove @{directive.name} from {coordinate}: federation does not know it", directive
        definition = schema.definitions.get(directive.name)
        for argument in definition.arguments.values() if definition else ():
            value = directive.arguments.get(argument.name)
            if value is not None and not _fits(schema, value, argument.type):
                where = f"@{directive.name}({argument.name}:) on {coordinate}"
                yield f'{show(value)} cannot be the value of {where}, whose type is "{argument.type}"', directive


_LOCATIONS = {
    Kind.SCALAR: "SCALAR",
    Kind.OBJECT: "OBJECT",
    Kind.INTERFACE: "INTERFACE",
    Kind.UNION: "UNION",
    Kind.ENUM: "ENUM",
    Kind.INPUT: "INPUT_OBJECT",
}


def _applications(schema: Schema) -> Iterator[tuple[str, str, Directive]]:
    """All applications, each with the coordinate and location that it is at."""
    yield from (("the schema", "SCHEMA", directive) for directive in schema.directives)
    for type_ in schema.types.values():
        yield from ((type_.name, _LOCATIONS[type_.kind], directive) for directive in type_.directives)
        for field in type_.fields.values():
            where = f"{type_.name}.{field.name}"
            yield from ((where, "FIELD_DEFINITION", directive) for directive in field.directives)
            for argument in field.arguments.values():
                inner = f"{where}({argument.name}:)"
                yield from ((inner, "ARGUMENT_DEFINITION", directive) for directive in argument.directives)
        for part in type_.parts:
            location = "ENUM_VALUE" if type_.kind is Kind.ENUM else "INPUT_FIELD_DEFINITION"
            yield from ((f"{type_.name}.{part.name}", location, directive) for directive in part.directives)


# Input objects


def _circular_inputs(schema: Schema) -> Problems:
    """Input types that would need a value of themselves."""
    done: set[str] = set()
    for first in schema.of_kind(Kind.INPUT):
        path = {} if first.name in done else {first.name: _needed_inputs(schema, first)}
        while path:
            name = next(reversed(path))
            field, inner = next(path[name], (None, first))
            if field is None:
                done.add(name)
                del path[name]
            elif inner.name in path:
                yield f'Make "{name}.{field.name}" optional: it asks for "{inner.name}" inside of itself', field
            elif inner.name not in done:
                path[inner.name] = _needed_inputs(schema, inner)


def _needed_inputs(schema: Schema, type_: Type) -> Iterator[tuple[InputValue, Type]]:
    """The fields of an input type that cannot be without a value of another."""
    for field in type_.inputs.values():
        if isinstance(field.type, NonNull) and isinstance(field.type.of, Named):
            inner = schema.types.get(field.type.of.name)
            if inner and inner.kind is Kind.INPUT:
                yield field, inner
