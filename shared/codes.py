"""Closed sets of codes, spelled once: the enum, the database's CHECK and the GraphQL enum come from one class."""

import inspect
from enum import StrEnum
from typing import Any, Self

import strawberry
from sqlalchemy import CheckConstraint
from strawberry.types.enum import StrawberryEnumDefinition


class Code(StrEnum):
    """A set of codes: `BOOKED = "BOOKED", "Agreed on."` is a member's value, as it is stored, and what it means.

    The class is a GraphQL enum as well, under its own name or the `name` that it gives; its docstring describes it.
    """

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        """A member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = description
        return member

    def __init_subclass__(cls, name: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        strawberry.enum(cls, name=name or cls.__name__, description=inspect.getdoc(cls))
        definition: StrawberryEnumDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]
        for value in definition.values:
            value.description = cls[value.name].description


def one_of(column: str, codes: type[Code]) -> CheckConstraint:
    """A constraint that a column, where it is not null, holds one of the codes."""
    values = ", ".join(f"'{code}'" for code in codes)
    return CheckConstraint(f"{column} IN ({values})", name=column)
