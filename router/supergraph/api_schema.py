"""The public schema of a supergraph: without the features' own elements and without what is inaccessible."""

from dataclasses import replace
from typing import Any

from graphql import (
    DirectiveDefinitionNode,
    DirectiveLocation,
    DocumentNode,
    GraphQLSchema,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    build_ast_schema,
)

from router.supergraph.links import SupergraphLinks

_KEPT = frozenset(("deprecated", "specifiedBy", "oneOf"))
_EXECUTABLE = frozenset(
    location.name
    for location in DirectiveLocation
    if location.name in {"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "VARIABLE_DEFINITION"}
    or location.name.startswith("FRAGMENT")
    or location.name == "INLINE_FRAGMENT"
)


def build_api_schema(document: DocumentNode, links: SupergraphLinks) -> GraphQLSchema:
    """Build the schema that clients are validated against and introspect."""
    hidden = links.directive("inaccessible", "inaccessible")
    definitions = [
        node
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode) and not links.is_internal(node.name.value) and not _has(node, hidden)
    ]
    names = {node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode)}
    gone = names - {node.name.value for node in definitions}
    directives = [
        node
        for node in document.definitions
        if isinstance(node, DirectiveDefinitionNode)
        and not links.is_feature_directive(node.name.value)
        and any(location.value in _EXECUTABLE for location in node.locations)
    ]
    schema = [_clean_schema(node) for node in document.definitions if isinstance(node, SchemaDefinitionNode)]
    types = [_clean_type(node, hidden, gone) for node in definitions]
    api = DocumentNode(definitions=(*schema, *directives, *types))
    return build_ast_schema(api, assume_valid=True, assume_valid_sdl=True)


def _has(node: Any, directive: str) -> bool:
    return any(use.name.value == directive for use in node.directives or ())


def _kept(node: Any) -> tuple[Any, ...]:
    return tuple(use for use in node.directives or () if use.name.value in _KEPT)


def _clean_schema(node: SchemaDefinitionNode) -> SchemaDefinitionNode:
    return replace(node, directives=())


def _clean_type(node: Any, hidden: str, gone: set[str]) -> Any:
    changes: dict[str, Any] = {"directives": _kept(node)}
    for part in ("fields", "values"):
        if items := getattr(node, part, None):
            changes[part] = tuple(_clean_item(item, hidden) for item in items if not _has(item, hidden))
    for part in ("interfaces", "types"):
        if items := getattr(node, part, None):
            changes[part] = tuple(item for item in items if item.name.value not in gone)
    return replace(node, **changes)


def _clean_item(item: Any, hidden: str) -> Any:
    changes: dict[str, Any] = {"directives": _kept(item)}
    if arguments := getattr(item, "arguments", None):
        changes["arguments"] = tuple(_clean_item(entry, hidden) for entry in arguments if not _has(entry, hidden))
    return replace(item, **changes)
