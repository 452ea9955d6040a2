"""Interfaces as entities: their keys are those of all their types, and `@interfaceObject` needs one.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/entities/interfaces
"""

from __future__ import annotations

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.subgraph import SubgraphSchema
from router.federation.fieldsets import FieldSetError, parse_field_set, unordered
from router.federation.model import Directive, Kind, Type
from router.federation.values import show


def check_interface_keys(subgraph: SubgraphSchema, report: Report) -> None:
    """The keys of interfaces and of their types can be compared: all can be read."""
    for interface in subgraph.schema.of_kind(Kind.INTERFACE):
        if not subgraph.has(interface, "key"):
            continue
        for name in (interface.name, *sorted(subgraph.schema.possible_types(interface.name))):
            for key in subgraph.applied(subgraph.schema.types[name], "key"):
                text = key.arguments.get("fields")
                try:
                    parse_field_set(subgraph.schema, name, text if isinstance(text, str) else "__typename")
                except FieldSetError as error:
                    message = f'In @key(fields: {show(text)}) on "{name}", {error}'
                    report.error(ErrorCode.KEY_INVALID_FIELDS, message, subgraph.at(key))


def check_interfaces(subgraph: SubgraphSchema, report: Report) -> None:
    for interface in subgraph.schema.of_kind(Kind.INTERFACE):
        for key in subgraph.applied(interface, "key"):
            _check_key(subgraph, report, interface, key)
    for application in subgraph.applications("interfaceObject"):
        if not subgraph.has(application.type, "key"):
            message = f'Give "{application.type.name}" a @key: only entities can be an @interfaceObject'
            report.error(ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, subgraph.at(application.type))


def _check_key(subgraph: SubgraphSchema, report: Report, interface: Type, key: Directive) -> None:
    wanted = _normalized(subgraph, interface.name, key)
    missing, unresolvable = [], []
    for name in sorted(subgraph.schema.possible_types(interface.name)):
        type_ = subgraph.schema.types[name]
        match = next(
            (each for each in subgraph.applied(type_, "key") if _normalized(subgraph, name, each) == wanted), None
        )
        if not match:
            missing.append(type_)
        elif key.arguments.get("resolvable") is not False and match.arguments.get("resolvable") is False:
            unresolvable.append(type_)
    fields = key.arguments.get("fields")
    if missing:
        message = (
            f'Add @key(fields: "{fields}") of "{interface.name}" to its types {quoted(t.name for t in missing)} too'
        )
        report.error(ErrorCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION, message, subgraph.at(*missing))
    elif unresolvable:
        message = (
            f'Make @key(fields: "{fields}") resolvable on {quoted(t.name for t in unresolvable)}'
            f', as it is on the interface "{interface.name}"'
        )
        report.error(ErrorCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION, message, subgraph.at(*unresolvable))


def _normalized(subgraph: SubgraphSchema, type_name: str, key: Directive) -> object:
    """The key in a form that does not depend on the order of its fields."""
    fields = key.arguments.get("fields")
    try:
        return unordered(parse_field_set(subgraph.schema, type_name, str(fields)))
    except FieldSetError:
        return fields
