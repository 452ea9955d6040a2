"""A subgraph's SDL → its federation record, with the definitions that its `@link`s imply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
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

from router.composition.definitions import (
    Problem,
    complete,
    feature_definitions,
    federation_1_definitions,
    link_definitions,
    without_misspelt_federation_1,
)
from router.composition.errors import ErrorCode, Report
from router.composition.graphql_rules import schema_problems
from router.composition.subgraph import OPERATION_FIELDS, SubgraphSchema
from router.federation.build import build_schema
from router.federation.links import (
    FEDERATION,
    JOIN,
    LINK,
    Feature,
    LinkError,
    Links,
    Version,
    parse_imports,
    parse_url,
)
from router.federation.model import Directive, DirectiveDefinition, Kind, Schema, Type
from router.federation.printing import print_definition, print_type
from router.federation.specs import federation, known

RESERVED_NAME = "_"
# A subgraph may extend what another defines: both rules would ask for the definition here.
SDL_RULES = [rule for rule in specified_sdl_rules if rule not in (PossibleTypeExtensionsRule, KnownTypeNamesRule)]


def load(name: str, url: str, sdl: str, report: Report) -> SubgraphSchema | None:
    """The subgraph of a text; None if the report now says why there is none."""
    try:
        document = parse(sdl)
    except GraphQLSyntaxError as error:
        report.syntax_error(name, error)
        return None
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
        subgraph = self._with_links(schema)
        if not subgraph:
            return None
        problems: list[Problem] = []
        completed = complete(subgraph.schema, self._definitions(subgraph), problems)
        for code, message, element in problems:
            self._error(code, message, element.node)
        if len(self._report.errors) > errors:
            return None
        self._check_graphql(document, schema, completed)
        subgraph = subgraph.with_schema(_without_operation_fields(subgraph, completed))
        for message, where in schema_problems(subgraph.schema):
            self._error(ErrorCode.INVALID_GRAPHQL, message, where)
        self._check_shadowing(subgraph)
        return subgraph if len(self._report.errors) == errors else None

    def _error(self, code: ErrorCode, message: str, node: Node | None) -> None:
        self._report.error(code, message, [(self._name, node)])

    # @link

    def _with_links(self, schema: Schema) -> SubgraphSchema | None:
        """Reads the `@link`s; None if one cannot be understood."""
        alias, bootstrap = _link_alias(schema)
        if not alias:
            schema = without_misspelt_federation_1(schema)
            return SubgraphSchema(self._name, self._url, schema, Links(), None)
        errors = len(self._report.errors)
        links = Links()
        if not bootstrap:
            links = links.adding(Feature(parse_url(f"{LINK}/v1.0"), alias))
        applications = [directive for directive in schema.directives if directive.name == alias]
        for directive in sorted(applications, key=lambda directive: directive is not bootstrap):
            try:
                feature = self._feature(directive, alias)
                if directive is bootstrap and feature.url.version != Version(1, 0):
                    message = f'@link has no version {feature.url.version}: link "{LINK}/v1.0"'
                    self._error(ErrorCode.UNKNOWN_LINK_VERSION, message, directive.node)
                    return None
                links = links.adding(feature)
            except LinkError as error:
                code = ErrorCode.INVALID_LINK_IDENTIFIER if error.identifier else ErrorCode.INVALID_LINK_DIRECTIVE_USAGE
                for message in error.messages:
                    self._error(code, message, directive.node)
        if len(self._report.errors) > errors:
            return None
        return self._with_federation(schema, links)

    def _feature(self, directive: Directive, link_alias: str) -> Feature:
        url = parse_url(directive.arguments.get("url"))
        spec = known(url)
        elements = ("@link", "Purpose", "Import") if url.identity == LINK else spec.elements if spec else None
        alias = directive.arguments.get("as")
        purpose = directive.arguments.get("for")
        return Feature(
            url=url,
            alias=alias if isinstance(alias, str) else url.name,
            imports=parse_imports(directive.arguments.get("import"), elements),
            purpose=purpose if isinstance(purpose, str) else None,
            node=directive.node,
        )

    def _with_federation(self, schema: Schema, links: Links) -> SubgraphSchema | None:
        feature = links.feature(FEDERATION)
        if feature and not federation(feature.url.version):
            message = f"Federation has no version {feature.url.version}: correct the URL of its @link"
            self._error(ErrorCode.UNKNOWN_FEDERATION_LINK_VERSION, message, feature.node)
            return None
        if not feature:
            schema = without_misspelt_federation_1(schema)
        return SubgraphSchema(self._name, self._url, schema, links, feature)

    def _definitions(self, subgraph: SubgraphSchema) -> Iterator[Type | DirectiveDefinition]:
        """All that the subgraph may use without defining it."""
        link = subgraph.links.feature(LINK)
        if link or any(directive.name == "link" for directive in subgraph.schema.directives):
            yield from link_definitions(link.alias if link else "link", link)
        if not subgraph.federation:
            yield from federation_1_definitions()
        for feature in subgraph.links.features:
            spec = known(feature.url)
            if spec and feature.url.identity not in (LINK, JOIN):
                yield from feature_definitions(feature, spec)

    # GraphQL's own rules

    def _check_graphql(self, document: DocumentNode, original: Schema, completed: Schema) -> None:
        """Validates the document together with the definitions that `@link`s add to it."""
        added = [
            *(print_definition(element) for name, element in completed.definitions.items() if element.node is None),
            *(print_type(element) for name, element in completed.types.items() if element.node is None),
        ]
        kept = [node for node in document.definitions if not _is_dropped(node, completed)]
        whole = DocumentNode(definitions=(*kept, *_parsed("\n".join(added)).definitions))
        for error in validate_sdl(whole, rules=SDL_RULES):
            self._error(ErrorCode.INVALID_GRAPHQL, error.message, error.nodes[0] if error.nodes else None)
        kinds: dict[str, str] = {}
        for node in kept:
            if isinstance(node, (TypeDefinitionNode, TypeExtensionNode)):
                kind = node.kind.removesuffix("_definition").removesuffix("_extension")
                if kinds.setdefault(node.name.value, kind) != kind:
                    message = f'"{node.name.value}" is extended as another kind of type than it is defined as'
                    self._error(ErrorCode.INVALID_GRAPHQL, message, node)

    def _check_shadowing(self, subgraph: SubgraphSchema) -> None:
        used = {directive.name for directive in subgraph.schema.directives} | subgraph.all_applications.keys()
        for definition in subgraph.schema.definitions.values():
            imported = subgraph.links.shadowed(definition.name, directive=True)
            if imported and definition.name in used:
                message = (
                    f'Use "{imported.alias}" in place of "@{definition.name}": the element is imported by that name'
                )
                self._error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, definition.node)


def _link_alias(schema: Schema) -> tuple[str | None, Directive | None]:
    """What `@link` is called, and its application to itself; no name if the schema links nothing of federation 2."""
    for directive in schema.directives:
        url = directive.arguments.get("url")
        if (
            isinstance(url, str)
            and url.startswith(f"{LINK}/")
            and directive.name == directive.arguments.get("as", "link")
        ):
            return directive.name, directive
    for directive in schema.directives:
        url = directive.arguments.get("url")
        if directive.name == "link" and isinstance(url, str) and url.startswith(FEDERATION):
            return "link", None
    return None, None


def _is_dropped(node: DefinitionNode, completed: Schema) -> bool:
    """Whether the definition of a directive has been replaced by the right one."""
    return isinstance(node, DirectiveDefinitionNode) and completed.definitions[node.name.value].node is None


@lru_cache(maxsize=256)
def _parsed(sdl: str) -> DocumentNode:
    return parse(sdl, no_location=True)


def _without_operation_fields(subgraph: SubgraphSchema, schema: Schema) -> Schema:
    """In federation 1, subgraphs often print the fields by which routers call them; these say nothing."""
    query = schema.types.get(schema.roots.get("query", ""))
    if not query or query.kind is not Kind.OBJECT or not OPERATION_FIELDS & query.fields.keys():
        return schema
    fields = {name: field for name, field in query.fields.items() if name not in OPERATION_FIELDS}
    return schema.with_types([replace(query, fields=fields)])
