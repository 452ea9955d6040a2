"""Reads supergraph SDL: the join directives of every type, field, union member and implementation, by subgraph."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    SelectionSetNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    parse,
    print_ast,
)

from router.supergraph.api_schema import build_api_schema
from router.supergraph.features import refusals
from router.supergraph.links import SupergraphLinks, directive_arguments, read_links
from router.supergraph.records import (
    ContextArgument,
    FieldType,
    Key,
    Subgraph,
    SubgraphField,
    SubgraphType,
    Supergraph,
    TypeKind,
)

_KINDS: dict[str, TypeKind] = {
    "object_type_definition": "object",
    "interface_type_definition": "interface",
    "union_type_definition": "union",
    "enum_type_definition": "enum",
    "scalar_type_definition": "scalar",
    "input_object_type_definition": "input",
}
_BUILT_IN_SCALARS = ("Int", "Float", "String", "Boolean", "ID")


class SupergraphError(Exception):
    """The text is not a supergraph that the router can run. `code` is the documented one."""

    def __init__(self, reason: str, code: str = "INVALID_FEDERATION_SUPERGRAPH") -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


def read_supergraph(sdl: str) -> Supergraph:
    """Read a composed supergraph. Raises SupergraphError with the reason if it is none."""
    try:
        document = parse(sdl, no_location=True)
    except GraphQLError as error:
        raise SupergraphError(f"the supergraph is not valid SDL: {error.message}") from error
    for code, reason in refusals(document):
        raise SupergraphError(reason, code)
    links = read_links(document)
    try:
        schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
        return _SupergraphReader(document, links).read(schema, build_api_schema(document, links))
    except (GraphQLError, KeyError, TypeError) as error:
        raise SupergraphError(f"the supergraph cannot be read: {error}") from error


class _SupergraphReader:
    def __init__(self, document: DocumentNode, links: SupergraphLinks) -> None:
        self.join = links.prefix("join")
        self.context = links.directive("context", "context")
        self.types = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, TypeDefinitionNode) and not links.is_internal(node.name.value)
        }
        self.document = document
        self.graphs = self._graphs()
        if not self.graphs:
            raise SupergraphError(f"the SDL has no enum {self.join}Graph: it is not a composed supergraph")
        self.possible, self.interfaces = self._possible_types()
        self.states_implementations = any(
            True for node in self.types.values() for _ in self._directives(node, "implements")
        )

    def read(self, schema: Any, api_schema: Any) -> Supergraph:
        subgraphs = {
            name: Subgraph(name, graph, url, self._types_of(graph)) for graph, (name, url) in self.graphs.items()
        }
        labels = {
            field.label
            for subgraph in subgraphs.values()
            for kind in subgraph.types.values()
            for field in kind.fields.values()
            if field.label is not None
        }
        return Supergraph(
            subgraphs=subgraphs,
            schema=schema,
            api_schema=api_schema,
            possible=self.possible,
            interfaces=self.interfaces,
            roots=self._roots(),
            context_types=self._context_types(),
            override_labels=frozenset(labels),
            document=self.document,
        )

    def _directives(self, node: Any, name: str) -> Iterator[dict[str, Any]]:
        full = self.join + name
        return (directive_arguments(use) for use in node.directives or () if use.name.value == full)

    def _graphs(self) -> dict[str, tuple[str, str]]:
        for node in self.document.definitions:
            if isinstance(node, EnumTypeDefinitionNode) and node.name.value == f"{self.join}Graph":
                return {
                    value.name.value: (graph["name"], graph.get("url") or "")
                    for value in node.values or ()
                    for graph in self._directives(value, "graph")
                }
        return {}

    def _roots(self) -> dict[str, str]:
        for node in self.document.definitions:
            if isinstance(node, SchemaDefinitionNode):
                return {root.operation.value: root.type.name.value for root in node.operation_types}
        return {name.lower(): name for name in ("Query", "Mutation", "Subscription") if name in self.types}

    def _context_types(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for name, node in self.types.items():
            for use in node.directives or ():
                if use.name.value == self.context:
                    found[directive_arguments(use)["name"]] |= self.possible.get(name, frozenset())
        return {name: frozenset(types) for name, types in found.items()}

    def _possible_types(self) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
        possible: dict[str, set[str]] = defaultdict(set)
        interfaces: dict[str, frozenset[str]] = {}
        for name, node in self.types.items():
            if isinstance(node, ObjectTypeDefinitionNode):
                possible[name].add(name)
                interfaces[name] = frozenset(interface.name.value for interface in node.interfaces or ())
                for interface in interfaces[name]:
                    possible[interface].add(name)
            elif isinstance(node, UnionTypeDefinitionNode):
                possible[name] |= {member.name.value for member in node.types or ()}
            elif isinstance(node, InterfaceTypeDefinitionNode):
                possible[name] |= set()
        return {name: frozenset(types) for name, types in possible.items()}, interfaces

    def _types_of(self, graph: str) -> dict[str, SubgraphType]:
        types = {name: SubgraphType(name, "scalar") for name in _BUILT_IN_SCALARS}
        for name, node in self.types.items():
            uses = list(self._directives(node, "type"))
            here = [use for use in uses if use["graph"] == graph]
            if uses and not here and not self._owned_by(node, graph):
                continue
            types[name] = SubgraphType(
                name=name,
                kind=_KINDS[node.kind],
                keys=tuple(Key(_field_set(use["key"]), use.get("resolvable", True)) for use in here if use.get("key")),
                interface_object=any(use.get("isInterfaceObject") for use in here),
                fields=dict(self._fields_of(node, graph, bool(uses))),
            )
        if any(self._owner(node) for node in self.types.values()):
            self._add_provided(types)
        return {name: replace(kind, possible=self._possible_in(graph, kind, types)) for name, kind in types.items()}

    def _add_provided(self, types: dict[str, SubgraphType]) -> None:
        """List what a subgraph provides, as external: join v0.1 does not."""
        for field in [one for kind in types.values() for one in kind.fields.values()]:
            if field.provides is not None:
                (operation,) = parse(f"{{{field.provides}}}", no_location=True).definitions
                self._add_external(types, field.type.name, cast(OperationDefinitionNode, operation).selection_set)

    def _add_external(self, types: dict[str, SubgraphType], type_name: str, selection_set: SelectionSetNode) -> None:
        for node in selection_set.selections:
            if isinstance(node, InlineFragmentNode):
                on = node.type_condition.name.value if node.type_condition else type_name
                self._add_external(types, on, node.selection_set)
            elif isinstance(node, FieldNode) and (kind := types.get(type_name)):
                for field in getattr(self.types[type_name], "fields", ()):
                    if field.name.value == node.name.value and field.name.value not in kind.fields:
                        found = _subgraph_field(field, {"external": True})
                        types[type_name] = kind = replace(kind, fields={**kind.fields, found.name: found})
                if node.selection_set and (value := kind.fields.get(node.name.value)):
                    self._add_external(types, value.type.name, node.selection_set)

    def _owner(self, node: TypeDefinitionNode) -> str | None:
        return next((use["graph"] for use in self._directives(node, "owner")), None)

    def _owned_by(self, node: TypeDefinitionNode, graph: str) -> bool:
        return self._owner(node) == graph

    def _fields_of(self, node: TypeDefinitionNode, graph: str, has_types: bool) -> Iterator[tuple[str, SubgraphField]]:
        if not isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            return
        owner = self._owner(node)
        keys = " ".join(use.get("key") or "" for use in self._directives(node, "type") if use["graph"] == graph)
        for field in node.fields or ():
            name = field.name.value
            uses = list(self._directives(field, "field"))
            here = [use for use in uses if use.get("graph") == graph]
            if here:
                yield name, _subgraph_field(field, here[0])
            elif owner is not None:  # join v0.1: unmarked fields are the owner's, keys are everyone's
                if (not any(use.get("graph") for use in uses) and owner == graph) or name in _names(keys):
                    yield name, _subgraph_field(field, {})
            elif not uses:
                yield name, _subgraph_field(field, {})

    def _possible_in(self, graph: str, kind: SubgraphType, types: dict[str, SubgraphType]) -> frozenset[str]:
        if kind.kind == "object":
            return frozenset((kind.name,))
        if kind.kind == "union":
            uses = list(self._directives(self.types[kind.name], "unionMember"))  # none before join v0.3
            members = {use["member"] for use in uses if use["graph"] == graph} if uses else self.possible[kind.name]
            return frozenset(member for member in members if member in types)
        if kind.kind == "interface":
            return frozenset(
                name for name in self.possible[kind.name] if name in types and self._implements(name, kind.name, graph)
            )
        return frozenset()

    def _implements(self, name: str, interface: str, graph: str) -> bool:
        if not self.states_implementations:  # join v0.1
            return True
        uses = self._directives(self.types[name], "implements")
        return any(use["graph"] == graph and use["interface"] == interface for use in uses)


def _subgraph_field(field: FieldDefinitionNode, use: dict[str, Any]) -> SubgraphField:
    text = use.get("type") or print_ast(field.type)
    label = use.get("overrideLabel")
    return SubgraphField(
        name=field.name.value,
        type=FieldType(text.strip("[]! "), text),
        external=bool(use.get("external")),
        overridden=bool(use.get("usedOverridden")),
        requires=_field_set(use["requires"]) if use.get("requires") else None,
        provides=_field_set(use["provides"]) if use.get("provides") else None,
        label=label,
        label_active=label is None or bool(use.get("override")),
        context_arguments=tuple(
            ContextArgument(entry["name"], entry["type"], entry["context"], _field_set(entry["selection"]))
            for entry in use.get("contextArguments") or ()
        ),
    )


def _field_set(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if text.startswith("{") and text.endswith("}") else text


def _names(field_set: str) -> set[str]:
    return set(field_set.replace("{", " ").replace("}", " ").split())
