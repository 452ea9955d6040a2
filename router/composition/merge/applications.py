"""Applied directives in the supergraph: repeatable ones add up, of others there is one, its arguments merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any

from router.composition.merge.context import MergeContext, Sources, present
from router.composition.rules.access import ACCESS_DIRECTIVES
from router.composition.subgraph import SubgraphSchema
from router.federation.model import Directive, Field, Kind, applied
from router.federation.values import Unset, Value, same

Dnf = Sequence[Sequence[str]]  # any of these, where each is all of those


def conjunction(requirements: Iterable[Dnf]) -> list[list[str]]:
    """All of several requirements as one, without alternatives that others make needless. An empty one asks nothing."""
    unique: dict[tuple[tuple[str, ...], ...], None] = {}
    for each in requirements:
        unique.setdefault(tuple(sorted(tuple(sorted(group)) for group in each)) or ((),))
    merged: list[tuple[str, ...]] = []
    for number, each in enumerate(unique):
        if number == 0:
            merged = list(each)
            continue
        combined = dict.fromkeys(tuple(sorted({*a, *b})) for a, b in product(merged, each))
        merged = []
        for group in sorted(combined, key=len):
            if not any(set(smaller) <= set(group) for smaller in merged):
                merged.append(group)
    return [list(group) for group in merged]


def _union(values: Sequence[list[Value]]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        found += [item for item in value if not any(same(item, each) for each in found)]
    return found


Strategy = Callable[[Sequence[Any]], Value]
STRATEGIES: Mapping[str, Mapping[str, Strategy]] = {
    "cost": {"weight": max},
    "listSize": {
        "assumedSize": max,
        "slicingArguments": _union,
        "sizedFields": _union,
        "requireOneSlicingArgument": all,
    },
    "requiresScopes": {"scopes": conjunction},
    "policy": {"policies": conjunction},
    "authenticated": {},
}


class DirectiveMerger:
    """Merges the applications of directives; knows where access rules of types bear on their interfaces too."""

    def __init__(self, ctx: MergeContext) -> None:
        self._ctx = ctx

    def merge(self, sources: Sources[Any], coordinate: str) -> tuple[Directive, ...]:
        """What the supergraph's element of these sources has applied."""
        names = {
            directive.name: None
            for index, source in present(sources).items()
            for directive in source.directives
            if self._ctx.is_merged_directive(index, directive.name)
        }
        return tuple(each for name in names for each in self._merge_one(name, present(sources).items(), coordinate))

    def merge_protected(self, sources: Sources[Any], coordinate: str) -> tuple[Directive, ...]:
        """As `merge`, with the access rules of what stands for the element in other types."""
        plain = self.merge(sources, coordinate)
        names = self.access_names
        return (*(each for each in plain if each.name not in names), *self.access_rules(sources, coordinate))

    def access_rules(self, sources: Sources[Any], coordinate: str) -> Iterator[Directive]:
        for name in self.access_names:
            extra = self._additional.get((coordinate, name), ())
            yield from self._merge_one(name, [*present(sources).items(), *extra], coordinate)

    @cached_property
    def access_names(self) -> Mapping[str, None]:
        names = (self._ctx.features.name_of(name) for name in ACCESS_DIRECTIVES)
        return {name: None for name in names if name}

    def _merge_one(self, name: str, sources: Iterable[tuple[int, Any]], coordinate: str) -> Iterator[Directive]:
        found = [(index, each) for index, source in sources for each in applied(source, name)]
        distinct: list[Directive] = []
        for index, directive in found:
            given = self._transformed(index, directive)
            if not any(self._same(given, each) for each in distinct):
                distinct.append(given)
        if not distinct or self._is_repeatable(name):
            yield from distinct
        elif len(distinct) == 1:
            yield Directive(name, distinct[0].arguments)
        else:
            yield self._one_of(name, distinct, [directive for _, directive in found], coordinate)

    def _one_of(
        self, name: str, distinct: Sequence[Directive], found: Sequence[Directive], coordinate: str
    ) -> Directive:
        spec = self._ctx.features.merged.get(name)
        strategies = STRATEGIES.get(spec.name) if spec else None
        if strategies is None:
            counts = [sum(self._same(each, other) for other in found) for each in distinct]
            message = f'@{name} has different arguments on "{coordinate}"; the most frequent ones are used'
            self._ctx.report.hint("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", message)
            return Directive(name, distinct[counts.index(max(counts))].arguments)
        message = f'@{name} has different arguments on "{coordinate}"; the supergraph has them merged'
        self._ctx.report.hint("MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", message)
        arguments: dict[str, Value] = {}
        for argument, strategy in strategies.items():
            values = [value for each in distinct for value in [self._complete(each).get(argument)] if value is not None]
            if values:
                arguments[argument] = strategy(values)
        return Directive(name, arguments)

    def _transformed(self, index: int, directive: Directive) -> Directive:
        """Contexts are named by their subgraph too: two of one name in two subgraphs are not the same."""
        spec = self._ctx.features.merged.get(directive.name)
        if spec and spec.name == "context":
            name = f"{self._ctx.subgraphs[index].name}__{directive.arguments.get('name')}"
            return Directive(directive.name, {"name": name})
        return directive

    def _is_repeatable(self, name: str) -> bool:
        if name in self._ctx.features.merged:
            return self._ctx.features.merged[name].repeatable
        definition = self._ctx.composed.definitions.get(name)
        return bool(definition and definition.repeatable)

    def _complete(self, directive: Directive) -> dict[str, Value]:
        """The arguments with their defaults."""
        spec = self._ctx.features.merged.get(directive.name)
        definition = self._ctx.composed.definitions.get(directive.name)
        defined: Iterable[Any] = spec.arguments if spec else definition.arguments.values() if definition else ()
        defaults = {each.name: each.default for each in defined if not isinstance(each.default, Unset)}
        if directive.name == "deprecated":
            defaults = {"reason": "No longer supported"}
        return {**defaults, **directive.arguments}

    def _same(self, a: Directive, b: Directive) -> bool:
        return same(self._complete(a), self._complete(b))

    @cached_property
    def _additional(self) -> Mapping[tuple[str, str], list[tuple[int, Any]]]:
        """The elements whose access rules count for an interface, its fields, or the fields of an @interfaceObject."""
        found: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        for index, subgraph in enumerate(self._ctx.subgraphs):
            for name in ACCESS_DIRECTIVES:
                in_supergraph = self._ctx.features.name_of(name)
                for application in subgraph.applications(name) if in_supergraph else ():
                    if application.type.kind is not Kind.OBJECT:
                        continue
                    source = application.field or application.type
                    for coordinate in self._stands_for(subgraph, application.type.name, application.field):
                        found.setdefault((coordinate, in_supergraph or name), []).append((index, source))
        return found

    def _stands_for(self, subgraph: SubgraphSchema, type_name: str, field: Any) -> Iterator[str]:
        shallow = self._ctx.shallow
        if not isinstance(field, Field):
            yield from shallow.types[type_name].interfaces
        elif not subgraph.is_external(type_name, field):
            if shallow.kind(type_name) is not Kind.INTERFACE:
                yield from (f"{interface}.{field.name}" for interface in shallow.types[type_name].interfaces)
                return
            implementations = sorted(shallow.possible_types(type_name))
            yield from (f"{each}.{field.name}" for each in implementations)
            others = {each for name in implementations for each in shallow.types[name].interfaces} - {type_name}
            yield from (f"{each}.{field.name}" for each in sorted(others))
