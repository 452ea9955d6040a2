"""Stage 3. Resolves every wanted field in some selection set, by one path each, and so builds the fetches.

Where several paths would do, `Choices` says which to take.
"""

from collections.abc import Collection, Iterator, Sequence

from graphql import SelectionSetNode

from router.planning.conditions import ALWAYS, Condition, either
from router.planning.deferral import Deferral
from router.planning.graph import (
    TYPENAME,
    Context,
    FetchSelectionSet,
    FetchStep,
    Input,
    PlannedField,
    Position,
    Resolution,
    SelectionSet,
    SelectionSetGroup,
)
from router.planning.normalize import NO_ARGUMENTS, PlanningError, SelectedField, Selection
from router.planning.options import Choices, Option, best_entry, options
from router.planning.walk import Walker, parsed
from router.supergraph.records import ContextArgument, EntryPoint, SubgraphField, Vertex

_MAX_FETCHES = 2_500
MAX_SPREAD = 8
"""Into how many positions a field may be split, along its path, by the subgraphs that give its value for some types.

Beyond, its values are one position, whatever gave them: fetches would double with each level of a recursive interface.
"""


class Builder:
    """Builds the fetches of one operation; `fetches` has them, `root` the position of the answer itself.

    `joined`: values that several subgraphs give are one position somewhere, so there may be a plan though there is none here.
    """

    def __init__(self, walker: Walker, root_type: str, choices: Choices, *, join: bool = True) -> None:
        self.walker = walker
        self.supergraph = walker.supergraph
        self.choices = choices
        self.fetches: list[FetchStep] = []
        self.root = Position(frozenset((root_type,)))
        self.joined = False
        self._join = join
        self._underway: list[tuple[Position, str, EntryPoint, object]] = []
        walker.changed()

    def build(self, selection: Selection, deferrals: Sequence[Deferral] = ()) -> None:
        """Resolve an operation's selection: what is needed first, then each deferral, those after which others come first."""
        self._enter_group(None)
        self._register(self.root, selection)
        self._resolve_all(self.root, selection, self.root.types, ALWAYS, client=True)
        for deferral in deferrals:
            self._enter_group(deferral)
            self._resolve_below(self.root, selection, deferral.path)
        self._enter_group(None)

    def _enter_group(self, deferral: Deferral | None) -> None:
        self.walker.deferral = deferral
        self.walker.changed()

    def _resolve_below(self, position: Position, selection: Selection, path: tuple[str, ...]) -> None:
        """Resolve the delivery group that begins at the end of a path."""
        if not path:
            self._resolve_all(position, selection, position.types, ALWAYS, client=True)
            return
        for one in selection.fields:
            if one.key == path[0] and one.selection is not None and (types := one.types & position.types):
                for resolution in position.client_field(one, types).resolutions_for(self.walker.deferral):
                    if resolution.child is not None:
                        self._resolve_below(resolution.child, one.selection, path[1:])

    # Wanting

    def _register(self, position: Position, selection: Selection) -> None:
        """Enter the client's fields first, so that others may share them and none takes their keys."""
        for wanted in selection.fields:
            if (types := wanted.types & position.types) and wanted.name != TYPENAME:
                position.client_field(wanted, types)

    def _resolve_all(
        self,
        position: Position,
        selection: Selection,
        types: frozenset[str],
        condition: Condition,
        *,
        client: bool = False,
        key: bool = False,
    ) -> None:
        """Resolve the fields of a selection to objects of these types, then those of their values."""
        deferral = self.walker.deferral
        wanted = [(one, one.types & types) for one in selection.fields if one.types & types]
        for needed in self._need_type_name(selection, condition, client=client):
            self._want_type_name(position, needed)
        planned_here: list[tuple[PlannedField, SelectedField, frozenset[str]]] = []
        for one, among in wanted:
            if one.name.startswith("__"):
                continue
            if client:
                planned = position.client_field(one, among)
            else:
                planned = position.needed_field(one, among, deferral, None if key else condition)
                planned.users.add(deferral)
                planned.condition = either(planned.condition, condition)
            planned_here.append((planned, one, among))
        due = [
            (planned, one, among)
            for planned, one, among in planned_here
            if (one.deferral == deferral or not client) and planned.lacks(among, deferral)
        ]
        if not self.walker.once_only(position):
            due.sort(key=lambda entry: self._freedom(position, entry[0]))
        for planned, one, among in due:
            self._resolve(position, planned, among, one.selection, key=key)
        for planned, one, among in planned_here:
            if one.selection is None:
                continue
            for resolution in planned.resolutions_for(deferral):
                if resolution.child is not None and resolution.types & among:
                    child = resolution.child
                    self._resolve_all(child, one.selection, child.types, condition, client=client, key=key)

    def _need_type_name(self, selection: Selection, condition: Condition, *, client: bool) -> Iterator[Condition]:
        """When fields, and the client's deferred fragments of them, need to know of which type an object is."""
        several = len(selection.types) > 1
        if not client and (several or any(one.name == TYPENAME for one in selection.fields)):
            yield condition
        if not client or not several:
            return
        for one in selection.fields:
            if one.deferral == self.walker.deferral and (one.name == TYPENAME or one.types != selection.types):
                yield one.condition
        for later in selection.deferred:
            if later.deferral.parent == self.walker.deferral and later.types != selection.types:
                yield later.condition

    def _want_type_name(self, position: Position, condition: Condition) -> None:
        """Resolve `__typename`, so that objects of this position can be told apart."""
        wanted = SelectedField(TYPENAME, TYPENAME, NO_ARGUMENTS, position.types, condition, None)
        planned = position.needed_field(wanted, position.types, self.walker.deferral)
        planned.users.add(self.walker.deferral)
        planned.condition = either(planned.condition, condition)
        self._resolve(position, planned, position.types, None)

    def _freedom(self, position: Position, planned: PlannedField) -> tuple[bool, int]:
        """Fields with fewer subgraphs to choose from come first: what they need, others may use."""
        some = min(planned.types)
        elsewhere = any(
            self.walker.local(selection_set, some, planned.name) is None for selection_set in position.selection_sets
        )
        return elsewhere, max(len(self.walker.resolvers(name, planned.name)) for name in planned.types)

    # Resolution

    def _resolve(
        self,
        position: Position,
        planned: PlannedField,
        types: frozenset[str],
        selection: Selection | None,
        *,
        key: bool = False,
    ) -> None:
        lacking = planned.lacks(types, self.walker.deferral)
        by_selection_set: dict[int, tuple[SelectionSet, set[str]]] = {}
        for type_name in sorted(lacking):
            found = options(self.walker, position, planned, type_name, selection, key=key)
            selection_set = self._take(position, planned, type_name, self.choices.take(found))
            by_selection_set.setdefault(id(selection_set), (selection_set, set()))[1].add(type_name)
        paths = [(selection_set, frozenset(resolved)) for selection_set, resolved in by_selection_set.values()]
        spread = position.spread * len(paths)
        if self._join and selection is not None and spread > MAX_SPREAD and self._can_join(planned, paths):
            self.joined = True
            members = [part for selection_set, resolved in paths for part in _members(selection_set, resolved)]
            paths = [(SelectionSetGroup(tuple(members)), lacking)]
        for selection_set, resolved in paths:
            self._resolve_in(position, planned, selection_set, resolved, selection, position.spread * len(paths))

    def _can_join(self, planned: PlannedField, paths: Sequence[tuple[SelectionSet, frozenset[str]]]) -> bool:
        """Whether all of them tell what objects they give."""
        found = (
            (selection_set.fetch.subgraph, self._field(selection_set, name, planned))
            for joined, types in paths
            for selection_set, among in _members(joined, types)
            for name in among
        )
        kinds = (self.supergraph.subgraphs[subgraph].types.get(one.type.name) for subgraph, one in found)
        return len(paths) > 1 and not any(kind is not None and kind.interface_object for kind in kinds)

    def _take(self, position: Position, planned: PlannedField, type_name: str, option: Option) -> SelectionSet:
        """The selection set where this option resolves the field; the fetch for it is made if there is none."""
        if option.selection_set is not None:
            return option.selection_set
        if not option.field.needs_input:
            return self._reach(position, type_name, option.vertex, planned.condition)
        entering = best_entry(self.walker, position, type_name, option.vertex)
        if entering is None:
            raise _unreachable(type_name, option.vertex)
        required = option.field.requires and self.walker.field_set(frozenset((type_name,)), option.field.requires)
        contexts = [self._context(position, planned, one) for one in option.field.context_arguments]
        return self._enter(position, type_name, entering[1], planned.condition, required or None, planned, contexts)

    def _context(self, position: Position, planned: PlannedField, argument: ContextArgument) -> Context:
        """Where the value of a `@fromContext` argument comes from: the nearest ancestor of a type with the context."""
        types = self.supergraph.context_types.get(argument.context, frozenset())
        above = position.parent
        while above is not None and not above.types & types:
            above = above.parent
        if above is None:
            raise PlanningError(f"no object around {planned.name} sets the context of its argument {argument.name}")
        selection = self.walker.field_set(above.types & types, argument.selection)
        self._resolve_all(above, selection, above.types & types, planned.condition)
        return Context(f"_c_{argument.name}", argument.type, argument.name, planned, above, selection)

    def _reach(self, position: Position, type_name: str, vertex: Vertex, condition: Condition) -> SelectionSet:
        """The selection set of objects of this type at this vertex, by the cheapest path."""
        path = self.walker.paths(position, type_name).get(vertex)
        if path is None:
            raise _unreachable(type_name, vertex)
        if path.selection_set is not None:
            return path.selection_set
        if path.entry is not None:
            return self._enter(position, type_name, path.entry, condition)
        if path.parent is None or position.via is None or position.parent is None:
            return self._fetch_root(position, type_name, vertex[0])
        child = None
        for parent_type in sorted(position.via.types):
            parent = self._reach(position.parent, parent_type, path.parent, condition)
            child = self._descend(parent, position.via, frozenset((parent_type,)))
        if child is None or type_name not in child.types:
            raise _unreachable(type_name, vertex)
        return child

    # Selection sets and fetches

    def _resolve_in(
        self,
        position: Position,
        planned: PlannedField,
        selection_set: SelectionSet,
        types: frozenset[str],
        selection: Selection | None,
        spread: int,
    ) -> None:
        """Resolve a field in a selection set."""
        for resolution in planned.resolutions:
            if resolution.selection_set is selection_set and (resolution.child is None):
                resolution.types |= types
                _enter_field(selection_set, planned, types)
                return
        resolution = Resolution(planned, selection_set, types)
        planned.resolutions.append(resolution)
        if types != position.types and len(position.types) > 1 and selection is not None:
            self._want_type_name(position, planned.condition)
        if selection is None:
            _enter_field(selection_set, planned, types)
            return
        possible = selection.types if planned.selection is None else planned.selection.types | selection.types
        resolution.child = Position(possible, resolution, position, spread=spread)
        child = self._descend(selection_set, resolution, types)
        for one, among in _members(selection_set, types):
            one.field_of(planned, among, resolution.child).resolves = True
        narrowed = possible & child.types
        resolution.child.types = narrowed
        resolution.child.known = child.objects is None or len(narrowed) < 2
        self.walker.changed()
        if planned.client and child.objects is None and self._possible(child) - narrowed:
            self._want_type_name(resolution.child, planned.condition)  # to tell objects that clients must not see
        if planned.selection is not None:
            self._register(resolution.child, planned.selection)

    def _possible(self, selection_set: SelectionSet) -> frozenset[str]:
        if isinstance(selection_set, SelectionSetGroup):
            return frozenset().union(*(self._possible(one) for one, _ in selection_set.members))
        return self.supergraph.subgraph_possible(selection_set.fetch.subgraph, selection_set.static)

    def _field(self, selection_set: FetchSelectionSet, type_name: str, planned: PlannedField) -> SubgraphField:
        """A planned field as the subgraph of a selection set has it."""
        found = self.walker.index.field(selection_set.fetch.subgraph, selection_set.objects or type_name, planned.name)
        if found is None:
            raise PlanningError(f"{type_name}.{planned.name} is not in subgraph {selection_set.fetch.subgraph}")
        return found

    def _descend(self, parent: SelectionSet, resolution: Resolution, types: frozenset[str]) -> SelectionSet:
        """The selection set of a resolved field's value in the fetch of the parent's selection set."""
        position = resolution.child
        if position is None:
            raise PlanningError(f"{resolution.planned.name} has no fields to select")
        children = [self._child(one, resolution, position, among) for one, among in _members(parent, types)]
        child: SelectionSet = children[0]
        if isinstance(parent, SelectionSetGroup):
            child = SelectionSetGroup(tuple((one, one.types) for one in children))
        if child not in position.selection_sets:
            position.selection_sets.append(child)
        self.walker.changed()
        return child

    def _child(
        self, parent: FetchSelectionSet, resolution: Resolution, position: Position, types: frozenset[str]
    ) -> FetchSelectionSet:
        field = parent.field_of(resolution.planned, types, position)
        found_types: frozenset[str] = frozenset()
        provided: list[tuple[SelectionSetNode, ...]] = []
        static = ""
        for type_name in sorted(field.types):
            found = self._field(parent, type_name, resolution.planned)
            static = found.type.name
            found_types |= self.supergraph.subgraph_possible(parent.fetch.subgraph, found.type.name)
            for path in parent.provided:
                inner = self.walker.provided_by(path, type_name, resolution.planned.name)
                provided.append(parsed(found.provides) + tuple(one for one in inner if one is not None))
        if field.child is None:
            kind = self.supergraph.subgraphs[parent.fetch.subgraph].types.get(static)
            objects = static if kind is not None and kind.interface_object else None
            field.child = FetchSelectionSet(position, parent.fetch, static, found_types & position.types, objects)
        field.child.provided = tuple(dict.fromkeys(provided))
        field.child.types = found_types & position.types
        field.child.static = static
        position.known = position.known or field.child.objects is None
        return field.child

    def _fetch_root(self, position: Position, type_name: str, subgraph: str) -> FetchSelectionSet:
        fetch = FetchStep(len(self.fetches), subgraph, position, self._operation(type_name), self.walker.deferral)
        fetch.selection_set = FetchSelectionSet(position, fetch, type_name, frozenset((type_name,)))
        if position.parent is not None:
            fetch.wait_for(fetch for selection_set in position.selection_sets[:1] for fetch in selection_set.fetches)
        self._add(fetch)
        return fetch.selection_set

    def _operation(self, type_name: str) -> str:
        return next(operation for operation, name in self.supergraph.roots.items() if name == type_name)

    def _add(self, fetch: FetchStep) -> None:
        if len(self.fetches) >= _MAX_FETCHES:
            raise PlanningError(f"the operation would take more than {_MAX_FETCHES} fetches")
        self.fetches.append(fetch)
        fetch.position.selection_sets.append(fetch.selection_set)
        self.walker.changed()

    def _enter(
        self,
        position: Position,
        type_name: str,
        entry: EntryPoint,
        condition: Condition,
        required: Selection | None = None,
        planned: PlannedField | None = None,
        contexts: Collection[Context] = (),
    ) -> FetchSelectionSet:
        """The selection set of an entity fetch for objects of this type, with the key's and the required fields as input."""
        step = (position, type_name, entry, required is not None and id(required))
        if step in self._underway:
            raise PlanningError(f"{type_name} of subgraph {entry.subgraph} is needed to reach itself")
        self._underway.append(step)
        try:
            types = frozenset((type_name,))
            key = self.walker.field_set(types, entry.key)
            if self.walker.needs_type_name(position, entry):
                self._want_type_name(position, condition)
            needed = [key, required] if required else [key]
            for selection in needed:
                self._resolve_all(position, selection, types, condition, key=selection is key)
        finally:
            self._underway.pop()
        before = {fetch for selection in needed for fetch in self._providers(position, selection, type_name)}
        if self.walker.needs_type_name(position, entry):
            before |= self._type_name_providers(position, type_name)
        for one in contexts:
            before |= self._providers(one.position, one.selection, None)
        fetch = self._entity_fetch(position, entry, before, type_name, required, contexts)
        fetch.wait_for(before)
        name = entry.type if entry.interface else None
        inputs = fetch.inputs.setdefault(type_name, [])
        if not inputs:
            inputs.append(Input(name, key))
        if required is not None:
            inputs.append(Input(name, required, planned))
        if entry.interface == "interface":
            fetch.selection_set.types |= self.supergraph.subgraph_possible(entry.subgraph, entry.type) & position.types
            position.known = True
        else:
            fetch.selection_set.types |= types
        self.walker.changed()
        return fetch.selection_set

    def _entity_fetch(
        self,
        position: Position,
        entry: EntryPoint,
        before: Collection[FetchStep],
        type_name: str,
        required: Selection | None,
        contexts: Collection[Context],
    ) -> FetchStep:
        """The fetch that enters here and can take this too, or a new one."""
        objects = entry.type if entry.interface == "object" else None
        for selection_set in self.walker.open(position):
            if isinstance(selection_set, SelectionSetGroup):
                continue
            fetch = selection_set.fetch
            if (
                fetch.selection_set is not selection_set
                or fetch.root is not None
                or selection_set.vertex != entry.vertex
            ):
                continue
            if [(one.planned, one.position) for one in fetch.contexts] != [
                (one.planned, one.position) for one in contexts
            ]:
                continue
            brought = [one.fields for one in fetch.inputs.get(type_name, ())]
            if required is not None and any(_contradict(required, one) for one in brought):
                continue
            if not any(one is fetch or one.follows(fetch) for one in before):
                return fetch
        fetch = FetchStep(len(self.fetches), entry.subgraph, position, None, self.walker.deferral)
        fetch.selection_set = FetchSelectionSet(position, fetch, "_Entity", frozenset(), objects)
        fetch.contexts += contexts
        self._add(fetch)
        return fetch

    def _type_name_providers(self, position: Position, type_name: str) -> set[FetchStep]:
        return {
            fetch
            for planned in position.planned_fields(TYPENAME)
            for resolution in planned.resolutions_for(self.walker.deferral)
            if type_name in resolution.types
            for fetch in resolution.selection_set.fetches
        }

    def _providers(self, position: Position, selection: Selection, type_name: str | None) -> set[FetchStep]:
        """The fetches that bring these fields."""
        found: set[FetchStep] = set()
        for wanted in selection.fields:
            if type_name is not None and type_name not in wanted.types:
                continue
            for planned in position.planned_fields(wanted.name, wanted.arguments):
                if not planned.feeds(self.walker.deferral):
                    continue
                for resolution in planned.resolutions_for(self.walker.deferral):
                    if type_name is None or type_name in resolution.types:
                        found.update(resolution.selection_set.fetches)
                        if resolution.child is not None and wanted.selection is not None:
                            found |= self._providers(resolution.child, wanted.selection, None)
        return found


def _enter_field(selection_set: SelectionSet, planned: PlannedField, types: frozenset[str]) -> None:
    for one, among in _members(selection_set, types):
        one.field_of(planned, among)


def _members(selection_set: SelectionSet, types: frozenset[str]) -> list[tuple[FetchSelectionSet, frozenset[str]]]:
    """The selection sets that a group is of, with what they have of these types; a selection set itself."""
    if isinstance(selection_set, FetchSelectionSet):
        return [(selection_set, types)]
    return [(one, among & types) for one, among in selection_set.members if among & types]


def _contradict(one: Selection, other: Selection) -> bool:
    """Whether a representation cannot have both: a field with other arguments."""
    return any(
        mine.name == theirs.name
        and bool(mine.types & theirs.types)
        and (
            mine.arguments != theirs.arguments
            or bool(mine.selection and theirs.selection and _contradict(mine.selection, theirs.selection))
        )
        for mine in one.fields
        for theirs in other.fields
    )


def _unreachable(type_name: str, vertex: Vertex) -> PlanningError:
    return PlanningError(f"{type_name} cannot be reached in subgraph {vertex[0]}")
