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


class Coded(Facts, frozen=True, kw_only=True):
    """A code of another system's, the system that defines it, and what it is called."""

    system: str
    code: str
    display: str | None = None


class ReceivedInterval(Facts, frozen=True, kw_only=True):
    """What another laboratory says is usual: limits in the unit of the result, or words; `applies_to` for whom."""

    low: Decimal | None = None
    high: Decimal | None = None
    text: str | None = None
    meaning: str | None = None
    applies_to: str | None = None


class ReceivedValue(Facts, frozen=True, kw_only=True):
    """What another laboratory has found of something: a number, codes or words, with its flag and range as they came.

    `absent` says why there is none.
    """

    code: Coded
    value: Decimal | None = None
    comparator: Comparator | None = None
    unit: str | None = None
    codes: tuple[Coded, ...] = ()
    text: str | None = None
    absent: Coded | None = None
    interpretations: tuple[Coded, ...] = ()
    intervals: tuple[ReceivedInterval, ...] = ()


class ReceivedResultFacts(ReceivedValue, frozen=True, kw_only=True):
    """A result, or a panel of components. Times are as precise as they are known, as FHIR writes a dateTime."""

    effective: str | None = None
    effective_until: str | None = None
    issued: str | None = None
    method: str | None = None
    body_site: str | None = None
    performers: tuple[str, ...] = ()
    note: str | None = None
    components: tuple[ReceivedValue, ...] = ()


class ReceivedReportFacts(Facts, frozen=True, kw_only=True):
    """A report on results."""

    code: Coded
    effective: str | None = None
    effective_until: str | None = None
    issued: str | None = None
    performers: tuple[str, ...] = ()
    conclusion: str | None = None
    conclusion_codes: tuple[Coded, ...] = ()


class ReceivedRequestFacts(Facts, frozen=True, kw_only=True):
    """What was ordered, by whom and why; `requester` is what the other system calls them."""

    code: Coded
    authored: str | None = None
    priority: str | None = None
    requester: str | None = None
    reason: str | None = None
    note: str | None = None


class ReceivedSpecimenFacts(Facts, frozen=True, kw_only=True):
    """What was collected, and when; `number` is what the other laboratory has given it."""

    code: Coded
    number: str | None = None
    collected: str | None = None
    collected_until: str | None = None
    received: str | None = None
    body_site: str | None = None
    note: str | None = None
