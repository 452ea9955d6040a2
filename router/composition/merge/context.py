"""What every merging step needs: the subgraphs, the shape of the supergraph so far, and where to report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from graphql import Node

from router.composition.errors import Report, quoted
from router.composition.merge.compose_directive import ComposedDirectives
from router.composition.merge.features import Features
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Field, Kind, Schema
from router.federation.values import Symbol

T = TypeVar("T")

# An element of each subgraph, by the subgraph's index. None: the subgraph has the type around it, but not the element.
Sources = Mapping[int, T | None]

BUILT_IN_DIRECTIVES = frozenset({"deprecated", "specifiedBy"})


class MergeContext:
    """`shallow` is the supergraph's types with kinds, interfaces and members only."""

    def __init__(
        self,
        subgraphs: Sequence[SubgraphSchema],
        features: Features,
        composed: ComposedDirectives,
        shallow: Schema,
        report: Report,
    ) -> None:
        self.subgraphs = subgraphs
        self.features = features
        self.composed = composed
        self.shallow = shallow
        self.report = report
        self.graphs = graph_names([subgraph.name for subgraph in subgraphs])
        self.enum_positions: dict[str, dict[str, str]] = {}
        self._having: dict[str, list[int]] = {}
        for index, subgraph in enumerate(subgraphs):
            for name in subgraph.schema.types:
                self._having.setdefault(name, []).append(index)

    def graph(self, index: int) -> Symbol:
        """The subgraph's value of the enum `join__Graph`."""
        return self.graphs[index]

    def having(self, type_name: str) -> Sequence[int]:
        """The subgraphs that have a type of that name, of whatever kind."""
        return self._having.get(type_name, ())

    def is_merged_directive(self, index: int, name: str) -> bool:
        """Whether what a subgraph applies by this name goes into the supergraph."""
        if self.composed.composes(self.subgraphs[index], name):
            return True
        return name in self.features.merged or name in BUILT_IN_DIRECTIVES

    def at(self, sources: Sources[Any]) -> list[tuple[str, Node | None]]:
        """Where the sources were written."""
        return [(self.subgraphs[index].name, source.node) for index, source in sources.items() if source is not None]

    def names(self, indexes: Sequence[int] | Mapping[int, Any]) -> str:
        return quoted(self.subgraphs[index].name for index in indexes)

    def use_enum(self, name: str, position: str, coordinate: str) -> None:
        """Remembers that an enum is for `input` or `output`, and where."""
        if self.shallow.kind(name) is Kind.ENUM:
            self.enum_positions.setdefault(name, {}).setdefault(position, coordinate)

    def abstracted(self, index: int, type_name: str, field_name: str) -> Iterator[tuple[str, Field]]:
        """The fields of `@interfaceObject`s by which a subgraph without a type resolves that type's field."""
        schema = self.subgraphs[index].schema
        type_ = self.shallow.types[type_name]
        if type_.kind is not Kind.OBJECT or type_name in schema.types:
            return
        for interface in type_.interfaces:
            found = schema.types.get(interface)
            if found and found.kind is Kind.OBJECT and field_name in found.fields:
                yield interface, found.fields[field_name]

    def by_interface_object(self, interface: str, field_name: str) -> bool:
        """Whether some subgraph resolves an interface's field for all its types."""
        for subgraph in self.subgraphs:
            type_ = subgraph.schema.types.get(interface)
            field = type_.fields.get(field_name) if type_ and subgraph.is_interface_object(type_) else None
            if field and not subgraph.is_external(interface, field):
                return True
        return False


def present(sources: Sources[T]) -> dict[int, T]:
    """The sources that there are."""
    return {index: source for index, source in sources.items() if source is not None}


def graph_names(names: Sequence[str]) -> list[Symbol]:
    """The values of `join__Graph`: the subgraphs' names as enum values, numbered where they would be the same."""
    values = []
    for name in names:
        value = re.sub(r"\W", "_", name, flags=re.ASCII)
        value = f"_{value}" if value[:1].isdigit() else value
        values.append((f"{value}_" if re.search(r"_\d+$", value) else value).upper())
    seen: dict[str, int] = {}
    graphs = []
    for value in values:
        seen[value] = seen.get(value, 0) + 1
        graphs.append(Symbol(f"{value}_{seen[value]}" if values.count(value) > 1 else value))
    return graphs
