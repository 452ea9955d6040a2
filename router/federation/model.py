"""GraphQL schemas as immutable records that keep what federation needs and graphql-core's schemas drop:
which extension an element belongs to, where each directive is applied, and where all of it was written.

The same records hold a subgraph's schema, the supergraph and the API schema. Names are as the schema spells them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from graphql import Node

from router.federation.types import NonNull, TypeRef
from router.federation.values import UNSET, Unset, Value


class Kind(Enum):
    """The kinds of named types."""

    SCALAR = "scalar"
    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT = "input object"

    @property
    def composite(self) -> bool:
        """Whether fields or fragments can be selected on it."""
        return self in (Kind.OBJECT, Kind.INTERFACE, Kind.UNION)

    @property
    def output(self) -> bool:
        return self is not Kind.INPUT

    @property
    def input(self) -> bool:
        return self in (Kind.SCALAR, Kind.ENUM, Kind.INPUT)

    @property
    def leaf(self) -> bool:
        return self in (Kind.SCALAR, Kind.ENUM)


@dataclass(frozen=True, slots=True, eq=False)
class Directive:
    """A directive's application. `extension` is 0 on a definition, n on its n-th extension."""

    name: str
    arguments: Mapping[str, Value] = field(default_factory=dict)
    node: Node | None = None
    extension: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class InputValue:
    """An argument or an input object's field."""

    name: str
    type: TypeRef
    default: Value | Unset = UNSET
    description: str | None = None
    directives: tuple[Directive, ...] = ()
    node: Node | None = None

    @property
    def required(self) -> bool:
        return isinstance(self.type, NonNull) and isinstance(self.default, Unset)


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of an object type or interface."""

    name: str
    type: TypeRef
    arguments: Mapping[str, InputValue] = field(default_factory=dict)
    description: str | None = None
    directives: tuple[Directive, ...] = ()
    node: Node | None = None
    extension: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class EnumValue:
    name: str
    description: str | None = None
    directives: tuple[Directive, ...] = ()
    node: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """A named type: a definition with its extensions. Of `fields`, `inputs`, `members`, `values` only its kind's is used."""

    kind: Kind
    name: str
    description: str | None = None
    directives: tuple[Directive, ...] = ()
    interfaces: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    inputs: Mapping[str, InputValue] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    values: Mapping[str, EnumValue] = field(default_factory=dict)
    node: Node | None = None
    defined: bool = True
    extended: bool = False

    @property
    def parts(self) -> tuple[InputValue | EnumValue, ...]:
        """An input object's fields, an enum's values."""
        return (*self.inputs.values(), *self.values.values())


@dataclass(frozen=True, slots=True, eq=False)
class DirectiveDefinition:
    name: str
    locations: tuple[str, ...]
    arguments: Mapping[str, InputValue] = field(default_factory=dict)
    repeatable: bool = False
    description: str | None = None
    node: Node | None = None


ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
BUILT_IN_SCALARS = frozenset({"Int", "Float", "String", "Boolean", "ID"})

Element = Type | Field | InputValue | EnumValue


@dataclass(frozen=True, eq=False)
class Schema:
    """A schema. `types` is without built-in scalars and introspection types, `definitions` without built-in directives."""

    types: Mapping[str, Type]
    definitions: Mapping[str, DirectiveDefinition]
    roots: Mapping[str, str]
    directives: tuple[Directive, ...] = ()
    description: str | None = None

    def of_kind(self, *kinds: Kind) -> Iterator[Type]:
        return (type_ for type_ in self.types.values() if type_.kind in kinds)

    def kind(self, name: str) -> Kind | None:
        """The kind of a type, built-in scalars included; None if there is none of that name."""
        if name in self.types:
            return self.types[name].kind
        return Kind.SCALAR if name in BUILT_IN_SCALARS else None

    def field(self, type_name: str, field_name: str) -> Field | None:
        type_ = self.types.get(type_name)
        return type_.fields.get(field_name) if type_ else None

    def possible_types(self, name: str) -> frozenset[str]:
        """The object types that a value of a composite type can have."""
        type_ = self.types.get(name)
        if type_ is None:
            return frozenset()
        if type_.kind is Kind.INTERFACE:
            return self.implementations.get(name, frozenset())
        return frozenset(type_.members) if type_.kind is Kind.UNION else frozenset({name})

    @cached_property
    def implementations(self) -> Mapping[str, frozenset[str]]:
        """The object types of each interface."""
        found: dict[str, set[str]] = {}
        for type_ in self.of_kind(Kind.OBJECT):
            for interface in type_.interfaces:
                found.setdefault(interface, set()).add(type_.name)
        return {name: frozenset(types) for name, types in found.items()}

    def with_types(self, types: Iterable[Type]) -> Schema:
        """The schema with these types in place of those of the same names."""
        return replace(self, types={**self.types, **{type_.name: type_ for type_ in types}})


def applied(element: Element | Schema | DirectiveDefinition, name: str | None) -> tuple[Directive, ...]:
    """The applications of a directive to an element."""
    directives = () if isinstance(element, DirectiveDefinition) else element.directives
    return tuple(directive for directive in directives if directive.name == name)
