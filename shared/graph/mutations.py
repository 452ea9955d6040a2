"""Mutations: each takes a command, and answers with a payload of its own, named for it: its success or a typed error."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin, get_type_hints

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions import FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from shared.commands import Command, Repeatable, read
from shared.errors import IdempotencyKeyReused, InvalidInput, Refusal
from shared.graph.context import Info
from shared.graph.entities import Entity
from shared.graph.errors import error_of
from shared.graph.fields import access
from shared.graph.inputs import input_of
from shared.unit_of_work import Repeated


def mutation(
    *,
    description: str,
    errors: Sequence[type[Refusal]] = (),
    scopes: list[list[str]] | None = None,
    authenticated: bool = False,
) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A field of Mutation, of a method that takes a command as `input`, or none, and gives what was done.

    `close_room` takes a `CloseRoomInput` with the fields of its command, and answers with the union `CloseRoomPayload`: its
    success, or one of `errors`, the kinds of refusal that its use case raises; those of reading the input go without saying.
    An entity is given as the only field of `CloseRoomSuccess`; other types are members of the union themselves.
    """

    def decorate(method: Callable[..., Awaitable[Any]]) -> Any:
        hints = get_type_hints(method)
        command: type[Command] | None = hints.get("input")
        name = to_camel_case(f"_{method.__name__}")
        given, success = _successes(name, hints["return"])
        kinds: list[type[Refusal]] = [*([InvalidInput] if command else []), *errors]
        if command is not None and issubclass(command, Repeatable):
            kinds.append(IdempotencyKeyReused)
        answer: Any = _union(name, [*given, *map(error_of, kinds)])
        return strawberry.federation.mutation(
            resolver=method,
            description=description,
            graphql_type=Optional[answer] if scopes or authenticated else answer,  # noqa: UP045 - made at run time
            extensions=[_Mutation(command, hints["return"], success, kinds)],
            **access(scopes, authenticated),
        )

    return decorate


class _Mutation(FieldExtension):
    """Reads the input, and answers refusals."""

    def __init__(
        self,
        command: type[Command] | None,
        returned: Any,
        success: Callable[[Any], Any],
        kinds: Sequence[type[Refusal]],
    ) -> None:
        self._command, self._returned, self._success, self._kinds = command, returned, success, kinds

    def apply(self, field: StrawberryField) -> None:
        """Ask for the command's fields."""
        if self._command is not None:
            kind = input_of(self._command)
            asks = any(each.is_required() for each in self._command.model_fields.values())
            annotation = StrawberryAnnotation(kind if asks else Optional[kind])  # noqa: UP045 - made at run time
            default: dict[str, Any] = {} if asks else {"default": None}
            described = getdoc(self._command)
            field.arguments = [StrawberryArgument("input", None, annotation, description=described, **default)]

    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **given: Any) -> Any:
        """The success, or the typed error."""
        try:
            if self._command is not None:
                asked = given.get("input")
                given["input"] = read(self._command, strawberry.asdict(asked) if asked else {})
            return self._success(await next_(source, info, **given))
        except Repeated as repeated:
            return self._success(await self._returned.load(info.context, repeated.resource_id))
        except Refusal as refusal:
            if type(refusal) not in self._kinds:
                kind = type(refusal).__name__
                raise TypeError(
                    f"{info.field_name} raises {kind}: name it in the `errors` of its @mutation"
                ) from refusal
            return info.context.translator.error(refusal)


def _successes(name: str, returned: Any) -> tuple[list[type], Callable[[Any], Any]]:
    """The types of a success, and what makes one of what a method gives."""
    if isinstance(returned, type) and issubclass(returned, Entity):
        field = _snake(returned.__name__)
        success = _success(name, field, returned)
        return [success], lambda given: success(**{field: given})
    members = get_args(returned) if get_origin(returned) in (Union, UnionType) else (returned,)
    return [each for each in members if each is not NoneType], lambda given: given


def _success(name: str, field: str, kind: type) -> Any:
    made = type(f"{name}Success", (), {"__annotations__": {field: kind}})
    setattr(made, field, strawberry.field(description=f"The {field.replace('_', ' ')}, as it is now."))
    return strawberry.type(made, description=f"The success of `{name[0].lower()}{name[1:]}`, and what it was done to.")


def _union(name: str, members: list[type]) -> Any:
    described = strawberry.union(
        f"{name}Payload",
        description=f"The outcome of `{name[0].lower()}{name[1:]}`: its success, or why nothing was done.",
    )
    return Annotated[Union[tuple(members)], described]  # noqa: UP007 - made at run time


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
