"""What federation asks of each subgraph by itself: one family of rules a file."""

from __future__ import annotations

from router.composition.errors import Report
from router.composition.rules.access import check_access
from router.composition.rules.context import check_contexts
from router.composition.rules.cost import check_cost
from router.composition.rules.external import check_external
from router.composition.rules.fields_arguments import check_field_sets, check_provided_types
from router.composition.rules.interfaces import check_interface_keys, check_interfaces
from router.composition.rules.roots import check_roots
from router.composition.rules.sharing import check_sharing
from router.composition.subgraph import SubgraphSchema

# What the other rules take for granted: a problem of these is reported alone.
FIRST_RULES = (check_provided_types, check_interface_keys)
RULES = (
    check_field_sets,
    check_contexts,
    check_external,
    check_interfaces,
    check_sharing,
    check_cost,
    check_access,
)


def check_subgraph(subgraph: SubgraphSchema, report: Report) -> None:
    """Reports what the subgraph does against federation; one of federation 1 is only asked for its roots."""
    check_roots(subgraph, report)
    errors = len(report.errors)
    for rule in FIRST_RULES if subgraph.federation else ():
        rule(subgraph, report)
    if subgraph.federation and len(report.errors) == errors:
        for rule in RULES:
            rule(subgraph, report)


__all__ = ["check_subgraph"]
