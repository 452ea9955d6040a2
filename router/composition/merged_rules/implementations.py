"""Types have all fields of the interfaces that they implement in any subgraph.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/composition-rules#object-union-and-interface-types
"""

from __future__ import annotations

from collections.abc import Sequence

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.merge.supergraph import Merged
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Kind, Type


def check_implementations(merged: Merged, subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    schema = merged.schema
    for type_ in schema.of_kind(Kind.OBJECT, Kind.INTERFACE):
        for interface in type_.interfaces:
            for name in schema.types[interface].fields:
                if name not in type_.fields:
                    _report(subgraphs, report, type_, interface, name)


def _report(subgraphs: Sequence[SubgraphSchema], report: Report, type_: Type, interface: str, name: str) -> None:
    fields = [(each, each.schema.field(interface, name)) for each in subgraphs]
    types = [(each, each.schema.types.get(type_.name)) for each in subgraphs]
    having = [(each, field) for each, field in fields if field and each.schema.kind(interface) is Kind.INTERFACE]
    lacking = [(each, found) for each, found in types if found and interface in found.interfaces]
    message = (
        f'Add the field "{name}" to "{type_.name}": its interface "{interface}" has it in'
        f' {quoted(each.name for each, _ in having)}, and "{type_.name}" implements that in'
        f" {quoted(each.name for each, _ in lacking)}"
    )
    at = [at for each, element in (*having, *lacking) for at in each.at(element)]
    report.error(ErrorCode.INTERFACE_FIELD_NO_IMPLEM, message, at)
