"""`@link`: which features a schema uses, in which version, and under which names (specs.apollo.dev/link/v1.0).

`Links` answers both ways: the name that an element of a feature has in the schema, and the feature that a name of the
schema comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from graphql import Node

from router.federation.values import Value, show

SPECS = "https://specs.apollo.dev/"
LINK = SPECS + "link"
FEDERATION = SPECS + "federation"
JOIN = SPECS + "join"
TAG = SPECS + "tag"
INACCESSIBLE = SPECS + "inaccessible"

_ALIAS = re.compile(r"[_A-Za-z][_0-9A-Za-z.-]*")
_VERSION = re.compile(r"v(\d{1,9})\.(\d{1,9})")


def is_name(text: str) -> bool:
    """Whether a text is a GraphQL name."""
    return text.isascii() and text.isidentifier()


class LinkError(Exception):
    """A `@link` that cannot be understood; `identifier` tells that its URL is at fault."""

    def __init__(self, *messages: str, identifier: bool = False) -> None:
        super().__init__(*messages)
        self.messages = messages
        self.identifier = identifier


class Version(NamedTuple):
    major: int
    minor: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"

    def satisfies(self, other: Version) -> bool:
        """Whether what was written for `other` works with this version."""
        return self.major == other.major and (self.minor >= other.minor if self.major else self.minor == other.minor)


@dataclass(frozen=True, slots=True)
class FeatureUrl:
    """`https://specs.apollo.dev/tag/v0.3`: identity up to the name, name, version."""

    identity: str
    name: str
    version: Version

    def __str__(self) -> str:
        return f"{self.identity}/{self.version}"


def parse_url(text: Value) -> FeatureUrl:
    """The parts of a feature's URL; raises `LinkError`."""
    if not isinstance(text, str):
        raise LinkError(f"@link(url:) must be a string, not {show(text)}", identifier=True)
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise LinkError(f'"{text}" is no URL: {error}', identifier=True) from error
    if not parts.scheme or not parts.path.strip("/"):
        raise LinkError(
            f'"{text}" does not identify a feature: write a URL such as "https://specs.apollo.dev/federation/v2.3"',
            identifier=True,
        )
    *path, version = parts.path.split("/")
    match = _VERSION.fullmatch(version)
    if not match:
        raise LinkError(f'"{text}" does not end in a version: add one of the form "/v1.2"', identifier=True)
    if not path or not path[-1]:
        raise LinkError(f'"{text}" has no name before its version', identifier=True)
    identity = f"{parts.scheme}://{parts.hostname or ''}{port}{'/'.join(path)}"
    return FeatureUrl(identity, path[-1], Version(int(match[1]), int(match[2])))


@dataclass(frozen=True, slots=True)
class Import:
    """An imported element; the names of directives begin with `@`."""

    name: str
    alias: str

    @property
    def is_directive(self) -> bool:
        return self.name.startswith("@")

    def __str__(self) -> str:
        return f'"{self.name}"' if self.name == self.alias else f'"{self.name}" as "{self.alias}"'


def parse_imports(value: Value, known: Sequence[str] | None) -> tuple[Import, ...]:
    """What `@link(import:)` lists; `known` are the elements that the feature has. Raises `LinkError`."""
    imports: list[Import] = []
    errors: list[str] = []
    for item in value if isinstance(value, list) else [value] if value is not None else []:
        try:
            imports.append(_parse_import(item, known))
        except LinkError as error:
            errors += error.messages
    if errors:
        raise LinkError(*errors)
    return tuple(imports)


def _parse_import(item: Value, known: Sequence[str] | None) -> Import:
    imported = Import(item, item) if isinstance(item, str) else _renamed_import(item)
    if known is not None and imported.name not in known:
        raise LinkError(
            f'"{imported.name}" cannot be imported: this version of the feature has no such element'
            f" (it has {', '.join(known)})"
        )
    return imported


def _renamed_import(item: Value) -> Import:
    if not isinstance(item, dict):
        raise LinkError(f'{show(item)} cannot be imported: write a string, or {{name: "…", as: "…"}}')
    for key, value in item.items():
        if key not in ("name", "as"):
            raise LinkError(f'{show(item)} cannot be imported: it has an unknown field "{key}"; use "name" and "as"')
        if not isinstance(value, str) or not is_name(value.removeprefix("@")):
            raise LinkError(f'{show(item)} cannot be imported: its "{key}" must be a GraphQL name')
    if "name" not in item:
        raise LinkError(f'{show(item)} cannot be imported: its "name" is missing')
    imported = Import(str(item["name"]), str(item.get("as", item["name"])))
    if imported.is_directive != imported.alias.startswith("@"):
        raise LinkError(f'{imported} cannot be imported: write "@" on both names, if it is a directive, or on none')
    return imported


@dataclass(frozen=True, slots=True)
class Feature:
    """A linked feature; `alias` is the namespace of its elements in the schema."""

    url: FeatureUrl
    alias: str
    imports: tuple[Import, ...] = ()
    purpose: str | None = None
    node: Node | None = None

    def directive_name(self, name: str) -> str:
        """The name in the schema of one of the feature's directives (without `@`)."""
        for imported in self.imports:
            if imported.name == f"@{name}":
                return imported.alias.removeprefix("@")
        return self.alias if name == self.url.name else f"{self.alias}__{name}"

    def type_name(self, name: str) -> str:
        """The name in the schema of one of the feature's types."""
        for imported in self.imports:
            if imported.name == name:
                return imported.alias
        return f"{self.alias}__{name}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name comes from; `name` is the element's in the feature, None if it is imported by another name."""

    feature: Feature
    name: str | None


@dataclass(frozen=True)
class Links:
    """The features of a schema, in the order of their `@link`s; that of `@link` itself is among them."""

    features: tuple[Feature, ...] = ()
    _by_alias: Mapping[str, Feature] = field(default_factory=dict)
    _by_import: Mapping[str, tuple[Feature, str]] = field(default_factory=dict)

    def feature(self, identity: str) -> Feature | None:
        return next((feature for feature in self.features if feature.url.identity == identity), None)

    def origin(self, name: str, *, directive: bool) -> Origin | None:
        """The feature that defines a type, or directive, of this name; None if it is the schema's own."""
        imported = self._by_import.get(f"@{name}" if directive else name)
        if imported:
            return Origin(imported[0], imported[1].removeprefix("@"))
        namespaced = self._namespaced(name, directive=directive)
        if not namespaced:
            return None
        feature, element = namespaced
        wanted = f"@{element}" if directive else element
        return Origin(feature, None if any(item.name == wanted for item in feature.imports) else element)

    def shadowed(self, name: str, *, directive: bool) -> Import | None:
        """The import that makes a namespaced name wrong, because it gives the element another."""
        namespaced = self._namespaced(name, directive=directive)
        if not namespaced:
            return None
        feature, element = namespaced
        prefix = "@" if directive else ""
        return next(
            (
                imported
                for imported in feature.imports
                if imported.name == prefix + element and imported.alias != prefix + name
            ),
            None,
        )

    def _namespaced(self, name: str, *, directive: bool) -> tuple[Feature, str] | None:
        alias, separator, element = name.partition("__")
        if separator and alias in self._by_alias:
            return self._by_alias[alias], element
        if directive and name in self._by_alias:
            return self._by_alias[name], self._by_alias[name].url.name
        return None

    def adding(self, feature: Feature) -> Links:
        """With another feature; raises `LinkError` if one of its names could be taken for something else."""
        _check_alias(feature)
        if self.feature(feature.url.identity):
            raise LinkError(f'"{feature.url.identity}" is linked twice: remove one of its @link directives')
        by_alias = {**self._by_alias, feature.alias: feature}
        if feature.alias in self._by_alias:
            raise self._conflict(feature, self._by_alias[feature.alias], f'both are named "{feature.alias}"')
        for alias, (other, name) in self._by_import.items():
            if _namespace(alias) == feature.alias:
                raise self._conflict(feature, other, f"the import {Import(name, alias)} reads as the other's")
        by_import = dict(self._by_import)
        for imported in feature.imports:
            self._check_import(feature, imported, by_alias, by_import)
            by_import[imported.alias] = (feature, imported.name)
        return Links((*self.features, feature), by_alias, by_import)

    def _check_import(
        self,
        feature: Feature,
        imported: Import,
        by_alias: Mapping[str, Feature],
        by_import: Mapping[str, tuple[Feature, str]],
    ) -> None:
        namespace = _namespace(imported.alias)
        owner = by_alias.get(namespace) if namespace else None
        if owner is feature and not _is_own_name(feature, imported):
            raise LinkError(f'{imported} cannot be imported: it reads as another element of "{feature.alias}"')
        if owner and owner is not feature:
            raise self._conflict(feature, owner, f"the import {imported} reads as the other's")
        previous = by_import.get(imported.alias)
        if previous and previous != (feature, imported.name):
            raise self._conflict(feature, previous[0], f'both import something as "{imported.alias}"')
        if any(item.name == imported.name and item.alias != imported.alias for item in feature.imports):
            raise LinkError(f'"{imported.name}" is imported by two names: remove one of them')

    def _conflict(self, feature: Feature, other: Feature, why: str) -> LinkError:
        identities = {feature.url.identity, other.url.identity}
        for identity, name in ((TAG, "@tag"), (INACCESSIBLE, "@inaccessible")):
            if identities == {identity, FEDERATION}:
                return LinkError(f'Import "{name}" from "{FEDERATION}" and remove the @link of "{identity}"')
        return LinkError(
            f'"{feature.url.identity}" and "{other.url.identity}" are in conflict: {why}; rename one by "as"'
        )


def _namespace(alias: str) -> str | None:
    """The feature's alias that an import's name could be taken to belong to."""
    name = alias.removeprefix("@")
    prefix, separator, _ = name.partition("__")
    if separator:
        return prefix
    return name if alias.startswith("@") else None


def _is_own_name(feature: Feature, imported: Import) -> bool:
    name, alias = imported.name.removeprefix("@"), imported.alias.removeprefix("@")
    return alias == f"{feature.alias}__{name}" or (alias == feature.alias and name == feature.url.name)


def _check_alias(feature: Feature) -> None:
    alias, identity = feature.alias, feature.url.identity
    namespaced = alias in ("federation__tag", "federation__inaccessible") and identity in (TAG, INACCESSIBLE)
    if "__" in alias and not (namespaced and not feature.imports):
        raise LinkError(f'"{identity}" cannot be linked as "{alias}": use a name without "__"')
    if alias.endswith("_"):
        raise LinkError(f'"{identity}" cannot be linked as "{alias}": use a name that does not end in "_"')
    if not _ALIAS.fullmatch(alias):
        raise LinkError(f'"{identity}" cannot be linked as "{alias}": use a GraphQL name')
