"""`@requires` gives arguments that the field has in every subgraph that could be asked.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#requires
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.merge.supergraph import Merged
from router.composition.subgraph import Application, SubgraphSchema
from router.federation.fieldsets import FieldSelection, FieldSetError, parse_field_set, walk
from router.federation.model import Field


def check_requires(merged: Merged, subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    for subgraph in subgraphs:
        for application in subgraph.applications("requires"):
            text = str(application.directive.arguments.get("fields"))
            try:
                parse_field_set(merged.schema, application.type.name, text)
            except FieldSetError:
                for problem in _problems(subgraph, subgraphs, application, text):
                    message = f'In @requires on "{application.coordinate}", {problem}'
                    report.error(ErrorCode.REQUIRES_INVALID_FIELDS, message, subgraph.at(application.directive))


def _problems(
    subgraph: SubgraphSchema, subgraphs: Sequence[SubgraphSchema], application: Application, text: str
) -> Iterator[str]:
    for selection in walk(parse_field_set(subgraph.schema, application.type.name, text)):
        if not isinstance(selection, FieldSelection):
            continue
        given = dict(selection.arguments)
        coordinate = f"{selection.parent}.{selection.field.name}"
        others = [(each.name, each.schema.field(selection.parent, selection.field.name)) for each in subgraphs]
        found: list[tuple[str, Field]] = [(name, field) for name, field in others if field and name != subgraph.name]
        for name in given:
            lacking = [other for other, field in found if name not in field.arguments]
            if lacking:
                yield f'remove the argument "{name}" of "{coordinate}": {quoted(lacking)} do not have it'
        required = {argument.name for _, field in found for argument in field.arguments.values() if argument.required}
        for name in sorted(required - given.keys()):
            asking = [other for other, field in found if name in field.arguments and field.arguments[name].required]
            yield f'give the argument "{name}" of "{coordinate}" a value: {quoted(asking)} require it'
