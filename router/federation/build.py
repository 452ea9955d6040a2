"""SDL documents → records. Extensions are folded into what they extend; nothing is judged here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    InputValueDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
)

from router.federation.model import (
    BUILT_IN_SCALARS,
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
from router.federation.types import type_ref
from router.federation.values import UNSET, constant

KINDS = {
    "scalar_type": Kind.SCALAR,
    "object_type": Kind.OBJECT,
    "interface_type": Kind.INTERFACE,
    "union_type": Kind.UNION,
    "enum_type": Kind.ENUM,
    "input_object_type": Kind.INPUT,
}


def build_schema(document: DocumentNode) -> Schema:
    """The schema that a document of definitions and extensions describes; of duplicates, the last counts."""
    parts: dict[str, list[TypeDefinitionNode | TypeExtensionNode]] = {}
    definitions: dict[str, DirectiveDefinition] = {}
    schema_nodes: list[SchemaDefinitionNode | SchemaExtensionNode] = []
    for node in document.definitions:
        match node:
            case TypeDefinitionNode() | TypeExtensionNode():
                parts.setdefault(node.name.value, []).append(node)
            case SchemaDefinitionNode() | SchemaExtensionNode():
                schema_nodes.append(node)
            case DirectiveDefinitionNode():
                definitions[node.name.value] = build_definition(node)
    types = {name: _type(name, nodes) for name, nodes in parts.items() if not _is_built_in(name)}
    return Schema(
        types=types,
        definitions=definitions,
        roots=_roots(schema_nodes, types),
        directives=tuple(
            directive
            for extension, node in _numbered(schema_nodes)
            for directive in _directives(node.directives, extension)
        ),
        description=next(
            (_text(node.description) for node in schema_nodes if isinstance(node, SchemaDefinitionNode)), None
        ),
    )


def _is_built_in(name: str) -> bool:
    return name.startswith("__") or name in BUILT_IN_SCALARS


def build_definition(node: DirectiveDefinitionNode) -> DirectiveDefinition:
    """The record of a directive's definition."""
    return DirectiveDefinition(
        name=node.name.value,
        locations=tuple(location.value for location in node.locations),
        arguments=_inputs(node.arguments),
        repeatable=node.repeatable,
        description=_text(node.description),
        node=node,
    )


def _roots(nodes: Sequence[SchemaDefinitionNode | SchemaExtensionNode], types: dict[str, Type]) -> dict[str, str]:
    roots = {
        operation.operation.value: operation.type.name.value
        for node in nodes
        for operation in node.operation_types or ()
    }
    if roots and any(map(_is_definition, nodes)):
        return roots
    return roots | {
        operation: name
        for operation, name in ROOT_NAMES.items()
        if operation not in roots and name in types and types[name].kind is Kind.OBJECT
    }


def _type(name: str, nodes: Sequence[TypeDefinitionNode | TypeExtensionNode]) -> Type:
    definition = next(filter(_is_definition, nodes), None)
    first: Any = definition or nodes[0]
    numbered = _numbered(nodes)
    return Type(
        kind=KINDS[first.kind.removesuffix("_definition").removesuffix("_extension")],
        name=name,
        description=_text(getattr(definition, "description", None)),
        directives=tuple(
            directive for extension, node in numbered for directive in _directives(node.directives, extension)
        ),
        interfaces=tuple(_names(nodes, "interfaces")),
        fields={
            field.name.value: _field(field, extension)
            for extension, node in numbered
            for field in getattr(node, "fields", None) or ()
            if isinstance(field, FieldDefinitionNode)
        },
        inputs=_inputs(
            [
                field
                for node in nodes
                for field in getattr(node, "fields", None) or ()
                if isinstance(field, InputValueDefinitionNode)
            ]
        ),
        members=tuple(_names(nodes, "types")),
        values={
            value.name.value: EnumValue(
                value.name.value, _text(value.description), _directives(value.directives), value
            )
            for node in nodes
            for value in getattr(node, "values", None) or ()
        },
        node=first,
        defined=definition is not None,
        extended=any(not _is_definition(node) for node in nodes),
    )


def _numbered(nodes: Sequence[Any]) -> list[tuple[int, Any]]:
    """Each node with its extension: 0 for definitions, 1, 2, … for extensions."""
    extension = 0
    numbered = []
    for node in nodes:
        extension += not _is_definition(node)
        numbered.append((0 if _is_definition(node) else extension, node))
    return numbered


def _is_definition(node: Any) -> bool:
    return isinstance(node, (TypeDefinitionNode, SchemaDefinitionNode))


def _names(nodes: Sequence[Any], attribute: str) -> dict[str, None]:
    return {name.name.value: None for node in nodes for name in getattr(node, attribute, None) or ()}


def _field(node: FieldDefinitionNode, extension: int) -> Field:
    return Field(
        name=node.name.value,
        type=type_ref(node.type),
        arguments=_inputs(node.arguments),
        description=_text(node.description),
        directives=_directives(node.directives),
        node=node,
        extension=extension,
    )


def _inputs(nodes: Sequence[InputValueDefinitionNode] | None) -> dict[str, InputValue]:
    return {
        node.name.value: InputValue(
            name=node.name.value,
            type=type_ref(node.type),
            default=UNSET if node.default_value is None else constant(node.default_value),
            description=_text(node.description),
            directives=_directives(node.directives),
            node=node,
        )
        for node in nodes or ()
    }


def _directives(nodes: Sequence[ConstDirectiveNode] | None, extension: int = 0) -> tuple[Directive, ...]:
    return tuple(
        Directive(
            node.name.value,
            {argument.name.value: constant(argument.value) for argument in node.arguments or ()},
            node,
            extension,
        )
        for node in nodes or ()
    )


def _text(node: StringValueNode | None) -> str | None:
    return node.value if node else None
