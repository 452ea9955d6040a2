"""`@authenticated`, `@requiresScopes` and `@policy` are on what is resolved; interfaces take over what their types ask.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#authenticated
"""

from __future__ import annotations

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import Application, SubgraphSchema
from router.federation.model import Field, Kind

ACCESS_DIRECTIVES = ("authenticated", "requiresScopes", "policy")


def check_access(subgraph: SubgraphSchema, report: Report) -> None:
    for name in ACCESS_DIRECTIVES:
        for application in subgraph.applications(name):
            if _is_abstract(subgraph, application):
                message = f'Move @{name} from "{application.coordinate}" to the object types that implement it'
                report.error(
                    ErrorCode.AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE, message, subgraph.at(application.directive)
                )


def _is_abstract(subgraph: SubgraphSchema, application: Application) -> bool:
    if application.field is None:
        return subgraph.supergraph_kind(application.type) is Kind.INTERFACE
    return isinstance(application.field, Field) and application.type.kind is Kind.INTERFACE
