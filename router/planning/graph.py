"""The state of stages 2 to 5: positions of the answer, who wants which field there, and the fetches that bring it.

These records are mutable and live only while one plan is built.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graphql import SelectionSetNode

from router.planning.conditions import ALWAYS, NEVER, Condition, both, either
from router.planning.deferral import Deferral, at_hand
from router.planning.normalize import NO_ARGUMENTS, Arguments, SelectedField, Selection
from router.supergraph.records import Vertex

TYPENAME = "__typename"


@dataclass(eq=False, slots=True)
class PlannedField:
    """A field that is wanted at a position. `key` is its name in the router's data, unique for an object's type.

    `client`: the client asks for it, and `selection` is what for of its value. `deferral` is the delivery group that
    wants it, `users` are those that take it for keys and required fields.
    """

    key: str
    name: str
    arguments: Arguments
    types: frozenset[str]
    condition: Condition
    client: bool
    selection: Selection | None = None
    deferral: Deferral | None = None
    resolutions: list["Resolution"] = field(default_factory=list)
    users: set[Deferral | None] = field(default_factory=set)

    def feeds(self, deferral: Deferral | None) -> bool:
        """Whether a delivery group takes it for keys and required fields."""
        return deferral in self.users or (deferral is None and self.deferral is None)

    def resolutions_for(self, deferral: Deferral | None) -> Iterator["Resolution"]:
        """The resolutions that one delivery group can rely on."""
        return (one for one in self.resolutions if one.selection_set.available_to(deferral))

    def lacks(self, types: frozenset[str], deferral: Deferral | None) -> frozenset[str]:
        """For which of these types it is not resolved yet."""
        return types.difference(*(one.types for one in self.resolutions_for(deferral)))

    def lends(self, deferral: Deferral | None, condition: Condition) -> bool:
        """Whether another delivery group may use it too: none is then fetched when it is not needed."""
        if self.deferral == deferral:
            return True
        wider, narrower = (
            (self.condition, condition) if at_hand(self.deferral, deferral) else (condition, self.condition)
        )
        return either(wider, narrower) == wider


@dataclass(eq=False, slots=True)
class Resolution:
    """A planned field resolved for objects of some types in a selection set; `child` is the position of a value with fields."""

    planned: PlannedField
    selection_set: "SelectionSet"
    types: frozenset[str]
    child: "Position | None" = None


@dataclass(eq=False, slots=True)
class Position:
    """Where objects are in the answer: at the root, or the value of a resolved field.

    `spread`: how many positions the fields that lead here have been split into.
    """

    types: frozenset[str]
    via: Resolution | None = None
    parent: "Position | None" = None
    selection_sets: list["SelectionSet"] = field(default_factory=list)
    known: bool = True
    spread: int = 1
    _by_field: dict[tuple[str, Arguments], list[PlannedField]] = field(default_factory=dict)
    _by_key: dict[str, list[PlannedField]] = field(default_factory=dict)

    def planned_fields(self, name: str, arguments: Arguments = NO_ARGUMENTS) -> Sequence[PlannedField]:
        """The planned fields of this name with these arguments."""
        return self._by_field.get((name, arguments), ())

    def client_field(self, wanted: SelectedField, types: frozenset[str]) -> PlannedField:
        """The planned field of a client's field, found or made. It keeps its response key."""
        for planned in self.planned_fields(wanted.name, wanted.arguments):
            same = planned.client and planned.key == wanted.key and planned.deferral == wanted.deferral
            if same and types <= planned.types:
                planned.condition = either(planned.condition, wanted.condition)
                return planned
        key, arguments, condition = wanted.key, wanted.arguments, wanted.condition
        return self._add(
            PlannedField(key, wanted.name, arguments, types, condition, True, wanted.selection, wanted.deferral)
        )

    def needed_field(
        self,
        wanted: SelectedField,
        types: frozenset[str],
        deferral: Deferral | None,
        condition: Condition | None = None,
    ) -> PlannedField:
        """The planned field of a field that is needed for others, found or made.

        With a condition, one of another delivery group is taken only if that group fetches no more for it.
        """
        same_field = [
            n
            for n in self.planned_fields(wanted.name, wanted.arguments)
            if condition is None or n.lends(deferral, condition)
        ]
        for planned in same_field:
            if types <= planned.types:
                return planned
        for planned in same_field:
            if not any(n is not planned and n.types & types for n in self._by_key[planned.key]):
                planned.types |= types
                return planned
        key, number = wanted.name, 0
        while key in self._by_key:
            key, number = f"_{number}_{wanted.name}", number + 1
        return self._add(PlannedField(key, wanted.name, wanted.arguments, types, NEVER, False, None, deferral))

    def _add(self, planned: PlannedField) -> PlannedField:
        self._by_field.setdefault((planned.name, planned.arguments), []).append(planned)
        self._by_key.setdefault(planned.key, []).append(planned)
        return planned


@dataclass(eq=False, slots=True)
class FetchField:
    """A field in a fetch's selection set: a planned field for these types; `child` is the selection set of a value with fields.

    `resolves`: it is what tells whether there is a value; otherwise it only leads to fields of a value.
    """

    planned: PlannedField
    types: frozenset[str]
    child: "FetchSelectionSet | None" = None
    resolves: bool = False

    @property
    def condition(self) -> Condition:
        """When it is needed; relative to the selection set."""
        if self.resolves or self.child is None:
            return self.planned.condition
        inner = NEVER
        for one in self.child.fields:
            inner = either(inner, one.condition)
        return both(self.planned.condition, inner)


@dataclass(eq=False, slots=True)
class FetchSelectionSet:
    """A position as one fetch sees it: the selection there, of objects that the subgraph has by type `static`.

    `types` are the object types that may be found there. `objects` is the interface object that stands for them, if
    the subgraph has one. `provided` is what a `@provides` on the path here lets the subgraph resolve beyond its own, for each
    type that the path may have led through: only what all of them provide is sure.
    """

    position: Position
    fetch: "FetchStep"
    static: str
    types: frozenset[str]
    objects: str | None = None
    provided: tuple[tuple[SelectionSetNode, ...], ...] = ((),)
    fields: list[FetchField] = field(default_factory=list)
    _by_planned: dict[tuple[PlannedField, Position | None], FetchField] = field(default_factory=dict)

    @property
    def vertex(self) -> Vertex:
        return self.fetch.subgraph, self.objects

    @property
    def fetches(self) -> tuple["FetchStep", ...]:
        return (self.fetch,)

    @property
    def level(self) -> int:
        """How many fetches in a row have to come before what it brings."""
        return self.fetch.level

    def available_to(self, deferral: Deferral | None) -> bool:
        """Whether what it brings is there when this delivery group is fetched."""
        return at_hand(self.fetch.deferral, deferral)

    def field_of(self, planned: PlannedField, types: frozenset[str], value: Position | None = None) -> FetchField:
        """The field of a planned one, found or made, for these types that leads to this position."""
        found = self._by_planned.get((planned, value))
        if found is None:
            found = self._by_planned[planned, value] = FetchField(planned, types)
            self.fields.append(found)
        found.types |= types
        return found


@dataclass(eq=False, slots=True)
class SelectionSetGroup:
    """The selection sets that bring a position's objects, each those of some types or of some parents.

    It resolves what all of them resolve. So objects that came by different paths are one position from there on.
    """

    members: tuple[tuple[FetchSelectionSet, frozenset[str]], ...]
    vertex: Vertex = ("", None)
    objects: None = None

    @property
    def types(self) -> frozenset[str]:
        return frozenset(name for _, types in self.members for name in types)

    @property
    def fetches(self) -> tuple["FetchStep", ...]:
        return tuple(selection_set.fetch for selection_set, _ in self.members)

    @property
    def level(self) -> int:
        return max(fetch.level for fetch in self.fetches)

    def available_to(self, deferral: Deferral | None) -> bool:
        return all(selection_set.available_to(deferral) for selection_set, _ in self.members)

    def of(self, type_name: str) -> Iterator[FetchSelectionSet]:
        """The selection sets that may bring objects of this type."""
        return (selection_set for selection_set, types in self.members if type_name in types)


SelectionSet = FetchSelectionSet | SelectionSetGroup


@dataclass(frozen=True, slots=True)
class Input:
    """What a representation of objects of a type has: a type name (their own if None) and fields with values.

    `needed_by` is the planned field whose `@requires` asks for the fields; None for those of a key.
    """

    type_name: str | None
    fields: Selection
    needed_by: PlannedField | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """A value that objects at an ancestor position have, as the argument of a field in a fetch further down."""

    variable: str
    type: str
    argument: str
    planned: PlannedField
    position: Position
    selection: Selection


@dataclass(eq=False, slots=True)
class FetchStep:
    """A request to be: operation fields at a root, or `_entities` for the objects of a position.

    `after` are the fetches that bring what this one's representations are made of. One with `contexts` is a request for
    each value of theirs, and takes no other fields. `deferral` is the delivery group that needs it first.
    """

    number: int
    subgraph: str
    position: Position
    root: str | None
    deferral: Deferral | None = None
    selection_set: FetchSelectionSet = field(init=False)
    inputs: dict[str, list[Input]] = field(default_factory=dict)
    contexts: list[Context] = field(default_factory=list)
    after: set["FetchStep"] = field(default_factory=set)
    level: int = 0
    _followers: set["FetchStep"] = field(default_factory=set)

    def wait_for(self, others: Iterable["FetchStep"]) -> None:
        """Let it come after others. `level` is how many fetches in a row have to come before it."""
        for other in others:
            self.after.add(other)
            other._followers.add(self)
            self._rise(other.level + 1)

    def _rise(self, level: int) -> None:
        if level > self.level:
            self.level = level
            for follower in self._followers:
                follower._rise(level + 1)

    def follows(self, other: "FetchStep") -> bool:
        """Whether it has to wait for another fetch, be it through others."""
        waiting, seen = list(self.after), set(self.after)
        while waiting:
            one = waiting.pop()
            if one is other:
                return True
            if one.level > other.level:
                waiting += one.after - seen
                seen |= one.after
        return False

    @property
    def condition(self) -> Condition:
        """When it is needed; where the objects of its position are there."""
        condition = NEVER
        for one in self.selection_set.fields:
            condition = either(condition, one.condition)
        return condition if self.selection_set.fields else ALWAYS


def selection_sets_below(selection_set: FetchSelectionSet) -> Iterator[FetchSelectionSet]:
    """A selection set and all that are within it."""
    yield selection_set
    for one in selection_set.fields:
        if one.child is not None:
            yield from selection_sets_below(one.child)
