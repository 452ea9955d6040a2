"""The last stage: the plan. Immutable; printed, it is what the tests hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import parse, print_ast

from router.planning.conditions import ALWAYS, Condition, show
from router.planning.deferral import Deferral


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step of a path: the value of `key`, of objects of these types only unless None. Lists are gone through."""

    key: str
    types: frozenset[str] | None = None

    def __str__(self) -> str:
        return self.key if self.types is None else f"[{'|'.join(sorted(self.types))}]{self.key}"


Path = tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class InputField:
    """A field of a representation: its name there, its key in the router's data, for objects of these types."""

    name: str
    key: str
    fields: "tuple[InputField, ...]" = ()
    types: frozenset[str] | None = None

    def __str__(self) -> str:
        on = "" if self.types is None else f"[{'|'.join(sorted(self.types))}]"
        alias = "" if self.name == self.key else f"{self.key} as "
        inner = f" {{ {' '.join(map(str, self.fields))} }}" if self.fields else ""
        return f"{on}{alias}{self.name}{inner}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Fields of a representation that `@requires` adds, for the fetch's fields with these keys, where one is asked for.

    Without them the rest of the fetch is good, and these keys are not.
    """

    fields: tuple[InputField, ...]
    keys: tuple[str, ...]
    condition: Condition

    def __str__(self) -> str:
        return f"+ {' '.join(map(str, self.fields))} for {' '.join(self.keys)}"


@dataclass(frozen=True, slots=True)
class Representation:
    """How an object of one of these types (of any if None) is represented; by its own type name if `type_name` is None.

    `keys` must be there for it to be asked at all.
    """

    types: frozenset[str] | None
    type_name: str | None
    keys: tuple[InputField, ...]
    requirements: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        on = "any" if self.types is None else "|".join(sorted(self.types))
        name = f" as {self.type_name}" if self.type_name else ""
        required = "".join(f" {one}" for one in self.requirements)
        return f"{on}{name} {{ {' '.join(map(str, self.keys))}{required} }}"


@dataclass(frozen=True, slots=True)
class Source:
    """Objects that an entity fetch is made for. `keys` are all that it brings them.

    `missing` are the client's keys that they lack if it fails.
    """

    path: Path
    representations: tuple[Representation, ...]
    condition: Condition
    keys: frozenset[str]
    missing: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """Undoes an alias that kept a subgraph's operation valid: in objects at `path`, `alias` becomes `key`."""

    path: tuple[str, ...]
    alias: str
    key: str


@dataclass(frozen=True, slots=True)
class Entities:
    """One `_entities` field: `alias` is its response key, `variable` takes its representations."""

    alias: str
    variable: str
    sources: tuple[Source, ...]
    selection: str
    renames: tuple[Rename, ...]


@dataclass(frozen=True, slots=True)
class ContextValue:
    """What a variable of a fetch is: the value at `fields`, one within the other, of the object at `path`."""

    variable: str
    path: Path
    fields: tuple[InputField, ...]

    def __str__(self) -> str:
        return f"${self.variable}: {_show(self.path)} {{ {' '.join(map(str, self.fields))} }}"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request: a root fetch (merged into the objects at `path`), or a batch of `entities`.

    With `contexts` it is a request for each of their values. `apart` are the entities of a batch each as a request of
    its own, for when one of them fails all.
    """

    subgraph: str
    kind: str
    operation: str
    variables: frozenset[str]
    condition: Condition
    path: Path = ()
    missing: tuple[PathStep, ...] = ()
    renames: tuple[Rename, ...] = ()
    entities: tuple[Entities, ...] = ()
    contexts: tuple[ContextValue, ...] = ()
    apart: "tuple[Fetch, ...]" = ()

    def lines(self, indent: str = "") -> Iterator[str]:
        if self.condition != ALWAYS:
            yield f"{indent}Condition({show(self.condition)}) {{"
            yield from self._lines(indent + "  ")
            yield indent + "}"
        else:
            yield from self._lines(indent)

    def _lines(self, indent: str) -> Iterator[str]:
        name = "BatchFetch" if len(self.entities) > 1 or any(len(e.sources) > 1 for e in self.entities) else "Fetch"
        at = f", at: {_show(self.path)}" if self.path else ""
        yield f"{indent}{name}(service: {self.subgraph}{at}) {{"
        for entities in self.entities:
            for source in entities.sources:
                when = "" if source.condition == ALWAYS else f" if {show(source.condition)}"
                yield f"{indent}  {entities.alias}: Flatten({_show(source.path)}){when}"
                for representation in source.representations:
                    yield f"{indent}    {representation}"
        for context in self.contexts:
            yield f"{indent}  {context}"
        for line in print_ast(parse(self.operation, no_location=True)).splitlines():
            yield f"{indent}  {line}"
        yield indent + "}"


@dataclass(frozen=True, slots=True)
class Parallel:
    """Nodes that do not wait for each other."""

    nodes: tuple["PlanNode", ...]

    def lines(self, indent: str = "") -> Iterator[str]:
        yield from _block("Parallel", self.nodes, indent)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes, each of which starts when the one before is done."""

    nodes: tuple["PlanNode", ...]

    def lines(self, indent: str = "") -> Iterator[str]:
        yield from _block("Sequence", self.nodes, indent)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A stream of events from one subgraph, and what is fetched for each event."""

    primary: Fetch
    rest: "PlanNode | None"

    def lines(self, indent: str = "") -> Iterator[str]:
        yield from _block("Subscription", (self.primary, *((self.rest,) if self.rest else ())), indent)


PlanNode = Fetch | Parallel | Sequence | Subscription


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What is fetched for an operation, nothing if `node` is None, and what for each deferral after what it is part of."""

    node: PlanNode | None
    deferred: tuple[tuple[Deferral, PlanNode | None], ...] = ()

    def __str__(self) -> str:
        return "\n".join(("QueryPlan {", *self._lines(None, self.node, "  "), "}"))

    def _lines(self, deferral: Deferral | None, node: PlanNode | None, indent: str) -> Iterator[str]:
        """One part of the plan, with what is deferred of it."""
        later = [(one, rest) for one, rest in self.deferred if one.parent == deferral]
        if not later:
            yield from node.lines(indent) if node else ()
            return
        yield f"{indent}Defer {{"
        yield f"{indent}  Primary {{"
        yield from node.lines(indent + "    ") if node else ()
        yield f"{indent}  }}, ["
        for one, rest in later:
            yield f"{indent}    Deferred({one}) {{"
            yield from self._lines(one, rest, indent + "      ")
            yield f"{indent}    }},"
        yield f"{indent}  ]"
        yield indent + "}"

    def fetches(self) -> Iterator[Fetch]:
        """All requests that it may make."""
        for node in (self.node, *(one for _, one in self.deferred)):
            yield from _fetches(node)


def _fetches(node: PlanNode | None) -> Iterator[Fetch]:
    if isinstance(node, Fetch):
        yield node
    elif isinstance(node, Subscription):
        yield node.primary
        yield from _fetches(node.rest)
    elif node is not None:
        for inner in node.nodes:
            yield from _fetches(inner)


def _block(name: str, nodes: tuple[PlanNode, ...], indent: str) -> Iterator[str]:
    yield f"{indent}{name} {{"
    for node in nodes:
        yield from node.lines(indent + "  ")
    yield indent + "}"


def _show(path: Path) -> str:
    return ".".join(map(str, path)) or "."
