"""What a row is that was read, whichever way it was.

Answers are made of rows as the driver gives them (`shared.database.driver`); instances of a model are for units of work,
which write. Both keep one contract, which is what the model's class says to whoever reads it, and to mypy:

- Each mapped column is an attribute, with the value that its type makes: a TypeDecorator's `process_result_value` is
  called as SQLAlchemy calls it, for NULL too, and its `process_bind_param` for parameters.
- The properties, cached properties, methods and constants of the model's own classes are there, with such a row as `self`.
  `isinstance(row, Audited)` holds, and `type(row).__name__` is the model's. What SQLModel and pydantic bring is not there.
- A row of the driver is for reading: to assign to an attribute raises AttributeError.
- A statement may give values beside a row's columns, such as what the caller may see of it: those that the model names in
  `besides`, with their types, as labelled columns after the row. They are attributes of it; to read one that the statement
  does not give raises AttributeError.

What such rows could not keep (relationships, deferred columns, listeners to loading and the like) `columns_of` refuses: when
a schema is built with a type that shows the model's rows, at the latest when a statement of the model is first executed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from operator import itemgetter
from types import FunctionType
from typing import Any, NoReturn, TypeVar, get_type_hints

from sqlalchemy import Column, inspect
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE, TSTZRANGE
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.orm.base import NotExtension
from sqlalchemy.types import NullType
from sqlmodel import SQLModel

from shared.database.model import Audited
from shared.database.values import reader
from shared.encryption.value import EncryptedType

T = TypeVar("T")

_CARRIED = (FunctionType, property, cached_property, staticmethod)
_NOT_OURS = frozenset({"__init__", "metadata", "model_config"})


@cache
def columns_of(model: type) -> Mapping[str, Any]:
    """The types of a model's columns by attribute; raises TypeError where rows could not keep the contract."""
    mapper: Mapper[Any] | None = inspect(model, raiseerr=False)
    if mapper is None:
        raise TypeError(f"{model.__name__} is no table, which has rows: give it `table=True`")
    problems = list(_problems(mapper))
    if problems:
        raise TypeError(f"Rows of {model.__name__} cannot be read (shared/database/rows.py): {'; '.join(problems)}")
    return {each.key: each.columns[0].type for each in mapper.column_attrs}


def attributes_of(model: type) -> frozenset[str]:
    """The names of all that a model's rows have, or the instances of a class that is no table."""
    if inspect(model, raiseerr=False) is None:
        return frozenset(dir(model)) | frozenset(get_type_hints(model))
    return frozenset(columns_of(model)) | frozenset(_members(model)) | frozenset(besides(model))


def besides(model: type) -> Mapping[str, Any]:
    """The types of the values that statements may give beside a model's rows, by their names."""
    types: Mapping[str, Any] = getattr(model, "besides", {})
    return types


def beside(model: type | None, names: Sequence[str | None]) -> tuple[str, ...]:
    """The names of what a statement gives after a model's columns, if all of it belongs to the row."""
    return tuple(map(str, names)) if model is not None and besides(model).keys() >= set(names) else ()


def columns_beside(model: type, columns: Iterable[Any]) -> list[Any]:
    """Those of a statement's columns that it gives beside a model's rows."""
    return [column for column in columns if column.key in besides(model)]


@cache
def row_class(model: type, base: type, beside: tuple[str, ...] = ()) -> type:
    """The class of a model's rows, over a class of sequences of the driver's values in the order of its columns.

    A value that takes time to make is made when it is read. `beside` is what comes after the columns. An encrypted value is
    in the row's own `__dict__`, where whoever opens it puts it; without one it is None.
    """
    given = [*columns_of(model).items(), *((name, besides(model)[name]) for name in beside)]
    columns: dict[str, Any] = {
        name: None if isinstance(kind, EncryptedType) else property(value_at(place, kind))
        for place, (name, kind) in enumerate(given)
    }
    columns |= {name: property(_not_given(name)) for name in besides(model).keys() - columns.keys()}
    bases = (base, Audited) if issubclass(model, Audited) else (base,)
    return type(model.__name__, bases, {**_members(model), **columns, "__setattr__": _refuse_to_write})


def grouped(rows: Iterable[T], by: Callable[[T], Any], keys: Iterable[Any]) -> list[list[T]]:
    """The rows of each key, in order."""
    found: dict[Any, list[T]] = defaultdict(list)
    for row in rows:
        found[by(row)].append(row)
    return [found[key] for key in keys]


def value_at(place: int, kind: Any) -> Callable[[Sequence[Any]], Any]:
    """What reads the value of a type of a sequence of the driver's values."""
    process, read = reader(kind), itemgetter(place)
    return read if process is None else lambda row: process(read(row))


def _not_given(name: str) -> Callable[[object], NoReturn]:
    def refuse(_: object) -> NoReturn:
        raise AttributeError(f"the statement that found the row does not give `{name}`")

    return refuse


def _refuse_to_write(row: object, name: str, _: object) -> NoReturn:
    raise AttributeError(
        f"{type(row).__name__}.{name} was read for an answer: find the row in a unit of work to change it"
    )


def _problems(mapper: Mapper[Any]) -> Iterator[str]:
    """What rows could not keep, each with what to do instead."""
    if mapper.inherits is not None or mapper.polymorphic_on is not None:
        yield "it inherits from another table: give each its own columns"
    for each in mapper.attrs:
        if not isinstance(each, ColumnProperty):
            yield f"`{each.key}` is a {type(each).__name__}: read it by a statement of its own"
        elif not isinstance(each.columns[0], Column):
            yield f"`{each.key}` is an expression: write a property, or compute the column in the database"
        elif each.deferred:
            yield f"`{each.key}` is deferred: load it, or give it a table of its own"
        elif isinstance(each.columns[0].type, TSTZRANGE | TSTZMULTIRANGE | NullType):
            yield f"`{each.key}` is of the type {each.columns[0].type!r}, which the driver cannot read: use others"
    for name, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type is not NotExtension.NOT_EXTENSION:
            yield f"`{name}` is a {type(descriptor).__name__}: write a property"
    if mapper.class_manager.dispatch.load or mapper.class_manager.dispatch.refresh:
        yield "something listens to its rows being loaded: write a cached property"
    yield from _unfit_members(mapper.class_)


def _unfit_members(model: type) -> Iterator[str]:
    for name, value in _members(model).items():
        if "__class__" in _free_variables(value):
            yield f"`{name}` calls `super()`: name the class"
        elif hasattr(type(value), "__get__") and not isinstance(value, _CARRIED):
            yield f"`{name}` is a {type(value).__name__}: write a property"


def _members(model: type) -> dict[str, Any]:
    """What the classes of a model that are its own define besides columns; class methods are bound to the model."""
    mapped: set[str] = set(inspect(model).all_orm_descriptors.keys())
    members: dict[str, Any] = {}
    for kind in reversed([each for each in model.__mro__ if each not in SQLModel.__mro__]):
        for name, value in vars(kind).items():
            if name in mapped or name in _NOT_OURS:
                continue
            if isinstance(value, classmethod):
                members[name] = staticmethod(getattr(model, name))
            elif isinstance(value, _CARRIED) or not name.startswith("_"):
                members[name] = value
    return members


def _free_variables(member: Any) -> Sequence[str]:
    function = member.fget if isinstance(member, property) else getattr(member, "func", member)
    return function.__code__.co_freevars if isinstance(function, FunctionType) else ()
