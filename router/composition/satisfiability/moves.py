"""Where a router can go: from a place in one subgraph to a field's value there, or by a key to another subgraph."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from router.composition.satisfiability.views import ContextUse, Key, Provided, ResolvedField, View, try_parse
from router.federation.fieldsets import TYPENAME, FieldSelection, FragmentSelection, Selection
from router.federation.model import Kind, Schema

Contexts = tuple[tuple[tuple[str, str], int, str], ...]  # context → subgraph and type where it is set


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a composite type in one subgraph."""

    subgraph: int
    type: str
    provided: Provided | None = None
    entered: object = None  # the key, if the last step was into the subgraph by one
    contexts: Contexts = ()


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What must not be used to find a key's fields: what is being entered, and by which fields."""

    subgraphs: frozenset[int] = frozenset()
    conditions: frozenset[object] = frozenset()

    def __le__(self, other: Exclusions) -> bool:
        return self.subgraphs <= other.subgraphs and self.conditions <= other.conditions

    def adding(self, subgraph: int, condition: object) -> Exclusions:
        return Exclusions(self.subgraphs | {subgraph}, self.conditions | {condition})


Labels = Mapping[str, bool]
NO_LABELS: Labels = {}
NOTHING = Exclusions()
MAX_EXCLUSIONS = 200  # ways to come to one key, of which each asks for its fields again


class TooManyWaysError(Exception):
    """The subgraphs have more ways through them than can be looked at."""


class Moves:
    """All steps through the subgraphs. What is found out about keys is kept."""

    def __init__(self, views: Sequence[View], supergraph: Schema) -> None:
        self.views = views
        self.supergraph = supergraph
        self._entrances = self._all_entrances()
        self._reachable: dict[tuple[Place, Exclusions], tuple[Place, ...]] = {}
        self._answers: dict[Hashable, bool] = {}
        self._fetches: dict[tuple[Place, Key], list[tuple[Exclusions, bool]]] = {}
        self._open: set[Hashable] = set()
        self._cut = False  # whether an answer is False only because it is being looked for
        self._context_types = self._all_context_types()

    def _all_entrances(self) -> dict[str, list[tuple[int, Key]]]:
        """By the type that one comes from: subgraphs with the keys that they can be entered by."""
        found: dict[str, list[tuple[int, Key]]] = {}
        for view in self.views:
            for type_name, keys in view.keys.items():
                for key in keys:
                    found.setdefault(type_name, []).append((view.index, key))
                    if view.is_interface_object(type_name):
                        for implementation in self.supergraph.possible_types(type_name):
                            found.setdefault(implementation, []).append((view.index, key))
        return found

    def _all_context_types(self) -> dict[tuple[str, str], frozenset[str]]:
        """By context: the object types whose fields are below it."""
        found = {}
        for view in self.views:
            for name, types in view.context_types.items():
                below = {each for type_name in types for each in self.supergraph.possible_types(type_name)}
                found[view.name, name] = frozenset(types | below)
        return found

    # Steps by a field or type condition

    def by_field(self, place: Place, parent: str, name: str, labels: Labels) -> Iterator[Place]:
        """The field's value in the same subgraph; nothing if it cannot be resolved from here."""
        view = self.views[place.subgraph]
        if place.type != parent and not view.is_interface_object(place.type):
            for narrowed in self._by_local_cast(place, parent):
                yield from self.by_field(narrowed, parent, name, labels)
            return
        if name == "__typename":
            if not view.is_interface_object(place.type):
                yield place
            return
        field = view.fields(place.type).get(name)
        if not field or not self._is_resolved(place, field, labels):
            return
        below = place.provided.fields.get(name) if place.provided else None
        yield Place(
            place.subgraph,
            field.type,
            below or field.provides,
            contexts=self._contexts_below(place, parent),
        )

    def _is_resolved(self, place: Place, field: ResolvedField, labels: Labels) -> bool:
        provided = place.provided is not None and field.name in place.provided.fields
        if field.external and not provided:
            return False
        if field.label and labels.get(field.label[0]) is not field.label[1]:
            return False
        if field.contexts and not self._has_contexts(place, field.contexts):
            return False
        return not field.requires or self._meets_requires(place, field)

    def _meets_requires(self, place: Place, field: ResolvedField) -> bool:
        if place.entered is None and not self.views[place.subgraph].has_local_key(place.type):
            return False
        mark = (place.subgraph, place.type, place.provided, field)
        return self._answer(mark, lambda: self.resolves(place, field.requires))

    def _answer(self, mark: Hashable, find: Callable[[], bool]) -> bool:
        """The answer to a question, which is False while it is being looked for."""
        if mark in self._answers:
            return self._answers[mark]
        if mark in self._open:
            self._cut = True
            return False
        before, self._cut = self._cut, False
        self._open.add(mark)
        result = find()
        self._open.discard(mark)
        if result or not self._cut or not self._open:
            self._answers[mark] = result
        self._cut = before or (self._cut and not result)
        return result

    def _contexts_below(self, place: Place, parent: str) -> Contexts:
        if not self._context_types:
            return ()
        contexts = {name: (name, subgraph, type_) for name, subgraph, type_ in place.contexts}
        for name, types in self._context_types.items():
            if parent in types:
                contexts[name] = (name, place.subgraph, place.type)
        return tuple(contexts[name] for name in sorted(contexts))

    def _has_contexts(self, place: Place, uses: Iterable[ContextUse]) -> bool:
        set_by = {name: Place(subgraph, type_) for name, subgraph, type_ in place.contexts}
        for use in uses:
            setter = set_by.get(use.context)
            if not setter or not self._reads_context(setter, use):
                return False
        return self.views[place.subgraph].has_local_key(place.type)

    def _reads_context(self, setter: Place, use: ContextUse) -> bool:
        parent = setter.type if setter.type in self.supergraph.types else next(iter(use.types))
        selections = try_parse(self.supergraph, parent, use.selection)
        if selections is None:
            possible = self.supergraph.possible_types(parent)
            view = self.views[setter.subgraph]
            for type_name in sorted(use.types):
                parsed = try_parse(self.supergraph, type_name, use.selection) or ()
                kept = [s for s in parsed if not isinstance(s, FragmentSelection) or s.condition in possible]
                if kept and view.kind(setter.type):
                    return self.resolves(setter, kept)
            return False
        return self.resolves(setter, selections)

    def _by_local_cast(self, place: Place, type_name: str) -> Iterator[Place]:
        """The same value as of a narrower, or wider, type of its subgraph."""
        if place.type == type_name:
            yield place
        elif type_name in self.views[place.subgraph].schema.possible_types(place.type):
            narrowed = place.provided.fragments.get(type_name) if place.provided else None
            yield replace(place, type=type_name, provided=narrowed, entered=None)

    def by_cast(self, place: Place, type_name: str) -> Iterator[Place]:
        """As `_by_local_cast`; an `@interfaceObject` needs that another subgraph tells the object's type."""
        if self.views[place.subgraph].is_interface_object(place.type) and place.type != type_name:
            if self.resolves(place, (_typename_of(place.type),)):
                yield replace(place, entered=None)
        else:
            yield from self._by_local_cast(place, type_name)

    # Steps to other subgraphs

    def reachable(self, place: Place, excluded: Exclusions = NOTHING) -> tuple[Place, ...]:
        """The places of the same value in other subgraphs, through any number of keys."""
        plain = replace(place, entered=None, contexts=())
        found = self._reachable.get((plain, excluded))
        if found is None:
            before, self._cut = self._cut, False
            found = tuple(self._search(plain, excluded))
            if not self._cut or not self._open:
                self._reachable[plain, excluded] = found
            self._cut = before or self._cut
        return tuple(replace(each, contexts=place.contexts) for each in found) if place.contexts else found

    def _search(self, start: Place, excluded: Exclusions) -> Iterator[Place]:
        """First where keys' fields are at hand; only then, from all these places, where they must be fetched."""
        seen = {start.subgraph, *excluded.subgraphs}
        places, fresh = [start], deque([start])
        while fresh:
            while fresh:
                for entered in self._entered_from(fresh.popleft(), seen, excluded, direct=True):
                    yield entered
                    places.append(entered)
                    fresh.append(entered)
            for place in places:
                for entered in self._entered_from(place, seen, excluded, direct=False):
                    yield entered
                    fresh.append(entered)
            places += fresh
        if start.type == self.supergraph.roots.get("query"):
            yield from (Place(view.index, start.type) for view in self.views if view.index not in seen)

    def _entered_from(self, place: Place, seen: set[int], excluded: Exclusions, *, direct: bool) -> Iterator[Place]:
        """The places that can be entered from one, in subgraphs not `seen` before."""
        for subgraph, key in self._entrances.get(place.type, ()):
            # With the fields of its own key, the place before could have gone there too.
            if subgraph in seen or key.condition == place.entered or key.condition in excluded.conditions:
                continue
            if self._can_enter(place, subgraph, key, excluded, direct=direct):
                seen.add(subgraph)
                yield Place(subgraph, key.type, entered=key.condition)

    def _can_enter(self, place: Place, subgraph: int, key: Key, excluded: Exclusions, *, direct: bool) -> bool:
        """Whether a key's fields can be had from a place: `direct`ly, or without what is being entered."""
        selections: Sequence[Selection] | None = key.selections
        if key.type != place.type:
            selections = try_parse(self.views[place.subgraph].schema, place.type, key.fields)
        if selections is None:
            return False
        start = Place(place.subgraph, place.type, place.provided)
        found = list(selections)
        if direct:
            return self._answer((start, key), lambda: self.resolves(start, found, direct=True))
        if len(found) == 1 and not found[0].selections:
            return False  # where the one field is at hand, the key has been tried
        return self._can_fetch(start, key, found, excluded.adding(subgraph, key.condition))

    def _can_fetch(self, start: Place, key: Key, selections: list[Selection], excluded: Exclusions) -> bool:
        """Whether a key's fields can be had through other subgraphs: excluding more can only take from the answer."""
        known = self._fetches.setdefault((start, key), [])
        for before, answer in known:
            if excluded <= before if answer else before <= excluded:
                return answer
        mark = (start, key, excluded)
        if len(known) > MAX_EXCLUSIONS:
            raise TooManyWaysError
        answer = self._answer(mark, lambda: self.resolves(start, selections, excluded))
        if mark in self._answers:
            known.append((excluded, answer))
        return answer

    # Whole selections, for keys, @requires and contexts

    def resolves(
        self,
        place: Place,
        selections: Iterable[Selection],
        excluded: Exclusions = NOTHING,
        *,
        direct: bool = False,
    ) -> bool:
        """Whether all of a selection can be had from a place: in any subgraphs, or `direct`ly in its own."""
        return all(self._resolves({place: None}, each, excluded, direct) for each in selections)

    def _resolves(self, places: Mapping[Place, None], selection: Selection, excluded: Exclusions, direct: bool) -> bool:
        here = self._all_steps(places, selection)
        if here and all(self._resolves(here, each, excluded, direct) for each in selection.selections):
            return True
        everywhere: Mapping[Place, None] = places
        if not direct:
            everywhere = dict.fromkeys(other for each in places for other in (each, *self.reachable(each, excluded)))
            there = self._all_steps(everywhere, selection)
            if there and all(self._resolves(there, each, excluded, direct) for each in selection.selections):
                return True
        return any(self._resolves_by_type(each, selection, excluded, direct) for each in everywhere)

    def _all_steps(self, places: Iterable[Place], selection: Selection) -> dict[Place, None]:
        return dict.fromkeys(found for place in places for found in self._step(place, selection))

    def _step(self, place: Place, selection: Selection) -> Iterator[Place]:
        if isinstance(selection, FragmentSelection):
            yield from self._step_into(place, selection.condition)
        elif place.type == selection.parent or self.views[place.subgraph].is_interface_object(place.type):
            if self._is_direct(place, selection):
                yield from self.by_field(place, place.type, selection.field.name, NO_LABELS)
        elif selection.parent in self.views[place.subgraph].schema.possible_types(place.type):
            yield from self.by_field(place, selection.parent, selection.field.name, NO_LABELS)
        elif self._is_kind(place, Kind.OBJECT):
            yield from self.by_field(place, place.type, selection.field.name, NO_LABELS)

    def _is_kind(self, place: Place, kind: Kind) -> bool:
        return self.views[place.subgraph].kind(place.type) is kind

    def _is_direct(self, place: Place, selection: FieldSelection) -> bool:
        """Whether an interface's field can be asked as such: all its types resolve it, without needing more."""
        name = selection.field.name
        if not self._is_kind(place, Kind.INTERFACE) or name == "__typename":
            return True
        if place.provided and name in place.provided.fields:
            return True
        view = self.views[place.subgraph]
        local = self.supergraph.possible_types(place.type) & view.schema.types.keys()
        resolved = (view.fields(type_name).get(name) for type_name in local)
        return all(each and not each.external and not each.requires for each in resolved)

    def _step_into(self, place: Place, condition: str) -> Iterator[Place]:
        """The value under a type condition; under a wider one it stays as it is."""
        wider = place.type in self.supergraph.possible_types(condition)
        if wider and self._is_kind(place, Kind.OBJECT) and condition != place.type:
            yield place
        elif condition in self.views[place.subgraph].schema.types or condition == place.type:
            yield from self.by_cast(place, condition)

    def _resolves_by_type(self, place: Place, selection: Selection, excluded: Exclusions, direct: bool) -> bool:
        """Whether every type that the value can have resolves the selection by itself."""
        view = self.views[place.subgraph]
        if view.kind(place.type) not in (Kind.INTERFACE, Kind.UNION):
            return False
        possible = view.schema.possible_types(place.type)
        if isinstance(selection, FragmentSelection):
            possible &= self.supergraph.possible_types(selection.condition)
            if selection.condition in possible:
                return False
            selections: tuple[Selection, ...] = selection.selections
        else:
            selections = (selection,)
        narrowed = [each for name in sorted(possible) for each in self._by_local_cast(place, name)]
        return bool(narrowed) and all(
            self._resolves({each: None}, inner, excluded, direct) for each in narrowed for inner in selections
        )


def _typename_of(parent: str) -> FieldSelection:
    return FieldSelection(parent, TYPENAME, (), ())
