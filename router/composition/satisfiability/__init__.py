"""Whether every operation that the API schema allows can be answered by going through the subgraphs."""

from router.composition.satisfiability.walk import check_satisfiability

__all__ = ["check_satisfiability"]
