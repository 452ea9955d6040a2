"""How a result is judged: which range is for whom, which flag a value has in it, how it differs from the last one.

All of it is pure; results that are entered and results that are received are judged by the same functions.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol, TypeAlias, TypeVar

from subgraphs.laboratory.codes import Comparator, Flag

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,8})?", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, or what relates to it by a comparator."""

    value: Decimal
    comparator: Comparator | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Codes, by whether each is abnormal."""

    abnormal: Sequence[bool]


Value: TypeAlias = Measured | Chosen | str


class Limits(Protocol):
    """The limits of a range, each of which may be missing; what is equal to one is within it."""

    @property
    def plausible_low(self) -> Decimal | None: ...
    @property
    def critical_low(self) -> Decimal | None: ...
    @property
    def normal_low(self) -> Decimal | None: ...
    @property
    def normal_high(self) -> Decimal | None: ...
    @property
    def critical_high(self) -> Decimal | None: ...
    @property
    def plausible_high(self) -> Decimal | None: ...


class Range(Limits, Protocol):
    """Limits, and for whom they are; ages are days of the calendar, from the first to before the last."""

    @property
    def sex(self) -> str | None: ...
    @property
    def pregnant(self) -> bool | None: ...
    @property
    def age_from_days(self) -> int: ...
    @property
    def age_to_days(self) -> int | None: ...


R = TypeVar("R", bound=Range)


def read_number(text: str) -> Decimal | None:
    """A number as laboratories write it, with a point and without an exponent; None if it is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def flag(value: Value, limits: Limits | None) -> Flag | None:
    """The flag of a value (HL7 table 0078); None where there is nothing to compare it with.

    A number with a comparator is compared at its bound: < 5 as what is just below 5, <= 5 as 5. Of several codes one that is
    abnormal is enough.
    """
    if isinstance(value, str):
        return None
    if isinstance(value, Chosen):
        return Flag.ABNORMAL if any(value.abnormal) else Flag.NORMAL
    if limits is None:
        return None
    found = (
        (Flag.CRITICAL_LOW, _below(value, limits.critical_low)),
        (Flag.CRITICAL_HIGH, _above(value, limits.critical_high)),
        (Flag.LOW, _below(value, limits.normal_low)),
        (Flag.HIGH, _above(value, limits.normal_high)),
    )
    return next((name for name, is_so in found if is_so), Flag.NORMAL)


def is_plausible(value: Value, limits: Limits | None) -> bool:
    """Whether a value can be at all."""
    if limits is None or not isinstance(value, Measured):
        return True
    return not (_below(value, limits.plausible_low) or _above(value, limits.plausible_high))


def _below(measured: Measured, limit: Decimal | None) -> bool:
    if limit is None:
        return False
    return measured.value < limit or (measured.comparator is Comparator.LESS and measured.value == limit)


def _above(measured: Measured, limit: Decimal | None) -> bool:
    if limit is None:
        return False
    return measured.value > limit or (measured.comparator is Comparator.GREATER and measured.value == limit)


def range_for(ranges: Iterable[R], born: str | None, sex: str | None, pregnant: bool | None, on: date) -> R | None:
    """The range that is for somebody on a day, the one that says most of them; None where that cannot be told.

    Of somebody born in a month or year, of whom no more is known, it has to be for all ages that they may have.
    """
    ages = _ages(born, on)
    if ages is None:
        return None
    youngest, oldest = ages

    def holds(one: R) -> bool:
        is_old_enough = one.age_from_days <= youngest
        is_young_enough = one.age_to_days is None or oldest < one.age_to_days
        return is_old_enough and is_young_enough and one.sex in (None, sex) and one.pregnant in (None, pregnant)

    fitting = sorted(filter(holds, ranges), key=lambda one: (one.pregnant is not None, one.sex is not None))
    return fitting[-1] if fitting else None


def _ages(born: str | None, on: date) -> tuple[int, int] | None:
    """The least and the greatest age in days of who was born on a day, in a month or year; None if later than `on`."""
    if born is None:
        return None
    first = date.fromisoformat(f"{born}-01-01"[:10])
    if len(born) == len("1980-05-17"):
        last = first
    elif len(born) == len("1980-05"):
        last = (first + 31 * _DAY).replace(day=1) - _DAY
    else:
        last = first.replace(month=12, day=31)
    oldest, youngest = (on - first).days, (on - last).days
    return None if oldest < 0 else (max(youngest, 0), oldest)


@dataclass(frozen=True, slots=True)
class Change:
    """How a value differs from the last one, and whether that is worth a look."""

    difference: Decimal
    exceeded: bool


def change(
    value: Decimal,
    at: datetime,
    last: Decimal,
    last_at: datetime,
    *,
    absolute: Decimal | None,
    percent: Decimal | None,
    per_day: Decimal | None,
) -> Change:
    """The difference to the last value, by the limits of a test's delta rule; what is equal to a limit is within it."""
    difference = value - last
    size, days = abs(difference), Decimal(abs((at - last_at).total_seconds())) / 86_400
    exceeded = (
        (absolute is not None and size > absolute)
        or (percent is not None and size * 100 > percent * abs(last))
        or (per_day is not None and size > per_day * days)
    )
    return Change(difference, exceeded)


def compares(value: Value, comparator: Comparator, threshold: Decimal) -> bool:
    """Whether a number compares with a threshold as a rule says; of one with a comparator, its bound."""
    if not isinstance(value, Measured):
        return False
    if comparator is Comparator.LESS:
        return _below(value, threshold)
    if comparator is Comparator.GREATER:
        return _above(value, threshold)
    return not (_above(value, threshold) if comparator is Comparator.AT_MOST else _below(value, threshold))


def shown(measured: Measured, decimals: int) -> str:
    """A number as it is shown, rounded, after its comparator."""
    rounded = measured.value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN) + 0  # no -0
    return f"{measured.comparator or ''}{rounded:f}"
