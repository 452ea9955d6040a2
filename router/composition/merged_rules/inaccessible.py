"""`@inaccessible`: what is hidden from clients must not be needed by what they see.

https://specs.apollo.dev/inaccessible/v0.2
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from graphql import Node

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.merge.definitions import EXECUTABLE
from router.composition.merge.supergraph import Merged
from router.composition.subgraph import SubgraphSchema
from router.federation.model import (
    DirectiveDefinition,
    EnumValue,
    Field,
    InputValue,
    Kind,
    Schema,
    Type,
)
from router.federation.types import ListOf, NonNull, TypeRef, base_name
from router.federation.values import Unset, Value

InaccessibleProblem = tuple[ErrorCode, str, tuple[str, ...]]  # with the coordinates that it is about


def check_inaccessible(merged: Merged, subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    name = merged.features.name_of("inaccessible")
    if name:
        for code, message, coordinates in _InaccessibleCheck(merged, name).problems():
            report.error(code, message, list(_places(subgraphs, coordinates)))


def _places(subgraphs: Sequence[SubgraphSchema], coordinates: Iterable[str]) -> Iterator[tuple[str, Node | None]]:
    for coordinate in coordinates:
        for subgraph in subgraphs:
            element = _element(subgraph.schema, coordinate)
            if element is not None:
                yield subgraph.name, element.node


def _element(schema: Schema, coordinate: str) -> Any:
    path, _, argument = coordinate.rstrip(":)").partition("(")
    if path.startswith("@"):
        definition = schema.definitions.get(path[1:])
        return definition.arguments.get(argument) if definition and argument else definition
    type_name, _, name = path.partition(".")
    type_ = schema.types.get(type_name)
    if not type_ or not name:
        return type_
    field = type_.fields.get(name)
    if field and argument:
        return field.arguments.get(argument)
    return field or type_.inputs.get(name) or type_.values.get(name)


class _InaccessibleCheck:
    def __init__(self, merged: Merged, name: str) -> None:
        self._schema = merged.schema
        self._name = name
        self._links = merged.features.links
        self._default_users = dict(self._collect_default_users())

    def _hidden(self, element: Type | Field | InputValue | EnumValue) -> bool:
        return any(directive.name == self._name for directive in element.directives)

    def problems(self) -> Iterator[InaccessibleProblem]:
        for type_ in self._schema.types.values():
            if self._links.origin(type_.name, directive=False):
                yield from self._disallowed(type_.name, self._hidden_in(type_), "every client sees it")
            elif self._hidden(type_):
                yield from self._references(type_)
            else:
                yield from self._visible_type(type_)
        for definition in self._schema.definitions.values():
            yield from self._definition(definition)

    def _disallowed(self, coordinate: str, hidden: list[str], why: str) -> Iterator[InaccessibleProblem]:
        if hidden:
            message = f"Remove @inaccessible from {quoted(hidden)}: {why}"
            yield ErrorCode.DISALLOWED_INACCESSIBLE, message, (coordinate, *hidden)

    def _hidden_in(self, type_: Type) -> list[str]:
        found = [type_.name] if self._hidden(type_) else []
        for field in type_.fields.values():
            found += [f"{type_.name}.{field.name}"] if self._hidden(field) else []
            found += [f"{type_.name}.{field.name}({a.name}:)" for a in field.arguments.values() if self._hidden(a)]
        return found + [f"{type_.name}.{part.name}" for part in type_.parts if self._hidden(part)]

    # A hidden type

    def _references(self, type_: Type) -> Iterator[InaccessibleProblem]:
        if self._schema.roots.get("query") == type_.name:
            message = f'Remove @inaccessible from "{type_.name}": clients need the query root'
            yield ErrorCode.QUERY_ROOT_TYPE_INACCESSIBLE, message, (type_.name,)
        for coordinate in self._visible_users(type_.name):
            message = f'Mark "{coordinate}" as @inaccessible too: its type "{type_.name}" is'
            yield ErrorCode.REFERENCED_INACCESSIBLE, message, (type_.name, coordinate)

    def _visible_users(self, name: str) -> Iterator[str]:
        """The coordinates of fields, arguments and input fields that clients see and that are of a type."""
        for type_ in self._schema.types.values():
            for field in () if self._hidden(type_) else type_.fields.values():
                if base_name(field.type) == name and not self._hidden(field):
                    yield f"{type_.name}.{field.name}"
        for coordinate, element in self._visible_inputs():
            if base_name(element.type) == name:
                yield coordinate

    # A visible type

    def _visible_type(self, type_: Type) -> Iterator[InaccessibleProblem]:
        children: list[Any] = [*type_.fields.values(), *type_.parts]
        children += [self._schema.types[member] for member in type_.members]
        if type_.kind is not Kind.SCALAR and all(map(self._hidden, children)):
            message = f'Mark "{type_.name}" as @inaccessible too, or leave some part of it visible: all of it is hidden'
            parts = tuple(self._hidden_in(type_)) or type_.members
            yield ErrorCode.ONLY_INACCESSIBLE_CHILDREN, message, (type_.name, *parts)
        for field in type_.fields.values():
            if self._hidden(field):
                yield from self._hidden_field(type_, field)
            else:
                for argument in field.arguments.values():
                    if self._hidden(argument):
                        yield from self._hidden_argument(type_, field, argument)
        for part in type_.parts:
            if self._hidden(part):
                yield from self._hidden_part(f"{type_.name}.{part.name}", part)

    def _interfaces(self, type_: Type) -> Iterator[Type]:
        """The visible interfaces of a type."""
        interfaces = (self._schema.types[name] for name in type_.interfaces)
        return (interface for interface in interfaces if not self._hidden(interface))

    def _hidden_field(self, type_: Type, field: Field) -> Iterator[InaccessibleProblem]:
        for interface in self._interfaces(type_):
            implemented = interface.fields.get(field.name)
            if implemented and not self._hidden(implemented):
                ours, theirs = f"{type_.name}.{field.name}", f"{interface.name}.{field.name}"
                message = f'Mark "{theirs}" as @inaccessible too: "{ours}", which implements it, is'
                yield ErrorCode.IMPLEMENTED_BY_INACCESSIBLE, message, (ours, theirs)

    def _hidden_argument(self, type_: Type, field: Field, argument: InputValue) -> Iterator[InaccessibleProblem]:
        coordinate = f"{type_.name}.{field.name}({argument.name}:)"
        if argument.required:
            message = f'Make "{coordinate}" optional: it is required, but @inaccessible to clients'
            yield ErrorCode.REQUIRED_INACCESSIBLE, message, (coordinate,)
        for name, other in self._implementing_arguments(type_, field, argument):
            if other.required:
                message = f'Make "{name}" optional: it implements "{coordinate}", which is @inaccessible'
                yield ErrorCode.REQUIRED_INACCESSIBLE, message, (coordinate, name)
        for interface in self._interfaces(type_):
            implemented = interface.fields.get(field.name)
            visible = implemented and not self._hidden(implemented) and implemented.arguments.get(argument.name)
            if visible and not self._hidden(visible):
                theirs = f"{interface.name}.{field.name}({argument.name}:)"
                message = f'Mark "{theirs}" as @inaccessible too: "{coordinate}", which implements it, is'
                yield ErrorCode.IMPLEMENTED_BY_INACCESSIBLE, message, (coordinate, theirs)

    def _implementing_arguments(
        self, interface: Type, field: Field, argument: InputValue
    ) -> Iterator[tuple[str, InputValue]]:
        """The visible arguments that implement one of an interface."""
        for type_ in self._schema.types.values():
            found = type_.fields.get(field.name) if interface.name in type_.interfaces else None
            if not found or self._hidden(type_) or self._hidden(found):
                continue
            other = found.arguments.get(argument.name)
            if other and not self._hidden(other):
                yield f"{type_.name}.{field.name}({argument.name}:)", other

    def _hidden_part(self, coordinate: str, part: InputValue | EnumValue) -> Iterator[InaccessibleProblem]:
        if isinstance(part, InputValue) and part.required:
            message = f'Make "{coordinate}" optional: it is required, but @inaccessible to clients'
            yield ErrorCode.REQUIRED_INACCESSIBLE, message, (coordinate,)
        for user in self._default_users.get(coordinate, ()):
            message = f'Remove "{coordinate}" from the default of "{user}", which clients see: it is @inaccessible'
            yield ErrorCode.DEFAULT_VALUE_USES_INACCESSIBLE, message, (coordinate, user)

    # Definitions of directives

    def _definition(self, definition: DirectiveDefinition) -> Iterator[InaccessibleProblem]:
        name = f"@{definition.name}"
        hidden = [argument for argument in definition.arguments.values() if self._hidden(argument)]
        coordinates = [f"{name}({argument.name}:)" for argument in hidden]
        if self._links.origin(definition.name, directive=True):
            yield from self._disallowed(name, coordinates, f"{name} belongs to a linked feature")
        elif not EXECUTABLE.issuperset(definition.locations):
            yield from self._disallowed(name, coordinates, f"{name} is for schemas, which clients do not see")
        else:
            for argument, coordinate in zip(hidden, coordinates, strict=True):
                if argument.required:
                    message = f'Make "{coordinate}" optional: it is required, but @inaccessible to clients'
                    yield ErrorCode.REQUIRED_INACCESSIBLE, message, (coordinate,)

    # Defaults

    def _collect_default_users(self) -> dict[str, list[str]]:
        """For each enum value and input field: what clients see whose default uses it."""
        users: dict[str, list[str]] = {}
        for coordinate, element in self._visible_inputs():
            if not isinstance(element.default, Unset):
                for used in self._used(element.default, element.type):
                    users.setdefault(used, []).append(coordinate)
        return users

    def _visible_inputs(self) -> Iterator[tuple[str, InputValue]]:
        for type_ in self._schema.types.values():
            if self._hidden(type_):
                continue
            for field in type_.fields.values():
                for argument in field.arguments.values():
                    if not self._hidden(field) and not self._hidden(argument):
                        yield f"{type_.name}.{field.name}({argument.name}:)", argument
            for part in type_.inputs.values():
                if not self._hidden(part):
                    yield f"{type_.name}.{part.name}", part
        for definition in self._schema.definitions.values():
            for argument in definition.arguments.values():
                if not self._hidden(argument):
                    yield f"@{definition.name}({argument.name}:)", argument

    def _used(self, value: Value, ref: TypeRef) -> Iterator[str]:
        if isinstance(ref, NonNull):
            yield from self._used(value, ref.of)
        elif isinstance(ref, ListOf):
            for item in value if isinstance(value, list) else [value]:
                yield from self._used(item, ref.of)
        else:
            type_ = self._schema.types.get(ref.name)
            if type_ and isinstance(value, str) and value in type_.values:
                yield f"{type_.name}.{value}"
            if type_ and isinstance(value, dict):
                for name in value.keys() & type_.inputs.keys():
                    yield f"{type_.name}.{name}"
                    yield from self._used(value[name], type_.inputs[name].type)
