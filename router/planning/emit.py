"""Stage 6. The scheduled fetches as the immutable plan: operation texts, paths, representations."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from router.planning import plan
from router.planning.conditions import NEVER, either
from router.planning.graph import TYPENAME, Context, FetchSelectionSet, FetchStep, PlannedField, Position, Resolution
from router.planning.normalize import Selection
from router.planning.printer import Fragments, OperationPrinter
from router.supergraph.records import Supergraph

Fields = tuple[plan.InputField, ...]


class PlanEmitter:
    """Emits the fetches of one operation. `definitions` are its variable definitions as text, by name."""

    def __init__(self, supergraph: Supergraph, printer: OperationPrinter, definitions: Mapping[str, str]) -> None:
        self.supergraph = supergraph
        self.printer = printer
        self.definitions = definitions
        self._source = functools.cache(self._emit_source)

    def waves(self, waves: Sequence[Sequence[Sequence[FetchStep]]]) -> plan.PlanNode | None:
        """Waves after each other; in a wave, requests beside each other; in a request, fetches together."""
        nodes = [self._wave(wave) for wave in waves if wave]
        if len(nodes) > 1:
            return plan.Sequence(tuple(nodes))
        return nodes[0] if nodes else None

    def _wave(self, wave: Sequence[Sequence[FetchStep]]) -> plan.PlanNode:
        nodes = [self.request(fetches) for fetches in wave]
        return nodes[0] if len(nodes) == 1 else plan.Parallel(tuple(nodes))

    def request(self, fetches: Sequence[FetchStep]) -> plan.Fetch:
        """One request for these fetches of one subgraph."""
        if fetches[0].root is not None:
            return self._root(fetches[0])
        if len(fetches) == 1:
            return self._batch([fetches])
        groups: dict[str, list[FetchStep]] = {}
        for fetch in fetches:
            groups.setdefault(self.printer.print(fetch.selection_set, {}).text, []).append(fetch)
        batch = self._batch(list(groups.values()))
        return replace(batch, apart=tuple(self._batch([group]) for group in groups.values()) if len(groups) > 1 else ())

    def _batch(self, groups: Sequence[Sequence[FetchStep]]) -> plan.Fetch:
        """One request with `_entities` for each group of fetches that select the same."""
        used: set[str] = set()
        fragments: Fragments = {}
        entities = []
        single = len(groups) == 1
        for number, group in enumerate(groups):
            text = self.printer.print(group[0].selection_set, fragments)
            used |= text.variables
            entities.append(
                plan.Entities(
                    alias="_entities" if single else f"_{number}",
                    variable="representations" if single else f"_r{number}",
                    sources=tuple(self._source(fetch) for fetch in group),
                    selection=text.text,
                    renames=text.renames,
                )
            )
        fetches = [fetch for group in groups for fetch in group]
        condition = NEVER
        for fetch in fetches:
            condition = either(condition, fetch.condition)
        return plan.Fetch(
            subgraph=fetches[0].subgraph,
            kind="query",
            operation=self._entities_operation(entities, used, fetches[0].contexts) + _definitions(fragments),
            variables=frozenset(used & self.definitions.keys()),
            condition=condition,
            entities=tuple(entities),
            contexts=tuple(
                plan.ContextValue(
                    one.variable, path_of(one.position), self._fields(fetches[0], one.position, one.selection, None)
                )
                for one in fetches[0].contexts
            ),
        )

    def _root(self, fetch: FetchStep) -> plan.Fetch:
        fragments: Fragments = {}
        text = self.printer.print(fetch.selection_set, fragments)
        kind = fetch.root or "query"
        head = "" if kind == "query" and not text.variables else kind
        return plan.Fetch(
            subgraph=fetch.subgraph,
            kind=kind,
            operation=f"{head}{self._variables(text.variables)}{text.text}{_definitions(fragments)}",
            variables=frozenset(text.variables & self.definitions.keys()),
            condition=fetch.condition,
            path=path_of(fetch.position),
            missing=_missing(fetch.selection_set),
            renames=text.renames,
        )

    def _variables(self, used: Iterable[str], *, more: Sequence[str] = ()) -> str:
        texts = [*more, *(self.definitions[name] for name in sorted(used) if name in self.definitions)]
        return f"({','.join(texts)})" if texts else ""

    def _entities_operation(
        self, entities: Sequence[plan.Entities], used: set[str], contexts: Sequence[Context]
    ) -> str:
        fields = []
        for one in entities:
            alias = "" if one.alias == "_entities" else f"{one.alias}:"
            fields.append(f"{alias}_entities(representations:${one.variable}){one.selection}")
        more = [f"${one.variable}:[_Any!]!" for one in entities] + [f"${one.variable}:{one.type}" for one in contexts]
        head = self._variables(used, more=more)
        return f"query{head}{{{' '.join(fields)}}}"

    def _emit_source(self, fetch: FetchStep) -> plan.Source:
        return plan.Source(
            path=path_of(fetch.position),
            representations=self._representations(fetch),
            condition=fetch.condition,
            keys=frozenset(field.planned.key for field in fetch.selection_set.fields),
            missing=_missing(fetch.selection_set),
        )

    def _representations(self, fetch: FetchStep) -> tuple[plan.Representation, ...]:
        position = fetch.position
        merged: dict[tuple[str | None, Fields, tuple[plan.Requirement, ...]], frozenset[str]] = {}
        for type_name, inputs in fetch.inputs.items():
            keys = self._fields(fetch, position, inputs[0].fields, type_name)
            needed: dict[Fields, list[PlannedField]] = {}
            for one in inputs[1:]:
                fields = self._fields(fetch, position, one.fields, type_name)
                needed.setdefault(fields, []).extend([one.needed_by] if one.needed_by else ())
            required = tuple(_requirement(fields, users) for fields, users in needed.items())
            name = inputs[0].type_name
            if name is None and len(position.types) == 1:
                name = type_name
            merged[name, keys, required] = merged.get((name, keys, required), frozenset()) | {type_name}
        return tuple(
            plan.Representation(None if types >= position.types or self._tells_types(fetch, made[0]) else types, *made)
            for made, types in merged.items()
        )

    def _tells_types(self, fetch: FetchStep, name: str | None) -> bool:
        """Whether objects are entered by an interface, because nobody knows of which type they are."""
        kind = self.supergraph.subgraphs[fetch.subgraph].types.get(name or "")
        return kind is not None and kind.kind == "interface" and not kind.interface_object

    def _fields(self, fetch: FetchStep, position: Position, selection: Selection, type_name: str | None) -> Fields:
        """What a fetch takes of the data at a position."""
        found = []
        several = len(position.types) > 1
        if type_name is None and several:
            found.append(plan.InputField(TYPENAME, TYPENAME))
        for wanted in selection.fields:
            if type_name is not None and type_name not in wanted.types:
                continue
            if wanted.name == TYPENAME and (type_name is not None or several):  # it is there already
                continue
            resolutions = [
                resolution
                for planned in position.planned_fields(wanted.name, wanted.arguments)
                if planned.feeds(fetch.deferral)
                for resolution in planned.resolutions_for(fetch.deferral)
                if resolution.types & wanted.types and (type_name is None or type_name in resolution.types)
            ]
            types = wanted.types if type_name is None and several and wanted.types != position.types else None
            seen: set[str] = set()
            for resolution in resolutions:
                if resolution.planned.key in seen:
                    continue
                seen.add(resolution.planned.key)
                inner: tuple[plan.InputField, ...] = ()
                if resolution.child is not None and wanted.selection is not None:
                    inner = self._fields(fetch, resolution.child, wanted.selection, None)
                found.append(plan.InputField(wanted.name, resolution.planned.key, inner, types))
                if type_name is not None or not several:
                    break
        return tuple(found)


def _requirement(fields: Fields, users: Sequence[PlannedField]) -> plan.Requirement:
    condition = functools.reduce(either, (planned.condition for planned in users), NEVER)
    return plan.Requirement(fields, tuple(planned.key for planned in users), condition)


def path_of(position: Position) -> plan.Path:
    """The path from the root of the answer to a position."""
    return tuple(_step(resolution, parent) for resolution, parent in _steps(position))


def _steps(position: Position) -> list[tuple[Resolution, Position]]:
    if position.via is None or position.parent is None:
        return []
    return [*_steps(position.parent), (position.via, position.parent)]


def _step(resolution: Resolution, parent: Position) -> plan.PathStep:
    return plan.PathStep(resolution.planned.key, None if resolution.types >= parent.types else resolution.types)


def _missing(selection_set: FetchSelectionSet) -> tuple[plan.PathStep, ...]:
    """What the client asked of this fetch, at its top."""
    return tuple(
        plan.PathStep(field.planned.key, None if field.types >= selection_set.position.types else field.types)
        for field in selection_set.fields
        if field.planned.client
    )


def _definitions(fragments: Fragments) -> str:
    return "".join(f" fragment {name} on {on}{text}" for (on, text), name in fragments.items())
