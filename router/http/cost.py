"""The static cost of an operation by `@cost` and `@listSize` (https://specs.apollo.dev/cost/v0.1).

Objects weigh 1, scalars and enums 0, a mutation 10 more, unless `@cost` says otherwise. A list weighs its items times the
size that `@listSize` gives: by slicing arguments, by an assumed size, else by the configured default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import getsizeof
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from router.config import LimitsSection
from router.engine import Prepared
from router.errors import RequestError
from router.http.limits import parse_document
from router.supergraph.links import directive_arguments, read_links
from router.supergraph.records import Supergraph

_MUTATION = 10.0


@dataclass(frozen=True, slots=True)
class _Names:
    cost: str
    list_size: str


@lru_cache(maxsize=4)
def _names(supergraph: Supergraph) -> _Names:
    links = read_links(supergraph.document)
    return _Names(links.directive("cost", "cost"), links.directive("cost", "listSize"))


def estimate(
    supergraph: Supergraph,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    list_size: int,
) -> float:
    """The cost of a valid operation with these variables; lists of unknown size count as `list_size` items."""
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }
    estimation = _Estimation(
        supergraph.schema, _names(supergraph), document, {**defaults, **(variables or {})}, list_size
    )
    root = supergraph.schema.get_root_type(operation.operation)
    base = _MUTATION if operation.operation is OperationType.MUTATION else 0.0
    return base + (estimation.selections(operation.selection_set, root, {}) if root is not None else 0.0)


class Costs:
    """The limit on the cost. What was found for scalar variables is remembered, since few values make a difference."""

    def __init__(self, config: LimitsSection) -> None:
        self._config = config

    def check(self, supergraph: Supergraph, prepared: Prepared, text: str, variables: Mapping[str, Any] | None) -> None:
        """Raise RequestError where the operation with these variables costs too much."""
        given = variables or {}
        names = [definition.variable.name.value for definition in prepared.operation.variable_definitions or ()]
        used = {name: given[name] for name in names if name in given}
        if any(isinstance(value, list | dict) for value in used.values()):
            found = self._estimate(supergraph, prepared, text, used)
        else:
            key = tuple(map(_without_text, used.items()))
            known = prepared.costs.get(key)
            found = self._estimate(supergraph, prepared, text, used) if known is None else known
            if known is None:
                prepared.costs.put(key, found, sum(map(getsizeof, used.values())) + getsizeof(key))
        limit = self._config.cost
        if limit is not None and found > limit:
            message = f"the operation may cost {limit:g}, and is estimated at {found:g}"
            raise RequestError.because(message, "COST_ESTIMATED_TOO_EXPENSIVE", cost=found, limit=limit)

    def _estimate(self, supergraph: Supergraph, prepared: Prepared, text: str, variables: Mapping[str, Any]) -> float:
        document = parse_document(text, self._config)
        return estimate(supergraph, document, prepared.operation, variables, self._config.list_size)


def _without_text(item: tuple[str, Any]) -> tuple[str, Any, type]:
    """A variable as far as it can decide about the cost: a number may be a size, a truth may skip fields."""
    name, value = item
    return name, "" if isinstance(value, str) else value, type(value)


@dataclass(frozen=True, slots=True)
class _Sizing:
    """What `@listSize` says of a field: its own items, or those of the lists in `sized_fields` right below it."""

    size: float | None = None
    sized_fields: tuple[str, ...] = ()


@dataclass(slots=True)
class _Estimation:
    schema: GraphQLSchema
    names: _Names
    document: DocumentNode
    variables: Mapping[str, Any]
    list_size: int
    fragments: dict[str, FragmentDefinitionNode] = field(init=False)

    def __post_init__(self) -> None:
        self.fragments = {
            node.name.value: node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def selections(
        self, selection_set: SelectionSetNode, parent: GraphQLNamedType, sizes: Mapping[str, float | None]
    ) -> float:
        total = 0.0
        for node in selection_set.selections:
            if self._skipped(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                total += self._field(node, parent, sizes)
            elif isinstance(node, InlineFragmentNode):
                condition = self.schema.type_map[node.type_condition.name.value] if node.type_condition else parent
                total += self.selections(node.selection_set, condition, sizes)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition = self.schema.type_map[fragment.type_condition.name.value]
                total += self.selections(fragment.selection_set, condition, sizes)
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType, sizes: Mapping[str, float | None]) -> float:
        name = node.name.value
        definition = getattr(parent, "fields", {}).get(name)
        if definition is None:  # __typename and introspection are answered by the router
            return 0.0
        given = get_named_type(definition.type)
        arguments = {
            argument.name.value: value_from_ast_untyped(argument.value, dict(self.variables))
            for argument in node.arguments or ()
        }
        sizing = self._sizing(definition, arguments)
        own = self._weight(definition.ast_node)
        cost = self._type_weight(given) if own is None else own
        if node.selection_set is not None:
            inner = {inner_name.rpartition(".")[2]: sizing.size for inner_name in sizing.sized_fields}
            cost += self.selections(node.selection_set, given, inner)
        if _is_list(definition.type):
            size = sizes.get(name) if name in sizes else (None if sizing.sized_fields else sizing.size)
            cost *= self.list_size if size is None else size
        return cost + self._arguments(definition, arguments)

    def _sizing(self, definition: GraphQLField, arguments: Mapping[str, Any]) -> _Sizing:
        directive = _directive(definition.ast_node, self.names.list_size)
        if directive is None:
            return _Sizing()
        said = directive_arguments(directive)
        values = (_at(arguments, path, definition) for path in said.get("slicingArguments") or ())
        slices = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
        size = max(slices) if slices else said.get("assumedSize")
        return _Sizing(None if size is None else max(float(size), 0.0), tuple(said.get("sizedFields") or ()))

    def _arguments(self, definition: GraphQLField, arguments: Mapping[str, Any]) -> float:
        total = 0.0
        for name, argument in definition.args.items():
            if name in arguments:
                own = self._weight(argument.ast_node)
                total += self._input(argument.type, arguments[name]) if own is None else own
        return total

    def _input(self, given: GraphQLInputType, value: Any) -> float:
        if isinstance(value, list):
            return sum(self._input(given, item) for item in value)
        named = get_named_type(given)
        if not isinstance(value, dict) or not is_input_object_type(named):
            return self._weight(named.ast_node) or 0.0
        own = self._weight(named.ast_node)
        total = 1.0 if own is None else own
        for name, item in named.fields.items():
            if name in value:
                weight = self._weight(item.ast_node)
                total += self._input(item.type, value[name]) if weight is None else weight
        return total

    def _type_weight(self, given: GraphQLNamedType) -> float:
        own = self._weight(given.ast_node)
        if own is not None:
            return own
        if is_abstract_type(given):
            return max((self._type_weight(item) for item in self.schema.get_possible_types(given)), default=1.0)
        return 1.0 if is_composite_type(given) else 0.0

    def _weight(self, node: Any) -> float | None:
        directive = _directive(node, self.names.cost)
        return None if directive is None else float(directive_arguments(directive).get("weight", 1))

    def _skipped(self, directives: tuple[DirectiveNode, ...]) -> bool:
        for directive in directives:
            if directive.name.value in ("skip", "include"):
                condition = next((item.value for item in directive.arguments or () if item.name.value == "if"), None)
                value = value_from_ast_untyped(condition, dict(self.variables)) if condition is not None else None
                if value is (directive.name.value == "skip"):
                    return True
        return False


def _at(arguments: Mapping[str, Any], path: str, definition: GraphQLField) -> Any:
    """The value of a slicing argument, which may lie in an input object (`input.first`), or its default."""
    name, *inner = path.split(".")
    argument = definition.args.get(name)
    value = arguments.get(name, argument.default_value if argument is not None else None)
    for part in inner:
        value = value.get(part) if isinstance(value, dict) else None
    return None if value is Undefined else value


def _directive(node: Any, name: str) -> DirectiveNode | None:
    return next((item for item in getattr(node, "directives", None) or () if item.name.value == name), None)


def _is_list(given: GraphQLType) -> bool:
    return is_list_type(given.of_type if is_non_null_type(given) else given)
