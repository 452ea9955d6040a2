"""`__schema` and `__type`, answered by the router itself from the API schema."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    execute_sync,
)

from router.planning.deferral import DEFER

_INTROSPECTION = ("__schema", "__type")


def introspection_document(document: DocumentNode, operation: OperationDefinitionNode) -> DocumentNode | None:
    """The operation with nothing but its introspection fields; None if it has none."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    selections = _only(operation.selection_set, fragments)
    if not selections:
        return None
    narrowed = replace(operation, selection_set=SelectionSetNode(selections=selections), directives=())
    return DocumentNode(definitions=(narrowed, *fragments.values()))


def introspect(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to an introspection document: `data` and perhaps `errors`."""
    result = execute_sync(schema, document, variable_values=dict(variables))
    return dict(result.formatted)


def _only(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[SelectionNode, ...]:
    found: list[SelectionNode] = []
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            if node.name.value in _INTROSPECTION:
                found.append(node)
            continue
        inner = fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        if isinstance(inner, InlineFragmentNode | FragmentDefinitionNode):
            kept = _only(inner.selection_set, fragments)
            if kept:
                wrapped = SelectionSetNode(selections=kept)
                directives = tuple(one for one in node.directives or () if one.name.value != DEFER)  # it is at hand
                found.append(InlineFragmentNode(directives=directives, selection_set=wrapped))
    return tuple(found)
