"""Field sets: the selections that `@key`, `@requires`, `@provides` and contexts are written in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from graphql import FieldNode, GraphQLSyntaxError, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse

from router.federation.model import Field, Kind, Schema
from router.federation.types import Named, NonNull, base_name
from router.federation.values import UNSET, Value, coerces, constant, show, show_arguments


class FieldSetError(Exception):
    """A field set that does not fit its type; `unknown_field` tells that it asks a field that is not there."""

    def __init__(self, message: str, *, unknown_field: bool = False) -> None:
        super().__init__(message)
        self.unknown_field = unknown_field


@dataclass(frozen=True, slots=True)
class FieldSelection:
    """A field of the type `parent`, and what is selected of its value."""

    parent: str
    field: Field
    arguments: tuple[tuple[str, Value], ...]
    selections: tuple[FieldSetSelection, ...]
    directives: tuple[str, ...] = ()
    alias: str | None = None

    def __str__(self) -> str:
        alias = f"{self.alias}: " if self.alias else ""
        directives = "".join(f" @{name}" for name in self.directives)
        return alias + self.field.name + show_arguments(dict(self.arguments)) + directives + _braces(self.selections)


@dataclass(frozen=True, slots=True)
class FragmentSelection:
    """`... on condition { selections }`; `parent` is the type around it, `condition` that inside."""

    parent: str
    condition: str
    explicit: bool
    selections: tuple[FieldSetSelection, ...]
    directives: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"... on {self.condition}" + _braces(self.selections)


FieldSetSelection = FieldSelection | FragmentSelection

TYPENAME = Field("__typename", NonNull(Named("String")))


def print_field_set(selections: tuple[FieldSetSelection, ...]) -> str:
    """The selections on one line, without outer braces."""
    return " ".join(map(str, selections))


def unordered(selections: tuple[FieldSetSelection, ...]) -> object:
    """Equal for selections that differ in their order only."""
    return frozenset((str(replace(each, selections=())), unordered(each.selections)) for each in selections)


def _braces(selections: tuple[FieldSetSelection, ...]) -> str:
    return f" {{ {print_field_set(selections)} }}" if selections else ""


@lru_cache(maxsize=4096)
def _parsed(text: str) -> SelectionSetNode | str:
    """The syntax tree of a field set, or why it has none."""
    if not text.strip("{}, \t\r\n"):
        return "it must name at least one field"
    source = text if text.strip().startswith("{") else f"{{{text}}}"
    try:
        document = parse(source, no_location=True, allow_empty_selection_sets=False)
    except GraphQLSyntaxError as error:
        return error.message
    operation = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(operation, OperationDefinitionNode):
        return "it must be one selection set"
    return operation.selection_set


def syntax(text: str) -> SelectionSetNode:
    """The syntax tree of a field set; raises `FieldSetError`."""
    node = _parsed(text)
    if isinstance(node, str):
        raise FieldSetError(node)
    return node


def parse_field_set(
    schema: Schema, parent: str, text: str, *, allow_alias: bool = False
) -> tuple[FieldSetSelection, ...]:
    """The selections of a field set on a type; raises `FieldSetError` where it does not fit."""
    return _Parser(schema, allow_alias=allow_alias).selections(syntax(text), parent)


def fields_of(schema: Schema, parent: str, text: Value) -> Iterator[tuple[str, Field]]:
    """The fields, with their parents, that a field set names up to its first unknown field or argument; never raises."""
    node = _parsed(text) if isinstance(text, str) else "not a string"
    if not isinstance(node, str):
        with suppress(FieldSetError):
            yield from _fields(schema, parent, node)


def _fields(schema: Schema, parent: str, node: SelectionSetNode) -> Iterator[tuple[str, Field]]:
    for selection in node.selections or ():
        if isinstance(selection, FieldNode):
            field = schema.field(parent, selection.name.value)
            if not field and selection.name.value != "__typename":
                raise FieldSetError(f'type "{parent}" has no field "{selection.name.value}"', unknown_field=True)
            if not field:
                continue
            yield parent, field
            if any(argument.name.value not in field.arguments for argument in selection.arguments or ()):
                raise FieldSetError(f'"{parent}.{field.name}" lacks an argument')
            if selection.selection_set:
                yield from _fields(schema, base_name(field.type), selection.selection_set)
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition.name.value if selection.type_condition else parent
            yield from _fields(schema, condition, selection.selection_set)


def walk(selections: tuple[FieldSetSelection, ...]) -> Iterator[FieldSetSelection]:
    """All selections at any depth, outer ones first."""
    for selection in selections:
        yield selection
        yield from walk(selection.selections)


class _Parser:
    def __init__(self, schema: Schema, *, allow_alias: bool) -> None:
        self._schema = schema
        self._allow_alias = allow_alias

    def selections(self, node: SelectionSetNode, parent: str) -> tuple[FieldSetSelection, ...]:
        found: list[FieldSetSelection] = []
        for selection in node.selections or ():
            if isinstance(selection, FieldNode):
                found.append(self._field(selection, parent))
            elif isinstance(selection, InlineFragmentNode):
                found.append(self._fragment(selection, parent))
            else:
                raise FieldSetError("named fragments cannot be used here: write the fields themselves")
        return tuple(found)

    def _field(self, node: FieldNode, parent: str) -> FieldSelection:
        name = node.name.value
        field = TYPENAME if name == "__typename" else self._schema.field(parent, name)
        if not field:
            raise FieldSetError(f'type "{parent}" has no field "{name}"', unknown_field=True)
        if node.alias and not self._allow_alias:
            raise FieldSetError(f'remove the alias "{node.alias.value}": aliases are not supported here')
        arguments = tuple((argument.name.value, constant(argument.value)) for argument in node.arguments or ())
        self._check_arguments(parent, field, dict(arguments))
        type_name = base_name(field.type)
        kind = self._schema.kind(type_name)
        if node.selection_set and not (kind and kind.composite):
            raise FieldSetError(f'"{parent}.{name}" has no fields to select: its type is "{field.type}"')
        if not node.selection_set and kind and kind.composite:
            raise FieldSetError(f'select at least one field of "{parent}.{name}", whose type is "{field.type}"')
        return FieldSelection(
            parent,
            field,
            arguments,
            self.selections(node.selection_set, type_name) if node.selection_set else (),
            self._directives(node),
            node.alias.value if node.alias else None,
        )

    def _check_arguments(self, parent: str, field: Field, arguments: dict[str, Value]) -> None:
        coordinate = f"{parent}.{field.name}"
        for name, value in arguments.items():
            if name not in field.arguments:
                raise FieldSetError(f'field "{coordinate}" has no argument "{name}"')
            if not coerces(value, field.arguments[name].type, self._is_leaf_value):
                raise FieldSetError(f'{show(value)} cannot be the value of the argument "{name}" of "{coordinate}"')
        for argument in field.arguments.values():
            contextual = any(directive.name.endswith("fromContext") for directive in argument.directives)
            if argument.required and argument.name not in arguments and not contextual:
                raise FieldSetError(f'give a value to the argument "{argument.name}" of "{coordinate}"')

    def _is_leaf_value(self, value: Value, name: str) -> bool:
        return value is not UNSET and is_value(self._schema, value, name)

    def _fragment(self, node: InlineFragmentNode, parent: str) -> FragmentSelection:
        condition = node.type_condition.name.value if node.type_condition else parent
        kind = self._schema.kind(condition)
        if not kind or not kind.composite:
            raise FieldSetError(f'"{condition}" cannot be a type condition: it is no type with fields in this schema')
        return FragmentSelection(
            parent,
            condition,
            node.type_condition is not None,
            self.selections(node.selection_set, condition),
            self._directives(node),
        )

    def _directives(self, node: FieldNode | InlineFragmentNode) -> tuple[str, ...]:
        names = tuple(directive.name.value for directive in node.directives or ())
        for name in names:
            if name not in ("include", "skip") and name not in self._schema.definitions:
                raise FieldSetError(f"remove @{name}, which is not defined")
        return names


_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1


def is_value(schema: Schema, value: Value, name: str) -> bool:
    """Whether a constant that is neither null nor a list can be of a named input type."""
    type_ = schema.types.get(name)
    if type_ is None:
        return _is_built_in(value, name)
    if type_.kind is Kind.ENUM:
        return isinstance(value, str) and value in type_.values
    if type_.kind is Kind.INPUT:
        # What is missing is left to the server that reads the value: Apollo's composer does so too.
        return isinstance(value, dict) and all(
            key in type_.inputs and coerces(each, type_.inputs[key].type, lambda item, of: is_value(schema, item, of))
            for key, each in value.items()
        )
    return type_.kind is Kind.SCALAR


def _is_built_in(value: Value, name: str) -> bool:
    match name:
        case "Int":
            return isinstance(value, int) and not isinstance(value, bool) and _INT_MIN <= value <= _INT_MAX
        case "Float":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "Boolean":
            return isinstance(value, bool)
        case "ID":
            return isinstance(value, (str, int)) and not isinstance(value, bool)
        case "String":
            return isinstance(value, str)
    return True
