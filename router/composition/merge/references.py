"""Descriptions, types and defaults: what becomes of them where subgraphs say different things.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/sharing-types#differing-shared-fields
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from router.composition.errors import ErrorCode
from router.composition.graphql_rules import is_subtype
from router.composition.merge.context import MergeContext, Sources, present
from router.federation.model import InputValue
from router.federation.types import TypeRef, base_name
from router.federation.values import UNSET, Unset, Value, same, show


def merge_description(ctx: MergeContext, sources: Sources[Any], coordinate: str) -> str | None:
    """The description that most subgraphs give; of equally many, the first's."""
    found: dict[int, str] = {
        index: each.description for index, each in present(sources).items() if each.description is not None
    }
    texts = Counter(text for text in found.values() if text)
    if not texts:
        return next(iter(found.values()), None)
    if len(texts) > 1:
        message = f'"{coordinate}" has different descriptions in {ctx.names(found)}; the most frequent one is used'
        ctx.report.hint("INCONSISTENT_DESCRIPTION", message, ctx.at(sources) if coordinate != "schema" else ())
    return texts.most_common(1)[0][0]


def distribution(ctx: MergeContext, sources: Sources[Any], show_source: Callable[[Any], str]) -> str:
    """`"Int" in "a" and "b", "String" in "c"`."""
    groups: dict[str, list[int]] = {}
    for index, source in present(sources).items():
        groups.setdefault(show_source(source), []).append(index)
    return ", ".join(f"{text} in {ctx.names(indexes)}" for text, indexes in groups.items())


def merge_type(
    ctx: MergeContext,
    sources: Sources[Any],
    coordinate: str,
    *,
    position: str,
    argument: bool = False,
) -> tuple[TypeRef, bool]:
    """The type in the supergraph, and whether all subgraphs give it.

    Of compatible types, `output` positions take the widest, `input` positions the narrowest.
    """
    merged: TypeRef | None = None
    consistent = compatible = True
    for source in present(sources).values():
        candidate = source.type
        if merged is None or merged == candidate:
            merged = candidate
        elif is_subtype(ctx.shallow, merged, candidate):
            consistent = False
            merged = candidate if position == "input" else merged
        elif is_subtype(ctx.shallow, candidate, merged):
            consistent = False
            merged = merged if position == "input" else candidate
        else:
            compatible = False
    assert merged is not None  # noqa: S101 - elements are merged only where a subgraph has them
    ctx.use_enum(base_name(merged), position, coordinate)
    if not compatible:
        code = ErrorCode.FIELD_ARGUMENT_TYPE_MISMATCH if argument else ErrorCode.FIELD_TYPE_MISMATCH
        types = distribution(ctx, sources, lambda source: f'"{source.type}"')
        ctx.report.error(code, f'Give "{coordinate}" compatible types in all subgraphs: it is {types}', ctx.at(sources))
    elif not consistent:
        hint = f"INCONSISTENT_BUT_COMPATIBLE_{'ARGUMENT' if argument else 'FIELD'}_TYPE"
        types = distribution(ctx, sources, lambda source: f'"{source.type}"')
        ctx.report.hint(hint, f'"{coordinate}" is {types}; the supergraph has "{merged}"', ctx.at(sources))
    return merged, consistent and compatible


def merge_default(ctx: MergeContext, sources: Sources[InputValue], coordinate: str, code: ErrorCode) -> Value | Unset:
    """The default that all subgraphs give; none if some give none."""
    found: Mapping[int, InputValue] = present(sources)
    given = [each.default for each in found.values() if not isinstance(each.default, Unset)]
    if not given:
        return UNSET
    if not all(same(given[0], each) for each in given):
        defaults = distribution(ctx, sources, _show_default)
        message = f'Give "{coordinate}" the same default in all subgraphs: it has {defaults}'
        ctx.report.error(code, message, ctx.at(sources))
        return given[0]
    if len(given) < len(found):
        defaults = distribution(ctx, sources, _show_default)
        message = f'"{coordinate}" has {defaults}; the supergraph has no default'
        ctx.report.hint("INCONSISTENT_DEFAULT_VALUE_PRESENCE", message, ctx.at(sources))
        return UNSET
    return given[0]


def _show_default(source: InputValue) -> str:
    return "no default" if isinstance(source.default, Unset) else f"the default {show(source.default)}"
