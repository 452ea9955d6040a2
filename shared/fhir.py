"""Taking over rows from another system's FHIR R4 resources: the datatypes, and rows made like drafts.

A domain's `fhir` module says in `RESOURCES` which types of resource it has a home for, in the order in which they refer to
each other. Types: https://hl7.org/fhir/R4/datatypes.html. Which row a resource is, `shared.known` knows.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.database.model import Record, assign

_NO_POSTAL_CODE = re.compile("0+|")
_COUNTRY = re.compile("[A-Z]{2}")


class InvalidResource(Exception):
    """A resource that cannot be taken over; the text names its elements, never their values."""


class LeftOut(Exception):
    """A resource that is sound, but has no place here, such as a visit that is not over."""


class Element(msgspec.Struct, rename="camel", frozen=True):
    """A part of a resource; what a subclass does not name is passed over."""


class Coding(Element, frozen=True):
    """A code and the system that defines it."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True):
    """A concept, by its codes."""

    coding: list[Coding] = []
    text: str | None = None


class Identifier(Element, frozen=True):
    """A number that a system has given."""

    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None

    @property
    def token(self) -> str | None:
        """`system|value`, as in a search; None without either."""
        return f"{self.system}|{self.value}" if self.system and self.value else None


class HumanName(Element, frozen=True):
    """A person's name."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str] = []
    prefix: list[str] = []

    def columns(self) -> dict[str, Any]:
        """Family, given, prefix; a name that was not taken apart is a family name as a whole."""
        family = self.family or self.text
        if not family:
            raise InvalidResource("name has neither family nor text")
        given = self.given if self.family else []
        return {"family": family, "given": given, "prefix": " ".join(self.prefix) or None}


class ContactPoint(Element, frozen=True):
    """A telephone number, an email address and the like."""

    system: str | None = None
    value: str | None = None
    use: str | None = None


class Address(Element, frozen=True):
    """A postal address."""

    use: str | None = None
    line: list[str] = []
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None

    def parts(self) -> dict[str, Any]:
        """As it is stored, without what only fills a place: a postal code of zeros, a country that is no code of ISO 3166-1."""
        return {
            "line": [line for line in self.line if line.strip()],
            "city": self.city or None,
            "state": self.state or None,
            "postal_code": None if _NO_POSTAL_CODE.fullmatch(self.postal_code or "") else self.postal_code,
            "country": self.country if self.country and _COUNTRY.fullmatch(self.country) else None,
        }


class Period(Element, frozen=True):
    """From when to when."""

    start: str | None = None
    end: str | None = None


class Reference(Element, frozen=True):
    """A reference to another resource, literal or by identifier."""

    reference: str | None = None
    identifier: Identifier | None = None


class Resource(Element, frozen=True):
    """What all resources have."""

    resource_type: str
    id: str | None = None
    identifier: list[Identifier] = []


class Outcome(StrEnum):
    """What became of a resource's row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


Row = TypeVar("Row", bound=Record)


@dataclass(frozen=True, slots=True)
class Upserted(Generic[Row]):
    """A row, what became of it, and which columns were changed."""

    row: Row
    outcome: Outcome
    changed: frozenset[str] = field(default_factory=frozenset)


async def upsert(
    session: AsyncSession, model: type[Row], drafts: Sequence[tuple[UUID, Mapping[str, Any]]]
) -> list[Upserted[Row]]:
    """Make rows of a table like their drafts; a row that is so already is not written."""
    keys = [key for key, _ in drafts]
    rows = await session.scalars(select(model).where(col(model.id).in_(keys)).with_for_update())
    present = {row.id: row for row in rows}
    return [_upsert(session, model, key, draft, present) for key, draft in drafts]


def _upsert(
    session: AsyncSession, model: type[Row], key: UUID, draft: Mapping[str, Any], present: dict[UUID, Any]
) -> Upserted[Row]:
    row = present.get(key)
    if row is None:
        row = present[key] = model(id=key, **draft)
        session.add(row)
        return Upserted(row, Outcome.CREATED)
    changed = assign(row, draft)
    return Upserted(row, Outcome.UPDATED if changed else Outcome.UNCHANGED, changed)


def first(points: Sequence[ContactPoint], system: str) -> str | None:
    """The first contact point of a kind, as it is written."""
    return next((point.value for point in points if point.system == system and point.value), None)


def code_of(concept: CodeableConcept | None, allowed: Callable[[str], object]) -> str | None:
    """The first of a concept's codes that is allowed."""
    codings = concept.coding if concept else []
    return next((coding.code for coding in codings if coding.code and allowed(coding.code)), None)


def share_a_name(family: str, given: Sequence[str], other_family: str, other_given: Sequence[str]) -> bool:
    """Whether two names have their family name or first given name in common."""
    firsts = {name.casefold() for name in given[:1]} & {name.casefold() for name in other_given[:1]}
    return family.casefold() == other_family.casefold() or bool(firsts)


def whole_date(text: str | None) -> date | None:
    """A FHIR date as a day; None if it is only a year or month, or none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def instant(text: str | None) -> datetime | None:
    """A FHIR dateTime as a point in time, UTC; None if it has no time or time zone, or is none."""
    try:
        value = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return value.astimezone(UTC) if value.tzinfo else None
