"""What must hold for the supergraph, though every subgraph is right by itself: one family of rules a file.

https://spec.graphql.org/October2021/#sec-Type-System
"""

from __future__ import annotations

from collections.abc import Sequence

from router.composition.errors import ErrorCode, Report
from router.composition.graphql_rules import location_problems, schema_problems
from router.composition.merge.supergraph import Merged
from router.composition.merged_rules.access import check_access
from router.composition.merged_rules.implementations import check_implementations
from router.composition.merged_rules.inaccessible import check_inaccessible
from router.composition.merged_rules.requires import check_requires
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Schema

RULES = (check_implementations, check_requires, check_access)


def check_merged(merged: Merged, subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    """Reports what the supergraph cannot be; each step needs that those before found nothing."""
    for rule in RULES:
        rule(merged, subgraphs, report)
    if not report.errors:
        _check_graphql(merged, report)
    if not report.errors:
        check_inaccessible(merged, subgraphs, report)


def check_api(api: Schema, report: Report) -> None:
    """Reports what the API schema cannot be."""
    for message, _ in schema_problems(api):
        report.error(ErrorCode.INVALID_GRAPHQL, f"In the schema that clients would see: {message}")


def _check_graphql(merged: Merged, report: Report) -> None:
    for message, _ in schema_problems(merged.schema):
        report.error(ErrorCode.INVALID_GRAPHQL, f"In the supergraph: {message}")
    for message in location_problems(merged.schema):
        report.error(ErrorCode.INVALID_GRAPHQL, f"In the supergraph: {message}")


__all__ = ["check_api", "check_merged"]
