"""GraphQL inputs, made of commands: a command's fields are its input's, under the same names."""

from dataclasses import MISSING
from functools import cache
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin
from uuid import UUID

import strawberry
from pydantic.fields import FieldInfo

from shared.commands import C, Command, read


@cache
def input_of(command: type[Command]) -> type:
    """The input type of a command, or of a record in one: `RegisterPatient` is asked for by `RegisterPatientInput`."""
    fields = command.model_fields
    annotations = {name: _graph_type(info.annotation) for name, info in fields.items()}
    namespace = {"__annotations__": annotations, **{name: _field(info) for name, info in fields.items()}}
    return strawberry.input(type(f"{command.__name__}Input", (), namespace), description=getdoc(command))


def argument(command: type[Command], *, description: str, required: bool = True) -> Any:
    """An argument of a query that is a record like those in commands; `given` reads it."""
    kind: Any = input_of(command)
    return strawberry.argument(description=description, graphql_type=kind if required else kind | None)


def given(command: type[C], value: object) -> C:
    """The record in such an argument; raises InvalidInput."""
    return read(command, strawberry.asdict(value))


def _field(info: FieldInfo) -> Any:
    default: Any = MISSING if info.is_required() or info.default_factory else info.default
    factory: Any = info.default_factory or MISSING
    if isinstance(default, list):
        default, factory = MISSING, info.default.copy
    return strawberry.field(description=info.description, default=default, default_factory=factory)


def _graph_type(annotation: Any) -> Any:
    """A field's type in GraphQL's terms, without what checks its values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _graph_type(arguments[0])
    if origin in (Union, UnionType):
        (present,) = (each for each in arguments if each is not NoneType)
        return Optional[_graph_type(present)]  # noqa: UP045 - `X | None` takes no class that is made at run time
    if origin is list:
        return list[_graph_type(arguments[0])]  # type: ignore[misc]  # made at run time
    if annotation is UUID:
        return strawberry.ID
    if isinstance(annotation, type) and issubclass(annotation, Command):
        return input_of(annotation)
    return annotation
