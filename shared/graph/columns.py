"""Completing GraphQL values in columns: one field's values of many objects at a time.

A completion takes a column and gives what goes into the answer, in order. It raises where a value does not fit: whoever
called it then has graphql-core complete the same values, which meets the same errors and says where they are.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import Any, TypeAlias

from graphql import GraphQLEnumType, GraphQLLeafType

from shared.ids import global_id

Column: TypeAlias = Sequence[Any]
Complete: TypeAlias = Callable[[Column], list[Any]]
Read: TypeAlias = Callable[[Any], Any]

_AS_THEY_ARE = {"String": str, "ID": str, "Boolean": bool, "Date": date}  # JSON's encoder writes dates


class UnfitError(Exception):
    """A value that columns cannot complete."""


def nullable(complete: Complete) -> Complete:
    """Nulls stay nulls."""

    def complete_present(column: Column) -> list[Any]:
        present = [value for value in column if value is not None]
        completed = complete(present)
        if len(present) == len(column):
            return completed
        rest = iter(completed)
        return [None if value is None else next(rest) for value in column]

    return complete_present


def non_null(complete: Complete) -> Complete:
    """No nulls."""

    def complete_all(column: Column) -> list[Any]:
        completed = complete(column)
        if None in completed:
            raise UnfitError
        return completed

    return complete_all


def leaves(kind: GraphQLLeafType) -> Complete:
    """Scalars and enums."""
    coerce = cache(kind.coerce_output_value) if isinstance(kind, GraphQLEnumType) else kind.coerce_output_value
    as_it_is = {_AS_THEY_ARE.get(kind.name)}
    checked: set[type] = set()

    def complete_leaves(column: Column) -> list[Any]:
        classes = set(map(type, column))
        if classes == as_it_is:
            return list(column)
        for each in classes - checked:
            if issubclass(each, Exception | Awaitable):  # which a scalar might take for a value
                raise UnfitError
            checked.add(each)
        completed = [coerce(value) for value in column]
        if None in completed:
            raise UnfitError
        return completed

    return complete_leaves


def lists(complete: Complete) -> Complete:
    """Lists, whose items are completed all at once."""

    def complete_items(column: Column) -> list[Any]:
        if not {list, tuple}.issuperset(map(type, column)):
            raise UnfitError
        items = iter(complete([item for items in column for item in items]))
        return [list(islice(items, len(each))) for each in column]

    return complete_items


def objects(fields: Mapping[str, tuple[Read, Complete]]) -> Complete:
    """Objects of one class; `fields` by response name."""
    if not fields:
        return lambda column: [{} for _ in column]
    make = _maker(fields)

    def complete_objects(column: Column) -> list[Any]:
        return make([complete(list(map(read, column))) for read, complete in fields.values()])

    return complete_objects


def references(kind: str, fields: Mapping[str, str]) -> Complete:
    """Entities of which nothing is asked but `id` and `__typename`, of their keys; `fields` by response name."""
    make = _maker(fields)

    def complete_references(column: Column) -> list[Any]:
        ids = [global_id(kind, key) for key in column]
        values = {"id": ids, "__typename": [kind] * len(column)}
        return make([values[field] for field in fields.values()])

    return complete_references


def _maker(names: Iterable[str]) -> Callable[[Sequence[Column]], list[Any]]:
    """What makes objects of columns; of source, because `dict` and `zip` take three times as long for each."""
    values = {name: f"value{number}" for number, name in enumerate(names)}
    items = ", ".join(f"{name!r}: {value}" for name, value in values.items())
    source = f"lambda columns: [{{{items}}} for {', '.join(values.values())}, in zip(*columns, strict=True)]"
    made: Callable[[Sequence[Column]], list[Any]] = eval(source)  # noqa: S307 - of GraphQL's names, quoted
    return made


def by_class(completions: Mapping[type, Complete]) -> Complete:
    """Objects of several classes, and of no other."""

    def complete_each(column: Column) -> list[Any]:
        classes = set(map(type, column))
        if len(classes) == 1:
            return completions[classes.pop()](column)
        rest = {each: iter(completions[each]([value for value in column if type(value) is each])) for each in classes}
        return [next(rest[type(value)]) for value in column]

    return complete_each
