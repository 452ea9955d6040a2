"""`@composeDirective`: custom directives that are carried into the supergraph.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#composedirective
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql.pyutils import suggestion_list

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.subgraph import SubgraphSchema
from router.federation.links import FEDERATION, INACCESSIBLE, JOIN, LINK, SPECS, TAG, Feature, FeatureUrl, Origin
from router.federation.model import Directive, DirectiveDefinition
from router.federation.specs import AUTHENTICATED, CONTEXT, COST, REQUIRES_SCOPES

RESERVED = frozenset(
    {
        SPECS + "core",
        JOIN,
        LINK,
        TAG,
        INACCESSIBLE,
        FEDERATION,
        AUTHENTICATED,
        REQUIRES_SCOPES,
        SPECS + "source",
        CONTEXT,
        COST,
    }
)
ALWAYS_COMPOSED = ("tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context")


@dataclass(frozen=True, slots=True)
class ComposedFeature:
    """A custom feature of the supergraph; `directives` maps names in the supergraph to names in the feature."""

    url: FeatureUrl
    directives: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ComposedDirectives:
    """What is composed: by subgraph, the directives; the features; the definitions in the supergraph."""

    by_subgraph: Mapping[str, frozenset[str]] = field(default_factory=dict)
    features: tuple[ComposedFeature, ...] = ()
    definitions: Mapping[str, DirectiveDefinition] = field(default_factory=dict)

    def composes(self, subgraph: SubgraphSchema, name: str) -> bool:
        return name in self.by_subgraph.get(subgraph.name, ())


@dataclass(frozen=True, slots=True)
class _Item:
    subgraph: SubgraphSchema
    application: Directive
    feature: Feature
    name: str  # in the feature
    alias: str  # in the schema


def composed_directives(subgraphs: Sequence[SubgraphSchema], report: Report) -> ComposedDirectives:
    """Reads all `@composeDirective`s, and reports those that cannot be done."""
    items = [
        item
        for subgraph in subgraphs
        for application in subgraph.applied(subgraph.schema, "composeDirective")
        for item in _ComposeDirectiveReader(subgraphs, subgraph, application, report).items()
    ]
    latest = _latest_features(subgraphs, items, report)
    refused = _inconsistent(subgraphs, items, report)
    by_subgraph: dict[str, set[str]] = {}
    identities: dict[str, tuple[str, str]] = {}
    for item in items:
        identities[item.alias] = (item.feature.url.identity, item.name)
        if item.feature.url.identity in latest and item.alias not in refused:
            by_subgraph.setdefault(item.subgraph.name, set()).add(item.alias)
    features = tuple(
        ComposedFeature(url, {alias: name for alias, (owner, name) in identities.items() if owner == identity})
        for identity, (url, _) in latest.items()
        if identity not in RESERVED
    )
    definitions: dict[str, DirectiveDefinition] = {}
    for alias, (identity, name) in identities.items():
        definition = _definition(alias, name, latest.get(identity), report)
        if definition:
            definitions[alias] = definition
    return ComposedDirectives({k: frozenset(v) for k, v in by_subgraph.items()}, features, definitions)


class _ComposeDirectiveReader:
    """Reads one application of `@composeDirective`."""

    def __init__(
        self, subgraphs: Sequence[SubgraphSchema], subgraph: SubgraphSchema, application: Directive, report: Report
    ) -> None:
        self._subgraphs = subgraphs
        self._subgraph = subgraph
        self._application = application
        self._report = report

    def items(self) -> list[_Item]:
        """The directive to compose, if there is one."""
        argument = self._application.arguments.get("name")
        if not argument or not isinstance(argument, str):
            return self._refuse("@composeDirective needs a name")
        if not argument.startswith("@"):
            return self._refuse(f'Write "@{argument}" in @composeDirective, with its "@"')
        origin = self._subgraph.links.origin(argument[1:], directive=True)
        problem = self._problem(argument, origin)
        if problem:
            return self._refuse(problem)
        if origin and origin.feature.url.identity in RESERVED:
            return self._federation_directive(argument[1:])
        return self._item(argument[1:], origin)

    def _problem(self, argument: str, origin: Origin | None) -> str | None:
        """Why there is no such directive to compose."""
        if argument[1:] not in self._subgraph.schema.definitions:
            similar = suggestion_list(argument, [f"@{each}" for each in self._subgraph.schema.definitions])
            hint = f" (did you mean {similar[0]}?)" if similar else ""
            return f"Define {argument}, or correct its name in @composeDirective{hint}"
        if not origin:
            return f"Import {argument} by a @link: only directives of a linked feature are composed"
        return None if origin.name else f"Compose {argument} by the name that its @link imports it by"

    def _item(self, alias: str, origin: Origin | None) -> list[_Item]:
        for automatic in ("tag", "inaccessible"):
            users = [each.name for each in self._subgraphs if each.directive_name(automatic) == alias]
            if users:
                return self._refuse(f"Rename @{alias}: it is federation's @{automatic} in {quoted(users)}")
        if not origin or not origin.name:
            return []
        return [_Item(self._subgraph, self._application, origin.feature, origin.name, alias)]

    def _federation_directive(self, name: str) -> list[_Item]:
        if name in {self._subgraph.directive_name(each) for each in ALWAYS_COMPOSED}:
            message = f"Remove @composeDirective of @{name}: federation composes it by itself"
            self._report.hint("DIRECTIVE_COMPOSITION_INFO", message, self._subgraph.at(self._application))
            return []
        return self._refuse(f"Remove @composeDirective of @{name}: it is a directive of federation itself")

    def _refuse(self, message: str) -> list[_Item]:
        self._report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, self._subgraph.at(self._application))
        return []


def _latest_features(
    subgraphs: Sequence[SubgraphSchema], items: Sequence[_Item], report: Report
) -> dict[str, tuple[FeatureUrl, list[SubgraphSchema]]]:
    """The newest version of each composed feature, with the subgraphs that link it."""
    latest: dict[str, tuple[FeatureUrl, list[SubgraphSchema]]] = {}
    for identity in sorted({feature.url.identity for each in subgraphs for feature in each.links.features}):
        users = [(each, feature) for each in subgraphs for feature in [each.links.feature(identity)] if feature]
        composing = {item.subgraph.name for item in items if item.feature.url.identity == identity}
        versions = {feature.url.version for each, feature in users if each.name in composing}
        if len({version.major for version in versions}) > 1:
            message = (
                f'Link one major version of "{identity}" in {quoted(sorted(composing))}: they compose its directives'
            )
            at = [at for each, feature in users for at in each.at(feature)]
            report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, at)
            continue
        newest = max(versions or {feature.url.version for _, feature in users})
        if any(feature.url.version.major != newest.major for _, feature in users):
            message = f'Subgraphs that do not compose directives of "{identity}" link another major version of it'
            report.hint("DIRECTIVE_COMPOSITION_INFO", message, [at for each, f in users for at in each.at(f)])
        if not composing:
            continue
        linking = [each for each, feature in users if feature.url.version == newest]
        url = next(feature.url for each, feature in users if feature.url.version == newest)
        latest[identity] = (url, linking[::-1])
    return latest


def _inconsistent(subgraphs: Sequence[SubgraphSchema], items: Sequence[_Item], report: Report) -> set[str]:
    """Names that do not mean the same in all subgraphs, and directives that do not have the same name."""
    refused: set[str] = set()
    for alias in sorted({item.alias for item in items}):
        same_alias = [item for item in items if item.alias == alias]
        at = [at for item in same_alias for at in item.subgraph.at(item.application)]
        if len({(item.feature.url.identity, item.name) for item in same_alias}) > 1:
            refused.add(alias)
            message = f"Rename @{alias} in some subgraphs: it is not the same directive of the same feature in all"
            report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, at)
    for name in sorted({item.name for item in items}):
        same_name = [item for item in items if item.name == name]
        aliases = {item.alias for item in same_name}
        if len(aliases) > 1:
            refused |= aliases
            message = f"Import @{name} by one name where it is composed: it is @{' and @'.join(sorted(aliases))}"
            at = [at for item in same_name for at in item.subgraph.at(item.application)]
            report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, at)
        _hint_other_names(subgraphs, same_name, report)
    return refused


def _hint_other_names(subgraphs: Sequence[SubgraphSchema], items: Sequence[_Item], report: Report) -> None:
    first, composing = items[0], {item.subgraph.name for item in items}
    for subgraph in subgraphs:
        feature = subgraph.links.feature(first.feature.url.identity)
        imports = feature.imports if feature and subgraph.name not in composing else ()
        if any(each.name == f"@{first.name}" and each.alias != f"@{first.alias}" for each in imports):
            message = f"@{first.name} is composed as @{first.alias}, but has another name in {subgraph.name}"
            report.hint("DIRECTIVE_COMPOSITION_WARN", message, subgraph.at(feature))


def _definition(
    alias: str, name: str, latest: tuple[FeatureUrl, list[SubgraphSchema]] | None, report: Report
) -> DirectiveDefinition | None:
    """The definition in a subgraph that links the newest version."""
    if not latest:
        return None
    url, subgraphs = latest
    for subgraph in subgraphs:
        feature = subgraph.links.feature(url.identity)
        definition = subgraph.schema.definitions.get(feature.directive_name(name)) if feature else None
        if definition:
            return definition
    message = f'Define @{alias} in {quoted(each.name for each in subgraphs)}, which link "{url}"'
    report.error(ErrorCode.DIRECTIVE_COMPOSITION_ERROR, message, [at for each in subgraphs for at in each.at()])
    return None
