"""Stage 3, first half. All ways to resolve one field of objects of one type, the best first, and the choice among them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from router.planning.graph import TYPENAME, PlannedField, Position, SelectionSet
from router.planning.normalize import PlanningError, Selection
from router.planning.walk import Cost, GraphPath, Walker, resolves
from router.supergraph.records import EntryPoint, SubgraphField, Vertex

Rank = tuple[int, int, int]
"""How many more fetches, how deep, how many fields of the value are elsewhere."""


class Option(NamedTuple):
    """A way to resolve a field: at this vertex, in a selection set that is there or by a path to a new one."""

    rank: Rank
    vertex: Vertex
    field: SubgraphField
    selection_set: SelectionSet | None = None


@dataclass(slots=True)
class Choices:
    """Which option to take at each choice, the first unless said otherwise; and how many there were."""

    taken: Mapping[int, int] = field(default_factory=dict)
    offered: list[int] = field(default_factory=list)

    def take(self, options: Sequence[Option]) -> Option:
        """Choose among options of which the first looks best. Those with far more fetches are out of the question."""
        near = [option for option in options if option.rank[0] <= options[0].rank[0] + 1]
        if len(near) == 1:
            return near[0]
        number = len(self.offered)
        self.offered.append(len(near))
        return near[self.taken.get(number, 0) % len(near)]


def options(
    walker: Walker, position: Position, planned: PlannedField, type_name: str, selection: Selection | None, *, key: bool
) -> list[Option]:
    """The options for a field of objects of this type; at least one. Raises PlanningError if there is none."""
    free = key or planned.name == TYPENAME  # so cheap that no delivery group waits longer for it
    selection_sets = walker.near(position) if free else walker.open(position)
    at_hand = _options_at(walker, selection_sets, planned, type_name, selection, key=key)
    if selection is None and (first := next(at_hand, None)):
        return [first]
    found = list(at_hand)
    paths = walker.paths(position, type_name)
    local = {option.vertex for option in found}
    for resolver in walker.resolvers(type_name, planned.name):
        vertex, path = resolver.vertex, paths.get(resolver.vertex)
        if path is None or vertex in local or not resolves(resolver.field, key=key):
            continue
        cost = _cost(walker, position, type_name, vertex, resolver.field, path)
        if cost is not None:
            found.append(Option(_rank(cost, walker.missing_of(resolver, selection)), vertex, resolver.field))
    if not found:  # what can only be had together with what is needed before
        found = list(_options_at(walker, walker.near(position), planned, type_name, selection, key=key))
    if not found:
        raise PlanningError(f"{type_name}.{planned.name} cannot be reached from where it is asked for")
    return sorted(found, key=lambda option: option.rank)


def _options_at(
    walker: Walker,
    selection_sets: Sequence[SelectionSet],
    planned: PlannedField,
    type_name: str,
    selection: Selection | None,
    *,
    key: bool,
) -> Iterator[Option]:
    for selection_set in selection_sets:
        if type_name in selection_set.types:
            here = walker.local(selection_set, type_name, planned.name, key=key)
            if here is not None and not here.needs_input:
                missing = walker.missing_at(selection_set, type_name, planned.name, selection)
                yield Option(_rank((0, selection_set.level), missing), selection_set.vertex, here, selection_set)


def best_entry(walker: Walker, position: Position, type_name: str, vertex: Vertex) -> tuple[Cost, EntryPoint] | None:
    """The cheapest key that leads to this vertex."""
    paths = walker.paths(position, type_name)
    found = [
        (cost, entry)
        for entry in walker.usable_entries(position, type_name)
        if entry.vertex == vertex and (cost := walker.entry_cost(position, type_name, entry, paths)) is not None
    ]
    return min(found, key=lambda one: one[0], default=None)


def _cost(
    walker: Walker, position: Position, type_name: str, vertex: Vertex, wanted: SubgraphField, path: GraphPath
) -> Cost | None:
    if not wanted.needs_input:
        return None if path.selection_set is not None else path.cost
    entering = best_entry(walker, position, type_name, vertex)
    required: Cost | None = 0, 0
    if wanted.requires is not None:
        needed = walker.field_set(frozenset((type_name,)), wanted.requires)
        required = walker.selection_cost(position, type_name, needed, walker.paths(position, type_name))
    if entering is None or required is None:
        return None
    return entering[0][0] + required[0], max(entering[0][1], required[1] + 1)


def _rank(cost: Cost, missing: int) -> Rank:
    """Fewest fetches first, one more if some of the value's fields are elsewhere; then the shallowest."""
    return cost[0] + bool(missing), cost[1], missing
