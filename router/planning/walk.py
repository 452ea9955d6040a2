"""Stage 2. From a position, all ways into each subgraph, the cheapest of each kept.

A way is: a place that is there already, the field that leads here taken in that subgraph too, another root fetch, or an
entity fetch by one of the subgraph's keys, whose fields themselves have to be reached. The walk relaxes these moves
until nothing gets cheaper, as in Dijkstra's algorithm over subgraphs, with keys as edges from several nodes at once.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, SelectionSetNode, parse

from router.planning.graph import TYPENAME, Place, Position
from router.planning.normalize import Field, Normalizer, Selection
from router.supergraph.records import EntryPoint, Index, Resolver, SubgraphField, Supergraph, TypeRef

Cost = tuple[int, int]
"""How many more fetches, and how deep the last of them is."""

_FAR = 1_000
_TYPENAME_FIELD = SubgraphField(TYPENAME, TypeRef("String", "String!"))


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


@dataclass(frozen=True, slots=True)
class Way:
    """How to get an object in a subgraph, and what that costs. Exactly one of the last three, or none: by a root."""

    cost: Cost
    place: Place | None = None
    field: bool = False
    entry: EntryPoint | None = None


class Walker:
    """Finds the ways through one supergraph."""

    def __init__(self, supergraph: Supergraph, labels: frozenset[str] = frozenset()) -> None:
        self.supergraph = supergraph
        self.index = Index(supergraph, labels)
        self._field_sets: dict[tuple[frozenset[str], str], Selection] = {}
        self._normalizer = Normalizer(supergraph.schema, supergraph.possible)
        self._ways: dict[tuple[Position, str], dict[str, Way]] = {}

    def field_set(self, types: frozenset[str], text: str) -> Selection:
        """A field set of a directive, normalised for these types."""
        found = self._field_sets.get((types, text))
        if found is None:
            found = self._field_sets[types, text] = self._normalizer.field_set(types, text)
        return found

    # What a place or a subgraph resolves by itself

    def local(self, place: Place, type_name: str, name: str, *, key: bool = False) -> SubgraphField | None:
        """The field, if this place's subgraph resolves it there, its `@requires` aside."""
        if name == TYPENAME:
            return None if place.objects or type_name not in place.types else _TYPENAME_FIELD
        here = self.index.field(place.fetch.subgraph, place.objects or type_name, name)
        if here is None:
            return None
        if resolves(here, key=key) or self.provides(place, type_name, name):
            return here
        return None

    def provides(self, place: Place, type_name: str, name: str) -> bool:
        """Whether `@provides` covers this field at this place."""
        return any(True for _ in self.provided(place, type_name, name))

    def provided(self, place: Place, type_name: str, name: str) -> Iterator[SelectionSetNode | None]:
        """The selections that `@provides` makes of this field at this place."""
        for selection_set in place.provided:
            yield from self._provided(selection_set, type_name, name)

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

    def resolvers(self, type_name: str, name: str) -> tuple[Resolver, ...]:
        """The subgraphs that have this field. Those with the type itself can tell `__typename`."""
        if name != TYPENAME:
            return self.index.resolvers(type_name, name)
        return tuple(
            Resolver(subgraph.name, type_name, _TYPENAME_FIELD)
            for subgraph in self.supergraph.subgraphs.values()
            if type_name in subgraph.types
        )

    # Ways

    def ways(self, position: Position, type_name: str) -> dict[str, Way]:
        """The cheapest way to objects of this type at this position, by subgraph."""
        found = self._ways.get((position, type_name))
        if found is None:
            found = self._ways[position, type_name] = self._walk(position, type_name)
        return found

    def changed(self) -> None:
        """Forget the ways: there is a new place."""
        self._ways.clear()

    def _walk(self, position: Position, type_name: str) -> dict[str, Way]:
        ways: dict[str, Way] = {}
        for place in position.places:
            if type_name in place.types:
                level = place.fetch.level
                if place.fetch.subgraph not in ways or level < ways[place.fetch.subgraph].cost[1]:
                    ways[place.fetch.subgraph] = Way((0, level), place=place)
        level = max((place.fetch.level + 1 for place in position.places if position.parent), default=0)
        if position.parent is None or type_name == self.supergraph.roots.get("query"):
            for name, subgraph in self.supergraph.subgraphs.items():
                if type_name in subgraph.types:
                    ways.setdefault(name, Way((1, level)))
        self._add_fields(position, type_name, ways)
        self._add_keys(position, type_name, ways)
        return ways

    def _add_fields(self, position: Position, type_name: str, ways: dict[str, Way]) -> None:
        """Ways by the field that leads here, taken in another subgraph that has the parent."""
        via, parent = position.via, position.parent
        if via is None or parent is None or self._once_only(parent):
            return
        first, *others = sorted(via.types)
        candidates = self.index.resolvers(first, via.node.name)
        if not any(resolver.subgraph not in ways for resolver in candidates):
            return
        parents = [self.ways(parent, name) for name in (first, *others)]
        for resolver in candidates:
            name = resolver.subgraph
            if name in ways or any(name not in found for found in parents):
                continue
            fields = [
                self._resolved(name, parent_type, via.node.name, found[name])
                for parent_type, found in zip((first, *others), parents, strict=True)
            ]
            if all(fields) and any(
                f and type_name in self.supergraph.subgraph_possible(name, f.type.name) for f in fields
            ):
                ways[name] = Way(max(found[name].cost for found in parents), field=True)

    def _once_only(self, parent: Position) -> bool:
        roots = self.supergraph.roots
        return bool(parent.types & {roots.get("mutation"), roots.get("subscription")})

    def _resolved(self, subgraph: str, type_name: str, name: str, way: Way) -> SubgraphField | None:
        if way.place is not None:
            found = self.local(way.place, type_name, name)
            return found if found and not found.requires else None
        for resolver in self.index.resolvers(type_name, name):
            if resolver.subgraph == subgraph and resolves(resolver.field) and not resolver.field.requires:
                return resolver.field
        return None

    def _add_keys(self, position: Position, type_name: str, ways: dict[str, Way]) -> None:
        """Ways by entity fetches, cheaper ones replacing dearer ones until none is left."""
        entries = self.usable_entries(position, type_name)
        changed = True
        while changed:
            changed = False
            for entry in entries:
                cost = self.entry_cost(position, type_name, entry, ways)
                known = ways.get(entry.subgraph)
                if cost is not None and (known is None or cost < known.cost):
                    ways[entry.subgraph] = Way(cost, entry=entry)
                    changed = True

    def usable_entries(self, position: Position, type_name: str) -> tuple[EntryPoint, ...]:
        """The keys by which objects of this type can be entered from here.

        By an interface's key only where nobody knows yet which implementation an object is.
        """
        entries = self.index.entries(type_name)
        if position.known:
            return tuple(entry for entry in entries if entry.interface != "interface")
        return tuple(sorted(entries, key=lambda entry: entry.interface != "interface"))

    def entry_cost(self, position: Position, type_name: str, entry: EntryPoint, ways: Mapping[str, Way]) -> Cost | None:
        """What it costs to reach this key's fields and then to take it; None if they cannot be reached."""
        key = self.field_set(frozenset((type_name,)), entry.key)
        cost = self.selection_cost(type_name, key, ways, without=entry.subgraph, key=True)
        if cost is not None and not entry.interface and not position.known:
            learn = [
                ways[e.subgraph].cost
                for e in self.index.entries(type_name)
                if e.interface == "interface" and e.subgraph in ways
            ]
            if not learn:
                return None
            cost = (cost[0] + min(learn)[0], max(cost[1], min(learn)[1]))
        return None if cost is None else (cost[0] + 1, cost[1] + 1)

    def selection_cost(
        self, type_name: str, selection: Selection, ways: Mapping[str, Way], *, without: str = "", key: bool = False
    ) -> Cost | None:
        """What it costs to reach all of these fields."""
        total, depth = 0, 0
        used: set[str] = set()
        for field in selection.fields:
            if field.name == TYPENAME or type_name not in field.types:
                continue
            best: tuple[Cost, str] | None = None
            for resolver in self.resolvers(type_name, field.name):
                way = ways.get(resolver.subgraph)
                if way is None or (resolver.subgraph == without and way.place is None):
                    continue
                cost = self._field_cost(type_name, field, resolver, way, key=key)
                if cost is None:
                    continue
                if resolver.subgraph in used:
                    cost = (cost[0] - way.cost[0], cost[1])
                if best is None or cost < best[0]:
                    best = cost, resolver.subgraph
            if best is None:
                return None
            total, depth = total + best[0][0], max(depth, best[0][1])
            used.add(best[1])
        return total, depth

    def _field_cost(self, type_name: str, field: Field, resolver: Resolver, way: Way, *, key: bool) -> Cost | None:
        if way.place is not None:
            if self.local(way.place, type_name, field.name, key=key) is None:
                return None
        elif not resolves(resolver.field, key=key):
            return None
        extra = 1 if resolver.field.requires else 0
        provided = bool(resolver.field.provides) or (
            way.place is not None and self.provides(way.place, type_name, field.name)
        )
        if (
            field.selection
            and not provided
            and self.missing(resolver.subgraph, resolver.field.type.name, field.selection)
        ):
            extra += 1
        return way.cost[0] + extra, way.cost[1] + extra

    def missing(
        self, subgraph: str, type_name: str, selection: Selection, provided: tuple[SelectionSetNode, ...] = ()
    ) -> int:
        """How many of the selected fields this subgraph cannot resolve on values of this type of its own."""
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
                inner = [s for node in provided for s in self._provided(node, owner if owner in types else min(types), field.name)]
                if found is None or not (resolves(found) or inner) or found.requires:
                    count += 1
                elif field.selection:
                    own = parsed(found.provides)
                    deeper = tuple(s for s in inner if s is not None)
                    count += self.missing(subgraph, found.type.name, field.selection, own + deeper)
        return count
