"""Scalars: DateTime with its time zone, Date, Time, and Money."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

from shared.graph.errors import bad_input

FIRST_YEAR, LAST_YEAR = 1800, 2299

Day = TypeVar("Day", bound=date)

_YEARS = f"in the years {FIRST_YEAR} to {LAST_YEAR}"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in a currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    @classmethod
    def parse(cls, text: str) -> "Money":
        """From its text, `129.90 EUR`; raises ValueError."""
        amount, _, currency = text.partition(" ")
        try:
            number = Decimal(amount)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
            raise ValueError("Money is an amount and a currency code, like 129.90 EUR")
        return cls(number, currency)


def _reader(parse: Callable[[str], Any], form: str) -> Callable[[Any], Any]:
    """What reads a scalar of a client's text; whatever else there is than `form` is the client's mistake."""

    def read(value: Any) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError, AttributeError):
            raise bad_input(form) from None

    return read


def _parse_datetime(text: str) -> datetime:
    result = datetime.fromisoformat(text)
    if result.tzinfo is None:
        raise ValueError("no time zone")
    return _of_known_year(result).astimezone(UTC)


def _parse_date(text: str) -> date:
    return _of_known_year(date.fromisoformat(text))


def _parse_time(text: str) -> time:
    result = time.fromisoformat(text)
    if result.tzinfo is not None:
        raise ValueError("a time zone")
    return result


def _of_known_year(value: Day) -> Day:
    """A day that can be reckoned with: those at the ends of what Python and PostgreSQL know have no day before or after."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError("another year")
    return value


def _in_utc(value: datetime) -> datetime:
    """As JSON's encoder writes it."""
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _day(value: date) -> date:
    """The same for a day."""
    if type(value) is not date:
        raise TypeError("a Date is a day without a time")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=f"A point in time {_YEARS}, ISO 8601 with its time zone; answers are in UTC: `2026-05-04T07:30:00Z`.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_in_utc,
        parse_value=_reader(
            _parse_datetime, f"DateTime is ISO 8601 with a time zone, like 2026-05-04T09:30:00+02:00, {_YEARS}."
        ),
    ),
    date: strawberry.scalar(
        name="Date",
        description=f"A day of the calendar {_YEARS}, ISO 8601: `2026-05-04`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=_day,
        parse_value=_reader(_parse_date, f"Date is ISO 8601, like 2026-05-04, {_YEARS}."),
    ),
    time: strawberry.scalar(
        name="Time",
        description="A time of day by the clock on the wall, ISO 8601: `09:30`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-time",
        serialize=time.isoformat,
        parse_value=_reader(_parse_time, "Time is a time of day, ISO 8601, like 09:30."),
    ),
    Money: strawberry.scalar(
        name="Money",
        description="An exact amount with its currency (ISO 4217): `129.90 EUR`.",
        serialize=str,
        parse_value=_reader(Money.parse, "Money is an amount and a currency code (ISO 4217), like 129.90 EUR."),
    ),
}
