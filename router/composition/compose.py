"""Composition, step by step: load → validate each → upgrade → merge → validate what is merged → satisfiability.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/composition
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import DocumentNode

from router.composition.api import api_schema
from router.composition.errors import CompositionError, ErrorCode, Hint, Report
from router.composition.load import load, parse_sdl
from router.composition.merge.supergraph import merge
from router.composition.merged_rules import check_api, check_merged
from router.composition.rules import check_subgraph
from router.composition.rules.roots import with_usual_roots
from router.composition.satisfiability import check_satisfiability
from router.composition.subgraph import SubgraphSchema
from router.composition.upgrade import upgrade
from router.federation.model import Schema
from router.federation.printing import print_schema, print_sorted


@dataclass(frozen=True, slots=True)
class SubgraphSdl:
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


def compose(subgraphs: Sequence[SubgraphSdl]) -> Composition:
    """The supergraph of subgraphs with different names; their order does not matter."""
    report = Report()
    schemas = _schemas(sorted(subgraphs, key=lambda subgraph: subgraph.name), report)
    hints = tuple(report.hints)
    if not schemas:
        return Composition(None, None, tuple(dict.fromkeys(report.errors)), hints)
    supergraph, api = schemas
    return Composition(print_schema(supergraph), print_sorted(api), (), hints)


def _schemas(subgraphs: Sequence[SubgraphSdl], report: Report) -> tuple[Schema, Schema] | None:
    """Supergraph and API schema; None if the report now says why there are none. A step needs that those before succeed."""
    valid = _valid_subgraphs(subgraphs, report)
    merged = merge(valid, report) if not report.errors else None
    if not merged or report.errors:
        return None
    check_merged(merged, valid, report)
    if report.errors:
        return None
    api = api_schema(merged)
    check_api(api, report)
    if not report.errors:
        check_satisfiability(merged, api, valid, report)
    return None if report.errors else (merged.schema, api)


def _valid_subgraphs(subgraphs: Sequence[SubgraphSdl], report: Report) -> list[SubgraphSchema]:
    """All subgraphs in federation 2, if the report has no errors now."""
    names = [subgraph.name for subgraph in subgraphs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        report.error(
            ErrorCode.INVALID_SUBGRAPH_NAME, f'Give the subgraphs named "{name}" different names', [(name, None)]
        )
    documents = [parse_sdl(subgraph.name, subgraph.sdl, report) for subgraph in subgraphs]
    parsed = [(subgraph, document) for subgraph, document in zip(subgraphs, documents, strict=True) if document]
    if report.errors:
        return []
    loaded = [_load(subgraph, document, report) for subgraph, document in parsed]
    valid = [subgraph for subgraph in loaded if subgraph]
    if report.errors:
        return []
    upgraded = upgrade(valid, report)
    for before, subgraph in zip(valid, upgraded, strict=True):
        if before is not subgraph and not report.errors:
            check_subgraph(subgraph, report)
    return upgraded


def _load(subgraph: SubgraphSdl, document: DocumentNode, report: Report) -> SubgraphSchema | None:
    loaded = load(subgraph.name, subgraph.url, document, report)
    if not loaded:
        return None
    errors = len(report.errors)
    check_subgraph(loaded, report)
    return with_usual_roots(loaded) if len(report.errors) == errors else None
