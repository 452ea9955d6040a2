"""`@external`: only on fields of objects, and only where something needs them.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#external
"""

from __future__ import annotations

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Kind


def check_external(subgraph: SubgraphSchema, report: Report) -> None:
    """An external field is declared for a key, `@requires`, `@provides`, context or interface, or not at all."""
    for type_ in subgraph.schema.of_kind(Kind.OBJECT, Kind.INTERFACE):
        for field in type_.fields.values():
            if not subgraph.is_external(type_.name, field):
                continue
            if type_.kind is Kind.INTERFACE:
                message = f'Remove @external from "{type_.name}.{field.name}": nothing resolves an interface\'s field'
                report.error(ErrorCode.EXTERNAL_ON_INTERFACE, message, subgraph.at(field))
            if not subgraph.is_used(type_.name, field.name):
                message = (
                    f'Remove "{type_.name}.{field.name}" or its @external: no @key, @requires, @provides, context'
                    " or interface of this subgraph needs it"
                )
                report.error(ErrorCode.EXTERNAL_UNUSED, message, subgraph.at(field))
