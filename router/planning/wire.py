"""Stage 5. A fetch's selection as the operation text that its subgraph gets.

Fields go under the widest type condition that the subgraph allows. Where two fields with one response key would not
be valid there, though the API schema allows them (other nullability or arguments on other types), one gets an alias,
and a `Rename` undoes it in the answer.
"""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from router.planning.conditions import ALWAYS, Condition
from router.planning.graph import TYPENAME, Entry, Place
from router.planning.normalize import NO_ARGUMENTS, Arguments
from router.planning.plan import Rename
from router.supergraph.records import Index, SubgraphType

_ENTITY = "_Entity"
Fragments = dict[tuple[str, str], str]
"""An operation's fragments: their names by type condition and text."""


@dataclass(slots=True)
class PrintedField:
    """A field in an operation's text. `shape` is its type there, `*` for its name if that has fields.

    `shared` is the type of its value if the same selection of it is there under several type conditions.
    """

    key: str
    alias: str
    name: str
    arguments: Arguments
    on: str | None
    types: frozenset[str]
    abstract: bool
    condition: Condition
    shape: str
    selection: list["PrintedField"] | None = None
    shared: str = ""


@dataclass(slots=True)
class Text:
    """A selection set's text, what variables it has, and what to rename in its answer."""

    text: str
    variables: set[str] = field(default_factory=set)
    renames: tuple[Rename, ...] = ()


class Wire:
    """Writes the selections of one operation's fetches."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._fields = functools.cache(self._without_conflicts)

    def write(self, place: Place, fragments: Fragments) -> Text:
        """The text of a place's selection set, braces included. Fragments that it uses are added to `fragments`."""
        fields, renames = self._fields(place)
        printer = _Printer(fragments)
        return Text(printer.print(fields, ALWAYS), printer.variables, renames)

    def _without_conflicts(self, place: Place) -> tuple[list[PrintedField], tuple[Rename, ...]]:
        fields = _Writer(self.index, place.fetch.subgraph).fields(place, place.static)
        return fields, _Conflicts(fields).renames


class _Writer:
    """Makes the fields of one fetch's selection sets, each set once for each type that it is asked of."""

    def __init__(self, index: Index, subgraph: str) -> None:
        self.index = index
        self.subgraph = subgraph
        self.kinds = index.supergraph.subgraphs[subgraph].types
        self._made: dict[tuple[int, str], list[PrintedField]] = {}

    def fields(self, place: Place, static: str) -> list[PrintedField]:
        """The fields of a place whose objects the subgraph gives as values of type `static` here."""
        made = self._made.get((id(place), static))
        if made is None:
            made = self._made[id(place), static] = self._fields(place, static)
        return made

    def _fields(self, place: Place, static: str) -> list[PrintedField]:
        found: list[PrintedField] = []
        for entry in place.entries:
            pieces = [self._field(place, entry, static, *piece) for piece in self._cover(place, entry, static)]
            for piece in pieces:
                if not any(one is not piece and one.selection is piece.selection for one in pieces):
                    piece.shared = ""
            found += pieces
        if not found:
            key = "_" if place.objects else TYPENAME
            found.append(PrintedField(key, key, TYPENAME, NO_ARGUMENTS, None, place.types, False, ALWAYS, "String!"))
        return found

    def _field(self, place: Place, entry: Entry, static: str, on: str | None, types: frozenset[str]) -> PrintedField:
        owner = on or (min(types) if static == _ENTITY else static)
        known = self.index.field(self.subgraph, owner, entry.node.name)
        shape, value = "String!", ""
        if known is not None:
            value = known.type.name
            leaf = value not in self.kinds or self.kinds[value].kind in ("scalar", "enum")
            shape = known.type.text if leaf else known.type.shape
        return PrintedField(
            key=entry.node.key,
            alias=entry.node.key,
            name=entry.node.name,
            arguments=_with_contexts(place, entry),
            on=on,
            types=types,
            abstract=owner not in self.kinds or self.kinds[owner].kind != "object",
            condition=entry.condition,
            shape=shape,
            selection=None if entry.child is None else self.fields(entry.child, value),
            shared="" if entry.child is None else value,
        )

    def _cover(self, place: Place, entry: Entry, static: str) -> Iterator[tuple[str | None, frozenset[str]]]:
        """The type conditions under which the field is asked; None for none."""
        if entry.node.name == TYPENAME:
            yield None, entry.types
            return
        if place.objects:
            yield (place.objects if static == _ENTITY else None), entry.types
            return
        types = (
            place.types
            if static == _ENTITY
            else place.types & self.index.supergraph.subgraph_possible(self.subgraph, static)
        )
        left = entry.types & types
        if static in self.kinds and left >= types and self._has(static, entry):
            yield None, left
            return
        for kind in self._interfaces(types):
            covered = kind.possible & types
            if len(covered) > 1 and covered <= left and self._has(kind.name, entry):
                yield kind.name, covered
                left -= covered
        for type_name in sorted(left):
            yield type_name, frozenset((type_name,))

    def _has(self, kind: str, entry: Entry) -> bool:
        return self.index.field(self.subgraph, kind, entry.node.name) is not None

    def _interfaces(self, types: frozenset[str]) -> list[SubgraphType]:
        found = [kind for kind in self.kinds.values() if kind.kind == "interface" and not kind.interface_object]
        return sorted(found, key=lambda kind: (-len(kind.possible & types), kind.name))


def _with_contexts(place: Place, entry: Entry) -> Arguments:
    """The field's arguments, those from contexts included."""
    if not place.fetch.contexts:
        return entry.node.arguments
    contexts = [one for one in place.fetch.contexts if one.node is entry.node and place is place.fetch.place]
    given = entry.node.arguments
    texts = [*([given.text] if given.text else []), *(f"{one.argument}: ${one.variable}" for one in contexts)]
    return Arguments(", ".join(texts), given.variables)


# Conflicts

Lists = tuple[list[PrintedField], ...]


class _Conflicts:
    """Aliases what would not merge (GraphQL, section 5.3.2) in a selection set and all below."""

    def __init__(self, fields: list[PrintedField]) -> None:
        self._done: set[tuple[int, ...]] = set()
        self._aliased: dict[tuple[int, ...], bool] = {}
        self._resolve((fields,))
        self.renames = tuple(self._renames((fields,), ()))

    def _resolve(self, lists: Lists) -> None:
        """Resolve the conflicts among the fields of lists that are selected of the same value."""
        if _identity(lists) in self._done:
            return
        self._done.add(_identity(lists))
        fields = [one for fields in lists for one in fields]
        taken = {one.alias for one in fields}
        groups: list[list[PrintedField]] = []
        by_key: dict[str, list[list[PrintedField]]] = {}
        aliases: set[str] = set()
        for one in fields:
            same_key = by_key.setdefault(one.key, [])
            same = next((group for group in same_key if all(_mergeable(one, other) for other in group)), None)
            if same is not None:
                one.alias = same[0].alias
                same.append(one)
                continue
            if one.alias in aliases:
                one.alias = next(name for name in _names(one.key) if name not in taken)
                taken.add(one.alias)
            aliases.add(one.alias)
            same_key.append([one])
            groups.append(same_key[-1])
        for group in groups:
            if inner := _inner(group):
                self._resolve(inner)

    def _renames(self, lists: Lists, path: tuple[str, ...]) -> Iterator[Rename]:
        groups: dict[str, list[PrintedField]] = {}
        for one in (one for fields in lists for one in fields):
            groups.setdefault(one.alias, []).append(one)
        for alias, group in groups.items():
            if alias != group[0].key:
                yield Rename(path, alias, group[0].key)
            inner = _inner(group)
            if inner and self._has_aliases(inner):
                yield from self._renames(inner, (*path, alias))

    def _has_aliases(self, lists: Lists) -> bool:
        known = self._aliased.get(_identity(lists))
        if known is None:
            fields = [one for fields in lists for one in fields]
            known = any(
                one.alias != one.key or (one.selection and self._has_aliases((one.selection,))) for one in fields
            )
            self._aliased[_identity(lists)] = known
        return known


def _identity(lists: Lists) -> tuple[int, ...]:
    return tuple(id(fields) for fields in lists)


def _inner(group: list[PrintedField]) -> Lists:
    """The selections of the values of fields that merge, each once."""
    return tuple({id(one.selection): one.selection for one in group if one.selection}.values())


def _names(key: str) -> Iterator[str]:
    return (f"_{number}_{key}" for number in itertools.count())


def _mergeable(one: PrintedField, other: PrintedField) -> bool:
    if one.shape != other.shape or (one.selection is None) != (other.selection is None):
        return False
    apart = not one.types & other.types and not one.abstract and not other.abstract
    return apart or (one.name == other.name and one.arguments == other.arguments)


# Printing

_WORTH_A_FRAGMENT = 60


class _Printer:
    """Prints selection sets, those that are there several times as fragments."""

    def __init__(self, fragments: Fragments) -> None:
        self.fragments = fragments
        self.variables: set[str] = set()
        self._printed: dict[tuple[int, Condition], str] = {}

    def print(self, fields: list[PrintedField], given: Condition) -> str:
        """A selection set that is only reached when `given` holds."""
        known = self._printed.get((id(fields), given))
        if known is None:
            groups: dict[str | None, list[PrintedField]] = {}
            for one in fields:
                groups.setdefault(one.on, []).append(one)
            parts = []
            for on, group in groups.items():
                inner = " ".join(self._field(one, given) for one in group)
                parts.append(inner if on is None else f"...on {on}{{{inner}}}")
            known = self._printed[id(fields), given] = "{" + " ".join(parts) + "}"
        return known

    def _field(self, one: PrintedField, given: Condition) -> str:
        alias = "" if one.alias == one.name else f"{one.alias}:"
        inner = "" if one.selection is None else self.print(one.selection, one.condition)
        if one.shared and len(inner) > _WORTH_A_FRAGMENT:
            name = self.fragments.setdefault((one.shared, inner), f"f{len(self.fragments)}")
            inner = f"{{...{name}}}"
        self.variables |= one.arguments.variables
        arguments = f"({one.arguments.text})" if one.arguments.text else ""
        head = f"{alias}{one.name}{arguments}"
        if one.condition in (ALWAYS, given):
            return head + inner
        self.variables |= {name for term in one.condition for name, _ in term}
        return " ".join(_conditional(head, inner, sorted(term)) for term in sorted(one.condition, key=sorted))


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
