"""From an operation to a plan, in six stages: normalize, walk, build, optimize, print, emit (docs/planner.md)."""

from router.planning.normalize import PlanningError
from router.planning.plan import QueryPlan
from router.planning.planner import BUDGET, Planner

__all__ = ["BUDGET", "Planner", "PlanningError", "QueryPlan"]
