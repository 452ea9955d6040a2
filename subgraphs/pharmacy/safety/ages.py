"""Ages by the calendar."""

import re
from datetime import date, timedelta

import msgspec

_AGE = re.compile(r"([0-9]+) (d|mo|y)")


class Age(msgspec.Struct, frozen=True):
    """So many days, months or years (UCUM's d, mo, and y for its a)."""

    number: int
    unit: str

    def reached(self, birth_date: date) -> date:
        """The day on which somebody becomes so old; who was born on a day that a month lacks, on the first of the next."""
        if self.unit == "d":
            return birth_date + timedelta(days=self.number)
        months = birth_date.year * 12 + birth_date.month - 1 + self.number * (12 if self.unit == "y" else 1)
        year, month = divmod(months, 12)
        try:
            return date(year, month + 1, birth_date.day)
        except ValueError:
            return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


class AgeRange(msgspec.Struct, frozen=True):
    """From an age on, until before another; None for no bound."""

    start: Age | None
    end: Age | None

    def holds(self, birth_date: date, on: date) -> bool:
        """Whether somebody is of this age on a day."""
        return (self.start is None or self.start.reached(birth_date) <= on) and (
            self.end is None or on < self.end.reached(birth_date)
        )

    def __str__(self) -> str:
        """As the table has it."""
        return "-".join(f"{age.number} {age.unit}" if age else "" for age in (self.start, self.end))


def age(text: str) -> Age | None:
    """An age of a table, such as 6 mo; None of an empty text. Raises ValueError."""
    if not text:
        return None
    found = _AGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no age")
    return Age(int(found[1]), found[2])


def whole_years(birth_date: date, on: date) -> int:
    """How old somebody is on a day."""
    years = on.year - birth_date.year
    return years - (Age(years, "y").reached(birth_date) > on)
