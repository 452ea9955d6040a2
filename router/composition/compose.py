"""Composition, step by step: load → validate each → upgrade → merge → validate what is merged → satisfiability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import DocumentNode

from router.composition.api import api_schema
from router.composition.errors import CompositionError, Hint, Report
from router.composition.load import load, parse_sdl
from router.composition.merge.supergraph import Merged, merge
from router.composition.merged_rules import check_merged
from router.composition.rules import check_subgraph
from router.composition.rules.roots import with_usual_roots
from router.composition.satisfiability import check_satisfiability
from router.composition.subgraph import SubgraphSchema
from router.composition.upgrade import upgrade
from router.federation.printing import print_schema, print_sorted


@dataclass(frozen=True, slots=True)
class Subgraph:
    """What is composed: `url` is where the router calls the subgraph."""

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True)
class Composition:
    """Either both schemas, or at least one error."""

    supergraph_sdl: str | None
    api_schema_sdl: str | None
    errors: tuple[CompositionError, ...]
    hints: tuple[Hint, ...]


def compose(subgraphs: Sequence[Subgraph]) -> Composition:
    """The supergraph of subgraphs with different names; their order does not matter."""
    report = Report()
    merged = _merge(sorted(subgraphs, key=lambda subgraph: subgraph.name), report)
    hints = tuple(report.hints)
    if report.errors or not merged:
        return Composition(None, None, tuple(dict.fromkeys(report.errors)), hints)
    return Composition(print_schema(merged.schema), print_sorted(api_schema(merged)), (), hints)


def _merge(subgraphs: Sequence[Subgraph], report: Report) -> Merged | None:
    documents = [parse_sdl(subgraph.name, subgraph.sdl, report) for subgraph in subgraphs]
    parsed = [(subgraph, document) for subgraph, document in zip(subgraphs, documents, strict=True) if document]
    if report.errors:
        return None
    loaded = [_load(subgraph, document, report) for subgraph, document in parsed]
    valid = [subgraph for subgraph in loaded if subgraph]
    if report.errors:
        return None
    upgraded = upgrade(valid, report)
    for before, subgraph in zip(valid, upgraded, strict=True):
        if before is not subgraph and not report.errors:
            check_subgraph(subgraph, report)
    if report.errors:
        return None
    merged = merge(upgraded, report)
    if not merged or report.errors:
        return None
    check_merged(merged, upgraded, report)
    if not report.errors:
        check_satisfiability(merged, upgraded, report)
    return None if report.errors else merged


def _load(subgraph: Subgraph, document: DocumentNode, report: Report) -> SubgraphSchema | None:
    loaded = load(subgraph.name, subgraph.url, document, report)
    if not loaded:
        return None
    errors = len(report.errors)
    check_subgraph(loaded, report)
    return with_usual_roots(loaded) if len(report.errors) == errors else None
