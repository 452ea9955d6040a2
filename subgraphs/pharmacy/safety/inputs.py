"""What is checked: somebody, what they take, and what they are to take. All of it is given; nothing is looked up here."""

from datetime import date
from decimal import Decimal

import msgspec

FOOD, ENVIRONMENT = "FOOD", "ENVIRONMENT"
"""Categories of allergies (FHIR AllergyIntolerance.category) that need not be to a drug."""


class Coding(msgspec.Struct, frozen=True, kw_only=True):
    """A code, its system (a URI as in FHIR) and what it is called."""

    system: str
    code: str
    display: str | None = None


class KnownAllergy(msgspec.Struct, frozen=True, kw_only=True):
    """An active allergy that is not refuted. `ref` is its global id; `category` as records have it, None if unknown."""

    ref: str
    coding: Coding
    category: str | None = None


class Period(msgspec.Struct, frozen=True):
    """The days on which something is taken, both included; None where no end is known."""

    start: date | None = None
    end: date | None = None

    def meets(self, other: "Period", washout: int = 0) -> bool:
        """Whether the two have a day in common, or fewer than `washout` days between them."""
        return self._reaches(other, washout) and other._reaches(self, washout)

    def _reaches(self, other: "Period", washout: int) -> bool:
        return self.end is None or other.start is None or (other.start - self.end).days <= washout


class Substance(msgspec.Struct, frozen=True, kw_only=True):
    """An ingredient of a drug, by its name in RxNorm, its RXCUI or both.

    `single` and `daily` are the most that is taken of it at once and in a day, in mg; None if that is unknown.
    """

    name: str
    rxcui: str | None = None
    single: Decimal | None = None
    daily: Decimal | None = None


class Drug(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is taken. `ref` is the global id of what says so, such as a prescription; `product` what it is called.

    Without ingredients, it is looked for by its `rxcui` and name (`Knowledge.ingredients_of`). `continues` are the ids of what
    it goes on with, and so is taken after it, not besides. `route` is the way by which all of it gets into or onto the body
    (`dosage.codes.Route`); None where that is not known, or not one, and then it acts in the whole body.
    """

    ref: str
    product: str
    rxcui: str | None = None
    ingredients: tuple[Substance, ...] = ()
    period: Period = Period()
    continues: tuple[str, ...] = ()
    route: str | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes it, as of the day `on`; None for what is not known.

    Of a birthday that is known by its year or month alone, give the latest day. `weight` is in kg, `egfr` in
    mL/min/1.73 m²; both as recent as the caller thinks right. `sex` is FHIR's code of administrative gender. `pregnant` is
    what is known besides `conditions`, the active ones.
    """

    on: date
    birth_date: date | None = None
    weight: Decimal | None = None
    egfr: Decimal | None = None
    pregnant: bool | None = None
    sex: str | None = None
    allergies: tuple[KnownAllergy, ...] = ()
    conditions: tuple[Coding, ...] = ()
