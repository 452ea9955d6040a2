"""Federation 1 → 2: rewrites the subgraphs without a `@link` to federation so that they say the same in federation 2.

Federation 1 resolved doubtful things silently: fields shared by several subgraphs, `@external` where it means nothing,
extensions that own keys. Each pass below takes one of them and is a function from record to record.

https://www.apollographql.com/docs/federation/federation-2/backward-compatibility
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from router.composition.definitions import DefinitionProblem, complete, feature_definitions
from router.composition.errors import ErrorCode, Report, quoted
from router.composition.graphql_rules import schema_problems
from router.composition.subgraph import SubgraphSchema
from router.federation.fieldsets import (
    FieldSelection,
    FieldSetError,
    FieldSetSelection,
    fields_of,
    parse_field_set,
    print_field_set,
)
from router.federation.links import LINK, Feature, Import, LinkError, Links, parse_url
from router.federation.model import Directive, Field, Kind, Schema, Type
from router.federation.specs import FEDERATION_1, UPGRADED, federation
from router.federation.types import base_name
from router.federation.values import Symbol, same

Pass = Callable[[SubgraphSchema], SubgraphSchema]


def upgrade(subgraphs: Sequence[SubgraphSchema], report: Report) -> list[SubgraphSchema]:
    """All subgraphs in federation 2; those that are stay as they are."""
    upgraded = [each if each.federation else _Upgrade(each, subgraphs, report).run() for each in subgraphs]
    _check_interface_objects(subgraphs, report)
    return upgraded


def _check_interface_objects(subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    keyed: dict[str, list[SubgraphSchema]] = {}
    for subgraph in subgraphs:
        for key in () if subgraph.federation else subgraph.applications("key"):
            if key.type.kind is Kind.INTERFACE:
                keyed.setdefault(key.type.name, []).append(subgraph)
    for subgraph in subgraphs:
        for application in subgraph.applications("interfaceObject"):
            others = keyed.get(application.type.name)
            if others:
                message = (
                    f"Upgrade {quoted(sorted({other.name for other in others}))} to federation 2: keys of the interface"
                    f' "{application.type.name}", an @interfaceObject elsewhere, mean nothing in federation 1'
                )
                report.error(ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, subgraph.at(application.type))


@dataclass(frozen=True, slots=True)
class _Upgrade:
    original: SubgraphSchema
    subgraphs: Sequence[SubgraphSchema]
    report: Report

    def run(self) -> SubgraphSchema:
        errors = len(self.report.errors)
        self._check_extensions()
        subgraph = self._linked()
        passes: list[Pass] = [
            _with_string_field_sets,
            _without_external_on_types_and_interfaces,
            self._without_external_on_extensions,
            _without_inactive_field_sets,
            _without_extensions,
            _without_directives_on_interfaces,
            self._without_unused_externals,
            self._with_shareable,
            self._without_tags_on_external,
        ]
        for each in passes:
            subgraph = each(subgraph)
        if len(self.report.errors) == errors:
            for problem, node in schema_problems(subgraph.schema):
                self.report.error(ErrorCode.INVALID_GRAPHQL, problem, [(subgraph.name, node)])
        return subgraph

    def _linked(self) -> SubgraphSchema:
        """With a `@link` to the federation version that is closest to federation 1."""
        spec = federation(UPGRADED)
        assert spec  # noqa: S101 - a constant of ours
        names = [f"@{name}" for name in spec.directives]
        feature = Feature(spec.url, "federation", tuple(Import(name, name) for name in names))
        problems: list[DefinitionProblem] = []
        schema = complete(_without_federation_1(self.original.schema), feature_definitions(feature, spec), problems)
        for code, message, element in problems:
            self.report.error(code, message, [(self.original.name, element.node)])
        links = self.original.links
        try:
            if not links.feature(LINK):
                links = links.adding(Feature(parse_url(f"{LINK}/v1.0"), "link"))
            links = links.adding(feature)
        except LinkError as error:
            message = "; ".join(error.messages)
            self.report.error(ErrorCode.INVALID_LINK_DIRECTIVE_USAGE, message, self.original.at())
            links = Links().adding(feature)
        return SubgraphSchema(self.original.name, self.original.url, schema, links, feature)

    def _elsewhere(self, name: str) -> list[tuple[SubgraphSchema, Type]]:
        """The objects and interfaces of that name in other subgraphs."""
        found = [
            (other, other.schema.types[name])
            for other in self.subgraphs
            if other is not self.original and name in other.schema.types
        ]
        return [(other, type_) for other, type_ in found if type_.kind in (Kind.OBJECT, Kind.INTERFACE)]

    def _check_extensions(self) -> None:
        roots = self.original.schema.roots.values()
        for type_ in self.original.schema.types.values():
            if type_.name in roots or not self.original.is_extension(type_):
                continue
            if not any(other.defined for _, other in self._elsewhere(type_.name)):
                message = f'Define the type "{type_.name}" in some subgraph: it is only extended'
                self.report.error(ErrorCode.EXTENSION_WITH_NO_BASE, message, self.original.at(type_))

    def _without_external_on_extensions(self, subgraph: SubgraphSchema) -> SubgraphSchema:
        """An extension resolves the fields of its key, marked external or not."""
        resolved: set[tuple[str, str]] = set()
        for type_ in subgraph.schema.of_kind(Kind.OBJECT, Kind.INTERFACE):
            if not subgraph.is_extension(type_):
                continue
            keys = [(subgraph, type_, key) for key in subgraph.applied(type_, "key")]
            if not keys:
                keys = [(o, t, k) for o, t in self._elsewhere(type_.name) for k in o.applied(t, "key")[:1]]
            for owner, parent, key in keys:
                fields = fields_of(owner.schema, parent.name, key.arguments.get("fields"))
                resolved.update((name, field.name) for name, field in fields if name == type_.name)
        return _map_fields(
            subgraph,
            lambda type_, field: _without(field, "external") if (type_.name, field.name) in resolved else field,
        )

    def _without_unused_externals(self, subgraph: SubgraphSchema) -> SubgraphSchema:
        schema = subgraph.schema
        types: dict[str, Type] = {}
        for type_ in schema.types.values():
            fields = {
                name: field
                for name, field in type_.fields.items()
                if not subgraph.is_external(type_.name, field) or subgraph.is_used(type_.name, name)
            }
            if type_.fields and not fields and type_.name != schema.roots.get("query"):
                if subgraph.has(type_, "key") or _is_referenced(schema, type_.name):
                    message = f'Remove the type "{type_.name}": it has only @external fields that nothing needs'
                    self.report.error(ErrorCode.TYPE_WITH_ONLY_UNUSED_EXTERNAL, message, subgraph.at(type_))
                    types[type_.name] = type_
            else:
                types[type_.name] = replace(type_, fields=fields)
        return subgraph.with_schema(replace(schema, types=types))

    def _with_shareable(self, subgraph: SubgraphSchema) -> SubgraphSchema:
        """What several subgraphs resolve was shared in federation 1."""
        types = []
        for type_ in subgraph.schema.of_kind(Kind.OBJECT):
            if type_.name == subgraph.schema.roots.get("subscription"):
                continue
            elsewhere = self._elsewhere(type_.name)
            if subgraph.has(type_, "key") or type_.name in subgraph.schema.roots.values():
                fields = {name: self._shared(type_, field, elsewhere) for name, field in type_.fields.items()}
                types.append(replace(type_, fields=fields))
            elif elsewhere and not subgraph.has(type_, "shareable"):
                types.append(replace(type_, directives=(*type_.directives, Directive("shareable"))))
        return subgraph.with_schema(subgraph.schema.with_types(types))

    def _shared(self, type_: Type, field: Field, elsewhere: list[tuple[SubgraphSchema, Type]]) -> Field:
        shared = any(
            other_field and not other.is_fully_external(type_.name, other_field)
            for other, other_type in elsewhere
            for other_field in [other_type.fields.get(field.name)]
        )
        already = any(directive.name == "shareable" for directive in field.directives)
        if not shared or already or self.original.is_shareable(type_.name, field.name):
            return field
        return replace(field, directives=(*field.directives, Directive("shareable")))

    def _without_tags_on_external(self, subgraph: SubgraphSchema) -> SubgraphSchema:
        """A tag of an external field is dropped where the field's owner has it too."""

        def tagged_elsewhere(type_: Type, field: Field, tag: Directive) -> bool:
            fields = [(other, other.schema.field(type_.name, field.name)) for other in self.subgraphs]
            return any(
                found
                and other is not self.original
                and not any(each.name == "external" for each in found.directives)
                and any(each.name == "tag" and same(each.arguments, tag.arguments) for each in found.directives)
                for other, found in fields
            )

        def untagged(type_: Type, field: Field) -> Field:
            if not subgraph.has(field, "external"):
                return field
            kept = [d for d in field.directives if d.name != "tag" or not tagged_elsewhere(type_, field, d)]
            return replace(field, directives=tuple(kept))

        return _map_fields(subgraph, untagged)


def _map_fields(subgraph: SubgraphSchema, change: Callable[[Type, Field], Field]) -> SubgraphSchema:
    schema = subgraph.schema
    types = [
        replace(type_, fields={name: change(type_, field) for name, field in type_.fields.items()})
        for type_ in schema.of_kind(Kind.OBJECT, Kind.INTERFACE)
    ]
    return subgraph.with_schema(schema.with_types(types))


def _without(field: Field, *names: str) -> Field:
    if not any(directive.name in names for directive in field.directives):
        return field
    return replace(field, directives=tuple(d for d in field.directives if d.name not in names))


def _without_federation_1(schema: Schema) -> Schema:
    names = {directive.name for directive in FEDERATION_1}
    types: Mapping[str, Type] = {name: type_ for name, type_ in schema.types.items() if name != "_FieldSet"}
    definitions = {name: each for name, each in schema.definitions.items() if name not in names}
    return replace(schema, types=types, definitions=definitions)


def _with_string_field_sets(subgraph: SubgraphSchema) -> SubgraphSchema:
    """Federation 1 took lists of strings, and names without quotes, as field sets."""

    def fixed(directive: Directive) -> Directive:
        fields = directive.arguments.get("fields")
        if directive.name not in ("key", "requires", "provides"):
            return directive
        if isinstance(fields, list) and all(isinstance(each, str) for each in fields):
            return replace(directive, arguments={**directive.arguments, "fields": " ".join(fields)})
        if isinstance(fields, Symbol):
            return replace(directive, arguments={**directive.arguments, "fields": str(fields)})
        return directive

    types = [replace(type_, directives=tuple(map(fixed, type_.directives))) for type_ in subgraph.schema.types.values()]
    changed = subgraph.with_schema(subgraph.schema.with_types(types))
    return _map_fields(changed, lambda _, field: replace(field, directives=tuple(map(fixed, field.directives))))


def _without_external_on_types_and_interfaces(subgraph: SubgraphSchema) -> SubgraphSchema:
    """There it was without effect."""
    types = [
        replace(type_, directives=tuple(d for d in type_.directives if d.name != "external"))
        for type_ in subgraph.schema.of_kind(Kind.OBJECT)
    ]
    changed = subgraph.with_schema(subgraph.schema.with_types(types))
    return _map_fields(
        changed, lambda type_, field: _without(field, "external") if type_.kind is Kind.INTERFACE else field
    )


def _without_inactive_field_sets(subgraph: SubgraphSchema) -> SubgraphSchema:
    """Drops from `@provides` and `@requires` what the subgraph resolves anyway."""

    def change(type_: Type, field: Field) -> Field:
        directives: list[Directive | None] = []
        for directive in field.directives:
            target = {"requires": type_.name, "provides": base_name(field.type)}.get(directive.name)
            directives.append(_active(subgraph, directive, target) if target else directive)
        return replace(field, directives=tuple(filter(None, directives)))

    return _map_fields(subgraph, change)


def _active(subgraph: SubgraphSchema, directive: Directive, target: str) -> Directive | None:
    try:
        selections = parse_field_set(subgraph.schema, target, str(directive.arguments.get("fields")))
    except FieldSetError:
        return directive
    kept = _external_only(subgraph, selections)
    if kept == selections:
        return directive
    return replace(directive, arguments={"fields": print_field_set(kept)}) if kept else None


def _external_only(
    subgraph: SubgraphSchema, selections: tuple[FieldSetSelection, ...]
) -> tuple[FieldSetSelection, ...]:
    kept: list[FieldSetSelection] = []
    for selection in selections:
        if isinstance(selection, FieldSelection) and _is_marked_external(subgraph, selection):
            kept.append(selection)
        elif selection.selections:
            inner = _external_only(subgraph, selection.selections)
            if inner:
                kept.append(replace(selection, selections=inner))
    return tuple(kept)


def _is_marked_external(subgraph: SubgraphSchema, selection: FieldSelection) -> bool:
    """Whether the field, or one that implements it, has the directive."""
    parents = {selection.parent, *subgraph.schema.possible_types(selection.parent)}
    fields = (subgraph.schema.field(parent, selection.field.name) for parent in parents)
    return any(field and subgraph.has(field, "external") for field in fields)


def _without_extensions(subgraph: SubgraphSchema) -> SubgraphSchema:
    """An extension becomes a definition: in federation 2 they are the same."""
    types = [
        replace(
            type_,
            directives=tuple(replace(directive, extension=0) for directive in type_.directives),
            fields={name: replace(field, extension=0) for name, field in type_.fields.items()},
            defined=True,
            extended=False,
        )
        for type_ in subgraph.schema.of_kind(Kind.OBJECT, Kind.INTERFACE)
        if subgraph.is_extension(type_)
    ]
    return subgraph.with_schema(subgraph.schema.with_types(types))


def _without_directives_on_interfaces(subgraph: SubgraphSchema) -> SubgraphSchema:
    """Keys, `@provides` and `@requires` of interfaces, and `@provides` of leaves, were without effect."""
    types = [
        replace(type_, directives=tuple(d for d in type_.directives if d.name != "key"))
        for type_ in subgraph.schema.of_kind(Kind.INTERFACE)
    ]
    changed = subgraph.with_schema(subgraph.schema.with_types(types))

    def change(type_: Type, field: Field) -> Field:
        if type_.kind is Kind.INTERFACE:
            return _without(field, "provides", "requires")
        kind = subgraph.schema.kind(base_name(field.type))
        return field if kind and kind.composite else _without(field, "provides")

    return _map_fields(changed, change)


def _is_referenced(schema: Schema, name: str) -> bool:
    """Whether a field, union or root is of the type."""
    return (
        name in schema.roots.values()
        or any(name in type_.members or name in type_.interfaces for type_ in schema.types.values())
        or any(base_name(field.type) == name for type_ in schema.types.values() for field in type_.fields.values())
    )
