"""The client's variables, coerced by the API schema (GraphQL, section 6.1.2)."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    is_non_null_type,
    type_from_ast,
)
from graphql.execution.values import get_variable_values

_MAX_ERRORS = 50
_NONE: Mapping[str, Any] = {}
_ABSENT = object()
_REQUIRED = object()
_PLAIN: dict[str, Callable[[Any], bool]] = {
    "Boolean": lambda value: type(value) is bool,
    "ID": lambda value: type(value) is str,
    "Int": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "String": lambda value: type(value) is str,
}


class Variables:
    """Coerces the variables of one operation. Values that are what they must be already are only looked at."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, *, suggestions: bool) -> None:
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        self._hide_suggestions = not suggestions
        self._plain = [(one.variable.name.value, self._is_plain(one), self._default(one)) for one in self._definitions]

    def coerce(self, values: Mapping[str, Any]) -> Mapping[str, Any] | list[GraphQLError]:
        """The variables that have a value, or what is wrong with them."""
        if not self._plain:
            return _NONE
        coerced = {}
        for name, is_plain, default in self._plain:
            value = values.get(name, _ABSENT)
            if value is _ABSENT and default is not _REQUIRED:
                value = default
            elif not is_plain(value):
                break
            if value is not _ABSENT:
                coerced[name] = value
        else:
            return coerced
        found = get_variable_values(
            self._schema,
            self._definitions,
            dict(values),
            max_errors=_MAX_ERRORS,
            hide_suggestions=self._hide_suggestions,
        )
        return found if isinstance(found, list) else found.coerced

    def _is_plain(self, definition: VariableDefinitionNode) -> Callable[[Any], bool]:
        """What tells that a value needs no coercion."""
        kind = type_from_ast(self._schema, definition.type)
        required = is_non_null_type(kind)
        named = kind.of_type if is_non_null_type(kind) else kind
        if isinstance(named, GraphQLEnumType):
            names = named.values
            plain: Callable[[Any], bool] | None = lambda value: type(value) is str and value in names  # noqa: E731
        else:
            plain = _PLAIN.get(getattr(named, "name", ""))
        if plain is None:
            return lambda value: value is None and not required
        return plain if required else lambda value: value is None or plain(value)

    def _default(self, definition: VariableDefinitionNode) -> Any:
        """The value of a variable that is not given, if it has one."""
        if definition.default_value is not None:
            found = get_variable_values(self._schema, (definition,), {})
            return _REQUIRED if isinstance(found, list) else found.coerced[definition.variable.name.value]
        return _REQUIRED if is_non_null_type(type_from_ast(self._schema, definition.type)) else _ABSENT
