"""Stage 2. From a position, all paths into each subgraph, the cheapest of each kept.

A path is: a selection set that is there already, the field that leads here taken in that subgraph too, another root
fetch, or an entity fetch by one of the subgraph's keys, whose fields themselves have to be reached. The walk relaxes
these edges until nothing gets cheaper, as in Dijkstra's algorithm over subgraphs, with keys as hyperedges from several
vertices at once.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse

from router.planning.deferral import Deferral
from router.planning.graph import TYPENAME, FetchSelectionSet, Position, SelectionSet, SelectionSetGroup
from router.planning.normalize import Normalizer, PlanningError, SelectedField, Selection
from router.supergraph.records import EntryPoint, FieldType, Index, Resolver, SubgraphField, Supergraph, Vertex

Cost = tuple[int, int]
"""How many more fetches, and how deep the last of them is."""

_FAR = 1_000
_TYPENAME_FIELD = SubgraphField(TYPENAME, FieldType("String", "String!"))


def resolves(field: SubgraphField, *, key: bool = False) -> bool:
    """Whether the subgraph resolves its field on any object; a key that it overrode only as a key."""
    return not field.external and (key or not field.overridden)


@functools.cache
def parsed(field_set: str | None) -> tuple[SelectionSetNode, ...]:
    """A field set as AST; none if there is none."""
    if field_set is None:
        return ()
    definition = parse(f"{{{field_set}}}", no_location=True).definitions[0]
    return (definition.selection_set,) if isinstance(definition, OperationDefinitionNode) else ()


class GraphPath(NamedTuple):
    """How to get an object at a vertex, and what that costs: it is there already, or by the parent's field, or by a key.

    With none of the three: by another fetch at a root.
    """

    cost: Cost
    selection_set: SelectionSet | None = None
    parent: Vertex | None = None
    entry: EntryPoint | None = None


class Walker:
    """Finds the paths through one supergraph. `deferral` is the delivery group that they are wanted for."""

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset()) -> None:
        self.supergraph = supergraph
        self.index = Index(supergraph, labels)
        self.deferral: Deferral | None = None
        self._type_names = functools.cache(self._tell_types)
        self._field_sets: dict[tuple[frozenset[str], str], Selection] = {}
        self._paths: dict[tuple[Position, str], dict[Vertex, GraphPath]] = {}
        self._missing: dict[tuple[object, ...], int] = {}
        self._kept: list[object] = []  # what `_missing` knows by identity

    def field_set(self, types: frozenset[str], text: str) -> Selection:
        """A field set of a directive, normalised for these types."""
        found = self._field_sets.get((types, text))
        if found is None:
            if not (read := parsed(text)):
                raise PlanningError(f"'{text}' is not a field set")
            normalizer = Normalizer(self.supergraph.schema, self.supergraph.possible)
            found = self._field_sets[types, text] = normalizer.selection(types, read[0])
        return found

    # What a selection set or a subgraph resolves by itself

    def open(self, position: Position) -> Sequence[SelectionSet]:
        """The selection sets that may be asked for more: those of fetches for the same delivery group."""
        if self.deferral is None:  # which is resolved first
            return position.selection_sets
        return [
            selection_set
            for selection_set in position.selection_sets
            if all(fetch.deferral == self.deferral for fetch in selection_set.fetches)
        ]

    def near(self, position: Position) -> Sequence[SelectionSet]:
        """The selection sets that this delivery group can rely on, for keys and for what is nowhere else."""
        if self.deferral is None:
            return position.selection_sets
        return [selection_set for selection_set in position.selection_sets if selection_set.available_to(self.deferral)]

    def local(
        self, selection_set: SelectionSet, type_name: str, name: str, *, key: bool = False
    ) -> SubgraphField | None:
        """The field, if this selection set's subgraph resolves it there, its `@requires` aside."""
        if isinstance(selection_set, SelectionSetGroup):
            all_found = [self.local(one, type_name, name, key=key) for one in selection_set.of(type_name)]
            return next(iter(all_found), None) if all(one and not one.needs_input for one in all_found) else None
        if name == TYPENAME:
            return None if selection_set.objects or type_name not in selection_set.types else _TYPENAME_FIELD
        here = self.index.field(selection_set.fetch.subgraph, selection_set.objects or type_name, name)
        if here is None:
            return None
        if resolves(here, key=key) or self.provides(selection_set, type_name, name):
            return here
        return None

    def provides(self, selection_set: FetchSelectionSet, type_name: str, name: str) -> bool:
        """Whether `@provides` covers this field in this selection set."""
        return bool(self.provided(selection_set, type_name, name))

    def provided(self, selection_set: FetchSelectionSet, type_name: str, name: str) -> list[SelectionSetNode | None]:
        """The selections that `@provides` makes of this field in this selection set."""
        paths = [self.provided_by(one, type_name, name) for one in selection_set.provided]
        return [found for path in paths for found in path] if all(paths) else []

    def provided_by(
        self, provided: Sequence[SelectionSetNode], type_name: str, name: str
    ) -> list[SelectionSetNode | None]:
        """The selections that these field sets make of this field."""
        return [found for one in provided for found in self._provided(one, type_name, name)]

    def _provided(
        self, selection_set: SelectionSetNode, type_name: str, name: str
    ) -> Iterator[SelectionSetNode | None]:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                if node.name.value == name:
                    yield node.selection_set
            elif isinstance(node, InlineFragmentNode):
                on = node.type_condition
                if on is None or type_name in self.supergraph.possible.get(on.name.value, ()):
                    yield from self._provided(node.selection_set, type_name, name)

    def resolvers(self, type_name: str, name: str) -> Sequence[Resolver]:
        """The subgraphs that have this field. Those with the type itself can tell `__typename`."""
        return self._type_names(type_name) if name == TYPENAME else self.index.resolvers(type_name, name)

    def _tell_types(self, type_name: str) -> tuple[Resolver, ...]:
        return tuple(
            Resolver((subgraph.name, None), _TYPENAME_FIELD)
            for subgraph in self.supergraph.subgraphs.values()
            if type_name in subgraph.types
        )

    # Paths

    def paths(self, position: Position, type_name: str) -> dict[Vertex, GraphPath]:
        """The cheapest path to objects of this type at this position, by vertex."""
        found = self._paths.get((position, type_name))
        if found is None:
            found = self._paths[position, type_name] = self._walk(position, type_name)
        return found

    def start(self) -> None:
        """Forget what belongs to the last operation."""
        self._paths.clear()
        self._missing.clear()
        self._kept.clear()

    def changed(self) -> None:
        """Forget the paths: there is a new selection set."""
        self._paths.clear()

    def _walk(self, position: Position, type_name: str) -> dict[Vertex, GraphPath]:
        paths: dict[Vertex, GraphPath] = {}
        for selection_set in self.open(position):
            if type_name in selection_set.types:
                level = selection_set.level
                if selection_set.vertex not in paths or level < paths[selection_set.vertex].cost[1]:
                    paths[selection_set.vertex] = GraphPath((0, level), selection_set=selection_set)
        if position.parent is None or type_name == self.supergraph.roots.get("query"):
            level = max(
                (selection_set.level + 1 for selection_set in position.selection_sets if position.parent), default=0
            )
            for name, subgraph in self.supergraph.subgraphs.items():
                if type_name in subgraph.types:
                    paths.setdefault((name, None), GraphPath((1, level)))
        self._add_fields(position, type_name, paths)
        self._add_keys(position, type_name, paths)
        return paths

    def _add_fields(self, position: Position, type_name: str, paths: dict[Vertex, GraphPath]) -> None:
        """Paths by the field that leads here, taken in another subgraph that has the parent."""
        via, parent = position.via, position.parent
        if via is None or parent is None or self.once_only(parent):
            return
        parent_types = sorted(via.types)
        candidates = self.resolvers(parent_types[0], via.planned.name)
        if len(candidates) < 2:
            return
        parents = [self.paths(parent, name) for name in parent_types]
        for vertex in (resolver.vertex for resolver in candidates):
            fields = [
                self._resolved(vertex, parent_type, via.planned.name, found.get(vertex))
                for parent_type, found in zip(parent_types, parents, strict=True)
            ]
            values = {field.type.name for field in fields if field is not None}
            if None in fields or len(values) != 1:
                continue
            (value,) = values
            target = vertex[0], value if self._is_object(vertex[0], value) else None
            if target not in paths and type_name in self.supergraph.subgraph_possible(vertex[0], value):
                paths[target] = GraphPath(max(found[vertex].cost for found in parents), parent=vertex)

    def _is_object(self, subgraph: str, type_name: str) -> bool:
        kind = self.supergraph.subgraphs[subgraph].types.get(type_name)
        return kind is not None and kind.interface_object

    def once_only(self, position: Position) -> bool:
        """Whether each of its fields has to be asked exactly once, in the client's order."""
        roots = self.supergraph.roots
        return bool(position.types & {roots.get("mutation"), roots.get("subscription")})

    def _resolved(self, vertex: Vertex, type_name: str, name: str, path: GraphPath | None) -> SubgraphField | None:
        if path is None:
            return None
        if path.selection_set is not None:
            found = self.local(path.selection_set, type_name, name)
        else:
            found = self.index.field(vertex[0], vertex[1] or type_name, name)
            found = found if found and resolves(found) else None
        return found if found and not found.needs_input else None

    def _add_keys(self, position: Position, type_name: str, paths: dict[Vertex, GraphPath]) -> None:
        """Paths by entity fetches, cheaper ones replacing dearer ones until none is left."""
        entries = self.usable_entries(position, type_name)
        at_hand = {key: self._cost_at_hand(position, type_name, key) for key in {entry.key for entry in entries}}
        far = []
        for entry in entries:
            near = at_hand[entry.key] if position.known or not self.needs_type_name(position, entry) else None
            if near is None:
                far.append(entry)
            else:
                _improve(paths, (1, near + 1), entry)
        changed = True
        while changed:
            changed = False
            for entry in far:
                cost = self.entry_cost(position, type_name, entry, paths)
                changed |= cost is not None and _improve(paths, cost, entry)

    def _cost_at_hand(self, position: Position, type_name: str, key: str) -> int | None:
        """The level at which all of a key's fields are there, if they can be had in selection sets that are there."""
        level = 0
        for field in self.field_set(frozenset((type_name,)), key).fields:
            best = min(
                (
                    selection_set.level
                    for selection_set in self.near(position)
                    if type_name in selection_set.types
                    and (found := self.local(selection_set, type_name, field.name, key=True))
                    and not _extra(found, self.missing_at(selection_set, type_name, field.name, field.selection))
                ),
                default=None,
            )
            if best is None:
                return None
            level = max(level, best)
        return level

    def usable_entries(self, position: Position, type_name: str) -> tuple[EntryPoint, ...]:
        """The keys by which objects of this type can be entered from here.

        By an interface's key only where nobody knows yet which implementation an object is.
        """
        entries = self.index.entries(type_name)
        if position.known:
            return tuple(entry for entry in entries if entry.interface != "interface")
        learn = [one for one in entries if one.interface == "interface" and not self.needs_type_name(position, one)]
        return (*learn, *(entry for entry in entries if entry.interface != "interface"))

    def needs_type_name(self, position: Position, entry: EntryPoint) -> bool:
        """Whether there may be objects here that cannot be entered by this key."""
        return not position.types <= self.supergraph.possible[entry.type]

    def entry_cost(
        self, position: Position, type_name: str, entry: EntryPoint, paths: Mapping[Vertex, GraphPath]
    ) -> Cost | None:
        """What it costs to reach this key's fields and then to take it; None if they cannot be reached."""
        key = self.field_set(frozenset((type_name,)), entry.key)
        cost = self.selection_cost(position, type_name, key, paths, without=entry.vertex)
        if cost is not None and not position.known and self.needs_type_name(position, entry):
            learn = [
                paths[one.vertex].cost
                for one in self.usable_entries(position, type_name)
                if one.interface == "interface" and one.vertex in paths
            ]
            if not learn:
                return None
            cost = (cost[0] + min(learn)[0], max(cost[1], min(learn)[1]))
        return None if cost is None else (cost[0] + 1, cost[1] + 1)

    def selection_cost(
        self,
        position: Position,
        type_name: str,
        selection: Selection,
        paths: Mapping[Vertex, GraphPath],
        *,
        without: Vertex | None = None,
    ) -> Cost | None:
        """What it costs to reach all of these fields; of a key if it is the one that leads to `without`."""
        total, depth = 0, 0
        used: set[Vertex | None] = set()
        for field in selection.fields:
            if field.name == TYPENAME or type_name not in field.types:
                continue
            best: tuple[Cost, Vertex | None] | None = None
            costs = list(self._field_costs(position, type_name, field, paths, without))
            if not costs:
                costs = list(self._costs_at(self.near(position), type_name, field, key=False))
            for vertex, cost in costs:
                left = (cost[0] - paths[vertex].cost[0], cost[1]) if vertex and vertex in used else cost
                if best is None or left < best[0]:
                    best = left, vertex
            if best is None:
                return None
            total, depth = total + best[0][0], max(depth, best[0][1])
            used.add(best[1])
        return total, depth

    def _field_costs(
        self,
        position: Position,
        type_name: str,
        field: SelectedField,
        paths: Mapping[Vertex, GraphPath],
        without: Vertex | None,
    ) -> Iterator[tuple[Vertex | None, Cost]]:
        """What a field costs, by where it is taken: in a selection set that is there, or by the path to a vertex."""
        key = without is not None
        yield from self._costs_at(self.near(position) if key else self.open(position), type_name, field, key=key)
        for resolver in self.resolvers(type_name, field.name):
            path = paths.get(resolver.vertex)
            if path is None or path.selection_set is not None or resolver.vertex == without:
                continue
            if resolves(resolver.field, key=key):
                extra = _extra(resolver.field, self.missing_of(resolver, field.selection))
                yield resolver.vertex, (path.cost[0] + extra, path.cost[1] + extra)

    def _costs_at(
        self, selection_sets: Iterable[SelectionSet], type_name: str, field: SelectedField, *, key: bool
    ) -> Iterator[tuple[None, Cost]]:
        for selection_set in selection_sets:
            if type_name in selection_set.types and (
                found := self.local(selection_set, type_name, field.name, key=key)
            ):
                extra = _extra(found, self.missing_at(selection_set, type_name, field.name, field.selection))
                yield None, (extra, selection_set.level + extra)

    def missing_of(self, resolver: Resolver, selection: Selection | None) -> int:
        """How many of the fields selected of a value the subgraph that gives it cannot resolve."""
        if selection is None:
            return 0
        value, provided = resolver.field.type.name, parsed(resolver.field.provides)
        return self.missing(resolver.vertex[0], value, selection, provided)

    def missing_at(self, selection_set: SelectionSet, type_name: str, name: str, selection: Selection | None) -> int:
        """How many of the fields selected of a value cannot be resolved where this selection set has it."""
        if selection is None:
            return 0
        if isinstance(selection_set, SelectionSetGroup):
            return max(self.missing_at(one, type_name, name, selection) for one in selection_set.of(type_name))
        found = self.index.field(selection_set.fetch.subgraph, selection_set.objects or type_name, name)
        if found is None:
            return _FAR
        given = (one for one in self.provided(selection_set, type_name, name) if one is not None)
        return self.missing(selection_set.fetch.subgraph, found.type.name, selection, (*parsed(found.provides), *given))

    def missing(
        self, subgraph: str, type_name: str, selection: Selection, provided: tuple[SelectionSetNode, ...] = ()
    ) -> int:
        """How many of the selected fields this subgraph cannot resolve on values of this type of its own."""
        same = (subgraph, type_name, id(selection), tuple(map(id, provided)))
        known = self._missing.get(same)
        if known is None:
            known = self._count_missing(subgraph, type_name, selection, provided)
            self._missing[same] = known
            self._kept.append((selection, provided))
        return known

    def _count_missing(
        self, subgraph: str, type_name: str, selection: Selection, provided: tuple[SelectionSetNode, ...]
    ) -> int:
        kind = self.supergraph.subgraphs[subgraph].types.get(type_name)
        if kind is None:
            return _FAR
        count = 0
        possible = self.supergraph.subgraph_possible(subgraph, type_name)
        for field in selection.fields:
            types = field.types & possible
            if not types or (field.name == TYPENAME and not kind.interface_object):
                continue
            owners = [type_name] if kind.interface_object else sorted(types)
            for owner in owners:
                found = self.index.field(subgraph, owner, field.name)
                on = owner if owner in types else min(types)
                inner = [one for node in provided for one in self._provided(node, on, field.name)]
                if found is None or not (resolves(found) or inner) or found.needs_input:
                    count += 1
                elif field.selection:
                    deeper = parsed(found.provides) + tuple(one for one in inner if one is not None)
                    count += self.missing(subgraph, found.type.name, field.selection, deeper)
        return count


def _improve(paths: dict[Vertex, GraphPath], cost: Cost, entry: EntryPoint) -> bool:
    """Take a path by a key if it is cheaper than what is known."""
    vertex = entry.vertex
    known = paths.get(vertex)
    if known is not None and known.cost <= cost:
        return False
    paths[vertex] = GraphPath(cost, entry=entry)
    return True


def _extra(found: SubgraphField, missing: int) -> int:
    """How many more fetches a field takes at least, for what it requires and for fields of its value."""
    return bool(found.needs_input) + bool(missing)
