"""Fields that `@interfaceObject`s add to an interface are fields of all its types in the supergraph."""

from __future__ import annotations

from dataclasses import replace

from router.composition.merge.applications import DirectiveMerger
from router.composition.merge.context import MergeContext
from router.composition.merge.override import Overrides
from router.composition.merge.sharing import check_sharing
from router.federation.model import Directive, Field, InputValue, Kind, Schema, Type


def with_interface_object_fields(ctx: MergeContext, schema: Schema) -> Schema:
    """The supergraph with these fields on the object types."""
    directives = DirectiveMerger(ctx)
    changed = []
    for type_ in schema.of_kind(Kind.OBJECT):
        fields = dict(type_.fields)
        for interface in type_.interfaces:
            for field in schema.types[interface].fields.values():
                if not ctx.by_interface_object(interface, field.name):
                    continue
                existing = fields.get(field.name)
                if existing is None:
                    fields[field.name] = _added(ctx, directives, type_, field)
                elif _is_external_everywhere(existing):
                    extra = _carried(directives, type_.name, field)
                    fields[field.name] = replace(existing, directives=(*existing.directives, *extra))
        if len(fields) > len(type_.fields) or fields != type_.fields:
            changed.append(replace(type_, fields=fields))
    return schema.with_types(changed)


def _added(ctx: MergeContext, directives: DirectiveMerger, type_: Type, field: Field) -> Field:
    sources = dict.fromkeys(range(len(ctx.subgraphs)))
    check_sharing(ctx, type_.name, field.name, sources, Overrides())
    return Field(
        name=field.name,
        type=field.type,
        arguments={name: _copied(argument) for name, argument in field.arguments.items()},
        description=field.description,
        directives=(Directive("join__field"), *_carried(directives, type_.name, field)),
    )


def _copied(argument: InputValue) -> InputValue:
    kept = tuple(each for each in argument.directives if not each.name.startswith("join__"))
    return replace(argument, directives=kept)


def _carried(directives: DirectiveMerger, type_name: str, field: Field) -> tuple[Directive, ...]:
    """The interface field's directives; access rules are those that bear on this type."""
    access = directives.access_names
    kept = [each for each in field.directives if not each.name.startswith("join__") and each.name not in access]
    return (*kept, *directives.access_rules({}, f"{type_name}.{field.name}"))


def _is_external_everywhere(field: Field) -> bool:
    joins = [each for each in field.directives if each.name == "join__field"]
    return bool(joins) and all(each.arguments.get("external") for each in joins)
