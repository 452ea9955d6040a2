"""Walks all paths through the API schema, together with the values of the subgraphs that each path can lead to.

https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/composition-rules#unresolvable-field-example
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import Node

from router.composition.errors import ErrorCode, Report, quoted
from router.composition.merge.supergraph import Merged
from router.composition.satisfiability.reasons import explain, operation
from router.composition.satisfiability.transitions import SubgraphValue, TooManyPathsError, Transitions
from router.composition.satisfiability.views import View, views_of
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Field, Kind, Schema
from router.federation.types import base_name

MAX_OPEN_VALUES = 1_000_000


@dataclass(frozen=True, slots=True)
class QueryStep:
    """One step of a path: a field, or a type condition; the steps before it lead to `parent`."""

    before: QueryStep | None
    parent: str
    field: Field | None
    type: str


@dataclass(frozen=True, slots=True)
class State:
    """A value of the API schema's `type`, and all values of the subgraphs where a router can have it."""

    type: str
    values: Mapping[SubgraphValue, None]
    labels: Mapping[str, bool]
    path: QueryStep | None


SatisfiabilityProblem = tuple[ErrorCode, str, list[tuple[str, Node | None]]]  # with where it is written


def check_satisfiability(merged: Merged, api: Schema, subgraphs: Sequence[SubgraphSchema], report: Report) -> None:
    """Reports each field of the API schema that cannot be had on some path to it."""
    walk = _Walk(merged, api, views_of(merged, subgraphs), report)
    for operation_type, root in merged.schema.roots.items():
        walk.run(operation_type, root)


class _Walk:
    def __init__(self, merged: Merged, api: Schema, views: Sequence[View], report: Report) -> None:
        self._api = api
        self._views = views
        self._report = report
        self._transitions = Transitions(views, merged.schema)
        self._labels = _labels(merged.schema)
        self._shared = _shared_fields(merged.schema)
        self._seen: dict[str, list[tuple[frozenset[SubgraphValue], Mapping[str, bool]]]] = {}

    def run(self, operation_type: str, root: str) -> None:
        if root not in self._api.types:
            return
        values = {
            SubgraphValue(view.index, root): None
            for view in self._views
            if operation_type == "query" or root in view.schema.types
        }
        start = State(root, values, {}, None)
        try:
            if operation_type == "mutation":
                self._walk_mutation(start)
            else:
                self._emit(self._walk(start))
        except (
            TooManyPathsError,
            RecursionError,
        ):  # the search goes one level deeper for each subgraph that it is entering
            message = (
                "There are too many ways through the subgraphs to try all: give shared entities the same simple keys"
            )
            self._report.error(ErrorCode.MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED, message)

    def _emit(self, problems: Iterable[SatisfiabilityProblem]) -> None:
        for code, message, at in problems:
            self._report.error(code, message, at)

    def _walk_mutation(self, start: State) -> None:
        """A mutation's field runs in one subgraph: of those that have it, one must be able to give all below it."""
        for name in self._api.types[start.type].fields:
            for state, problem in self._by_field(start, name):
                if problem:
                    self._emit([problem])
                if state is None or self._is_leaf(state.type):
                    continue
                by_subgraph: dict[int, dict[SubgraphValue, None]] = {}
                for value in state.values:
                    by_subgraph.setdefault(value.subgraph, {})[value] = None
                self._emit(self._walk_each(state, list(by_subgraph.values())))

    def _walk_each(
        self, state: State, alternatives: list[dict[SubgraphValue, None]]
    ) -> Iterator[SatisfiabilityProblem]:
        found: list[SatisfiabilityProblem] = []
        for values in alternatives:
            seen = self._seen
            if len(alternatives) > 1:
                self._seen = {}  # what one subgraph cannot answer may not be asked of it
            problems = list(self._walk(State(state.type, values, state.labels, state.path)))
            self._seen = seen
            if not problems:
                return
            found += problems
        yield from found

    def _walk(self, start: State) -> Iterator[SatisfiabilityProblem]:
        stack = [start]
        open_values = len(start.values)
        while stack:
            state = stack.pop()
            open_values -= len(state.values)
            if self._is_known(state):
                continue
            for following, problem in self._steps(state):
                if problem:
                    yield problem
                if following is not None and not self._is_leaf(following.type):
                    stack.append(following)
                    open_values += len(following.values)
                    if open_values > MAX_OPEN_VALUES:
                        raise TooManyPathsError

    def _is_leaf(self, type_name: str) -> bool:
        kind = self._api.kind(type_name)
        return not (kind and kind.composite)

    def _is_known(self, state: State) -> bool:
        """Whether the type has been walked with no more values than now."""
        values = frozenset(state.values)
        seen = self._seen.setdefault(state.type, [])
        for before, labels in seen:
            if before <= values and labels.items() <= state.labels.items():
                return True
        seen.append((values, state.labels))
        return False

    def _steps(self, state: State) -> Iterator[tuple[State | None, SatisfiabilityProblem | None]]:
        type_ = self._api.types[state.type]
        if type_.kind is Kind.OBJECT:
            for name in type_.fields:
                yield from self._by_field(state, name)
        else:
            for name in sorted(self._api.possible_types(state.type)):
                yield self._by_cast(state, name)

    # One step

    def _by_field(self, state: State, name: str) -> Iterator[tuple[State | None, SatisfiabilityProblem | None]]:
        label = self._labels.get((state.type, name))
        if not label:
            yield self._by_field_with(state, name, state.labels)
            return
        for active in (True, False):
            if state.labels.get(label, active) is active:
                yield self._by_field_with(state, name, {**state.labels, label: active})

    def _by_field_with(
        self, state: State, name: str, labels: Mapping[str, bool]
    ) -> tuple[State | None, SatisfiabilityProblem | None]:
        field = self._api.types[state.type].fields[name]
        target = base_name(field.type)
        path = QueryStep(state.path, state.type, field, target)
        values = self._values_of(state, name, labels, leaf=self._is_leaf(target))
        if not values:
            return None, self._unsatisfied(state, path)
        following = State(target, values, labels, path)
        problem = self._check_shared(state.type, following)
        return (None, problem) if problem else (following, None)

    def _values_of(
        self, state: State, name: str, labels: Mapping[str, bool], *, leaf: bool
    ) -> dict[SubgraphValue, None]:
        found: dict[SubgraphValue, None] = {}
        for value in state.values:
            direct = dict.fromkeys(self._transitions.by_field(value, state.type, name, labels))
            found.update(direct)
            if leaf and found:
                return found
            if state.path:  # at a root, every subgraph is one of the values already
                for other in self._transitions.reachable(value):
                    found.update(dict.fromkeys(self._transitions.by_field(other, state.type, name, labels)))
                    if leaf and found:
                        return found
        return found

    def _by_cast(self, state: State, name: str) -> tuple[State | None, SatisfiabilityProblem | None]:
        path = QueryStep(state.path, state.type, None, name)
        found: dict[SubgraphValue, None] = {}
        is_interface = self._api.types[state.type].kind is Kind.INTERFACE
        for value in state.values:
            view = self._views[value.subgraph]
            stands_for = is_interface and view.kind(value.type) is Kind.OBJECT
            if not stands_for and name not in view.schema.possible_types(value.type):
                return None, None  # a value from there is never of this type
            for here in (value, *self._transitions.reachable(value)):
                found.update(dict.fromkeys(self._transitions.by_cast(here, name)))
        if not found:
            return None, self._unsatisfied(state, path)
        return State(name, found, state.labels, path), None

    # Problems

    def _unsatisfied(self, state: State, path: QueryStep) -> SatisfiabilityProblem:
        reasons = explain(
            self._transitions, state.type, state.values, path.field.name if path.field else None, path.type
        )
        message = f"No way through the subgraphs answers {operation(_steps(path))}: " + "; ".join(reasons)
        return (
            ErrorCode.SATISFIABILITY_ERROR,
            message,
            [
                *((self._views[value.subgraph].name, None) for value in state.values),
                *self._nodes_in_sdl(state.type, path.field.name if path.field else None),
            ],
        )

    def _nodes_in_sdl(self, type_name: str, field_name: str | None) -> Iterator[tuple[str, Node | None]]:
        for view in self._views:
            type_ = view.schema.types.get(type_name)
            element = type_.fields.get(field_name) if type_ and field_name else type_
            if element:
                yield view.name, element.node

    def _check_shared(self, parent: str, state: State) -> SatisfiabilityProblem | None:
        """What several subgraphs may answer must be able to have the same type in all."""
        kind = self._api.kind(state.type)
        path = state.path
        if not path or not path.field or kind not in (Kind.INTERFACE, Kind.UNION) or len(state.values) < 2:
            return None
        if (parent, path.field.name) not in self._shared:
            return None
        abstract = [p for p in state.values if self._views[p.subgraph].kind(p.type) in (Kind.INTERFACE, Kind.UNION)]
        everything = self._api.possible_types(state.type)
        common = set(everything)
        found: dict[str, frozenset[str]] = {}
        for value in state.values:
            view = self._views[value.subgraph]
            possible = view.schema.possible_types(value.type)
            if len(possible) == 1 and not possible <= everything:
                continue  # an @interfaceObject, which does not tell
            found[view.name] = possible
            common &= possible
        if len(abstract) < 2 or common or not any(found.values()):
            return None
        listed = ", ".join(f'{quoted(sorted(types)) or "none"} in "{name}"' for name, types in found.items())
        message = f'"{parent}.{path.field.name}" is shared, but its values can nowhere be of the same type: {listed}'
        return (
            ErrorCode.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
            message,
            list(self._nodes_in_sdl(parent, path.field.name)),
        )


def _steps(path: QueryStep) -> list[QueryStep]:
    steps: list[QueryStep] = []
    step: QueryStep | None = path
    while step:
        steps.append(step)
        step = step.before
    return steps[::-1]


def _labels(schema: Schema) -> dict[tuple[str, str], str]:
    """The labels of fields that are being overridden."""
    return {
        (type_.name, each.name): str(directive.arguments["overrideLabel"])
        for type_ in schema.of_kind(Kind.OBJECT, Kind.INTERFACE)
        for each in type_.fields.values()
        for directive in each.directives
        if directive.name == "join__field" and directive.arguments.get("overrideLabel")
    }


def _shared_fields(schema: Schema) -> set[tuple[str, str]]:
    """The fields that several subgraphs resolve."""
    found = set()
    for type_ in schema.of_kind(Kind.OBJECT):
        declared = sum(directive.name == "join__type" for directive in type_.directives)
        for each in type_.fields.values():
            joins = [directive.arguments for directive in each.directives if directive.name == "join__field"]
            resolving = sum(not join.get("external") and not join.get("usedOverridden") for join in joins)
            if (resolving if joins else declared) > 1:
                found.add((type_.name, each.name))
    return found
