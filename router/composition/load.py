"""A subgraph's SDL → its federation record, with the definitions that its `@link`s imply.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    ExecutableDefinitionNode,
    GraphQLSyntaxError,
    Node,
    TypeDefinitionNode,
    TypeExtensionNode,
    parse,
)
from graphql.validation.rules.known_type_names import KnownTypeNamesRule
from graphql.validation.rules.possible_type_extensions import PossibleTypeExtensionsRule
from graphql.validation.specified_rules import specified_sdl_rules
from graphql.validation.validate import validate_sdl

from router.composition.defaults import with_symbols
from router.composition.definitions import (
    DefinitionProblem,
    complete,
    feature_definitions,
    federation_1_definitions,
    link_definitions,
    without_misspelt_federation_1,
)
from router.composition.errors import ErrorCode, Report
from router.composition.graphql_rules import root_problems, schema_problems
from router.composition.linking import read_links
from router.composition.subgraph import OPERATION_FIELDS, SubgraphSchema
from router.federation.build import build_schema
from router.federation.links import FEDERATION, JOIN, LINK
from router.federation.model import DirectiveDefinition, Kind, Schema, Type
from router.federation.printing import print_definition, print_type
from router.federation.specs import CONNECT, FEDERATION_DIRECTIVES, federation, known
from router.federation.types import base_name

RESERVED_NAME = "_"
# A subgraph may extend what another defines: both rules would ask for the definition here.
SDL_RULES = [rule for rule in specified_sdl_rules if rule not in (PossibleTypeExtensionsRule, KnownTypeNamesRule)]


def parse_sdl(name: str, sdl: str, report: Report) -> DocumentNode | None:
    """The syntax tree of a subgraph's text; None if the report now says why there is none."""
    try:
        return parse(sdl)
    except GraphQLSyntaxError as error:
        report.syntax_error(name, error)
        return None


def load(name: str, url: str, document: DocumentNode, report: Report) -> SubgraphSchema | None:
    """The subgraph of a document; None if the report now says why there is none."""
    if name == RESERVED_NAME:
        message = f'Give the subgraph another name: "{RESERVED_NAME}" is reserved for the router'
        report.error(ErrorCode.INVALID_SUBGRAPH_NAME, message, [(name, None)])
        return None
    return _Loader(name, url, report).load(document)


class _Loader:
    def __init__(self, name: str, url: str, report: Report) -> None:
        self._name = name
        self._url = url
        self._report = report

    def load(self, document: DocumentNode) -> SubgraphSchema | None:
        errors = len(self._report.errors)
        for node in document.definitions:
            if isinstance(node, ExecutableDefinitionNode):
                self._error(ErrorCode.INVALID_GRAPHQL, "Remove operations and fragments: this is a schema", node)
        schema = build_schema(document)
        for message in root_problems(schema):
            self._error(ErrorCode.INVALID_GRAPHQL, message, None)
        links = read_links(self._name, schema, self._report)
        if links is None:
            return None
        feature = links.feature(FEDERATION)
        known_version = not feature or federation(feature.url.version) is not None
        subgraph = SubgraphSchema(
            self._name, self._url, schema if feature else without_misspelt_federation_1(schema), links, feature
        )
        if self._uses_connectors(subgraph):
            return None
        problems: list[DefinitionProblem] = []
        completed = complete(subgraph.schema, self._definitions(subgraph), problems)
        for code, message, element in problems:
            self._error(code, message, element.node)
        if len(self._report.errors) == errors or not known_version:
            self._check_sdl(document, schema, completed)
        if len(self._report.errors) > errors:
            return None
        if not feature:
            completed = _without_operation_fields(subgraph, completed)
        subgraph = subgraph.with_schema(with_symbols(completed))
        for message, where in schema_problems(subgraph.schema):
            self._error(ErrorCode.INVALID_GRAPHQL, message, where)
        self._check_shadowing(subgraph)
        return subgraph if len(self._report.errors) == errors else None

    def _uses_connectors(self, subgraph: SubgraphSchema) -> bool:
        feature = subgraph.links.feature(CONNECT)
        names = {feature.directive_name(name) for name in ("connect", "source")} if feature else set()
        used = sorted(names & subgraph.used_directives - subgraph.schema.definitions.keys())
        if feature and used:
            message = f"Resolve in a GraphQL service what @{used[0]} takes from elsewhere: connectors are not supported"
            self._error(ErrorCode.UNSUPPORTED_FEATURE, message, feature.node)
        return bool(used)

    def _error(self, code: ErrorCode, message: str, node: Node | None) -> None:
        self._report.error(code, message, [(self._name, node)])

    def _definitions(self, subgraph: SubgraphSchema) -> Iterator[Type | DirectiveDefinition]:
        """All that the subgraph may use without defining it."""
        link = subgraph.links.feature(LINK)
        alias = link.alias if link else "link"
        if alias in subgraph.used_directives and alias not in subgraph.schema.definitions:
            yield from link_definitions(alias, link)
        if not subgraph.federation:
            yield from federation_1_definitions()
        for feature in subgraph.links.features:
            spec = known(feature.url)
            if spec and feature.url.identity not in (LINK, JOIN):
                yield from feature_definitions(feature, spec)

    def _check_sdl(self, document: DocumentNode, original: Schema, completed: Schema) -> None:
        """Validates the document together with the definitions that `@link`s add to it."""
        kept = [node for node in document.definitions if not _is_dropped(node, completed)]
        added = [
            *(print_definition(element) for element in completed.definitions.values() if element.node is None),
            *(print_type(element) for element in completed.types.values() if element.node is None),
        ]
        whole = DocumentNode(definitions=(*kept, *map(_parsed, added)))
        for error in validate_sdl(whole, rules=SDL_RULES):
            node = error.nodes[0] if error.nodes else None
            self._error(ErrorCode.INVALID_GRAPHQL, error.message + _advice(node, completed), node)
        self._check_kinds(kept)
        self._check_repeated_names(kept)
        for definition in original.definitions.values():
            for argument in definition.arguments.values():
                if completed.definitions[definition.name] is definition and not original.kind(base_name(argument.type)):
                    message = f'Define the type "{argument.type}" of @{definition.name}({argument.name}:)'
                    self._error(ErrorCode.INVALID_GRAPHQL, message, argument.node)

    def _check_kinds(self, nodes: Sequence[DefinitionNode]) -> None:
        kinds: dict[str, str] = {}
        for node in nodes:
            if isinstance(node, (TypeDefinitionNode, TypeExtensionNode)):
                kind = node.kind.removesuffix("_definition").removesuffix("_extension")
                if kinds.setdefault(node.name.value, kind) != kind:
                    message = f'"{node.name.value}" is extended as another kind of type than it is defined as'
                    self._error(ErrorCode.INVALID_GRAPHQL, message, node)

    def _check_repeated_names(self, nodes: Sequence[DefinitionNode]) -> None:
        """A type implements each interface once, a union has each member once: extensions count too."""
        seen: set[tuple[str, str]] = set()
        for node in nodes:
            if not isinstance(node, (TypeDefinitionNode, TypeExtensionNode)):
                continue
            for each in (*(getattr(node, "interfaces", None) or ()), *(getattr(node, "types", None) or ())):
                pair = (node.name.value, each.name.value)
                if pair in seen:
                    self._error(ErrorCode.INVALID_GRAPHQL, f'Name "{pair[1]}" once in "{pair[0]}"', each)
                seen.add(pair)

    def _check_shadowing(self, subgraph: SubgraphSchema) -> None:
        for definition in subgraph.schema.definitions.values():
            imported = subgraph.links.shadowed(definition.name, directive=True)
            if imported and definition.name in subgraph.used_directives:
                message = f'Use "{imported.alias}" in place of "@{definition.name}": it is imported by that name'
                self._error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, definition.node)


def _advice(node: Node | None, schema: Schema) -> str:
    """How to get at a directive of federation that the subgraph applies without importing it."""
    if not isinstance(node, DirectiveNode) or node.name.value in schema.definitions:
        return ""
    name = node.name.value
    return f' Import "@{name}" in the @link to federation.' if name in FEDERATION_DIRECTIVES else ""


def _is_dropped(node: DefinitionNode, completed: Schema) -> bool:
    """Whether the definition of a directive has been replaced by the right one."""
    return isinstance(node, DirectiveDefinitionNode) and completed.definitions[node.name.value].node is None


@lru_cache(maxsize=1024)
def _parsed(definition: str) -> DefinitionNode:
    return parse(definition, no_location=True).definitions[0]


def _without_operation_fields(subgraph: SubgraphSchema, schema: Schema) -> Schema:
    """Federation 1 subgraphs often print the fields by which routers call them; these say nothing."""
    query = schema.types.get(schema.roots.get("query", ""))
    if not query or query.kind is not Kind.OBJECT or not OPERATION_FIELDS & query.fields.keys():
        return schema
    fields = {name: field for name, field in query.fields.items() if name not in OPERATION_FIELDS}
    return schema.with_types([replace(query, fields=fields)])
