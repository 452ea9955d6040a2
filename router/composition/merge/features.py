"""Which features the supergraph links, and which directives come with them.

https://specs.apollo.dev/link/v1.0
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from router.composition.definitions import feature_definitions, link_definitions
from router.composition.errors import ErrorCode, Report
from router.composition.merge.compose_directive import ComposedFeature
from router.composition.subgraph import SubgraphSchema
from router.federation.links import LINK, Feature, FeatureUrl, Import, LinkError, Links, Version, is_name, parse_url
from router.federation.model import Directive, DirectiveDefinition, Type
from router.federation.specs import CACHE_TAG, LATEST_FEDERATION, DirectiveSpec, FeatureSpec, join_url, known, newest
from router.federation.values import Symbol, Value


@dataclass(frozen=True, slots=True)
class MergedFeature:
    """A feature of the supergraph, with the names there of the directives that subgraphs use."""

    spec: FeatureSpec
    directives: Mapping[str, str]  # name in the supergraph → name in the feature


@dataclass(frozen=True, slots=True)
class Features:
    """All features of the supergraph. `merged` maps names of directives in the supergraph to their specification."""

    version: Version
    links: Links
    merged: Mapping[str, DirectiveSpec]
    definitions: Mapping[str, DirectiveDefinition]
    types: Mapping[str, Type]
    by_join_directive: frozenset[str] = field(default_factory=frozenset)

    def name_of(self, directive: str) -> str | None:
        """The supergraph's name of one of the known features' directives; None if no subgraph uses it."""
        return next((name for name, spec in self.merged.items() if spec.name == directive), None)

    def link_applications(self) -> tuple[Directive, ...]:
        return tuple(Directive("link", _link_arguments(feature)) for feature in self.links.features)


def _link_arguments(feature: Feature) -> dict[str, Value]:
    arguments: dict[str, Value] = {"url": str(feature.url)}
    if feature.alias != feature.url.name:
        arguments["as"] = feature.alias
    if feature.purpose:
        arguments["for"] = Symbol(feature.purpose)
    if feature.imports:
        arguments["import"] = [
            each.name if each.name == each.alias else {"name": each.name, "as": each.alias} for each in feature.imports
        ]
    return arguments


def federation_version(subgraphs: Sequence[SubgraphSchema], report: Report) -> Version:
    """The newest federation that a subgraph links, by itself or through a feature that came with it."""
    versions = []
    for subgraph in subgraphs:
        version = subgraph.version or LATEST_FEDERATION
        implied = [
            spec.since for feature in subgraph.links.features for spec in [known(feature.url)] if spec and spec.since
        ]
        highest = max(implied, default=version)
        if highest > version and highest.satisfies(version):
            message = f'"{subgraph.name}" links federation {version} and a feature of {highest}: {highest} counts'
            report.hint("IMPLICITLY_UPGRADED_FEDERATION_VERSION", message, subgraph.at())
            version = highest
        versions.append(version)
    return max(versions, default=LATEST_FEDERATION)


def merge_features(
    subgraphs: Sequence[SubgraphSchema], composed: Sequence[ComposedFeature], version: Version, report: Report
) -> Features:
    """What the supergraph links: `@link`, join, the features whose directives subgraphs use, those that they compose."""
    merged = _used_features(subgraphs, version, report)
    join = join_url(version)
    links = [Feature(parse_url(f"{LINK}/v1.0"), "link"), Feature(join, "join", purpose="EXECUTION")]
    aliases = _Aliases(subgraphs, [*(each.directives for each in merged), *(each.directives for each in composed)])
    types: dict[str, Type] = {}
    definitions: dict[str, DirectiveDefinition] = {}
    for element in link_definitions("link", None):
        _add(element, types, definitions)
    for each in merged:
        feature = _linked(each, aliases)
        links.append(feature)
        for element in feature_definitions(feature, each.spec):
            _add(element, types, definitions)
    for extra in composed:
        imports = tuple(Import(f"@{name}", f"@{alias}") for alias, name in extra.directives.items())
        links.append(Feature(extra.url, aliases.for_feature(extra.url, extra.directives), imports))
    specs = {name: _directive_spec(each, original) for each in merged for name, original in each.directives.items()}
    return Features(
        version=version,
        links=_links(links, report),
        merged={name: spec for name, spec in specs.items() if spec.composed != CACHE_TAG},
        definitions=definitions,
        types=types,
        by_join_directive=frozenset(name for name, spec in specs.items() if spec.composed == CACHE_TAG),
    )


def _links(features: Iterable[Feature], report: Report) -> Links:
    links = Links()
    for feature in features:
        try:
            links = links.adding(feature)
        except LinkError as error:
            for message in error.messages:
                report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, f"In the supergraph: {message}")
    return links


def _add(
    element: Type | DirectiveDefinition, types: dict[str, Type], definitions: dict[str, DirectiveDefinition]
) -> None:
    if isinstance(element, Type):
        types[element.name] = element
    else:
        definitions[element.name] = element


def _directive_spec(feature: MergedFeature, name: str) -> DirectiveSpec:
    return feature.spec.directives.get(name) or DirectiveSpec(name, (), composed=feature.spec.url.identity)


def _used_features(subgraphs: Sequence[SubgraphSchema], version: Version, report: Report) -> list[MergedFeature]:
    """The features of which subgraphs apply directives, by what the newest link says of each directive."""
    uses: dict[tuple[str, str, int], list[tuple[SubgraphSchema, str, FeatureUrl]]] = {}
    for subgraph in subgraphs:
        for name in subgraph.used_directives:
            origin = subgraph.links.origin(name, directive=True)
            if origin and origin.name:
                url = origin.feature.url
                major = url.version.major or -url.version.minor
                uses.setdefault((url.identity, origin.name, major), []).append((subgraph, name, url))
    found: dict[str, dict[str, str]] = {}
    for (_, name, _), users in sorted(uses.items(), key=lambda item: item[0]):
        spec = known(max((url for _, _, url in users), key=lambda url: url.version))
        directive = spec.directives.get(name) if spec else None
        if not directive or not directive.composed:
            continue
        names = sorted({alias for _, alias, _ in users})
        if len(names) > 1:
            message = f"Import @{name} by one name in all subgraphs: it is @{' and @'.join(names)}"
            report.error(
                ErrorCode.LINK_IMPORT_NAME_MISMATCH,
                message,
                [at for s, _, url in users for at in s.at(s.links.feature(url.identity))],
            )
        found.setdefault(directive.composed, {})[names[0]] = name
    return [MergedFeature(newest(identity, version), names) for identity, names in sorted(found.items())]


class _Aliases:
    """Gives features namespaces that nothing else can be taken to be in."""

    def __init__(self, subgraphs: Sequence[SubgraphSchema], imported: Sequence[Mapping[str, str]]) -> None:
        self._imported = imported
        self._names = {
            name for subgraph in subgraphs for name in (*subgraph.schema.types, *subgraph.schema.definitions)
        }
        self._taken = {"link", "join"}

    def for_feature(self, url: FeatureUrl, own: Mapping[str, str]) -> str:
        candidates = (url.name, _as_namespace(url.name))
        numbered = (f"{candidates[1]}{number}" for number in count(1))
        alias = next(each for each in chain(candidates, numbered) if self._is_free(each, url.name, own))
        self._taken.add(alias)
        return alias

    def _is_free(self, alias: str, name: str, own: Mapping[str, str]) -> bool:
        if alias in self._taken or "__" in alias or alias.endswith("_") or not is_name(alias):
            return False
        if any(alias == each.partition("__")[0] for others in self._imported if others is not own for each in others):
            return False
        if alias != name and any(each == alias or each.startswith(f"{alias}__") for each in self._names):
            return False
        return own.get(alias, name) == name


def _as_namespace(name: str) -> str:
    """What of a feature's name can stand before `__` in a GraphQL name, once a number follows if nothing else does."""
    words = "_".join(re.findall("[0-9A-Za-z]+", name))
    return words if words[:1].isalpha() else f"_{words}"


def _linked(feature: MergedFeature, aliases: _Aliases) -> Feature:
    url = feature.spec.url
    alias = aliases.for_feature(url, feature.directives)
    plain = Feature(url, alias, purpose=feature.spec.purpose)
    imports = tuple(
        Import(f"@{original}", f"@{name}")
        for name, original in feature.directives.items()
        if original in feature.spec.directives and plain.directive_name(original) != name
    )
    return Feature(url, alias, imports, feature.spec.purpose)
