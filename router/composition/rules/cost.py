"""`@cost` and `@listSize`: weights are of what is resolved, sizes of what is a list.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#cost
"""

from __future__ import annotations

from router.composition.errors import ErrorCode, Report
from router.composition.subgraph import Application, SubgraphSchema
from router.federation.model import Field, Kind
from router.federation.types import Named, base_name, is_list, nullable
from router.federation.values import Value


def check_cost(subgraph: SubgraphSchema, report: Report) -> None:
    for application in subgraph.applications("cost"):
        on_interface = application.type.kind is Kind.INTERFACE and not application.argument
        if on_interface and isinstance(application.field, Field):
            message = (
                f'Put @cost on the fields of types that implement "{application.type.name}", not on the interface\'s'
            )
            report.error(ErrorCode.COST_APPLIED_TO_INTERFACE_FIELD, message, subgraph.at(application.directive))
    for application in subgraph.applications("listSize"):
        for code, problem in _list_size_problems(subgraph, application):
            message = f'In @listSize on "{application.coordinate}", {problem}'
            report.error(code, message, subgraph.at(application.directive))


def _list_size_problems(subgraph: SubgraphSchema, application: Application) -> list[tuple[ErrorCode, str]]:
    field, arguments = application.on_field, application.directive.arguments
    sized = _names(arguments.get("sizedFields"))
    problems = []
    if not sized and not is_list(field.type):
        problem = f'name the lists in "sizedFields": the field\'s own type "{field.type}" is no list'
        problems.append((ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST, problem))
    assumed = arguments.get("assumedSize")
    if isinstance(assumed, int) and assumed < 0:
        problems.append((ErrorCode.LIST_SIZE_INVALID_ASSUMED_SIZE, f'"assumedSize" must be 0 or more, not {assumed}'))
    for name in _names(arguments.get("slicingArguments")):
        argument = field.arguments.get(name)
        if not argument or nullable(argument.type) != Named("Int"):
            problem = f'"slicingArguments" must name arguments of type Int: "{name}" is none'
            problems.append((ErrorCode.LIST_SIZE_INVALID_SLICING_ARGUMENT, problem))
    return problems + _sized_field_problems(subgraph, field, sized)


def _sized_field_problems(subgraph: SubgraphSchema, field: Field, sized: list[str]) -> list[tuple[ErrorCode, str]]:
    parent = base_name(field.type)
    kind = subgraph.schema.kind(parent)
    if sized and not (kind and kind.composite):
        problem = f'remove "sizedFields": the type "{field.type}" has no fields'
        return [(ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD, problem)]
    problems = []
    for name in sized:
        found = subgraph.schema.field(parent, name)
        if not found:
            problem = f'"sizedFields" must name fields of "{parent}": "{name}" is none'
            problems.append((ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD, problem))
        elif not is_list(found.type):
            problem = f'"sizedFields" must name lists: "{parent}.{name}" is none'
            problems.append((ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST, problem))
    return problems


def _names(value: Value) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]
