"""`@shareable` and `@tag` where they have a meaning.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#shareable
"""

from __future__ import annotations

from collections import Counter

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Field, Kind


def check_sharing(subgraph: SubgraphSchema, report: Report) -> None:
    for application in subgraph.applications("shareable"):
        if isinstance(application.field, Field) and application.type.kind is not Kind.OBJECT:
            message = f'Remove @shareable from "{application.coordinate}": only fields of objects are resolved'
            report.error(ErrorCode.INVALID_SHAREABLE_USAGE, message, subgraph.at(application.directive))
    for type_ in subgraph.schema.of_kind(Kind.OBJECT):
        extensions = Counter(directive.extension for directive in subgraph.applied(type_, "shareable"))
        if any(count > 1 for count in extensions.values()):
            message = f'Keep one @shareable on each definition or extension of "{type_.name}"'
            report.error(ErrorCode.INVALID_SHAREABLE_USAGE, message, subgraph.at(type_))
        for field in type_.fields.values():
            if len(subgraph.applied(field, "shareable")) > 1:
                message = f'Keep one @shareable on "{type_.name}.{field.name}"'
                report.error(ErrorCode.INVALID_SHAREABLE_USAGE, message, subgraph.at(field))
