"""What the planner asks of a supergraph, as immutable records with indexes by name."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from graphql import DocumentNode, GraphQLSchema

TypeKind = Literal["object", "interface", "union", "enum", "scalar", "input"]


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field's type: the named type, and the whole as SDL has it, such as `[Review!]!`."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def shape(self) -> str:
        """Its lists and non-nulls alone, such as `[*!]!`."""
        return self.text.replace(self.name, "*")


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that the router fills from an ancestor object of type with `@context` (`@fromContext`)."""

    name: str
    type: str
    context: str
    selection: str


@dataclass(frozen=True, slots=True)
class SubgraphField:
    """A field as one subgraph has it. `requires` and `provides` are field sets in SDL.

    `external`: the subgraph cannot resolve it, except where a path provides it.
    `overridden`: it is resolved elsewhere, but the subgraph still has it as part of its keys.
    `label`, `label_active`: it is the subgraph's only while the progressive override's label is active, or is not.
    """

    name: str
    type: FieldType
    external: bool = False
    overridden: bool = False
    requires: str | None = None
    provides: str | None = None
    label: str | None = None
    label_active: bool = True
    context_arguments: tuple[ContextArgument, ...] = ()

    @property
    def needs_input(self) -> bool:
        """Whether the subgraph resolves it only in an entity fetch that brings it values of other fields."""
        return self.requires is not None or bool(self.context_arguments)


@dataclass(frozen=True, slots=True)
class Key:
    """A key as a field set in SDL. Only a resolvable one is a way into its subgraph."""

    fields: str
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class SubgraphType:
    """A type as one subgraph has it. `possible`: the object types it stands for in that subgraph.

    An interface object is an interface of the supergraph that this subgraph treats as an object type: it knows its
    fields, but not which implementation an object is.
    """

    name: str
    kind: TypeKind
    keys: tuple[Key, ...] = ()
    interface_object: bool = False
    fields: Mapping[str, SubgraphField] = field(default_factory=dict)
    possible: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One subgraph. `graph` is its name in the enum `join__Graph`."""

    name: str
    graph: str
    url: str
    types: Mapping[str, SubgraphType]


Vertex = tuple[str, str | None]
"""A subgraph as objects are seen there: as what they are, or as an interface object of this name."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """A field of an object type in a subgraph that has the type itself, or has it as an interface object."""

    vertex: Vertex
    field: SubgraphField


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A way into a subgraph with `_entities`: a representation of type `type` with the fields `key`.

    `interface`: none, or whether the type is an interface ("interface") or an interface object ("object") there.
    """

    subgraph: str
    type: str
    key: str
    interface: Literal["", "interface", "object"] = ""

    @property
    def vertex(self) -> Vertex:
        """Where it leads."""
        return self.subgraph, self.type if self.interface == "object" else None


@dataclass(frozen=True, slots=True, eq=False)
class Supergraph:
    """A supergraph. `schema` has all of its types, `api_schema` those that clients see, `document` is its SDL.

    `possible` and `interfaces` are of the whole supergraph: the object types of a type, the interfaces of an object.
    `context_types` are the types that set a context, by its name. `roots` are the root types by operation.
    """

    subgraphs: Mapping[str, Subgraph]
    schema: GraphQLSchema
    api_schema: GraphQLSchema
    possible: Mapping[str, frozenset[str]]
    interfaces: Mapping[str, frozenset[str]]
    roots: Mapping[str, str]
    context_types: Mapping[str, frozenset[str]]
    override_labels: frozenset[str]
    document: DocumentNode

    def subgraph_possible(self, subgraph: str, type_name: str) -> frozenset[str]:
        """The object types that a value of this type can have when it comes from this subgraph."""
        known = self.subgraphs[subgraph].types.get(type_name)
        if known is None:
            return frozenset()
        return self.possible[type_name] if known.interface_object else known.possible


class Index:
    """Look-ups over a supergraph with one set of active override labels, computed once each."""

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset()) -> None:
        self.supergraph = supergraph
        self.labels = labels
        self.field = functools.cache(self._field)
        self._fields = functools.cache(self._resolvers)
        self.entries = functools.cache(self._entries)

    def _field(self, subgraph: str, type_name: str, name: str) -> SubgraphField | None:
        """The field of this type in this subgraph, unless its override gives it to another one."""
        known = self.supergraph.subgraphs[subgraph].types.get(type_name)
        found = known.fields.get(name) if known else None
        if found is None or found.label is None:
            return found
        if (found.label in self.labels) == found.label_active:
            return replace(found, overridden=False)
        return found if found.overridden else None

    def resolvers(self, type_name: str, name: str) -> Sequence[Resolver]:
        """The subgraphs that have this field of this object type."""
        return self._fields(type_name).get(name, ())

    def _resolvers(self, type_name: str) -> dict[str, list[Resolver]]:
        found: dict[str, list[Resolver]] = {}
        for subgraph in self.supergraph.subgraphs.values():
            for owner in (type_name, *sorted(self.supergraph.interfaces.get(type_name, ()))):
                kind = subgraph.types.get(owner)
                if kind is None or (owner != type_name and not kind.interface_object):
                    continue
                vertex = subgraph.name, None if owner == type_name else owner
                for name in kind.fields:
                    if known := self.field(subgraph.name, owner, name):
                        found.setdefault(name, []).append(Resolver(vertex, known))
        return found

    def _entries(self, type_name: str) -> tuple[EntryPoint, ...]:
        found = []
        for subgraph in self.supergraph.subgraphs.values():
            for name in (type_name, *sorted(self.supergraph.interfaces.get(type_name, ()))):
                kind = subgraph.types.get(name)
                if kind is None or (name != type_name and not kind.interface_object and kind.kind != "interface"):
                    continue
                how: Literal["", "interface", "object"] = "object" if kind.interface_object else "interface"
                found += [
                    EntryPoint(subgraph.name, name, key.fields, "" if name == type_name else how)
                    for key in kind.keys
                    if key.resolvable
                ]
        return tuple(found)
