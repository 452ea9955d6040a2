"""Who may resolve a field: one subgraph, or several that all agree by `@shareable`.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/sharing-types#using-shareable
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from router.composition.errors import ErrorCode
from router.composition.merge.context import MergeContext, Sources, present
from router.composition.merge.override import Overrides
from router.federation.model import Field


@dataclass(frozen=True, slots=True)
class _Resolver:
    index: int
    field: Field
    shareable: bool
    through: str | None  # the @interfaceObject


def check_sharing(
    ctx: MergeContext, type_name: str, field_name: str, sources: Sources[Field], overrides: Overrides
) -> None:
    """Reports a field that several subgraphs resolve, some without being asked to share it."""
    resolvers = list(_resolvers(ctx, type_name, field_name, sources, overrides))
    unwilling = [each for each in resolvers if not each.shareable]
    if not unwilling or len(resolvers) < 2:
        return
    indexes = dict.fromkeys(each.index for each in resolvers)
    owners = dict.fromkeys(each.index for each in unwilling)
    message = (
        f'Mark "{type_name}.{field_name}" as @shareable in {ctx.names(owners)}, or resolve it in one subgraph only:'
        f" {ctx.names(indexes)} do"
    )
    through = sorted({each.through for each in resolvers if each.through})
    if through:
        message += f" (through the @interfaceObject {', '.join(through)})"
    if any(each.index in overrides.unknown_source for each in unwilling):
        message += "; its @override is from a subgraph that does not exist"
    at = [(ctx.subgraphs[each.index].name, each.field.node) for each in resolvers]
    ctx.report.error(ErrorCode.INVALID_FIELD_SHARING, message, at)


def _resolvers(
    ctx: MergeContext, type_name: str, field_name: str, sources: Sources[Field], overrides: Overrides
) -> Iterator[_Resolver]:
    for index, source in sources.items():
        subgraph = ctx.subgraphs[index]
        if source is None:
            for interface, field in ctx.abstracted(index, type_name, field_name):
                if not subgraph.is_fully_external(interface, field):
                    yield _Resolver(index, field, subgraph.is_shareable(interface, field.name), interface)
        elif index not in overrides.used | overrides.unused and not subgraph.is_fully_external(type_name, source):
            yield _Resolver(index, source, subgraph.is_shareable(type_name, field_name), None)


def check_subscription(ctx: MergeContext, type_name: str, field_name: str, sources: Sources[Field]) -> None:
    """One event stream has one source."""
    shared = {index: each for index, each in present(sources).items() if ctx.subgraphs[index].has(each, "shareable")}
    if shared:
        message = f'Remove @shareable from "{type_name}.{field_name}": subscriptions cannot be shared'
        ctx.report.error(ErrorCode.INVALID_FIELD_SHARING, message, ctx.at(shared))
