"""The first look at all types: their kinds, interfaces and members in the supergraph.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/composition-rules#object-union-and-interface-types
"""

from __future__ import annotations

from collections.abc import Sequence

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.subgraph import SubgraphSchema
from router.federation.model import ROOT_NAMES, Schema, Type


def shallow_schema(subgraphs: Sequence[SubgraphSchema], report: Report) -> Schema:
    """The supergraph's types without what is in them; reports those of which the subgraphs have different kinds."""
    declared: dict[str, list[tuple[SubgraphSchema, Type]]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.schema.types.values():
            if subgraph.is_merged_type(type_.name):
                declared.setdefault(type_.name, []).append((subgraph, type_))
    types = {}
    for name, found in declared.items():
        kinds = [subgraph.supergraph_kind(type_) for subgraph, type_ in found]
        if len(set(kinds)) > 1:
            _report_kinds(name, found, report)
        elif all(subgraph.is_interface_object(type_) for subgraph, type_ in found):
            message = (
                f'Define "{name}" as an interface in some subgraph: it is an @interfaceObject in all that have it'
                f" ({quoted(subgraph.name for subgraph, _ in found)})"
            )
            at = [at for subgraph, type_ in found for at in subgraph.at(type_)]
            report.error(ErrorCode.INTERFACE_OBJECT_USAGE_ERROR, message, at)
        same = [type_ for (_, type_), kind in zip(found, kinds, strict=True) if kind is kinds[0]]
        types[name] = Type(
            kinds[0],
            name,
            interfaces=tuple(dict.fromkeys(interface for type_ in same for interface in type_.interfaces)),
            members=tuple(dict.fromkeys(member for type_ in same for member in type_.members)),
        )
    return Schema(types=types, definitions={}, roots=_roots(subgraphs))


def _roots(subgraphs: Sequence[SubgraphSchema]) -> dict[str, str]:
    """The roots that have a field for clients in some subgraph."""
    return {
        operation: name
        for operation, name in ROOT_NAMES.items()
        if any(
            operation in subgraph.schema.roots
            and any(
                not subgraph.is_operation_field(name, field)
                for field in (subgraph.schema.types[name].fields if name in subgraph.schema.types else ())
            )
            for subgraph in subgraphs
        )
    }


def _report_kinds(name: str, found: Sequence[tuple[SubgraphSchema, Type]], report: Report) -> None:
    kinds: dict[str, list[str]] = {}
    for subgraph, type_ in found:
        kind = "@interfaceObject" if subgraph.is_interface_object(type_) else type_.kind.value
        kinds.setdefault(kind, []).append(subgraph.name)
    listed = ", ".join(f"{kind} in {quoted(names)}" for kind, names in kinds.items())
    at = [at for subgraph, type_ in found for at in subgraph.at(type_)]
    report.error(ErrorCode.TYPE_KIND_MISMATCH, f'Define "{name}" as the same kind everywhere: it is {listed}', at)
