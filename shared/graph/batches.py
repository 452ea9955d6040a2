"""Completing GraphQL values in batches: one field's values of many objects at a time.

A completion takes a batch and gives what goes into the answer, in order. It raises where a value does not fit: whoever
called it then has graphql-core complete the same values, which meets the same errors and says where they are.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import Any, TypeAlias

from graphql import GraphQLEnumType, GraphQLLeafType

from shared.ids import global_id

Batch: TypeAlias = Sequence[Any]
Complete: TypeAlias = Callable[[Batch], list[Any]]
Read: TypeAlias = Callable[[Any], Any]

_AS_THEY_ARE = {"String": str, "ID": str, "Boolean": bool, "Date": date}  # JSON's encoder writes dates


class UnfitError(Exception):
    """A value that cannot be completed in its batch."""


def nullable(complete: Complete) -> Complete:
    """Nulls stay nulls."""

    def complete_present(values: Batch) -> list[Any]:
        present = [value for value in values if value is not None]
        completed = complete(present)
        if len(present) == len(values):
            return completed
        rest = iter(completed)
        return [None if value is None else next(rest) for value in values]

    return complete_present


def non_null(complete: Complete) -> Complete:
    """No nulls."""

    def complete_all(values: Batch) -> list[Any]:
        completed = complete(values)
        if None in completed:
            raise UnfitError
        return completed

    return complete_all


def leaves(kind: GraphQLLeafType) -> Complete:
    """Scalars and enums."""
    coerce = cache(kind.coerce_output_value) if isinstance(kind, GraphQLEnumType) else kind.coerce_output_value
    as_it_is = {_AS_THEY_ARE.get(kind.name)}
    check = _check_of_classes()

    def complete_leaves(values: Batch) -> list[Any]:
        classes = set(map(type, values))
        if classes == as_it_is:
            return list(values)
        check(classes)
        completed = [coerce(value) for value in values]
        if None in completed:
            raise UnfitError
        return completed

    return complete_leaves


def lists(complete: Complete) -> Complete:
    """Lists, whose items are completed all at once."""

    def complete_items(values: Batch) -> list[Any]:
        if not {list, tuple}.issuperset(map(type, values)):
            raise UnfitError
        items = iter(complete([item for items in values for item in items]))
        return [list(islice(items, len(each))) for each in values]

    return complete_items


def objects(fields: Mapping[str, tuple[Read, Complete]]) -> Complete:
    """Objects of one class; `fields` by response name."""
    if not fields:
        return lambda values: [{} for _ in values]
    make = _maker(fields)

    def complete_objects(values: Batch) -> list[Any]:
        return make([complete(list(map(read, values))) for read, complete in fields.values()])

    return complete_objects


def references(kind: str, fields: Mapping[str, str]) -> Complete:
    """Entities of which nothing is asked but `id` and `__typename`, of their keys; `fields` by response name."""
    make = _maker(fields)

    def complete_references(values: Batch) -> list[Any]:
        ids = [global_id(kind, key) for key in values]
        given = {"id": ids, "__typename": [kind] * len(values)}
        return make([given[field] for field in fields.values()])

    return complete_references


def _maker(names: Iterable[str]) -> Callable[[Sequence[Batch]], list[Any]]:
    """What makes objects of batches; of source, because `dict` and `zip` take three times as long for each."""
    values = {name: f"value{number}" for number, name in enumerate(names)}
    items = ", ".join(f"{name!r}: {value}" for name, value in values.items())
    source = f"lambda batches: [{{{items}}} for {', '.join(values.values())}, in zip(*batches, strict=True)]"
    made: Callable[[Sequence[Batch]], list[Any]] = eval(source)  # noqa: S307 - of GraphQL's names, quoted
    return made


def by_class(completions: Mapping[type, Complete]) -> Complete:
    """Objects of several classes, and of no other."""

    def complete_each(values: Batch) -> list[Any]:
        classes = set(map(type, values))
        if len(classes) == 1:
            return completions[classes.pop()](values)
        rest = {each: iter(completions[each]([value for value in values if type(value) is each])) for each in classes}
        return [next(rest[type(value)]) for value in values]

    return complete_each


def of_any_class(complete: Complete) -> Complete:
    """Objects of whatever class, as graphql-core takes them for a type that is neither abstract nor tells its own."""
    check = _check_of_classes()

    def complete_all(values: Batch) -> list[Any]:
        check(set(map(type, values)))
        return complete(values)

    return complete_all


def _check_of_classes() -> Callable[[set[type]], None]:
    """What raises where there are classes of what is no value, though it might be taken for one: errors and awaitables."""
    checked: set[type] = set()

    def check(classes: set[type]) -> None:
        for each in classes - checked:
            if issubclass(each, Exception | Awaitable):
                raise UnfitError
            checked.add(each)

    return check
