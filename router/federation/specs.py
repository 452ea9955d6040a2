"""The features that Apollo publishes: what each version defines, and how its directives reach the supergraph.

Definitions follow the specifications at specs.apollo.dev (federation v2.0 to v2.12 and what it took in from others).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from router.federation.links import FEDERATION, INACCESSIBLE, JOIN, LINK, SPECS, TAG, FeatureUrl, Version
from router.federation.values import UNSET, Unset, Value

FIELD, OBJECT, INTERFACE, UNION = "FIELD_DEFINITION", "OBJECT", "INTERFACE", "UNION"
ARGUMENT, SCALAR, ENUM, ENUM_VALUE = "ARGUMENT_DEFINITION", "SCALAR", "ENUM", "ENUM_VALUE"
INPUT_OBJECT, INPUT_FIELD, SCHEMA = "INPUT_OBJECT", "INPUT_FIELD_DEFINITION", "SCHEMA"
PROTECTED = (FIELD, OBJECT, INTERFACE, SCALAR, ENUM)

CONTEXT = SPECS + "context"
COST = SPECS + "cost"
AUTHENTICATED = SPECS + "authenticated"
REQUIRES_SCOPES = SPECS + "requiresScopes"
POLICY = SPECS + "policy"
CACHE_TAG = SPECS + "cacheTag"
CONNECT = SPECS + "connect"


@dataclass(frozen=True, slots=True)
class ArgumentSpec:
    """`type` is GraphQL's spelling; a name after `#` is a type of the feature itself."""

    name: str
    type: str
    default: Value | Unset = UNSET


@dataclass(frozen=True, slots=True)
class DirectiveSpec:
    """`composed` names the feature that carries the directive into the supergraph; None if it stays behind."""

    name: str
    locations: tuple[str, ...]
    arguments: tuple[ArgumentSpec, ...] = ()
    repeatable: bool = False
    composed: str | None = None


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One version of a feature. `types` are scalars; `since` is the federation version that brought it."""

    url: FeatureUrl
    directives: Mapping[str, DirectiveSpec]
    types: tuple[str, ...] = ()
    purpose: str | None = None
    since: Version | None = None

    @property
    def elements(self) -> tuple[str, ...]:
        """What can be imported."""
        return (*(f"@{name}" for name in self.directives), *self.types)


def _spec(
    identity: str,
    version: tuple[int, int],
    directives: Iterable[DirectiveSpec],
    types: Iterable[str] = (),
    purpose: str | None = None,
    since: tuple[int, int] | None = None,
) -> FeatureSpec:
    url = FeatureUrl(identity, identity.rpartition("/")[2], Version(*version))
    by_name = {directive.name: directive for directive in directives}
    return FeatureSpec(url, by_name, tuple(types), purpose, Version(*since) if since else None)


_TAG_LOCATIONS = (FIELD, OBJECT, INTERFACE, UNION)
_ALL_BUT_SCHEMA = (*_TAG_LOCATIONS, ARGUMENT, SCALAR, ENUM, ENUM_VALUE, INPUT_OBJECT, INPUT_FIELD)


def _tag(locations: tuple[str, ...]) -> DirectiveSpec:
    return DirectiveSpec("tag", locations, (ArgumentSpec("name", "String!"),), repeatable=True, composed=TAG)


_INACCESSIBLE_LOCATIONS = (*_TAG_LOCATIONS, *_ALL_BUT_SCHEMA[4:])
_COST = (
    DirectiveSpec(
        "cost",
        (ARGUMENT, ENUM, FIELD, INPUT_FIELD, OBJECT, SCALAR),
        (ArgumentSpec("weight", "Int!"),),
        composed=COST,
    ),
    DirectiveSpec(
        "listSize",
        (FIELD,),
        (
            ArgumentSpec("assumedSize", "Int"),
            ArgumentSpec("slicingArguments", "[String!]"),
            ArgumentSpec("sizedFields", "[String!]"),
            ArgumentSpec("requireOneSlicingArgument", "Boolean", default=True),
        ),
        composed=COST,
    ),
)
_CONTEXT = (
    DirectiveSpec(
        "context",
        (INTERFACE, OBJECT, UNION),
        (ArgumentSpec("name", "String!"),),
        repeatable=True,
        composed=CONTEXT,
    ),
    DirectiveSpec("fromContext", (ARGUMENT,), (ArgumentSpec("field", "#ContextFieldValue"),)),
)
_AUTHENTICATED = DirectiveSpec("authenticated", PROTECTED, composed=AUTHENTICATED)
_REQUIRES_SCOPES = DirectiveSpec(
    "requiresScopes", PROTECTED, (ArgumentSpec("scopes", "[[#Scope!]!]!"),), composed=REQUIRES_SCOPES
)
_POLICY = DirectiveSpec("policy", PROTECTED, (ArgumentSpec("policies", "[[#Policy!]!]!"),), composed=POLICY)

_FEATURES = (
    _spec(LINK, (1, 0), [DirectiveSpec("link", (SCHEMA,), repeatable=True)], ["Purpose", "Import"], since=(2, 0)),
    _spec(SPECS + "core", (0, 1), [DirectiveSpec("core", (SCHEMA,), repeatable=True)]),
    _spec(SPECS + "core", (0, 2), [DirectiveSpec("core", (SCHEMA,), repeatable=True)], since=(2, 0)),
    _spec(TAG, (0, 1), [_tag(_TAG_LOCATIONS)]),
    _spec(TAG, (0, 2), [_tag(_ALL_BUT_SCHEMA)]),
    _spec(TAG, (0, 3), [_tag((*_ALL_BUT_SCHEMA, SCHEMA))], since=(2, 0)),
    _spec(
        INACCESSIBLE,
        (0, 1),
        [DirectiveSpec("inaccessible", _TAG_LOCATIONS, composed=INACCESSIBLE)],
        purpose="SECURITY",
    ),
    _spec(
        INACCESSIBLE,
        (0, 2),
        [DirectiveSpec("inaccessible", _INACCESSIBLE_LOCATIONS, composed=INACCESSIBLE)],
        purpose="SECURITY",
        since=(2, 0),
    ),
    _spec(AUTHENTICATED, (0, 1), [_AUTHENTICATED], purpose="SECURITY", since=(2, 5)),
    _spec(REQUIRES_SCOPES, (0, 1), [_REQUIRES_SCOPES], ["Scope"], purpose="SECURITY", since=(2, 5)),
    _spec(POLICY, (0, 1), [_POLICY], ["Policy"], purpose="SECURITY", since=(2, 6)),
    _spec(CONTEXT, (0, 1), _CONTEXT, ["ContextFieldValue"], purpose="SECURITY", since=(2, 8)),
    _spec(COST, (0, 1), _COST, since=(2, 9)),
    _spec(CACHE_TAG, (0, 1), [], purpose="EXECUTION", since=(2, 12)),
)
_BY_URL = {str(spec.url): spec for spec in _FEATURES}

_FIELDS = (ArgumentSpec("fields", "#FieldSet!"),)
FEDERATION_1 = (
    DirectiveSpec(
        "key",
        (OBJECT, INTERFACE),
        (*_FIELDS, ArgumentSpec("resolvable", "Boolean", default=True)),
        repeatable=True,
    ),
    DirectiveSpec("requires", (FIELD,), _FIELDS),
    DirectiveSpec("provides", (FIELD,), _FIELDS),
    DirectiveSpec("external", (OBJECT, FIELD), (ArgumentSpec("reason", "String"),)),
    _tag(_ALL_BUT_SCHEMA),
    DirectiveSpec("extends", (OBJECT, INTERFACE)),
)
LATEST_FEDERATION = Version(2, 14)
UPGRADED = Version(2, 4)


# What each federation version brought, in place of what earlier ones have of the same name.
_ADDITIONS: tuple[tuple[Version, tuple[DirectiveSpec, ...], tuple[str, ...]], ...] = (
    (
        Version(2, 0),
        (
            *FEDERATION_1,
            DirectiveSpec("shareable", (OBJECT, FIELD)),
            _BY_URL[f"{INACCESSIBLE}/v0.2"].directives["inaccessible"],
            DirectiveSpec("override", (FIELD,), (ArgumentSpec("from", "String!"),)),
        ),
        ("FieldSet",),
    ),
    (
        Version(2, 1),
        (DirectiveSpec("composeDirective", (SCHEMA,), (ArgumentSpec("name", "String"),), repeatable=True),),
        (),
    ),
    (Version(2, 2), (DirectiveSpec("shareable", (OBJECT, FIELD), repeatable=True),), ()),
    (
        Version(2, 3),
        (DirectiveSpec("interfaceObject", (OBJECT,)), _BY_URL[f"{TAG}/v0.3"].directives["tag"]),
        (),
    ),
    (Version(2, 5), (_AUTHENTICATED, _REQUIRES_SCOPES), ("Scope",)),
    (Version(2, 6), (_POLICY,), ("Policy",)),
    (
        Version(2, 7),
        (DirectiveSpec("override", (FIELD,), (ArgumentSpec("from", "String!"), ArgumentSpec("label", "String"))),),
        (),
    ),
    (Version(2, 8), _CONTEXT, ("ContextFieldValue",)),
    (Version(2, 9), _COST, ()),
    (
        Version(2, 12),
        (
            DirectiveSpec(
                "cacheTag", (OBJECT, FIELD), (ArgumentSpec("format", "String!"),), repeatable=True, composed=CACHE_TAG
            ),
        ),
        (),
    ),
)


@cache
def federation(version: Version) -> FeatureSpec | None:
    """A version of federation; None if there is none such."""
    if version.major != LATEST_FEDERATION.major or version > LATEST_FEDERATION:
        return None
    additions = [(directives, types) for since, directives, types in _ADDITIONS if since <= version]
    return _spec(
        FEDERATION,
        version,
        [directive for directives, _ in additions for directive in directives],
        [name for _, types in additions for name in types],
    )


FEDERATION_DIRECTIVES = frozenset(directive.name for _, directives, _ in _ADDITIONS for directive in directives)


def known(url: FeatureUrl) -> FeatureSpec | None:
    """The feature of a URL, if Apollo publishes it in this version."""
    return federation(url.version) if url.identity == FEDERATION else _BY_URL.get(str(url))


def newest(identity: str, version: Version) -> FeatureSpec:
    """The newest version of a feature that a federation version knows."""
    versions = [spec for spec in _FEATURES if spec.url.identity == identity]
    fitting = [spec for spec in versions if spec.since is None or spec.since <= version]
    return max(fitting or versions, key=lambda spec: spec.url.version)


def join_version(version: Version) -> Version:
    """The join spec that can express what a federation version allows."""
    if version >= Version(2, 8):
        return Version(0, 5)
    return Version(0, 4) if version >= Version(2, 7) else Version(0, 3)


def join_url(version: Version) -> FeatureUrl:
    return FeatureUrl(JOIN, "join", join_version(version))
