"""What someone who types into a search box may mean: a name, a day of birth, a telephone number, an address, a number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self

from shared.database.search import words

_ISO = re.compile(r"(?<!\d)(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?(?!\d)")
_OTHER = re.compile(r"(?<!\d)(?P<one>\d{1,2})[-/.](?P<other>\d{1,2})[-/.](?P<year>\d{4})(?!\d)")

_TELEPHONE = re.compile(r"[\d\s+()/.\u2010-\u2013-]*")
_SHORTEST_TELEPHONE = 7
# What comes before a number in its own country, and before another country's: https://www.itu.int/pub/T-SP-OB.994-2011.
_PREFIXES = ("011", "00", "0", "8", "1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that a search may mean.

    `words` with one of `births`, if there are any, are somebody's name; or it is one of `numbers`, or has `contacts`: parts of
    `contact_search`.
    """

    words: list[str]
    births: list[date]
    numbers: list[str]
    contacts: list[str]

    @classmethod
    def of(cls, search: str) -> Self:
        """Read what was typed."""
        typed = search.strip()
        found = [*_ISO.finditer(typed), *_OTHER.finditer(typed)]
        births = {born for each in found for born in _days(each)}
        rest = _OTHER.sub(" ", _ISO.sub(" ", typed)) if births else typed
        is_address = "@" in typed
        return cls(
            words=[] if is_address else words(rest),
            births=sorted(births),
            numbers=sorted({typed, re.sub(r"[\s-]", "", typed)} - {""}),
            contacts=[f" {typed.lower()} "] if is_address else sorted(_telephones(typed)),
        )


def _days(found: re.Match[str]) -> Iterator[date]:
    """The days that were meant: of 4/5/1980 two, since some write the month first."""
    year = int(found["year"])
    if found.re is _ISO:
        orders = [(int(found["month"]), int(found["day"]))]
    else:
        one, other = int(found["one"]), int(found["other"])
        orders = [(one, other), (other, one)]
    for month, day in orders:
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _telephones(typed: str) -> set[str]:
    """How the digits of a telephone number may end that is typed as at home, as from abroad, or without an area's."""
    if not _TELEPHONE.fullmatch(typed):
        return set()
    digits = re.sub(r"\D", "", typed.replace("(0)", ""))
    ends = {digits} | {digits.removeprefix(prefix) for prefix in _PREFIXES}
    return {f"{end} " for end in ends if len(end) >= _SHORTEST_TELEPHONE}
