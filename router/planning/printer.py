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
from router.planning.graph import TYPENAME, FetchField, FetchSelectionSet
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


class OperationPrinter:
    """Prints the selection sets of one operation's fetches."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._fields = functools.cache(self._without_conflicts)

    def print(self, selection_set: FetchSelectionSet, fragments: Fragments) -> Text:
        """The text of a selection set, braces included. Fragments that it uses are added to `fragments`."""
        fields, renames = self._fields(selection_set)
        printer = _SelectionSetPrinter(fragments)
        return Text(printer.print(fields, ALWAYS), printer.variables, renames)

    def _without_conflicts(self, selection_set: FetchSelectionSet) -> tuple[list[PrintedField], tuple[Rename, ...]]:
        fields = _FieldCollector(self.index, selection_set.fetch.subgraph).fields(selection_set, selection_set.static)
        return fields, _Conflicts(fields).renames


class _FieldCollector:
    """Makes the fields of one fetch's selection sets, each set once for each type that it is asked of."""

    def __init__(self, index: Index, subgraph: str) -> None:
        self.index = index
        self.subgraph = subgraph
        self.kinds = index.supergraph.subgraphs[subgraph].types
        self._made: dict[tuple[int, str], list[PrintedField]] = {}

    def fields(self, selection_set: FetchSelectionSet, static: str) -> list[PrintedField]:
        """The fields of a selection set whose objects the subgraph gives as values of type `static` here."""
        made = self._made.get((id(selection_set), static))
        if made is None:
            made = self._made[id(selection_set), static] = self._fields(selection_set, static)
        return made

    def _fields(self, selection_set: FetchSelectionSet, static: str) -> list[PrintedField]:
        found: list[PrintedField] = []
        for selected in selection_set.fields:
            printed = [
                self._field(selection_set, selected, static, *on) for on in self._cover(selection_set, selected, static)
            ]
            for one in printed:
                if not any(other is not one and other.selection is one.selection for other in printed):
                    one.shared = ""
            found += printed
        if not found:
            key = "_" if selection_set.objects else TYPENAME
            found.append(
                PrintedField(key, key, TYPENAME, NO_ARGUMENTS, None, selection_set.types, False, ALWAYS, "String!")
            )
        return found

    def _field(
        self, selection_set: FetchSelectionSet, field: FetchField, static: str, on: str | None, types: frozenset[str]
    ) -> PrintedField:
        owner = on or (min(types) if static == _ENTITY else static)
        known = self.index.field(self.subgraph, owner, field.planned.name)
        shape, value = "String!", ""
        if known is not None:
            value = known.type.name
            leaf = value not in self.kinds or self.kinds[value].kind in ("scalar", "enum")
            shape = known.type.text if leaf else known.type.shape
        return PrintedField(
            key=field.planned.key,
            alias=field.planned.key,
            name=field.planned.name,
            arguments=_with_contexts(selection_set, field),
            on=on,
            types=types,
            abstract=owner not in self.kinds or self.kinds[owner].kind != "object",
            condition=field.condition,
            shape=shape,
            selection=None if field.child is None else self.fields(field.child, value),
            shared="" if field.child is None else value,
        )

    def _cover(
        self, selection_set: FetchSelectionSet, field: FetchField, static: str
    ) -> Iterator[tuple[str | None, frozenset[str]]]:
        """The type conditions under which the field is asked; None for none."""
        if field.planned.name == TYPENAME:
            yield None, field.types
            return
        if selection_set.objects:
            yield (selection_set.objects if static == _ENTITY else None), field.types
            return
        types = (
            selection_set.types
            if static == _ENTITY
            else selection_set.types & self.index.supergraph.subgraph_possible(self.subgraph, static)
        )
        left = field.types & types
        if static in self.kinds and left >= types and self._has(static, field):
            yield None, left
            return
        for kind in self._interfaces(types):
            covered = kind.possible & types
            if len(covered) > 1 and covered <= left and self._has(kind.name, field):
                yield kind.name, covered
                left -= covered
        for type_name in sorted(left):
            yield type_name, frozenset((type_name,))

    def _has(self, kind: str, field: FetchField) -> bool:
        return self.index.field(self.subgraph, kind, field.planned.name) is not None

    def _interfaces(self, types: frozenset[str]) -> list[SubgraphType]:
        found = [kind for kind in self.kinds.values() if kind.kind == "interface" and not kind.interface_object]
        return sorted(found, key=lambda kind: (-len(kind.possible & types), kind.name))


def _with_contexts(selection_set: FetchSelectionSet, field: FetchField) -> Arguments:
    """The field's arguments, those from contexts included."""
    if not selection_set.fetch.contexts:
        return field.planned.arguments
    contexts = [
        one
        for one in selection_set.fetch.contexts
        if one.planned is field.planned and selection_set is selection_set.fetch.selection_set
    ]
    given = field.planned.arguments
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


class _SelectionSetPrinter:
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
            texts = []
            for on, group in groups.items():
                inner = " ".join(self._field(one, given) for one in group)
                texts.append(inner if on is None else f"...on {on}{{{inner}}}")
            known = self._printed[id(fields), given] = "{" + " ".join(texts) + "}"
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
