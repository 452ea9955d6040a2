"""A subgraph's schema as a federation record: what its directives say about each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from graphql import Node

from router.federation.fieldsets import fields_of
from router.federation.links import FEDERATION, LINK, SPECS, Feature, Links, Version
from router.federation.model import Directive, Element, EnumValue, Field, InputValue, Kind, Schema, Type, applied
from router.federation.specs import federation
from router.federation.types import base_name

Coordinate = tuple[str, str]

OPERATION_TYPES = frozenset({"_Any", "_Service", "_Entity"})
OPERATION_FIELDS = frozenset({"_service", "_entities"})
NOT_MERGED = frozenset({FEDERATION, LINK, SPECS + "core", SPECS + "connect"})


@dataclass(frozen=True, slots=True)
class Application:
    """Where a directive is applied: on the type, its field, that field's argument (or enum value), whichever is innermost."""

    directive: Directive
    type: Type
    field: Field | InputValue | EnumValue | None = None
    argument: InputValue | None = None

    @property
    def coordinate(self) -> str:
        if self.argument and self.field:
            return f"{self.type.name}.{self.field.name}({self.argument.name}:)"
        return f"{self.type.name}.{self.field.name}" if self.field else self.type.name

    @property
    def on_field(self) -> Field:
        """The field, where the directive can only be on fields."""
        assert isinstance(self.field, Field)  # noqa: S101 - locations have been validated
        return self.field


@dataclass(frozen=True, eq=False)
class SubgraphSchema:
    """A subgraph after its `@link`s are read. `federation` is the linked feature; None in federation 1."""

    name: str
    url: str
    schema: Schema
    links: Links
    federation: Feature | None

    def with_schema(self, schema: Schema) -> SubgraphSchema:
        return replace(self, schema=schema)

    @property
    def version(self) -> Version | None:
        return self.federation.url.version if self.federation else None

    @cached_property
    def _names(self) -> Mapping[str, str]:
        if not self.federation:
            return {name: name for name in ("key", "requires", "provides", "external", "tag", "extends")}
        spec = federation(self.federation.url.version)
        return {name: self.federation.directive_name(name) for name in spec.directives} if spec else {}

    def directive_name(self, name: str) -> str | None:
        """What the schema calls one of federation's directives; None if its version has none such."""
        return self._names.get(name)

    def applied(self, element: Element | Schema, name: str) -> tuple[Directive, ...]:
        """The applications of one of federation's directives to an element."""
        return applied(element, self._names[name]) if name in self._names else ()

    def has(self, element: Element, name: str) -> bool:
        return bool(self.applied(element, name))

    def at(self, *elements: Any) -> list[tuple[str, Node | None]]:
        """Where records of this subgraph were written, for reports."""
        return [(self.name, element.node) for element in elements if element is not None] or [(self.name, None)]

    def applications(self, name: str) -> list[Application]:
        """Everywhere that one of federation's directives is applied to types and what is in them."""
        return self.all_applications.get(self._names[name], []) if name in self._names else []

    @cached_property
    def all_applications(self) -> Mapping[str, list[Application]]:
        """All applications on types and what is in them, by the directives' names in the schema."""
        found: dict[str, list[Application]] = {}
        for type_ in self.schema.types.values():
            for application in _applications(type_):
                found.setdefault(application.directive.name, []).append(application)
        return found

    @cached_property
    def used_directives(self) -> frozenset[str]:
        """The names of all directives that are applied anywhere."""
        on_arguments = {
            directive.name
            for definition in self.schema.definitions.values()
            for argument in definition.arguments.values()
            for directive in argument.directives
        }
        on_schema = {directive.name for directive in self.schema.directives}
        return frozenset(self.all_applications.keys() | on_schema | on_arguments)

    def is_interface_object(self, type_: Type) -> bool:
        return type_.kind is Kind.OBJECT and self.has(type_, "interfaceObject")

    def supergraph_kind(self, type_: Type) -> Kind:
        """The kind of the type in the supergraph: an `@interfaceObject` stands for an interface."""
        return Kind.INTERFACE if self.is_interface_object(type_) else type_.kind

    def is_merged_type(self, name: str) -> bool:
        """Whether a type is the subgraph's own, not federation's."""
        if name in OPERATION_TYPES:
            return False
        origin = self.links.origin(name, directive=False)
        return not origin or origin.feature.url.identity not in NOT_MERGED

    def is_operation_field(self, type_name: str, field_name: str) -> bool:
        """Whether a field is one of those by which routers call the subgraph."""
        return field_name in OPERATION_FIELDS and self.schema.roots.get("query") == type_name

    def is_extension(self, type_: Type) -> bool:
        """Whether a composite type is only an extension, by keyword or by `@extends`."""
        extends = self.has(type_, "extends")
        return type_.kind in (Kind.OBJECT, Kind.INTERFACE) and (extends or (type_.extended and not type_.defined))

    # What @external means for a field.

    def is_external(self, type_name: str, field: Field) -> bool:
        """Whether the subgraph does not resolve the field, but for where `@provides` says so."""
        coordinate = (type_name, field.name)
        if coordinate in self._fake_externals:
            return False
        return self.has(field, "external") or coordinate in self._externals_by_type

    def is_fully_external(self, type_name: str, field: Field) -> bool:
        return self.is_external(type_name, field) and (type_name, field.name) not in self.provided

    def is_fake_external(self, type_name: str, field_name: str) -> bool:
        """Whether `@external` is without effect: it is on a key's field of an extension, as in federation 1."""
        return (type_name, field_name) in self._fake_externals

    @cached_property
    def _fake_externals(self) -> frozenset[Coordinate]:
        return frozenset(
            (parent, field.name)
            for key in self.applications("key")
            if key.directive.extension or self.has(key.type, "extends")
            for parent, field in fields_of(self.schema, key.type.name, key.directive.arguments.get("fields"))
            if self.has(field, "external")
        )

    @cached_property
    def _externals_by_type(self) -> frozenset[Coordinate]:
        if not self.federation:
            return frozenset()
        return frozenset(
            (application.type.name, name)
            for application in self.applications("external")
            if application.field is None and application.type.kind is Kind.OBJECT
            for name in application.type.fields
        )

    @cached_property
    def provided(self) -> frozenset[Coordinate]:
        """Fields that some `@provides` names."""
        return frozenset(
            (parent, field.name)
            for provides in self.applications("provides")
            for parent, field in self._with_implementations(
                base_name(provides.on_field.type), provides.directive.arguments.get("fields")
            )
        )

    def _with_implementations(self, type_name: str, fields: Any) -> Iterator[tuple[str, Field]]:
        """The fields that a field set names; with one of an interface come those of its implementations."""
        for parent, field in fields_of(self.schema, type_name, fields):
            yield parent, field
            if self.schema.kind(parent) is Kind.INTERFACE:
                for implementation in self.schema.possible_types(parent):
                    implementing = self.schema.field(implementation, field.name)
                    if implementing:
                        yield implementation, implementing

    # Which fields something needs, and which may be resolved by several subgraphs.

    @cached_property
    def used(self) -> frozenset[Coordinate]:
        """Fields that a key, `@requires`, `@provides`, context or interface needs."""
        found: set[Coordinate] = set(self.provided)
        for name in ("key", "requires"):
            for application in self.applications(name):
                fields = application.directive.arguments.get("fields")
                found.update(
                    (parent, field.name) for parent, field in self._with_implementations(application.type.name, fields)
                )
        found.update(self._used_by_contexts())
        for interface in self.schema.of_kind(Kind.INTERFACE):
            for implementation in self.schema.possible_types(interface.name):
                found.update((implementation, name) for name in interface.fields)
        return frozenset(found)

    def _used_by_contexts(self) -> Iterator[Coordinate]:
        types: dict[str, list[str]] = {}
        for application in self.applications("context"):
            types.setdefault(str(application.directive.arguments.get("name")), []).append(application.type.name)
        for application in self.applications("fromContext"):
            context, selection = parse_context(application.directive.arguments.get("field"))
            for type_name in types.get(context or "", ()):
                for parent, field in self._with_implementations(type_name, selection):
                    yield parent, field.name

    def is_used(self, type_name: str, field_name: str) -> bool:
        return (type_name, field_name) in self.used

    def is_shareable(self, type_name: str, field_name: str) -> bool:
        """Whether the subgraph agrees that others resolve the field too."""
        return (type_name, field_name) in self._shareable

    @cached_property
    def _shareable(self) -> frozenset[Coordinate]:
        found: set[Coordinate] = set()
        for key in self.applications("key"):
            fields = key.directive.arguments.get("fields")
            found.update((parent, field.name) for parent, field in self._with_implementations(key.type.name, fields))
        for provides in self.applications("provides"):
            fields = provides.directive.arguments.get("fields")
            for parent, field in self._with_implementations(base_name(provides.on_field.type), fields):
                if self.is_external(parent, field):
                    found.add((parent, field.name))
        for application in self.applications("shareable"):
            if isinstance(application.field, Field):
                found.add((application.type.name, application.field.name))
            elif application.field is None:
                extension = application.directive.extension
                found.update(
                    (application.type.name, f.name)
                    for f in application.type.fields.values()
                    if f.extension == extension
                )
        return frozenset(found)


def _applications(type_: Type) -> Iterator[Application]:
    for directive in type_.directives:
        yield Application(directive, type_)
    for field in type_.fields.values():
        for directive in field.directives:
            yield Application(directive, type_, field)
        for argument in field.arguments.values():
            for directive in argument.directives:
                yield Application(directive, type_, field, argument)
    for member in type_.parts:
        for directive in member.directives:
            yield Application(directive, type_, member)


def parse_context(text: Any) -> tuple[str | None, str | None]:
    """The context's name and the selection in `$name { selection }`; None where missing."""
    if not isinstance(text, str):
        return None, None
    lines = "\n".join(line.partition("#")[0] for line in text.splitlines()) if "#" in text else text
    before, dollar, rest = lines.partition("$")
    if not dollar or before.strip(" \t\r\n,"):
        return None, None
    rest = rest.lstrip(" \t\r\n,")
    end = next(
        (i for i, letter in enumerate(rest) if not (letter.isascii() and (letter.isalnum() or letter == "_"))), None
    )
    name = rest if end is None else rest[:end]
    if not name or name[0].isdigit():
        return None, None
    selection = "" if end is None else rest[end:]
    return name, selection or None
