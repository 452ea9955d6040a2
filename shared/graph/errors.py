"""Errors that a client can act on, as GraphQL types. A mutation answers with its success or with one of these.

Each kind of refusal (`shared.errors`) is a type of the same name, described by its docstring; all share an interface.
`errors` at the top of an answer is for faults and denials only.
"""

from collections.abc import Mapping
from inspect import getdoc
from typing import Any, get_args, get_type_hints

import strawberry
from graphql import GraphQLError

from shared import errors
from shared.errors import Problem
from shared.translations import Translations

CODE = "The stable code of the problem, for programs to compare; each problem has its own."


@strawberry.federation.type(shareable=True, description="A value that the sentence of an error has in it.")
class ErrorParameter:
    name: str = strawberry.field(description="The name of the value, as the documentation of the error's code has it.")
    value: str = strawberry.field(description="The value, as text.")


@strawberry.federation.interface(
    name="UserError", description="Why a mutation did nothing, and what the client can do about it."
)
class UserError:
    code: str = strawberry.field(description=CODE)
    message: str = strawberry.field(
        description="What is wrong, as a sentence for people in the language of `Accept-Language`."
    )
    parameters: list[ErrorParameter] = strawberry.field(
        default_factory=list,
        description="The values that the sentence has in it, for clients with sentences of their own.",
    )


@strawberry.federation.type(shareable=True, description="One field of an input that breaks a rule.")
class InvalidField:
    path: list[str] = strawberry.field(
        description="The path of the field from the root of the input, by the names that the client has sent."
    )
    message: str = strawberry.field(
        description="What would be right, as a sentence for people in the language of `Accept-Language`."
    )
    code: str = strawberry.field(description=CODE)
    parameters: list[ErrorParameter] = strawberry.field(
        default_factory=list,
        description="The values that the sentence has in it, for clients with sentences of their own.",
    )


@strawberry.federation.type(shareable=True, description=getdoc(errors.InvalidInput))
class InvalidInput(UserError):
    fields: list[InvalidField] = strawberry.field(description="Every field of the input that breaks a rule.")


_TYPES: dict[type[errors.Refusal], type[UserError]] = {errors.InvalidInput: InvalidInput}


def error_of(kind: type[errors.Refusal]) -> Any:
    """The GraphQL type of a kind of refusal."""
    if kind not in _TYPES:
        hints = {name: get_args(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
        fields = {name: strawberry.field(description=description) for name, (_, description) in hints.items()}
        namespace = {"__annotations__": {name: hint for name, (hint, _) in hints.items()}, **fields}
        made = type(kind.__name__, (UserError,), namespace)
        _TYPES[kind] = strawberry.federation.type(made, shareable=True, description=getdoc(kind))
    return _TYPES[kind]


class Translator:
    """Translates problems into one language."""

    def __init__(self, translations: Translations, language: str) -> None:
        self._translations, self._language = translations, language

    def error(self, refusal: errors.Refusal) -> UserError:
        """A refusal as its GraphQL type."""
        more = {name: getattr(refusal, name) for name in get_type_hints(type(refusal))}
        if isinstance(refusal, errors.InvalidInput):
            more["fields"] = [
                InvalidField(path=list(each.path), **self._translated(each.problem, each.parameters))
                for each in refusal.fields
            ]
        made: UserError = error_of(type(refusal))(**self._translated(refusal.problem, refusal.parameters), **more)
        return made

    def sentence(self, refusal: errors.Refusal) -> str:
        """A refusal in a sentence."""
        return self._sentence(refusal.problem, refusal.parameters)

    def problems(self, refusal: errors.Refusal) -> list[dict[str, Any]]:
        """What is wrong with arguments, as an error at the top tells it in `extensions`."""
        fields = refusal.fields if isinstance(refusal, errors.InvalidInput) else []
        return [
            {
                "path": list(each.path),
                "code": each.problem.code,
                "message": self._sentence(each.problem, each.parameters),
                "parameters": {name: str(value) for name, value in each.parameters.items()},
            }
            for each in fields
        ]

    def told(self, message: str, parameters: Mapping[str, Any]) -> str:
        """A sentence that is no problem, by its English text."""
        return self._translations.sentence(self._language, message, parameters)

    def _sentence(self, problem: Problem, parameters: Mapping[str, Any]) -> str:
        return self.told(problem.message, parameters)

    def _translated(self, problem: Problem, parameters: Mapping[str, Any]) -> dict[str, Any]:
        given = [ErrorParameter(name=name, value=str(value)) for name, value in parameters.items()]
        return {"code": problem.code, "message": self._sentence(problem, parameters), "parameters": given}


def bad_input(message: str) -> GraphQLError:
    """The error at the top for an argument that cannot be taken as it is."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
