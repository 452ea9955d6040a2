"""`@context` and `@fromContext` (federation 2.8): an argument filled from a field of a type further up.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/entities/use-contexts
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import Application, SubgraphSchema, parse_context
from router.federation.fieldsets import (
    FieldSelection,
    FieldSetError,
    FieldSetSelection,
    FragmentSelection,
    parse_field_set,
    syntax,
    walk,
)
from router.federation.model import Field, InputValue, Kind, Type
from router.federation.types import ListOf, Named, NonNull, TypeRef, base_name
from router.federation.values import Unset

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def check_contexts(subgraph: SubgraphSchema, report: Report) -> None:
    types: dict[str, list[Type]] = {}
    for application in subgraph.applications("context"):
        name = str(application.directive.arguments.get("name"))
        if not _NAME.fullmatch(name):
            message = f'Rename the context "{name}" of "{application.coordinate}": use letters and digits only'
            report.error(ErrorCode.CONTEXT_NAME_INVALID, message, subgraph.at(application.directive))
        types.setdefault(name, []).append(application.type)
    for definition in subgraph.schema.definitions.values():
        for argument in definition.arguments.values():
            if subgraph.has(argument, "fromContext"):
                message = f"Remove @fromContext from the definition of @{definition.name}: contexts are for fields"
                report.error(ErrorCode.CONTEXT_NOT_SET, message, subgraph.at(argument))
    for application in subgraph.applications("fromContext"):
        if application.argument:
            _ArgumentCheck(subgraph, report, application, application.argument).run(types)


@dataclass(frozen=True, slots=True)
class _ArgumentCheck:
    subgraph: SubgraphSchema
    report: Report
    application: Application
    argument: InputValue

    def run(self, types: dict[str, list[Type]]) -> None:
        parent = self.application.type
        if parent.kind is not Kind.OBJECT:
            self._error(ErrorCode.CONTEXT_NOT_SET, "it cannot be on a field of an interface")
            return
        for name in parent.interfaces:
            if self.subgraph.schema.field(name, self.application.on_field.name):
                self._error(ErrorCode.CONTEXT_NOT_SET, f'it cannot be on a field of the interface "{name}"')
        if not isinstance(self.argument.default, Unset):
            self._error(ErrorCode.CONTEXT_NOT_SET, "remove the argument's default: the context gives its value")
        context, selection = parse_context(self.application.directive.arguments.get("field"))
        if not context or not selection:
            self._error(ErrorCode.NO_CONTEXT_IN_SELECTION, 'write a context and a selection, as in "$name { field }"')
            return
        if context not in types:
            self._error(ErrorCode.CONTEXT_NOT_SET, f'no type of this subgraph sets the context "{context}"')
        else:
            self._check_selection(selection, types[context])
        if not any(key.arguments.get("resolvable") is not False for key in self.subgraph.applied(parent, "key")):
            self._error(ErrorCode.CONTEXT_NO_RESOLVABLE_KEY, f'give "{parent.name}" a resolvable @key')

    def _error(self, code: ErrorCode, problem: str) -> None:
        message = f'In @fromContext on "{self.application.coordinate}", {problem}'
        self.report.error(code, message, self.subgraph.at(self.application.directive))

    def _invalid(self, problem: str) -> None:
        self._error(ErrorCode.CONTEXT_INVALID_SELECTION, problem)

    def _check_selection(self, text: str, types: list[Type]) -> None:
        try:
            conditions = _conditions(text)
        except FieldSetError as error:
            self._invalid(str(error))
            return
        unmatched = set(conditions or ())
        for type_ in types:
            try:
                selections = parse_field_set(self.subgraph.schema, type_.name, text, allow_alias=True)
            except FieldSetError as error:
                self._invalid(f'it does not fit "{type_.name}": {error}')
                return
            for selection in walk(selections):
                if selection.directives:
                    self._invalid("remove the directives of the selection")
                if isinstance(selection, FieldSelection) and selection.alias:
                    self._invalid("remove the aliases of the selection")
            if conditions is None:
                fits = self._check_value(type_.name, selections)
            else:
                fits = self._check_fragments(type_, selections, unmatched)
            if not fits:
                return
        for name in sorted(unmatched):
            self._invalid(f'remove the fragment on "{name}": the context is never set by such a type')

    def _check_value(self, parent: str, selections: tuple[FieldSetSelection, ...]) -> bool:
        selected = self._selected_type(parent, selections)
        if selected is None or not _fits(selected, self.argument.type):
            self._invalid(
                f'the selection\'s type "{selected}" does not fit that of the argument, "{self.argument.type}"'
            )
            return False
        return True

    def _check_fragments(self, type_: Type, selections: tuple[FieldSetSelection, ...], unmatched: set[str]) -> bool:
        possible = self.subgraph.schema.possible_types(type_.name)
        matching = []
        for fragment in selections:
            if not isinstance(fragment, FragmentSelection) or not fragment.explicit:
                self._invalid("write either one field, or fragments with a type condition each")
            elif self.subgraph.schema.kind(fragment.condition) is not Kind.OBJECT:
                self._invalid(f'the type condition "{fragment.condition}" must be an object type')
            elif fragment.condition in possible:
                matching.append(fragment)
                unmatched.discard(fragment.condition)
        if not matching:
            self._invalid(f'no fragment is on "{type_.name}"')
            return False
        return all(self._check_value(fragment.condition, fragment.selections) for fragment in matching)

    def _selected_type(self, parent: str, selections: tuple[FieldSetSelection, ...]) -> TypeRef | None:
        """The type of what is selected, lists kept; None if the selections do not agree on one."""
        type_ = self.subgraph.schema.types[parent]
        if self.subgraph.is_interface_object(type_):
            self._invalid(f'"{parent}" is an @interfaceObject, of which no context can be read')
        found = {self._field_type(selection) for selection in selections}
        return found.pop() if len(found) == 1 else None

    def _field_type(self, selection: FieldSetSelection) -> TypeRef | None:
        if not isinstance(selection, FieldSelection):
            return None
        field: Field = selection.field
        inner: TypeRef | None = Named(base_name(field.type))
        if selection.selections:
            inner = self._selected_type(base_name(field.type), selection.selections)
        return _in_lists(field.type, inner) if inner else None


def _in_lists(outer: TypeRef, inner: TypeRef) -> TypeRef:
    if isinstance(outer, NonNull):
        return _in_lists(outer.of, inner)
    return ListOf(_in_lists(outer.of, inner)) if isinstance(outer, ListOf) else inner


def _fits(selected: TypeRef, argument: TypeRef) -> bool:
    if isinstance(selected, NonNull):
        return _fits(selected.of, argument.of if isinstance(argument, NonNull) else argument)
    if isinstance(selected, ListOf):
        return isinstance(argument, ListOf) and _fits(selected.of, argument.of)
    return isinstance(argument, Named) and argument.name == selected.name


def _conditions(text: str) -> list[str] | None:
    """The type conditions of a selection made of fragments; None if it is one field. Raises `FieldSetError`."""
    selections = syntax(text).selections
    first = selections[0]
    if isinstance(first, FragmentSpreadNode):
        raise FieldSetError("named fragments cannot be used here")
    if isinstance(first, FieldNode):
        if len(selections) > 1:
            raise FieldSetError("select one field only")
        return None
    if not all(isinstance(each, InlineFragmentNode) for each in selections):
        raise FieldSetError("write either one field, or fragments only")
    names = [
        each.type_condition.name.value
        for each in selections
        if isinstance(each, InlineFragmentNode) and each.type_condition
    ]
    if len(set(names)) != len(selections):
        raise FieldSetError("each fragment must have a type condition of its own")
    return names
