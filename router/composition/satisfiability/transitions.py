"""Where a router can go: from a value in one subgraph to a field's value there, or by a key to another subgraph."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from router.composition.satisfiability.views import ContextUse, EntryKey, Provided, ResolvedField, View, try_parse
from router.federation.fieldsets import TYPENAME, FieldSelection, FieldSetSelection, FragmentSelection
from router.federation.model import Kind, Schema

Contexts = tuple[tuple[tuple[str, str], int, str], ...]  # context → subgraph and type where it is set


@dataclass(frozen=True, slots=True)
class SubgraphValue:
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
MAX_EXCLUSIONS = 200  # paths to one key, of which each asks for its fields again


class TooManyPathsError(Exception):
    """The subgraphs have more paths through them than can be looked at."""


class Transitions:
    """All transitions between the values of subgraphs. What is found out about keys is kept."""

    def __init__(self, views: Sequence[View], supergraph: Schema) -> None:
        self.views = views
        self.supergraph = supergraph
        self._entrances = self._all_entrances()
        self._reachable: dict[tuple[SubgraphValue, Exclusions], tuple[SubgraphValue, ...]] = {}
        self._answers: dict[Hashable, bool] = {}
        self._fetches: dict[tuple[SubgraphValue, EntryKey], list[tuple[Exclusions, bool]]] = {}
        self._open: set[Hashable] = set()
        self._cut = False  # whether an answer is False only because it is being looked for
        self._context_types = self._all_context_types()

    def _all_entrances(self) -> dict[str, list[tuple[int, EntryKey]]]:
        """By the type that one comes from: subgraphs with the keys that they can be entered by."""
        found: dict[str, list[tuple[int, EntryKey]]] = {}
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

    def by_field(self, value: SubgraphValue, parent: str, name: str, labels: Labels) -> Iterator[SubgraphValue]:
        """The field's value in the same subgraph; nothing if it cannot be resolved from here."""
        view = self.views[value.subgraph]
        if value.type != parent and not view.is_interface_object(value.type):
            for narrowed in self._by_local_cast(value, parent):
                yield from self.by_field(narrowed, parent, name, labels)
            return
        if name == "__typename":
            if not view.is_interface_object(value.type):
                yield value
            return
        field = view.fields(value.type).get(name)
        if not field or not self._is_resolved(value, field, labels):
            return
        below = value.provided.fields.get(name) if value.provided else None
        yield SubgraphValue(
            value.subgraph,
            field.type,
            below or field.provides,
            contexts=self._contexts_below(value, parent),
        )

    def _is_resolved(self, value: SubgraphValue, field: ResolvedField, labels: Labels) -> bool:
        provided = value.provided is not None and field.name in value.provided.fields
        if field.external and not provided:
            return False
        if field.label and labels.get(field.label[0]) is not field.label[1]:
            return False
        if field.contexts and not self._has_contexts(value, field.contexts):
            return False
        return not field.requires or self._meets_requires(value, field)

    def _meets_requires(self, value: SubgraphValue, field: ResolvedField) -> bool:
        if value.entered is None and not self.views[value.subgraph].has_local_key(value.type):
            return False
        mark = (value.subgraph, value.type, value.provided, field)
        return self._answer(mark, lambda: self.resolves(value, field.requires))

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

    def _contexts_below(self, value: SubgraphValue, parent: str) -> Contexts:
        if not self._context_types:
            return ()
        contexts = {name: (name, subgraph, type_) for name, subgraph, type_ in value.contexts}
        for name, types in self._context_types.items():
            if parent in types:
                contexts[name] = (name, value.subgraph, value.type)
        return tuple(contexts[name] for name in sorted(contexts))

    def _has_contexts(self, value: SubgraphValue, uses: Iterable[ContextUse]) -> bool:
        set_by = {name: SubgraphValue(subgraph, type_) for name, subgraph, type_ in value.contexts}
        for use in uses:
            setter = set_by.get(use.context)
            if not setter or not self._reads_context(setter, use):
                return False
        return self.views[value.subgraph].has_local_key(value.type)

    def _reads_context(self, setter: SubgraphValue, use: ContextUse) -> bool:
        """Whether the context's selection can be had from the value that sets it, but for fragments on other types."""
        parent = setter.type if setter.type in self.supergraph.types else next(iter(use.types))
        possible = self.supergraph.possible_types(parent)
        for type_name in (parent, *sorted(use.types)):
            kept = [
                each
                for each in try_parse(self.supergraph, type_name, use.selection) or ()
                if not isinstance(each, FragmentSelection) or possible & self.supergraph.possible_types(each.condition)
            ]
            if kept:
                return self.resolves(setter, kept)
        return False

    def _by_local_cast(self, value: SubgraphValue, type_name: str) -> Iterator[SubgraphValue]:
        """The same value as of a narrower, or wider, type of its subgraph."""
        if value.type == type_name:
            yield value
        elif type_name in self.views[value.subgraph].schema.possible_types(value.type):
            narrowed = value.provided.fragments.get(type_name) if value.provided else None
            yield replace(value, type=type_name, provided=narrowed, entered=None)

    def by_cast(self, value: SubgraphValue, type_name: str) -> Iterator[SubgraphValue]:
        """As `_by_local_cast`; an `@interfaceObject` needs that another subgraph tells the object's type."""
        if self.views[value.subgraph].is_interface_object(value.type) and value.type != type_name:
            if self.resolves(value, (_typename_of(value.type),)):
                yield replace(value, entered=None)
        else:
            yield from self._by_local_cast(value, type_name)

    # Steps to other subgraphs

    def reachable(self, value: SubgraphValue, excluded: Exclusions = NOTHING) -> tuple[SubgraphValue, ...]:
        """The same value in other subgraphs, through any number of keys."""
        plain = replace(value, entered=None, contexts=())
        found = self._reachable.get((plain, excluded))
        if found is None:
            before, self._cut = self._cut, False
            found = tuple(self._search(plain, excluded))
            if not self._cut or not self._open:
                self._reachable[plain, excluded] = found
            self._cut = before or self._cut
        return tuple(replace(each, contexts=value.contexts) for each in found) if value.contexts else found

    def _search(self, start: SubgraphValue, excluded: Exclusions) -> Iterator[SubgraphValue]:
        """First where keys' fields are at hand; only then, from all of these, where they must be fetched."""
        seen = {start.subgraph, *excluded.subgraphs}
        values, fresh = [start], deque([start])
        while fresh:
            while fresh:
                for entered in self._entered_from(fresh.popleft(), seen, excluded, direct=True):
                    yield entered
                    values.append(entered)
                    fresh.append(entered)
            for value in values:
                for entered in self._entered_from(value, seen, excluded, direct=False):
                    yield entered
                    fresh.append(entered)
            values += fresh
        if start.type == self.supergraph.roots.get("query"):
            yield from (SubgraphValue(view.index, start.type) for view in self.views if view.index not in seen)

    def _entered_from(
        self, value: SubgraphValue, seen: set[int], excluded: Exclusions, *, direct: bool
    ) -> Iterator[SubgraphValue]:
        """The values that can be entered from one, in subgraphs not `seen` before."""
        for subgraph, key in self._entrances.get(value.type, ()):
            # With the fields of its own key, the value before could have gone there too.
            if subgraph in seen or key.condition == value.entered or key.condition in excluded.conditions:
                continue
            if self._can_enter(value, subgraph, key, excluded, direct=direct):
                seen.add(subgraph)
                yield SubgraphValue(subgraph, key.type, entered=key.condition)

    def _can_enter(
        self, value: SubgraphValue, subgraph: int, key: EntryKey, excluded: Exclusions, *, direct: bool
    ) -> bool:
        """Whether a key's fields can be had from a value: `direct`ly, or without what is being entered."""
        selections: Sequence[FieldSetSelection] | None = key.selections
        if key.type != value.type:
            selections = try_parse(self.views[value.subgraph].schema, value.type, key.fields)
        if selections is None:
            return False
        start = SubgraphValue(value.subgraph, value.type, value.provided)
        found = list(selections)
        if direct:
            return self._answer((start, key), lambda: self.resolves(start, found, direct=True))
        if len(found) == 1 and not found[0].selections:
            return False  # where the one field is at hand, the key has been tried
        return self._can_fetch(start, key, found, excluded.adding(subgraph, key.condition))

    def _can_fetch(
        self, start: SubgraphValue, key: EntryKey, selections: list[FieldSetSelection], excluded: Exclusions
    ) -> bool:
        """Whether a key's fields can be had through other subgraphs: excluding more can only take from the answer."""
        known = self._fetches.setdefault((start, key), [])
        for before, answer in known:
            if excluded <= before if answer else before <= excluded:
                return answer
        mark = (start, key, excluded)
        if len(known) > MAX_EXCLUSIONS:
            raise TooManyPathsError
        answer = self._answer(mark, lambda: self.resolves(start, selections, excluded))
        if mark in self._answers:
            known.append((excluded, answer))
        return answer

    # Whole selections, for keys, @requires and contexts

    def resolves(
        self,
        value: SubgraphValue,
        selections: Iterable[FieldSetSelection],
        excluded: Exclusions = NOTHING,
        *,
        direct: bool = False,
    ) -> bool:
        """Whether all of a selection can be had from a value: in any subgraphs, or `direct`ly in its own."""
        return all(self._resolves({value: None}, each, excluded, direct) for each in selections)

    def _resolves(
        self, values: Mapping[SubgraphValue, None], selection: FieldSetSelection, excluded: Exclusions, direct: bool
    ) -> bool:
        here = self._all_steps(values, selection)
        if here and all(self._resolves(here, each, excluded, direct) for each in selection.selections):
            return True
        everywhere: Mapping[SubgraphValue, None] = values
        if not direct:
            everywhere = dict.fromkeys(other for each in values for other in (each, *self.reachable(each, excluded)))
            there = self._all_steps(everywhere, selection)
            if there and all(self._resolves(there, each, excluded, direct) for each in selection.selections):
                return True
        return any(self._resolves_by_type(each, selection, excluded, direct) for each in everywhere)

    def _all_steps(self, values: Iterable[SubgraphValue], selection: FieldSetSelection) -> dict[SubgraphValue, None]:
        return dict.fromkeys(found for value in values for found in self._step(value, selection))

    def _step(self, value: SubgraphValue, selection: FieldSetSelection) -> Iterator[SubgraphValue]:
        if isinstance(selection, FragmentSelection):
            yield from self._step_into(value, selection.condition)
        elif value.type == selection.parent or self.views[value.subgraph].is_interface_object(value.type):
            if self._is_direct(value, selection):
                yield from self.by_field(value, value.type, selection.field.name, NO_LABELS)
        elif selection.parent in self.views[value.subgraph].schema.possible_types(value.type):
            yield from self.by_field(value, selection.parent, selection.field.name, NO_LABELS)
        elif self._is_kind(value, Kind.OBJECT):
            yield from self.by_field(value, value.type, selection.field.name, NO_LABELS)

    def _is_kind(self, value: SubgraphValue, kind: Kind) -> bool:
        return self.views[value.subgraph].kind(value.type) is kind

    def _is_direct(self, value: SubgraphValue, selection: FieldSelection) -> bool:
        """Whether an interface's field can be asked as such: all its types resolve it, without needing more."""
        name = selection.field.name
        if not self._is_kind(value, Kind.INTERFACE) or name == "__typename":
            return True
        if value.provided and name in value.provided.fields:
            return True
        view = self.views[value.subgraph]
        local = self.supergraph.possible_types(value.type) & view.schema.types.keys()
        resolved = (view.fields(type_name).get(name) for type_name in local)
        return all(each and not each.external and not each.requires for each in resolved)

    def _step_into(self, value: SubgraphValue, condition: str) -> Iterator[SubgraphValue]:
        """The value under a type condition; under a wider one it stays as it is."""
        wider = value.type in self.supergraph.possible_types(condition)
        if wider and self._is_kind(value, Kind.OBJECT) and condition != value.type:
            yield value
        elif condition in self.views[value.subgraph].schema.types or condition == value.type:
            yield from self.by_cast(value, condition)

    def _resolves_by_type(
        self, value: SubgraphValue, selection: FieldSetSelection, excluded: Exclusions, direct: bool
    ) -> bool:
        """Whether every type that the value can have resolves the selection by itself."""
        view = self.views[value.subgraph]
        if view.kind(value.type) not in (Kind.INTERFACE, Kind.UNION):
            return False
        possible = view.schema.possible_types(value.type)
        if isinstance(selection, FragmentSelection):
            possible &= self.supergraph.possible_types(selection.condition)
            if selection.condition in possible:
                return False
            selections: tuple[FieldSetSelection, ...] = selection.selections
        else:
            selections = (selection,)
        narrowed = [each for name in sorted(possible) for each in self._by_local_cast(value, name)]
        return bool(narrowed) and all(
            self._resolves({each: None}, inner, excluded, direct) for each in narrowed for inner in selections
        )


def _typename_of(parent: str) -> FieldSelection:
    return FieldSelection(parent, TYPENAME, (), ())
