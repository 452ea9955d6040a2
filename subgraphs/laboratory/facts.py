"""What the laboratory knows of a patient: documents that are stored encrypted, each under its patient's data key."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from subgraphs.laboratory.codes import Comparator, Flag, OrderEnd, SpecimenRejection


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of what is stored."""


class OrderFacts(Facts, frozen=True, kw_only=True):
    """Why tests were ordered, and of whom they are, as the patient's demographics had it then.

    `numbers` are those by which others know the patient; `born` is a day, month or year as it is known; `sex` a code of FHIR
    AdministrativeGender.
    """

    reason: str | None = None
    numbers: tuple[str, ...] = ()
    born: str | None = None
    sex: str | None = None
    pregnant: bool | None = None
    end: OrderEnd | None = None
    end_comment: str | None = None


class SpecimenFacts(Facts, frozen=True, kw_only=True):
    """What there is to say of a specimen."""

    note: str | None = None
    rejection: SpecimenRejection | None = None
    rejection_comment: str | None = None


class Interval(Facts, frozen=True, kw_only=True):
    """The limits that a result was compared with, as they were, and of which range."""

    id: UUID
    source: str
    plausible_low: Decimal | None = None
    critical_low: Decimal | None = None
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None
    critical_high: Decimal | None = None
    plausible_high: Decimal | None = None


class ChosenCode(Facts, frozen=True, kw_only=True):
    """A code of a result."""

    system: str
    code: str
    display: str
    abnormal: bool = False


class Difference(Facts, frozen=True, kw_only=True):
    """How a number differs from the patient's last one of the same test and method."""

    previous: Decimal
    previous_at: datetime
    difference: Decimal
    exceeded: bool


class ResultFacts(Facts, frozen=True, kw_only=True):
    """A result: `entered` as it was written, and what was made of it; `correction` says why it took another one's place."""

    entered: str | None = None
    value: Decimal | None = None
    comparator: Comparator | None = None
    unit: str | None = None
    decimals: int = 0
    codes: tuple[ChosenCode, ...] = ()
    text: str | None = None
    method: str | None = None
    flag: Flag | None = None
    interval: Interval | None = None
    delta: Difference | None = None
    comment: str | None = None
    correction: str | None = None


class NoticeFacts(Facts, frozen=True, kw_only=True):
    """What somebody read back who was told of a critical result."""

    read_back: str
