"""Plans operations: runs the stages, and tries other choices until the plan cannot get better or the budget is spent."""

from collections.abc import Iterator, Mapping

from graphql import FragmentDefinitionNode, OperationDefinitionNode, OperationType, print_ast

from router.planning.build import Builder
from router.planning.deferral import Deferral
from router.planning.emit import PlanEmitter
from router.planning.graph import FetchStep, selection_sets_below
from router.planning.normalize import Normalizer, PlanningError, SelectedField, Selection
from router.planning.options import Choices
from router.planning.passes.await_type_names import await_type_names
from router.planning.passes.drop_empty import drop_empty
from router.planning.passes.schedule import schedule
from router.planning.passes.separate_requirements import separate_requirements
from router.planning.passes.widen_conditions import widen_conditions
from router.planning.plan import QueryPlan, Sequence, Subscription
from router.planning.printer import OperationPrinter
from router.planning.walk import Walker
from router.supergraph.records import Supergraph

BUDGET = 800
"""Fields that may be planned again in search of a better plan than the first. Not a time, so that plans do not depend on
how busy the machine is; some 100 ms at most.
"""

Waves = list[list[list[FetchStep]]]
WavesByGroup = dict[Deferral | None, Waves]
"""The waves of each delivery group: of the primary answer (None), and of each deferral."""
PlanCost = tuple[int, int, int, int]


class Planner:
    """Plans operations against one supergraph, with one set of active override labels."""

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset(), budget: int = BUDGET) -> None:
        self.supergraph = supergraph
        self.walker = Walker(supergraph, labels)
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
        emitter = self._emitter(operation)
        if operation.operation is OperationType.MUTATION:
            return self._mutations(selection, emitter)
        if operation.operation is OperationType.QUERY:
            return _plan(emitter, self.best(selection))
        if not selection.fields:  # all of it is denied or answered by the router
            return QueryPlan(None)
        first, *rest = self.best(selection)[None]
        return QueryPlan(Subscription(emitter.request(first[0]), emitter.waves(rest)))

    def _emitter(self, operation: OperationDefinitionNode) -> PlanEmitter:
        definitions = {one.variable.name.value: print_ast(one) for one in operation.variable_definitions or ()}
        return PlanEmitter(self.supergraph, OperationPrinter(self.walker.index), definitions)

    def _mutations(self, selection: Selection, emitter: PlanEmitter) -> QueryPlan:
        """A plan for each root field, one after the other; neighbours of one subgraph may share a request."""
        groups: list[tuple[list[SelectedField], WavesByGroup]] = []
        for field in selection.fields:
            if field.name.startswith("__"):
                continue
            alone = self.best(Selection(selection.types, (field,)))
            if groups and len(alone[None]) == 1 and len(groups[-1][1][None]) == 1:
                together = self.best(Selection(selection.types, (*groups[-1][0], field)))
                if len(together[None]) == 1 and len(together[None][0]) == 1:
                    groups[-1] = ([*groups[-1][0], field], together)
                    continue
            groups.append(([field], alone))
        plans = [_plan(emitter, waves) for _, waves in groups]
        nodes = tuple(one.node for one in plans if one.node is not None)
        deferred = tuple(later for one in plans for later in one.deferred)
        return QueryPlan(Sequence(nodes) if len(nodes) > 1 else nodes[0] if nodes else None, deferred)

    def show_fetches(self, operation: OperationDefinitionNode, selection: Selection) -> Iterator[str]:
        """As text: the fetches of a query, each with those it waits for, before they are put together in waves."""
        emitter = self._emitter(operation)
        for fetch in sorted(
            (one for waves in self.best(selection).values() for wave in waves for request in wave for one in request),
            key=_number,
        ):
            after = ", ".join(str(one.number) for one in sorted(fetch.after, key=_number))
            yield "\n".join(
                (f"#{fetch.number}{f' after {after}' if after else ''}", *emitter.request([fetch]).lines("  "))
            )

    def best(self, selection: Selection) -> WavesByGroup:
        """The waves with the fewest requests (for the primary answer, then in all), then the fewest waves and fields.

        The first plan takes what looks best at each choice. Then, while the budget lasts, each choice is made
        differently, one at a time, and what is better is kept.
        """
        self.walker.start()
        deferrals = sorted({one.deferral: None for one in selection.deferrals()}, key=lambda one: len(one.ancestors))
        choices = Choices()
        best, failure = self._attempt(selection, deferrals, choices)
        budget, size = self.budget, selection.size
        taken: dict[int, int] = {}
        position = 0
        while position < len(choices.offered):
            for option in range(1, choices.offered[position]):
                budget -= size
                if best is not None and budget < 0:
                    return best[1]
                other = Choices({**taken, position: option})
                found, _ = self._attempt(selection, deferrals, other)
                if found is not None and (best is None or found[0] < best[0]):
                    best, choices, taken = found, other, dict(other.taken)
            position += 1
        if best is None:
            raise failure or PlanningError("the operation selects nothing")
        return best[1]

    def _attempt(
        self, selection: Selection, deferrals: list[Deferral], choices: Choices
    ) -> tuple[tuple[PlanCost, WavesByGroup] | None, PlanningError | None]:
        """A plan with these choices and how good it is, or why they lead nowhere."""
        (root,) = selection.types
        for join in (True, False):
            choices.offered.clear()
            builder = Builder(self.walker, root, choices, join=join)
            try:
                builder.build(selection, deferrals)
                break
            except PlanningError as error:
                if not builder.joined:
                    return None, error
        widen_conditions(builder.fetches)
        await_type_names(builder.fetches)
        fetches = separate_requirements(drop_empty(builder.fetches))
        groups: WavesByGroup = {
            deferral: schedule([fetch for fetch in fetches if fetch.deferral == deferral])
            for deferral in (None, *deferrals)
        }
        first, requests = sum(map(len, groups[None])), sum(len(wave) for waves in groups.values() for wave in waves)
        fields = sum(
            len(selection_set.fields)
            for fetch in builder.fetches
            for selection_set in selection_sets_below(fetch.selection_set)
        )
        return ((first, requests, sum(map(len, groups.values())), fields), groups), None


def _plan(emitter: PlanEmitter, groups: WavesByGroup) -> QueryPlan:
    nodes = {deferral: emitter.waves(waves) for deferral, waves in groups.items()}
    return QueryPlan(nodes.pop(None), tuple((one, node) for one, node in nodes.items() if one is not None))


def _number(fetch: FetchStep) -> int:
    return fetch.number
