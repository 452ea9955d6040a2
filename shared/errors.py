"""Why a use case is not done, below every transport: each refusal has a code of its own, parameters and a sentence.

`shared.graph.errors` makes GraphQL types of them. A sentence is the English text of a gettext catalogue's entry
(`locale/<language>.po` of the package whose sentence it is), with parameters in braces.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar


@dataclass(frozen=True)
class Problem:
    """Something that can be wrong. `code` is stable and belongs to this problem alone; `message` is its sentence."""

    code: str
    message: str

    known: ClassVar[dict[str, "Problem"]] = {}

    def __post_init__(self) -> None:
        other = self.known.setdefault(self.code, self)
        if other != self:
            raise ValueError(f"{self.code} is the code of two problems")


class Refusal(Exception):
    """A use case that will not be done; raising it rolls the unit of work back. `parameters` fill the sentence.

    What a kind of refusal tells besides are attributes, annotated with their descriptions.
    """

    def __init__(self, problem: Problem, **parameters: Any) -> None:
        super().__init__(problem.message.format(**parameters))
        self.problem, self.parameters = problem, parameters


class NotFound(Refusal):
    """Something that the input names does not exist, or not for this caller."""


class InvalidState(Refusal):
    """What was to be changed is not in a state in which this can be done, such as cancelling what is over."""


class VersionConflict(Refusal):
    """Someone else has changed the same since the client read it: read it again, then decide."""

    current_version: Annotated[int, "The version that what was to be changed has now."]

    def __init__(self, problem: Problem, *, current_version: int, **parameters: Any) -> None:
        super().__init__(problem, current_version=current_version, **parameters)
        self.current_version = current_version


class IdempotencyKeyReused(Refusal):
    """The idempotency key came with another input before: use a new key for a new request."""


class NotChecked(Refusal):
    """Something that the input names had to be looked up elsewhere in the graph, and could not be; nothing was changed."""


class SecondFactorNeeded(Refusal):
    """The caller must have given a code of a second factor a short while ago: `stepUp`, then send this again."""


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong with an input; `path` leads to it from the input's root, as the client wrote it."""

    path: tuple[str, ...]
    problem: Problem
    parameters: dict[str, Any]


class InvalidInput(Refusal):
    """The input breaks a rule; nothing was changed."""

    def __init__(self, fields: list[FieldProblem]) -> None:
        super().__init__(INVALID_INPUT)
        self.fields = fields

    def __str__(self) -> str:
        """All that is wrong, in English."""
        return " ".join(each.problem.message.format(**each.parameters) for each in self.fields)


INVALID_INPUT = Problem("INVALID_INPUT", "The input breaks a rule.")
NOT_FOUND = Problem("NOT_FOUND", "It does not exist, or not for you.")
IDEMPOTENCY_KEY_REUSED = Problem("IDEMPOTENCY_KEY_REUSED", "The key came with another input: use a new key.")
GRAPH_UNAVAILABLE = Problem(
    "GRAPH_UNAVAILABLE", "What this names cannot be looked up at the moment: send it again later."
)
GRAPH_DENIED = Problem("GRAPH_DENIED", "You may not see what has to be looked up for this.")
SECOND_FACTOR_NEEDED = Problem(
    "SECOND_FACTOR_NEEDED", "This takes a code of your second factor, given within the last {minutes} minutes."
)
UNKNOWN_REFERENCE = Problem("UNKNOWN_REFERENCE", "It leads to no {resource} that is known here.")
FOREIGN_RESOURCE_ID = Problem(
    "FOREIGN_RESOURCE_ID", "Its id is another's here: is it of another system, which --source would name?"
)
OTHER_RELEASE = Problem("OTHER_RELEASE", "It is of FHIR {release}; what is taken is FHIR R4.")
UNIDENTIFIED_RESOURCE = Problem("UNIDENTIFIED_RESOURCE", "It has neither an id nor an identifier that identifies.")
VERSION_CONFLICT = Problem("VERSION_CONFLICT", "It was changed meanwhile: read it again.")


def not_found(resource: str) -> NotFound:
    """The refusal for a key that finds nothing; `resource` is the GraphQL type's name."""
    return NotFound(NOT_FOUND, resource=resource)


def version_conflict(resource: str, current_version: int) -> VersionConflict:
    """The refusal for a version that is not the newest; `resource` is the GraphQL type's name."""
    return VersionConflict(VERSION_CONFLICT, resource=resource, current_version=current_version)


def invalid(path: str, problem: Problem, **parameters: Any) -> InvalidInput:
    """The refusal for one field that breaks a rule; `path` is dotted, as the client wrote it."""
    return InvalidInput([FieldProblem(tuple(path.split(".")), problem, parameters)])
