"""Errors that a client can act on. A mutation answers with its success or with one of these; all share an interface.

`errors` at the top of an answer is for faults and denials only.
"""

from typing import Any

import strawberry

_CODE = "What programs compare; it never changes."


def error_code(value: str) -> Any:
    """The field `code` of a typed error."""
    return strawberry.field(default=value, description=_CODE)


@strawberry.federation.interface(
    name="UserError", description="Why a mutation did nothing, and what the client can do about it."
)
class UserError:
    message: str = strawberry.field(description="A sentence for people, without personal data.")
    code: str = strawberry.field(description=_CODE)


@strawberry.federation.type(
    shareable=True, description="Something that the input names does not exist, or not for this caller."
)
class NotFound(UserError):
    code: str = error_code("NOT_FOUND")


@strawberry.federation.type(shareable=True, description="One thing that is wrong with an input.")
class InvalidField:
    path: list[str] = strawberry.field(description="Where it is, from the input's root.")
    message: str = strawberry.field(description="What is wrong, and what would be right.")


@strawberry.federation.type(shareable=True, description="The input breaks a rule; nothing was changed.")
class InvalidInput(UserError):
    fields: list[InvalidField] = strawberry.field(description="All that is wrong.")
    code: str = error_code("INVALID_INPUT")


@strawberry.federation.type(
    shareable=True, description="Someone else has changed it since the client read it: read it again, then decide."
)
class VersionConflict(UserError):
    current_version: int = strawberry.field(description="The version that it has now.")
    code: str = error_code("VERSION_CONFLICT")


@strawberry.federation.type(
    shareable=True, description="It is not in a state in which this can be done, such as cancelling what is over."
)
class InvalidState(UserError):
    code: str = error_code("INVALID_STATE")


class Refusal(Exception):
    """A use case that will not be done; the mutation answers with `error`. Raising it rolls the unit of work back."""

    def __init__(self, error: UserError) -> None:
        super().__init__(type(error).__name__)
        self.error = error


def not_found(what: str) -> Refusal:
    """The refusal for a key that finds nothing."""
    return Refusal(NotFound(message=f"There is no such {what}."))


def invalid(path: str, message: str) -> Refusal:
    """The refusal for one field that breaks a rule; `path` is dotted."""
    return Refusal(
        InvalidInput(message="The input breaks a rule.", fields=[InvalidField(path=path.split("."), message=message)])
    )
