"""Stage 5. A fetch's selection as the operation text that its subgraph gets.

Fields go under the widest type condition that the subgraph allows. Where two fields with one response key would not
be valid there, though the API schema allows them (other nullability or arguments on other types), one gets an alias,
and a `Rename` undoes it in the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from router.planning.conditions import ALWAYS, Condition
from router.planning.graph import TYPENAME, Entry, Place
from router.planning.normalize import Arguments
from router.planning.plan import Rename
from router.supergraph.records import Index, SubgraphType


@dataclass(slots=True)
class WireField:
    """A field in an operation's text. `shape` is its type there, `*` for its name if that has fields."""

    key: str
    alias: str
    name: str
    arguments: Arguments
    on: str | None
    types: frozenset[str]
    abstract: bool
    condition: Condition
    shape: str
    selection: list["WireField"] | None = None


@dataclass(slots=True)
class Text:
    """A selection set's text, what variables it has, and what to rename in its answer."""

    text: str
    variables: set[str] = field(default_factory=set)
    renames: tuple[Rename, ...] = ()


class Wire:
    """Writes selections for the subgraphs of one supergraph."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def write(self, place: Place) -> Text:
        """The text of a place's selection set, braces included."""
        fields = self._fields(place)
        renames: list[Rename] = []
        _resolve_conflicts(fields, (), renames)
        used: set[str] = set()
        return Text(_print(fields, ALWAYS, used), used, tuple(renames))

    def _fields(self, place: Place) -> list[WireField]:
        fields: list[WireField] = []
        for entry in place.entries:
            for on, types in self._cover(place, entry):
                fields.append(self._field(place, entry, on, types))
        if not fields:
            key = "_" if place.objects else TYPENAME
            fields.append(WireField(key, key, TYPENAME, Arguments(), None, place.types, False, ALWAYS, "String!"))
        return fields

    def _field(self, place: Place, entry: Entry, on: str | None, types: frozenset[str]) -> WireField:
        subgraph, node = place.fetch.subgraph, entry.node
        owner = on or (place.static if place.static != "_Entity" else min(types))
        known = self.index.field(subgraph, owner, node.name)
        kinds = self.index.supergraph.subgraphs[subgraph].types
        shape = "String!"
        if known is not None:
            leaf = kinds[known.type.name].kind in ("scalar", "enum") if known.type.name in kinds else True
            shape = known.type.text if leaf else known.type.shape
        abstract = owner not in kinds or kinds[owner].kind != "object"
        selection = None if entry.child is None else self._fields(entry.child)
        return WireField(
            node.key, node.key, node.name, node.arguments, on, types, abstract, entry.condition, shape, selection
        )

    def _cover(self, place: Place, entry: Entry) -> Iterator[tuple[str | None, frozenset[str]]]:
        """The type conditions under which the field is asked; None for none."""
        if entry.node.name == TYPENAME:
            yield None, entry.types
            return
        if place.objects:
            yield (place.objects if place.static == "_Entity" else None), entry.types
            return
        kinds = self.index.supergraph.subgraphs[place.fetch.subgraph].types
        static = kinds.get(place.static)
        left = entry.types & place.types
        if static and left >= place.types and self._has(place, static, entry.node.name):
            yield None, left
            return
        for kind in self._interfaces(place, kinds.values(), entry.node.name):
            covered = kind.possible & place.types
            if len(covered) > 1 and covered <= left:
                yield kind.name, covered
                left -= covered
        for type_name in sorted(left):
            yield type_name, frozenset((type_name,))

    def _has(self, place: Place, kind: SubgraphType, name: str) -> bool:
        return self.index.field(place.fetch.subgraph, kind.name, name) is not None

    def _interfaces(self, place: Place, kinds: Iterable[SubgraphType], name: str) -> list[SubgraphType]:
        found = [
            kind
            for kind in kinds
            if kind.kind == "interface" and not kind.interface_object and self._has(place, kind, name)
        ]
        return sorted(found, key=lambda kind: (-len(kind.possible & place.types), kind.name))


# Conflicts


def _resolve_conflicts(fields: list[WireField], path: tuple[str, ...], renames: list[Rename]) -> None:
    """Alias what would not merge (GraphQL, section 5.3.2) in a selection set."""
    taken = {one.alias for one in fields}
    groups: list[list[WireField]] = []
    for one in fields:
        same = [group for group in groups if one.key == group[0].key and all(_mergeable(one, other) for other in group)]
        if same:
            one.alias = same[0][0].alias
            same[0].append(one)
            continue
        if any(group[0].alias == one.alias for group in groups):
            number = 0
            while f"_{number}_{one.key}" in taken:
                number += 1
            one.alias = f"_{number}_{one.key}"
            taken.add(one.alias)
            renames.append(Rename(path, one.alias, one.key))
        groups.append([one])
    for group in groups:
        merged = [inner for one in group for inner in one.selection or ()]
        if merged:
            _resolve_conflicts(merged, (*path, group[0].alias), renames)


def _mergeable(one: WireField, other: WireField) -> bool:
    if one.shape != other.shape or (one.selection is None) != (other.selection is None):
        return False
    apart = not one.types & other.types and not one.abstract and not other.abstract
    return apart or (one.name == other.name and one.arguments == other.arguments)


# Printing


def _print(fields: list[WireField], given: Condition, used: set[str]) -> str:
    """A selection set that is only reached when `given` holds. Adds the variables in it to `used`."""
    groups: dict[str | None, list[WireField]] = {}
    for one in fields:
        groups.setdefault(one.on, []).append(one)
    parts = []
    for on, group in groups.items():
        inner = " ".join(_print_field(one, given, used) for one in group)
        parts.append(inner if on is None else f"...on {on}{{{inner}}}")
    return "{" + " ".join(parts) + "}"


def _print_field(one: WireField, given: Condition, used: set[str]) -> str:
    alias = "" if one.alias == one.name else f"{one.alias}:"
    condition = ALWAYS if one.condition == given else one.condition
    inner = "" if one.selection is None else _print(one.selection, one.condition, used)
    used |= one.arguments.variables
    used |= {name for term in condition for name, _ in term}
    arguments = f"({one.arguments.text})" if one.arguments.text else ""
    head = f"{alias}{one.name}{arguments}"
    return " ".join(_conditional(head, inner, sorted(term)) for term in sorted(condition, key=sorted))


def _conditional(head: str, inner: str, term: list[tuple[str, bool]]) -> str:
    """A field with the directives of one term; a directive can be there once, so more of them go around it."""
    include = [name for name, value in term if value]
    skip = [name for name, value in term if not value]
    own = [f"@include(if:${name})" for name in include[:1]] + [f"@skip(if:${name})" for name in skip[:1]]
    text = f"{head}{''.join(own)}{inner}"
    for name in include[1:]:
        text = f"...@include(if:${name}){{{text}}}"
    for name in skip[1:]:
        text = f"...@skip(if:${name}){{{text}}}"
    return text
