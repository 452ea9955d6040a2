"""Definitions of directives in the supergraph: for operations, those that all subgraphs have; and the composed ones."""

from __future__ import annotations

from router.composition.merge.context import MergeContext
from router.composition.merge.fields import FieldMerger
from router.composition.merge.references import merge_description
from router.federation.model import DirectiveDefinition

EXECUTABLE = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)
BUILT_IN = frozenset({"include", "skip", "deprecated", "specifiedBy", "defer", "stream"})


def merge_definitions(ctx: MergeContext, fields: FieldMerger) -> dict[str, DirectiveDefinition]:
    """By name; without those of linked features that are not composed."""
    merged = {}
    for name, definition in ctx.composed.definitions.items():
        sources = {0: definition}
        arguments = {
            argument.name: fields.merge_argument({0: argument}, f"@{name}({argument.name}:)")
            for argument in definition.arguments.values()
        }
        merged[name] = DirectiveDefinition(
            name,
            definition.locations,
            arguments,
            definition.repeatable,
            merge_description(ctx, sources, f"@{name}"),
        )
    names = dict.fromkeys(name for subgraph in ctx.subgraphs for name in subgraph.schema.definitions)
    for name in names:
        if name not in merged and name not in ctx.features.definitions and name not in BUILT_IN:
            executable = _merge_executable(ctx, fields, name)
            if executable:
                merged[name] = executable
    return merged


def _merge_executable(ctx: MergeContext, fields: FieldMerger, name: str) -> DirectiveDefinition | None:
    sources = {index: subgraph.schema.definitions.get(name) for index, subgraph in enumerate(ctx.subgraphs)}
    found = {index: source for index, source in sources.items() if source is not None}
    locations = {index: EXECUTABLE.intersection(source.locations) for index, source in found.items()}
    if not any(locations.values()):
        return None
    missing = [index for index, source in sources.items() if source is None]
    if missing:
        message = f"@{name} is not in the supergraph: {ctx.names(missing)} do not define it"
        ctx.report.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", message, ctx.at(found))
        return None
    common = frozenset.intersection(*locations.values())
    if not common:
        message = f"@{name} is not in the supergraph: its definitions have no location in common"
        ctx.report.hint("NO_EXECUTABLE_DIRECTIVE_INTERSECTION", message, ctx.at(found))
        return None
    if len(set(locations.values())) > 1:
        message = f"@{name} can only be at {', '.join(sorted(common))}, which all subgraphs have"
        ctx.report.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", message, ctx.at(found))
    repeatable = {source.repeatable for source in found.values()}
    if len(repeatable) > 1:
        message = f"@{name} is not repeatable in the supergraph: it is not in all subgraphs"
        ctx.report.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", message, ctx.at(found))
    return DirectiveDefinition(
        name,
        tuple(sorted(common)),
        fields.merge_arguments(found, f"@{name}"),
        all(repeatable),
        merge_description(ctx, found, f"@{name}"),
    )
