"""Removes from an operation, before planning, what its caller may not see.

A field is denied by its own rule, by the rule of the type that it gives, and, where it gives an interface whose fields
are selected directly, by the rule of any type that may come. Its response path gets null and an error; a field of which
nothing is left is not asked for either. `__typename` and introspection are free for all.
"""

from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from router.authorization.access import Access
from router.authorization.rules import AccessRules
from router.translations import gettext_noop

_META = frozenset({"__typename", "__schema", "__type"})

FieldPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """A selection that was removed: its response path, with `@` for each list on the way."""

    path: FieldPath

    def error(self) -> dict[str, Any]:
        """The GraphQL error that tells the client."""
        return {
            "message": gettext_noop("Unauthorized field or type"),
            "path": list(self.path),
            "extensions": {"code": "UNAUTHORIZED_FIELD_OR_TYPE"},
        }


def filter_operation(
    schema: GraphQLSchema,
    rules: AccessRules,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    access: Access,
) -> tuple[DocumentNode, tuple[Denied, ...]]:
    """The document without what `access` does not allow in `operation`, and what was removed.

    `document` is valid. Where nothing is denied it comes back as it is; otherwise as the operation alone, its fragment
    spreads written as inline fragments. An operation of which nothing is left has an empty selection set.
    """
    if access.unrestricted or not rules:
        return document, ()
    filtering = _SelectionFilter(schema, rules, document, access)
    selections = filtering.operation(operation)
    if not filtering.denied:
        return document, ()
    filtered = replace(operation, selection_set=SelectionSetNode(selections=selections))
    return DocumentNode(definitions=(filtered,)), tuple(Denied(path) for path in filtering.denied)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a selection stands: the type it selects from, the object types that may come there, its response path.

    `closed`: no field may be selected here, because one of those types is denied.
    """

    parent: GraphQLNamedType
    possible: frozenset[str]
    path: FieldPath
    closed: bool


class _SelectionFilter:
    def __init__(self, schema: GraphQLSchema, rules: AccessRules, document: DocumentNode, access: Access) -> None:
        self._schema = schema
        self._rules = rules
        self._access = access
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.denied: dict[FieldPath, None] = {}

    def operation(self, operation: OperationDefinitionNode) -> tuple[SelectionNode, ...]:
        root = self._schema.get_root_type(operation.operation)
        if root is None:  # not of a valid document
            return ()
        closed = not self._rules.allows_type(root.name, self._access)
        return self._selections(operation.selection_set, _Scope(root, frozenset({root.name}), (), closed))

    def _selections(self, selection_set: SelectionSetNode, scope: _Scope) -> tuple[SelectionNode, ...]:
        kept = (
            self._field(node, scope) if isinstance(node, FieldNode) else self._fragment(node, scope)
            for node in selection_set.selections
        )
        return tuple(node for node in kept if node is not None)

    def _field(self, node: FieldNode, scope: _Scope) -> FieldNode | None:
        name = node.name.value
        if name in _META:
            return node
        key = node.alias.value if node.alias else name
        definition = scope.parent.fields[name]  # type: ignore[attr-defined]  # fields are selected from composites only
        path = (*scope.path, key)
        given = get_named_type(definition.type)
        possible = self._possible(given)
        if (scope.parent.name, name) in self._rules.checked:
            possible = frozenset(item for item in possible if self._rules.allows_type(item, self._access))
        if scope.closed or not self._allows(scope.parent.name, name, given, possible, node):
            self.denied[path] = None
            return None
        if node.selection_set is None or not is_composite_type(given):
            return node
        inner = _Scope(given, possible, (*path, *_list_marks(definition.type)), closed=False)
        selections = self._selections(node.selection_set, inner)
        if not selections:
            return None
        return replace(node, selection_set=SelectionSetNode(selections=selections))

    def _allows(
        self, parent: str, name: str, given: GraphQLNamedType, possible: frozenset[str], node: FieldNode
    ) -> bool:
        if not self._rules.allows_field(parent, name, self._access):
            return False
        if not self._rules.allows_type(given.name, self._access):
            return False
        return not (is_interface_type(given) and self._selects_directly(node)) or self._allows_all(possible)

    def _selects_directly(self, node: FieldNode) -> bool:
        return node.selection_set is not None and any(
            isinstance(item, FieldNode) and item.name.value not in _META for item in node.selection_set.selections
        )

    def _allows_all(self, types: frozenset[str]) -> bool:
        return all(self._rules.allows_type(name, self._access) for name in types)

    def _fragment(self, node: SelectionNode, scope: _Scope) -> InlineFragmentNode | None:
        if isinstance(node, FragmentSpreadNode):
            definition = self._fragments[node.name.value]
            node = InlineFragmentNode(
                type_condition=definition.type_condition,
                directives=node.directives,
                selection_set=definition.selection_set,
            )
        assert isinstance(node, InlineFragmentNode)  # noqa: S101 - the third and last kind of selection
        selections = self._selections(node.selection_set, self._narrowed(node, scope))
        return replace(node, selection_set=SelectionSetNode(selections=selections)) if selections else None

    def _narrowed(self, node: InlineFragmentNode, scope: _Scope) -> _Scope:
        condition = self._schema.type_map[node.type_condition.name.value] if node.type_condition else scope.parent
        possible = scope.possible & self._possible(condition)
        denied = not self._rules.allows_type(condition.name, self._access) or not self._allows_all(possible)
        # Under a root type or an object, `closed` was decided where the object was entered.
        closed = scope.closed if condition is scope.parent and is_object_type(condition) else denied
        return _Scope(condition, possible, scope.path, closed)

    def _possible(self, given: GraphQLNamedType) -> frozenset[str]:
        if is_abstract_type(given):
            return frozenset(item.name for item in self._schema.get_possible_types(given))
        return frozenset({given.name})


def _list_marks(given: GraphQLType) -> FieldPath:
    marks: list[str] = []
    while is_non_null_type(given) or is_list_type(given):
        if is_list_type(given):
            marks.append("@")
        given = given.of_type
    return tuple(marks)
