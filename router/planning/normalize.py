"""Stage 1. An operation as a tree of fields: fragments gone, fields merged, each with the object types it is asked of."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    is_composite_type,
    print_ast,
)
from graphql.language import ListValueNode, ObjectValueNode, VariableNode

from router.planning.conditions import ALWAYS, NEVER, Condition, both, condition_of, either, show
from router.planning.deferral import Deferral, deferred


class PlanningError(Exception):
    """There is no plan for the operation. The message says what cannot be resolved."""


class Arguments(NamedTuple):
    """A field's arguments as text, sorted by name, and the variables in them."""

    text: str = ""
    variables: frozenset[str] = frozenset()


NO_ARGUMENTS = Arguments()


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field as asked of some object types: its response key, and what is selected of its value.

    `deferral` is the delivery group that it is fetched for, `shown` are those that it is delivered with and when,
    if others than the primary answer.
    """

    key: str
    name: str
    arguments: Arguments
    types: frozenset[str]
    condition: Condition
    selection: "Selection | None"
    deferral: Deferral | None = None
    shown: tuple[tuple[Deferral | None, Condition], ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred:
    """A deferred fragment of objects of these types. `selection` is what it delivers, once those are told apart."""

    deferral: Deferral
    types: frozenset[str]
    condition: Condition
    selection: "Selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of objects that may have any of these types, and the deferred fragments of it."""

    types: frozenset[str]
    fields: tuple[SelectedField, ...]
    deferred: tuple[Deferred, ...] = ()

    def with_type_names(self) -> "Selection":
        """The same, with `__typename` wherever objects may be of several types."""
        fields = tuple(
            replace(one, selection=one.selection.with_type_names()) if one.selection else one for one in self.fields
        )
        if len(self.types) > 1:
            fields += (SelectedField("__typename", "__typename", NO_ARGUMENTS, self.types, ALWAYS, None),)
        return replace(self, fields=fields)

    def delivered_with(self, deferral: Deferral | None) -> "Selection":
        """What one delivery group has, and which fragments of that are delivered later."""
        fields = []
        for one in self.fields:
            for group, condition in one.shown or ((None, one.condition),):
                if group == deferral:
                    selection = one.selection and one.selection.delivered_with(deferral)
                    fields.append(replace(one, condition=condition, selection=selection))
        later = (
            replace(one, selection=self.delivered_with(one.deferral))
            for one in self.deferred
            if one.deferral.parent == deferral
        )
        return Selection(self.types, tuple(fields), tuple(later))

    def deferrals(self) -> Iterator[Deferred]:
        """The deferred fragments of it and of its fields' values."""
        yield from self.deferred
        for one in self.fields:
            if one.selection is not None:
                yield from one.selection.deferrals()

    @property
    def size(self) -> int:
        """How many fields it has, those of fields included."""
        return sum(1 + (field.selection.size if field.selection else 0) for field in self.fields)

    def lines(self, indent: str = "") -> Iterator[str]:
        """As text, a field a line."""
        for field in self.fields:
            on = "" if field.types == self.types else f"{'|'.join(sorted(field.types))}."
            later = f" deferred by {field.deferral}" if field.deferral else ""
            alias = "" if field.key == field.name else f"{field.key}: "
            when = "" if field.condition == ALWAYS else f" if {show(field.condition)}"
            arguments = f"({field.arguments.text})" if field.arguments.text else ""
            yield f"{indent}{on}{alias}{field.name}{arguments}{when}{later}"
            if field.selection:
                yield from field.selection.lines(indent + "  ")

    def __str__(self) -> str:
        return "\n".join(self.lines())


class _Occurrence(NamedTuple):
    """One place in the document where a field with a response key is selected."""

    node: FieldNode
    types: frozenset[str]
    condition: Condition
    deferral: Deferral | None


class _ScopedSelectionSet(NamedTuple):
    """A selection set: when, of which object types and to which delivery group its fields belong."""

    selection_set: SelectionSetNode
    condition: Condition
    types: frozenset[str]
    deferral: Deferral | None


@dataclass(frozen=True, slots=True)
class _Found:
    """Whin selection sets at one place ask: fields by response key, and deferred fragments."""

    path: tuple[str, ...]
    fields: dict[str, list[_Occurrence]]
    deferred: dict[Deferral, Deferred]


_MAX_FIELDS = 20_000
_MAX_DEFERRED = 250


class Normalizer:
    """Normalises selections against one schema. `possible` gives the object types of each type."""

    def __init__(
        self,
        schema: GraphQLSchema,
        possible: Mapping[str, frozenset[str]],
        fragments: Mapping[str, FragmentDefinitionNode] | None = None,
    ) -> None:
        self.schema = schema
        self.possible = possible
        self.fragments = fragments or {}
        self.size = 0
        self.deferred = 0
        self.defers = False

    def operation(self, operation: OperationDefinitionNode) -> Selection:
        """The selection at the operation's root."""
        self.defers = operation.operation is not OperationType.SUBSCRIPTION  # an event is one answer
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            raise PlanningError(f"the schema has no {operation.operation.value} type")
        return self.selection(frozenset((root.name,)), operation.selection_set)

    def selection(self, types: frozenset[str], selection_set: SelectionSetNode) -> Selection:
        """What a selection set asks of objects of these types."""
        return self._merge(types, (), [_ScopedSelectionSet(selection_set, ALWAYS, types, None)])

    def _merge(self, types: frozenset[str], path: tuple[str, ...], sets: Sequence[_ScopedSelectionSet]) -> Selection:
        found = _Found(path, defaultdict(list), {})
        for one in sets:
            self._collect(one, found)
        fields = tuple(field for key, among in found.fields.items() for field in self._fields(key, path, among))
        self.size += len(fields)
        if self.size > _MAX_FIELDS:
            raise PlanningError(f"the operation has more than {_MAX_FIELDS} fields when its fragments are unfolded")
        return Selection(types, fields, tuple(found.deferred.values()))

    def _collect(self, scoped: _ScopedSelectionSet, found: _Found) -> None:
        for node in scoped.selection_set.selections:
            here = both(scoped.condition, condition_of(node))
            if here == NEVER:
                continue
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                found.fields[key].append(_Occurrence(node, scoped.types, here, scoped.deferral))
                continue
            inner = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if not isinstance(inner, InlineFragmentNode | FragmentDefinitionNode):
                raise PlanningError(f"{node.kind} is not a selection")
            on = inner.type_condition
            among = scoped.types & self.possible.get(on.name.value, frozenset()) if on else scoped.types
            if not among:
                continue
            groups = deferred(node, here, found.path, scoped.deferral) if self.defers else ((scoped.deferral, here),)
            for deferral, condition in groups:
                if deferral is not None and deferral != scoped.deferral:
                    self._defer(found, deferral, among, condition)
                self._collect(_ScopedSelectionSet(inner.selection_set, condition, among, deferral), found)

    def _defer(self, found: _Found, deferral: Deferral, types: frozenset[str], condition: Condition) -> None:
        self.deferred += 1
        if self.deferred > _MAX_DEFERRED:
            raise PlanningError(f"the operation has more than {_MAX_DEFERRED} deferred fragments")
        known = found.deferred.get(deferral)
        if known is not None:
            types, condition = types | known.types, either(condition, known.condition)
        found.deferred[deferral] = Deferred(deferral, types, condition, Selection(types, ()))

    def _fields(self, key: str, path: tuple[str, ...], found: list[_Occurrence]) -> Iterator[SelectedField]:
        """The fields of a response key: one for the object types that the same selections ask it of."""
        leaves: dict[tuple[object, ...], SelectedField] = {}
        for types, among in _by_types(found):
            for deferral, together in _by_owner(among).items():
                field = self._field(key, path, types, together, deferral)
                if field.selection is not None:
                    yield field
                    continue
                same = field.name, field.arguments, field.condition, deferral, field.shown
                known = leaves.get(same)
                leaves[same] = field if known is None else replace(known, types=known.types | types)
        yield from leaves.values()

    def _field(
        self,
        key: str,
        path: tuple[str, ...],
        types: frozenset[str],
        found: list[_Occurrence],
        deferral: Deferral | None,
    ) -> SelectedField:
        first = found[0].node
        shown = _conditions(found)
        condition = NEVER
        for one in shown.values():
            condition = either(condition, one)
        selection = None
        if first.selection_set and not first.name.value.startswith("__"):  # introspection is not planned
            values = self._value_types(types, first.name.value)
            sets = [
                _ScopedSelectionSet(
                    one.node.selection_set,
                    ALWAYS if one.condition == condition else one.condition,
                    values,
                    one.deferral,
                )
                for one in found
                if one.node.selection_set
            ]
            selection = self._merge(values, (*path, key), sets)
        return SelectedField(
            key, first.name.value, arguments_of(first), types, condition, selection, deferral,
            () if shown.keys() == {None} else tuple(shown.items()),
        )  # fmt: skip

    def _value_types(self, types: frozenset[str], name: str) -> frozenset[str]:
        """The object types that this field of objects of these types may give."""
        found: frozenset[str] = frozenset()
        for type_name in types:
            parent = self.schema.get_type(type_name)
            definition = getattr(parent, "fields", {}).get(name)
            if definition is None:
                raise PlanningError(f"type {type_name} has no field {name}")
            named = get_named_type(definition.type)
            if is_composite_type(named):
                found |= self.possible.get(named.name, frozenset())
        return found


def _by_types(found: list[_Occurrence]) -> Iterator[tuple[frozenset[str], list[_Occurrence]]]:
    """A response key's occurrences that are asked of the same object types, with these."""
    first = found[0].types
    if all(one.types == first for one in found):
        yield first, found
        return
    classes: dict[tuple[int, ...], set[str]] = defaultdict(set)
    for type_name in sorted({name for occurrence in found for name in occurrence.types}):
        who = tuple(index for index, occurrence in enumerate(found) if type_name in occurrence.types)
        classes[who].add(type_name)
    for who, types in classes.items():
        yield frozenset(types), [found[index] for index in who]


def _conditions(found: Sequence[_Occurrence]) -> dict[Deferral | None, Condition]:
    """When a field is asked for each delivery group."""
    conditions: dict[Deferral | None, Condition] = {}
    for one in found:
        conditions[one.deferral] = either(conditions.get(one.deferral, NEVER), one.condition)
    return conditions


def _by_owner(found: list[_Occurrence]) -> dict[Deferral | None, list[_Occurrence]]:
    """A field's occurrences by the delivery group that fetches it: the first that always does when they need it."""
    if len({one.deferral for one in found}) == 1:
        return {found[0].deferral: found}
    conditions = _conditions(found)
    owned: dict[Deferral | None, list[_Occurrence]] = defaultdict(list)
    for one in found:
        before = one.deferral.ancestors if one.deferral else []
        needed = conditions[one.deferral]
        owners = (one for one in before if one in conditions and either(conditions[one], needed) == conditions[one])
        owned[next(owners, one.deferral)].append(one)
    return owned


def arguments_of(node: FieldNode) -> Arguments:
    """A field's arguments in their canonical form."""
    if not node.arguments:
        return NO_ARGUMENTS
    texts = sorted(f"{argument.name.value}: {print_ast(argument.value)}" for argument in node.arguments)
    variables = {name for argument in node.arguments for name in variables_in(argument.value)}
    return Arguments(", ".join(texts), frozenset(variables))


def variables_in(value: ValueNode) -> Iterator[str]:
    """The names of the variables in a value."""
    if isinstance(value, VariableNode):
        yield value.name.value
    elif isinstance(value, ListValueNode):
        for item in value.values:
            yield from variables_in(item)
    elif isinstance(value, ObjectValueNode):
        for entry in value.fields:
            yield from variables_in(entry.value)
