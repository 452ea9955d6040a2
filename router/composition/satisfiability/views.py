"""A subgraph as a router sees it: which fields it resolves, what each needs, and how its entities are entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from router.composition.merge.supergraph import Merged
from router.composition.subgraph import SubgraphSchema, parse_context
from router.federation.fieldsets import FieldSelection, FieldSetError, FieldSetSelection, parse_field_set, unordered
from router.federation.model import Directive, Field, Kind, Schema
from router.federation.types import base_name


@dataclass(frozen=True, eq=False)
class Provided:
    """What a `@provides` adds at a type: fields, with what is provided below them, and that for narrower types."""

    fields: Mapping[str, Provided | None]
    fragments: Mapping[str, Provided]


def provided_of(selections: Sequence[FieldSetSelection], parent: str) -> Provided:
    fields: dict[str, Provided | None] = {}
    fragments: dict[str, Provided] = {}
    for selection in selections:
        below = selection.selections
        if isinstance(selection, FieldSelection):
            fields[selection.field.name] = provided_of(below, base_name(selection.field.type)) if below else None
        elif selection.condition == parent:
            inner = provided_of(below, parent)
            fields |= inner.fields
            fragments |= inner.fragments
        else:
            fragments[selection.condition] = provided_of(below, selection.condition)
    return Provided(fields, fragments)


@dataclass(frozen=True, eq=False)
class ContextUse:
    """An argument that is filled from a context: by which types it can be set, and what is read of them."""

    context: tuple[str, str]  # subgraph and name
    types: frozenset[str]
    selection: str


@dataclass(frozen=True, eq=False)
class ResolvedField:
    """A field that a subgraph has. `label`, with whether the field is there when the label is on."""

    name: str
    type: str  # without lists and non-null
    external: bool
    requires: tuple[FieldSetSelection, ...] = ()
    provides: Provided | None = None
    label: tuple[str, bool] | None = None
    contexts: tuple[ContextUse, ...] = ()


@dataclass(frozen=True, eq=False)
class EntryKey:
    """A key by which a subgraph can be entered at a type."""

    type: str
    fields: str
    selections: tuple[FieldSetSelection, ...]
    condition: object  # equal for keys of the same fields


@dataclass(frozen=True, eq=False)
class View:
    """One subgraph. `joins` are the `@join__field`s of this subgraph by coordinate, None where there are none for any."""

    index: int
    subgraph: SubgraphSchema
    graph: str
    joins: Mapping[tuple[str, str], Mapping[str, Directive]]
    _fields: dict[str, dict[str, ResolvedField]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.subgraph.name

    @property
    def schema(self) -> Schema:
        return self.subgraph.schema

    def kind(self, type_name: str) -> Kind | None:
        return self.schema.kind(type_name)

    def is_interface_object(self, type_name: str) -> bool:
        return type_name in self._interface_objects

    @cached_property
    def _interface_objects(self) -> frozenset[str]:
        return frozenset(application.type.name for application in self.subgraph.applications("interfaceObject"))

    def fields(self, type_name: str) -> Mapping[str, ResolvedField]:
        """The fields of one of the subgraph's types, those that it does not resolve among them."""
        if type_name not in self._fields:
            type_ = self.schema.types.get(type_name)
            found = (self._field(type_name, each) for each in type_.fields.values()) if type_ else ()
            self._fields[type_name] = {each.name: each for each in found if each}
        return self._fields[type_name]

    def _field(self, type_name: str, field: Field) -> ResolvedField | None:
        joins = self.joins.get((type_name, field.name))
        join = joins.get(self.graph) if joins else None
        if joins and not join:
            return None
        arguments = join.arguments if join else {}
        label = arguments.get("overrideLabel")
        overridden = bool(arguments.get("usedOverridden")) and not label
        return ResolvedField(
            name=field.name,
            type=base_name(field.type),
            external=bool(arguments.get("external")) or overridden,
            requires=self._selections(type_name, arguments.get("requires")),
            provides=self._provided(base_name(field.type), arguments.get("provides")),
            label=(str(label), "override" in arguments) if label else None,
            contexts=self._contexts(field),
        )

    def _selections(self, type_name: str, text: object) -> tuple[FieldSetSelection, ...]:
        return parse_field_set(self.schema, type_name, str(text)) if text else ()

    def _provided(self, type_name: str, text: object) -> Provided | None:
        return provided_of(self._selections(type_name, text), type_name) if text else None

    def _contexts(self, field: Field) -> tuple[ContextUse, ...]:
        found = []
        for argument in field.arguments.values():
            for directive in self.subgraph.applied(argument, "fromContext"):
                name, selection = parse_context(directive.arguments.get("field"))
                types = self.context_types.get(str(name), frozenset())
                found.append(ContextUse((self.name, str(name)), types, selection or ""))
        return tuple(found)

    @cached_property
    def context_types(self) -> Mapping[str, frozenset[str]]:
        """The types that set each context of the subgraph."""
        found: dict[str, set[str]] = {}
        for application in self.subgraph.applications("context"):
            found.setdefault(str(application.directive.arguments.get("name")), set()).add(application.type.name)
        return {name: frozenset(types) for name, types in found.items()}

    @cached_property
    def keys(self) -> Mapping[str, tuple[EntryKey, ...]]:
        """The resolvable keys of each type."""
        found: dict[str, list[EntryKey]] = {}
        for application in self.subgraph.applications("key"):
            if application.directive.arguments.get("resolvable") is not False:
                name, text = application.type.name, str(application.directive.arguments.get("fields"))
                found.setdefault(name, []).append(self._key(name, text))
        return {name: tuple(keys) for name, keys in found.items()}

    def _key(self, type_name: str, text: str) -> EntryKey:
        selections = parse_field_set(self.schema, type_name, text)
        return EntryKey(type_name, text, selections, unordered(selections))

    def has_local_key(self, type_name: str) -> bool:
        """Whether the subgraph itself resolves some key of the type, so that it can be left and entered again."""
        type_ = self.schema.types[type_name]
        return any(
            self._is_local(self._selections(type_name, key.arguments.get("fields")))
            for key in self.subgraph.applied(type_, "key")
        )

    def _is_local(self, selections: Sequence[FieldSetSelection]) -> bool:
        for selection in selections:
            if isinstance(selection, FieldSelection) and selection.field.name != "__typename":
                resolved = self.fields(selection.parent).get(selection.field.name)
                if not resolved or resolved.external:
                    return False
            if not self._is_local(selection.selections):
                return False
        return True


def views_of(merged: Merged, subgraphs: Sequence[SubgraphSchema]) -> list[View]:
    """All subgraphs, with what the supergraph says of their fields."""
    joins: dict[tuple[str, str], dict[str, Directive]] = {}
    for type_ in merged.schema.of_kind(Kind.OBJECT, Kind.INTERFACE):
        for each in type_.fields.values():
            for directive in each.directives:
                if directive.name == "join__field" and "graph" in directive.arguments:
                    joins.setdefault((type_.name, each.name), {})[str(directive.arguments["graph"])] = directive
    return [View(index, subgraph, merged.graphs[subgraph.name], joins) for index, subgraph in enumerate(subgraphs)]


def try_parse(schema: Schema, type_name: str, text: str) -> tuple[FieldSetSelection, ...] | None:
    """The selections of a field set; None if it does not fit the type."""
    try:
        return parse_field_set(schema, type_name, text)
    except FieldSetError:
        return None
