"""Shapes the router's data into the answer: the client's fields in the client's order, nulls by the API schema."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from router.execution.data import Object, ResponsePath
from router.planning.conditions import ALWAYS, Condition, holds
from router.planning.graph import TYPENAME
from router.planning.normalize import Deferred, SelectedField, Selection


class _NullPropagation(Exception):
    """A null where the schema has none: it propagates to the next nullable parent (GraphQL, section 6.4.4)."""


Complete = Callable[["_Run", Any, ResponsePath], Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """A deferred fragment of one object of the answer, and the object."""

    deferred: Deferred
    path: ResponsePath
    item: Object


@dataclass(slots=True)
class _Run:
    """One shaping: the variables, what was null though it must not be, and what is deferred."""

    variables: Mapping[str, Any]
    violations: list[tuple[ResponsePath, str]]
    pending: list[Pending] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shaped:
    """What a delivery group has for an object, each null that the schema does not allow, and what of it comes later."""

    data: Object | None
    violations: list[tuple[ResponsePath, str]]
    pending: list[Pending]


class Shaper:
    """Shapes the data of one operation (GraphQL, section 6.4.3: CompleteValue). Made once a plan."""

    def __init__(self, schema: GraphQLSchema, selection: Selection) -> None:
        self.schema = schema
        self.selection = selection
        self._tables: dict[tuple[int, str | None], list[tuple[str, Condition, str, Complete | None]]] = {}

    @property
    def required(self) -> frozenset[str]:
        """The response keys at the root that must not be null."""
        (root,) = self.selection.types
        fields = getattr(self.schema.get_type(root), "fields", {})
        return frozenset(
            one.key for one in self.selection.fields if one.name in fields and is_non_null_type(fields[one.name].type)
        )

    def shape(self, data: Object, variables: Mapping[str, Any]) -> tuple[Object | None, list[tuple[ResponsePath, str]]]:
        """The answer's data, and each place of a null that the schema does not allow, with the field's coordinate."""
        run = _Run(variables, [])
        try:
            return self._object(run, self.selection, data, ()), run.violations
        except _NullPropagation:
            return None, run.violations

    def shape_group(
        self, selection: Selection, item: Object, path: ResponsePath, variables: Mapping[str, Any]
    ) -> Shaped:
        """What one delivery group, the primary answer or a deferral, has for an object."""
        run = _Run(variables, [])
        try:
            data = self._object(run, selection, item, path)
        except _NullPropagation:
            return Shaped(None, run.violations, [])
        return Shaped(data, run.violations, [one for one in run.pending if _is_there(data, one.path[len(path) :])])

    def _object(self, run: _Run, selection: Selection, item: Object, path: ResponsePath) -> Object:
        type_name: str | None = next(iter(selection.types)) if len(selection.types) == 1 else item.get(TYPENAME)
        if type_name is None and self._depends_on_type(run, selection):
            run.violations.append(((*path, TYPENAME), f"{min(selection.types)}.{TYPENAME}"))
            raise _NullPropagation
        table = self._tables.get((id(selection), type_name))
        if table is None:
            table = self._tables[id(selection), type_name] = self._table(selection, type_name)
        made: Object = {}
        for key, condition, name, complete in table:
            if condition is not ALWAYS and not holds(condition, run.variables):
                continue
            if complete is None:
                made[key] = type_name
            elif name[:2] == "__":
                made[key] = item.get(key)
            else:
                made[key] = complete(run, item.get(key), (*path, key))
        for later in selection.deferred:
            if (later.types == selection.types or type_name in later.types) and holds(later.condition, run.variables):
                run.pending.append(Pending(later, path, item))
        return made

    def _depends_on_type(self, run: _Run, selection: Selection) -> bool:
        """Whether the answer for an object cannot be told without its type."""
        return any(
            (one.name == TYPENAME or one.types != selection.types) and holds(one.condition, run.variables)
            for one in selection.fields
        )

    def _table(self, selection: Selection, type_name: str | None) -> list[tuple[str, Condition, str, Complete | None]]:
        """The fields of objects of one type; without a type, those that do not depend on it."""
        owner = type_name or min(selection.types)
        parent = self.schema.get_type(owner)
        if not isinstance(parent, GraphQLObjectType):
            return []
        table: list[tuple[str, Condition, str, Complete | None]] = []
        for one in selection.fields:
            if type_name not in one.types and not (type_name is None and one.types == selection.types):
                continue
            condition = ALWAYS if one.condition == ALWAYS else one.condition
            if one.name == TYPENAME:
                table.append((one.key, condition, one.name, None))
            elif one.name.startswith("__"):
                table.append((one.key, condition, one.name, _as_is))
            else:
                complete = self._completer(parent.fields[one.name].type, one, f"{owner}.{one.name}")
                table.append((one.key, condition, one.name, complete))
        return table

    def _completer(self, kind: GraphQLOutputType, field: SelectedField, coordinate: str) -> Complete:
        if is_non_null_type(kind):
            return self._non_null(kind, field, coordinate)
        if is_list_type(kind):
            return _nullable(self._list(self._completer(kind.of_type, field, coordinate)))
        if isinstance(kind, GraphQLEnumType):
            return _enum(frozenset(kind.values))
        if is_leaf_type(kind) or field.selection is None:
            return _as_is
        return _nullable(self._composite(kind, field.selection))

    def _non_null(self, kind: GraphQLNonNull[Any], field: SelectedField, coordinate: str) -> Complete:
        inner = self._completer(kind.of_type, field, coordinate)

        def complete(run: _Run, value: Any, path: ResponsePath) -> Any:
            made = None if value is None else inner(run, value, path)
            if made is None:
                run.violations.append((path, coordinate))
                raise _NullPropagation
            return made

        return complete

    def _list(self, inner: Complete) -> Complete:
        def complete(run: _Run, value: Any, path: ResponsePath) -> Any:
            if not isinstance(value, list):
                return None
            return [inner(run, item, (*path, index)) for index, item in enumerate(value)]

        return complete

    def _composite(self, kind: GraphQLOutputType, selection: Selection) -> Complete:
        abstract = not isinstance(kind, GraphQLObjectType)  # where a root type may have a name of the subgraph's own
        types = selection.types

        def complete(run: _Run, value: Any, path: ResponsePath) -> Any:
            if not isinstance(value, dict):
                return None
            type_name = value.get(TYPENAME)
            if abstract and type_name is not None and type_name not in types:  # inaccessible, or not its to give
                return None
            return self._object(run, selection, value, path)

        return complete


def _is_there(data: Any, path: ResponsePath) -> bool:
    """Whether an object is in the answer: no null around it took it along."""
    for part in path:
        if data is None:
            return False
        data = data[part]
    return data is not None


def _nullable(inner: Complete) -> Complete:
    def complete(run: _Run, value: Any, path: ResponsePath) -> Any:
        if value is None:
            return None
        try:
            return inner(run, value, path)
        except _NullPropagation:
            return None

    return complete


def _enum(values: frozenset[str]) -> Complete:
    def complete(run: _Run, value: Any, path: ResponsePath) -> Any:
        return value if isinstance(value, str) and value in values else None

    return complete


def _as_is(run: _Run, value: Any, path: ResponsePath) -> Any:
    return value
