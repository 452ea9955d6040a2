"""From an operation to a plan, in stages: normalise, walk, build the fetches, choose, optimise, write."""

from router.planning.normalize import PlanningError
from router.planning.plan import QueryPlan
from router.planning.planner import BUDGET, Planner

__all__ = ["BUDGET", "Planner", "PlanningError", "QueryPlan"]
