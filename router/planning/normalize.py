"""Stage 1. An operation as a tree of fields: fragments gone, fields merged, each with the object types it is asked of."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    is_composite_type,
    parse,
    print_ast,
)
from graphql.language import ListValueNode, ObjectValueNode, VariableNode

from router.planning.conditions import ALWAYS, NEVER, Condition, both, condition_of, either, show


class PlanningError(Exception):
    """There is no plan for the operation. The message says what cannot be resolved."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """A field's arguments as text, sorted by name, and the variables in them."""

    text: str = ""
    variables: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Field:
    """A field as asked of some object types: its response key, and what is selected of its value."""

    key: str
    name: str
    arguments: Arguments
    types: frozenset[str]
    condition: Condition
    selection: "Selection | None"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of objects that may have any of these types."""

    types: frozenset[str]
    fields: tuple[Field, ...]

    def with_type_names(self) -> "Selection":
        """The same, with `__typename` wherever objects may be of several types."""
        fields = tuple(
            replace(one, selection=one.selection.with_type_names()) if one.selection else one for one in self.fields
        )
        if len(self.types) > 1:
            fields += (Field("__typename", "__typename", Arguments(), self.types, ALWAYS, None),)
        return Selection(self.types, fields)

    @property
    def size(self) -> int:
        """How many fields it has, those of fields included."""
        return sum(1 + (field.selection.size if field.selection else 0) for field in self.fields)

    def lines(self, indent: str = "") -> Iterator[str]:
        """As text, a field a line."""
        for field in self.fields:
            on = "" if field.types == self.types else f"{'|'.join(sorted(field.types))}."
            alias = "" if field.key == field.name else f"{field.key}: "
            when = "" if field.condition == ALWAYS else f" if {show(field.condition)}"
            arguments = f"({field.arguments.text})" if field.arguments.text else ""
            yield f"{indent}{on}{alias}{field.name}{arguments}{when}"
            if field.selection:
                yield from field.selection.lines(indent + "  ")

    def __str__(self) -> str:
        return "\n".join(self.lines())


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One place in the document where a field with a response key is selected."""

    node: FieldNode
    types: frozenset[str]
    condition: Condition


_MAX_FIELDS = 20_000


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

    def operation(self, operation: OperationDefinitionNode) -> Selection:
        """The selection at the operation's root."""
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            raise PlanningError(f"the schema has no {operation.operation.value} type")
        return self.selection(frozenset((root.name,)), operation.selection_set)

    def field_set(self, types: frozenset[str], text: str) -> Selection:
        """The selection that a directive's field set, such as `id organization { id }`, stands for."""
        document = parse(f"{{{text}}}", no_location=True)
        definition = document.definitions[0]
        if not isinstance(definition, OperationDefinitionNode):
            raise PlanningError(f"'{text}' is not a field set")
        return self.selection(types, definition.selection_set)

    def selection(self, types: frozenset[str], selection_set: SelectionSetNode) -> Selection:
        """What a selection set asks of objects of these types."""
        return self._merge(types, [(selection_set, ALWAYS, types)])

    def _merge(
        self, types: frozenset[str], sets: Sequence[tuple[SelectionSetNode, Condition, frozenset[str]]]
    ) -> Selection:
        by_key: dict[str, list[_Occurrence]] = defaultdict(list)
        for selection_set, condition, among in sets:
            for found in self._collect(selection_set, condition, among):
                by_key[(found.node.alias or found.node.name).value].append(found)
        fields = tuple(field for key, found in by_key.items() for field in self._fields(key, found))
        self.size += len(fields)
        if self.size > _MAX_FIELDS:
            raise PlanningError(f"the operation has more than {_MAX_FIELDS} fields when its fragments are unfolded")
        return Selection(types, fields)

    def _collect(
        self, selection_set: SelectionSetNode, condition: Condition, types: frozenset[str]
    ) -> Iterator[_Occurrence]:
        for node in selection_set.selections:
            here = both(condition, condition_of(node))
            if here == NEVER:
                continue
            if isinstance(node, FieldNode):
                yield _Occurrence(node, types, here)
                continue
            inner = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if not isinstance(inner, InlineFragmentNode | FragmentDefinitionNode):
                raise PlanningError(f"{node.kind} is not a selection")
            on = inner.type_condition
            among = types & self.possible.get(on.name.value, frozenset()) if on else types
            if among:
                yield from self._collect(inner.selection_set, here, among)

    def _fields(self, key: str, found: list[_Occurrence]) -> Iterator[Field]:
        """The fields of a response key: one for the object types that the same selections ask it of."""
        classes: dict[tuple[int, ...], set[str]] = defaultdict(set)
        for type_name in sorted({name for occurrence in found for name in occurrence.types}):
            who = tuple(index for index, occurrence in enumerate(found) if type_name in occurrence.types)
            classes[who].add(type_name)
        leaves: dict[tuple[str, Arguments, Condition], Field] = {}
        for who, types in classes.items():
            field = self._field(key, frozenset(types), [found[index] for index in who])
            if field.selection is not None:
                yield field
                continue
            same = (field.name, field.arguments, field.condition)
            known = leaves.get(same)
            leaves[same] = Field(key, *same[:2], field.types | (known.types if known else frozenset()), same[2], None)
        yield from leaves.values()

    def _field(self, key: str, types: frozenset[str], found: list[_Occurrence]) -> Field:
        first = found[0].node
        condition = NEVER
        for occurrence in found:
            condition = either(condition, occurrence.condition)
        selection = None
        if first.selection_set and not first.name.value.startswith("__"):  # introspection is not planned
            values = self._value_types(types, first.name.value)
            selection = self._merge(
                values,
                [
                    (one.node.selection_set, ALWAYS if one.condition == condition else one.condition, values)
                    for one in found
                    if one.node.selection_set
                ],
            )
        return Field(key, first.name.value, arguments_of(first), types, condition, selection)

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


def arguments_of(node: FieldNode) -> Arguments:
    """A field's arguments in their canonical form."""
    if not node.arguments:
        return Arguments()
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
