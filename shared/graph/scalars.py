"""Scalars: DateTime with its time zone, Date, Time, and Money."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from strawberry.types.scalar import ScalarDefinition


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in a currency (ISO 4217 code)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    @classmethod
    def parse(cls, value: Any) -> "Money":
        """From its text, `129.90 EUR`; raises ValueError."""
        amount, _, currency = str(value).partition(" ")
        try:
            number = Decimal(amount)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
            raise ValueError("Money is an amount and a currency code, like 129.90 EUR")
        return cls(number, currency)


def _parse_datetime(value: Any) -> datetime:
    try:
        result = datetime.fromisoformat(str(value))
    except ValueError:
        result = None
    if result is None or result.tzinfo is None:
        raise ValueError("DateTime is ISO 8601 with a time zone, like 2026-05-04T09:30:00+02:00")
    return result.astimezone(UTC)


def _parse_date(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError("Date is ISO 8601, like 2026-05-04") from None


def _parse_time(value: Any) -> time:
    try:
        result = time.fromisoformat(str(value))
    except ValueError:
        result = None
    if result is None or result.tzinfo is not None:
        raise ValueError("Time is a time of day, ISO 8601, like 09:30")
    return result


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
        description="A point in time, ISO 8601 with its time zone; answers are in UTC: `2026-05-04T07:30:00Z`.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_in_utc,
        parse_value=_parse_datetime,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar, ISO 8601: `2026-05-04`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date",
        serialize=_day,
        parse_value=_parse_date,
    ),
    time: strawberry.scalar(
        name="Time",
        description="A time of day by the clock on the wall, ISO 8601: `09:30`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-time",
        serialize=time.isoformat,
        parse_value=_parse_time,
    ),
    Money: strawberry.scalar(
        name="Money",
        description="An exact amount with its currency (ISO 4217): `129.90 EUR`.",
        serialize=str,
        parse_value=Money.parse,
    ),
}
