"""Plans operations: runs the stages, and tries other choices until the plan cannot get better or the budget is spent."""

from collections.abc import Iterator, Mapping

from graphql import FragmentDefinitionNode, OperationDefinitionNode, OperationType, print_ast

from router.planning.build import Builder
from router.planning.freeze import Freezer
from router.planning.graph import Fetch, places_below
from router.planning.normalize import Field, Normalizer, PlanningError, Selection
from router.planning.options import Choices
from router.planning.passes.drop_empty import drop_empty
from router.planning.passes.schedule import schedule
from router.planning.passes.widen_conditions import widen_conditions
from router.planning.plan import PlanNode, QueryPlan, Sequence, Subscription
from router.planning.walk import Walker
from router.planning.wire import Wire
from router.supergraph.records import Supergraph

BUDGET = 800
"""Fields that may be planned again in search of a better plan than the first. Not a time, so that plans do not depend on
how busy the machine is; some 100 ms at most.
"""

Stages = list[list[list[Fetch]]]
Rank = tuple[int, int, int]


class Planner:
    """Plans operations against one supergraph, with one set of active override labels."""

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset(), budget: int = BUDGET) -> None:
        self.supergraph = supergraph
        self.walker = Walker(supergraph, labels)
        self.wire = Wire(self.walker.index)
        self.budget = budget
        visible = supergraph.api_schema.type_map
        self._possible = {
            name: frozenset(one for one in types if one in visible) for name, types in supergraph.possible.items()
        }

    def normalize(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Selection:
        """A valid operation's normal form. Raises PlanningError if it is too large."""
        return Normalizer(self.supergraph.api_schema, self._possible, fragments).operation(operation)

    def plan(self, operation: OperationDefinitionNode, selection: Selection) -> QueryPlan:
        """Plan an operation by its normal form. Raises PlanningError if there is no plan."""
        return QueryPlan(self._node(operation.operation, selection, self._freezer(operation)))

    def _freezer(self, operation: OperationDefinitionNode) -> Freezer:
        definitions = {one.variable.name.value: print_ast(one) for one in operation.variable_definitions or ()}
        return Freezer(self.supergraph, self.wire, definitions)

    def _node(self, kind: OperationType, selection: Selection, freezer: Freezer) -> PlanNode | None:
        if kind is OperationType.QUERY:
            return freezer.stages(self.best(selection))
        if kind is OperationType.SUBSCRIPTION:
            if not selection.fields:  # all of it is denied or answered by the router
                return None
            first, *rest = self.best(selection)
            return Subscription(freezer.request(first[0]), freezer.stages(rest))
        nodes = self._mutations(selection, freezer)
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes)) if nodes else None

    def _mutations(self, selection: Selection, freezer: Freezer) -> list[PlanNode]:
        """A plan for each root field, one after the other; neighbours of one subgraph may share a request."""
        groups: list[tuple[list[Field], Stages]] = []
        for field in selection.fields:
            if field.name.startswith("__"):
                continue
            stages = self.best(Selection(selection.types, (field,)))
            if groups and len(stages) == 1 and len(groups[-1][1]) == 1:
                together = self.best(Selection(selection.types, (*groups[-1][0], field)))
                if len(together) == 1 and len(together[0]) == 1:
                    groups[-1] = ([*groups[-1][0], field], together)
                    continue
            groups.append(([field], stages))
        nodes = (freezer.stages(stages) for _, stages in groups)
        return [node for node in nodes if node is not None]

    def show_fetches(self, operation: OperationDefinitionNode, selection: Selection) -> Iterator[str]:
        """As text: the fetches of a query, each with those it waits for, before they are put together in stages."""
        freezer = self._freezer(operation)
        for fetch in sorted(
            (one for stage in self.best(selection) for request in stage for one in request), key=_number
        ):
            after = ", ".join(str(one.number) for one in sorted(fetch.after, key=_number))
            yield "\n".join(
                (f"#{fetch.number}{f' after {after}' if after else ''}", *freezer.request([fetch]).lines("  "))
            )

    def best(self, selection: Selection) -> Stages:
        """The stages with the fewest requests, then the fewest stages, then the fewest fields.

        The first plan takes what looks best at each choice. Then, while the budget lasts, each choice is made
        differently, one at a time, and what is better is kept.
        """
        self.walker.start()
        choices = Choices()
        best, failure = self._attempt(selection, choices)
        budget, size = self.budget, selection.size
        taken: dict[int, int] = {}
        position = 0
        while position < len(choices.offered):
            for option in range(1, choices.offered[position]):
                budget -= size
                if best is not None and budget < 0:
                    return best[1]
                other = Choices({**taken, position: option})
                found, _ = self._attempt(selection, other)
                if found is not None and (best is None or found[0] < best[0]):
                    best, choices, taken = found, other, dict(other.taken)
            position += 1
        if best is None:
            raise failure or PlanningError("the operation selects nothing")
        return best[1]

    def _attempt(
        self, selection: Selection, choices: Choices
    ) -> tuple[tuple[Rank, Stages] | None, PlanningError | None]:
        """A plan with these choices and how good it is, or why they lead nowhere."""
        (root,) = selection.types
        for join in (True, False):
            choices.offered.clear()
            builder = Builder(self.walker, root, choices, join=join)
            try:
                builder.build(selection)
                break
            except PlanningError as error:
                if not builder.joined:
                    return None, error
        widen_conditions(builder.fetches)
        stages = schedule(drop_empty(builder.fetches))
        fields = sum(len(place.entries) for fetch in builder.fetches for place in places_below(fetch.place))
        return ((sum(len(stage) for stage in stages), len(stages), fields), stages), None


def _number(fetch: Fetch) -> int:
    return fetch.number
