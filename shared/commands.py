"""Commands: what a use case is asked to do, as frozen records of parsed values, below every transport.

A GraphQL mutation, an import and a consumer make the same command of what they get (`read`), so that one writer does the
same of all of it. What is wrong is told all at once, each with a code, the field's path and parameters.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from shared.errors import FieldProblem, InvalidInput, Problem
from shared.values import ClientKey

INVALID_VALUE = Problem("INVALID_VALUE", "This is no value of this field.")
REQUIRED = Problem("REQUIRED", "This is needed.")
TOO_FEW_ITEMS = Problem("TOO_FEW_ITEMS", "It has {minimum} items or more.")
TOO_MANY_ITEMS = Problem("TOO_MANY_ITEMS", "It has {maximum} items at most.")
TOO_SMALL = Problem("TOO_SMALL", "It is {minimum} or more.")
TOO_LARGE = Problem("TOO_LARGE", "It is {maximum} at most.")

# https://docs.pydantic.dev/latest/errors/validation_errors/: a type of error, what it is here, the parameter that it gives.
_PYDANTIC: dict[str, tuple[Problem, dict[str, str]]] = {
    "missing": (REQUIRED, {}),
    "too_short": (TOO_FEW_ITEMS, {"minimum": "min_length"}),
    "too_long": (TOO_MANY_ITEMS, {"maximum": "max_length"}),
    "greater_than_equal": (TOO_SMALL, {"minimum": "ge"}),
    "less_than_equal": (TOO_LARGE, {"maximum": "le"}),
}


class Command(BaseModel):
    """The base of commands, and of the records in them. Fields are described; the docstring says what the command is."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Repeatable(Command):
    """A command that creates, moves or sends, and whose repetition under the same key does nothing again."""

    idempotency_key: ClientKey | None = Field(
        None,
        description=(
            "1 to 200 characters that the client makes up for this request, kept for two days: sent again with the same "
            "input after an answer was lost, it gives what was done the first time."
        ),
    )


C = TypeVar("C", bound=Command)


def read(command: type[C], values: Mapping[str, Any]) -> C:
    """A command of values by their names; raises InvalidInput with all that is wrong."""
    try:
        return command.model_validate(values, context={})
    except ValidationError as error:
        raise InvalidInput([_field(each) for each in error.errors(include_url=False, include_input=False)]) from None


def _field(error: ErrorDetails) -> FieldProblem:
    path, context = tuple(to_camel(str(part)) for part in error["loc"]), error.get("ctx", {})
    if error["type"] in Problem.known:
        return FieldProblem(path, Problem.known[error["type"]], context)
    problem, parameters = _PYDANTIC.get(error["type"], (INVALID_VALUE, {}))
    return FieldProblem(path, problem, {name: context[given] for name, given in parameters.items()})
