"""How results are judged: every boundary of a range, ages by the calendar, differences."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.laboratory.codes import Comparator, Flag
from subgraphs.laboratory.judging import (
    Chosen,
    Measured,
    change,
    compares,
    flag,
    is_plausible,
    range_for,
    read_number,
    shown,
)


@dataclass(frozen=True)
class Span:
    """A range."""

    plausible_low: Decimal | None = None
    critical_low: Decimal | None = None
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None
    critical_high: Decimal | None = None
    plausible_high: Decimal | None = None
    sex: str | None = None
    pregnant: bool | None = None
    age_from_days: int = 0
    age_to_days: int | None = None


def spanning(given_limits: list[Decimal]) -> Span:
    """A range of all six limits."""
    plausible_low, critical_low, low, high, critical_high, plausible_high = given_limits
    return Span(plausible_low, critical_low, low, high, critical_high, plausible_high)


STEP = Decimal("0.01")
limits = st.lists(st.decimals(-1000, 1000, places=2), min_size=6, max_size=6, unique=True).map(sorted)


@given(limits)
def test_each_boundary_is_within_and_a_step_beyond_is_not(given_limits: list[Decimal]) -> None:
    plausible_low, critical_low, low, high, critical_high, plausible_high = given_limits
    span = spanning(given_limits)

    def of(value: Decimal, comparator: Comparator | None = None) -> Flag | None:
        return flag(Measured(value, comparator), span)

    assert (of(low), of(high)) == (Flag.NORMAL, Flag.NORMAL)
    assert of(low - STEP) in (Flag.LOW, Flag.CRITICAL_LOW)
    assert of(high + STEP) in (Flag.HIGH, Flag.CRITICAL_HIGH)
    assert (of(critical_low), of(critical_low - STEP)) == (Flag.LOW, Flag.CRITICAL_LOW)
    assert (of(critical_high), of(critical_high + STEP)) == (Flag.HIGH, Flag.CRITICAL_HIGH)
    assert (of(low, Comparator.LESS) in (Flag.LOW, Flag.CRITICAL_LOW), of(low, Comparator.AT_MOST)) == (
        True,
        Flag.NORMAL,
    )
    assert (of(high, Comparator.GREATER) in (Flag.HIGH, Flag.CRITICAL_HIGH), of(high, Comparator.AT_LEAST)) == (
        True,
        Flag.NORMAL,
    )
    assert of(critical_high, Comparator.GREATER) is Flag.CRITICAL_HIGH
    assert of(critical_low, Comparator.LESS) is Flag.CRITICAL_LOW
    assert is_plausible(Measured(plausible_low), span)
    assert not is_plausible(Measured(plausible_low - STEP), span)
    assert is_plausible(Measured(plausible_high), span)
    assert not is_plausible(Measured(plausible_high + STEP), span)


@given(st.decimals(-1000, 1000, places=2), limits)
def test_a_greater_value_has_no_lower_flag(value: Decimal, given_limits: list[Decimal]) -> None:
    order = [Flag.CRITICAL_LOW, Flag.LOW, Flag.NORMAL, Flag.HIGH, Flag.CRITICAL_HIGH]
    flags = [flag(Measured(each), spanning(given_limits)) for each in (value, value + STEP)]
    assert order.index(flags[0] or Flag.NORMAL) <= order.index(flags[1] or Flag.NORMAL)


def test_what_is_no_number_is_abnormal_if_one_code_is() -> None:
    assert flag(Chosen([False, False]), None) is Flag.NORMAL
    assert flag(Chosen([False, True]), None) is Flag.ABNORMAL
    assert flag("Turbid", Span()) is None
    assert flag(Measured(Decimal(1)), None) is None


BORN = date(2024, 2, 29)


@given(st.integers(0, 40_000), st.integers(1, 40_000))
def test_an_age_is_days_of_the_calendar_from_the_first_to_before_the_last(first: int, length: int) -> None:
    span = Span(age_from_days=first, age_to_days=first + length)

    def holds(age: int) -> bool:
        return range_for([span], BORN.isoformat(), None, None, BORN + timedelta(days=age)) is span

    assert (holds(first), holds(first + length - 1), holds(first + length)) == (True, True, False)
    assert first == 0 or not holds(first - 1)


def test_a_neonate_is_one_until_day_28_and_who_was_born_on_february_29_too() -> None:
    neonate, older = Span(age_to_days=28), Span(age_from_days=28)
    for born in (BORN, date(2026, 1, 31)):
        for age, span in ((0, neonate), (27, neonate), (28, older), (365, older)):
            assert range_for([neonate, older], born.isoformat(), None, None, born + timedelta(days=age)) is span
    assert range_for([neonate, older], "2026-01-31", None, None, date(2026, 1, 30)) is None
    assert range_for([neonate, older], None, None, None, date(2026, 1, 30)) is None


def test_of_ranges_that_hold_the_one_that_says_most_is_taken() -> None:
    everybody, women, pregnant = Span(), Span(sex="female"), Span(sex="female", pregnant=True)
    ranges = [pregnant, everybody, women]
    on = date(2026, 1, 1)
    assert range_for(ranges, "1990-01-01", "male", None, on) is everybody
    assert range_for(ranges, "1990-01-01", None, None, on) is everybody
    assert range_for(ranges, "1990-01-01", "female", None, on) is women
    assert range_for(ranges, "1990-01-01", "female", False, on) is women
    assert range_for(ranges, "1990-01-01", "female", True, on) is pregnant


def test_of_who_was_born_in_a_year_the_range_is_for_all_of_their_ages() -> None:
    child, adult = Span(age_to_days=6570), Span(age_from_days=6570)
    assert range_for([child, adult], "1990", None, None, date(2026, 1, 1)) is adult
    assert range_for([child, adult], "2008", None, None, date(2026, 6, 1)) is None
    assert range_for([child, adult], "2008-01", None, None, date(2026, 6, 1)) is adult
    assert range_for([child, adult], "2026", None, None, date(2026, 6, 1)) is child


@pytest.mark.parametrize(
    "text", ["1,5", "1e400", "1e2", "NaN", "Infinity", "", " 1", "1.", ".5", "+-1", "\u0661", "1.123456789", "1_0"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None


@given(st.decimals(-(10**8), 10**8, places=3))
def test_a_number_is_read_exactly(value: Decimal) -> None:
    assert read_number(f"{value:f}") == value


def test_a_number_is_rounded_for_showing_alone() -> None:
    assert [shown(Measured(Decimal(each)), 1) for each in ("4.05", "4.15", "4", "-0.04")] == [
        "4.0",
        "4.2",
        "4.0",
        "0.0",
    ]
    assert shown(Measured(Decimal("0.4"), Comparator.LESS), 2) == "<0.40"


AT = datetime(2026, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "value", "exceeded"),
    [
        ({"absolute": 2}, 6, False),
        ({"absolute": 2}, Decimal("6.01"), True),
        ({"percent": 50}, 2, False),
        ({"percent": 50}, Decimal("1.99"), True),
        ({"per_day": 1}, 6, False),
        ({"per_day": 1}, Decimal("6.01"), True),
        ({"absolute": 100, "percent": 1}, 5, True),
    ],
)
def test_a_difference_is_held_against_each_limit(rule: dict[str, int], value: Decimal | int, exceeded: bool) -> None:
    given_limits = {name: Decimal(rule[name]) if name in rule else None for name in ("absolute", "percent", "per_day")}
    found = change(Decimal(value), AT, Decimal(4), AT - timedelta(days=2), **given_limits)
    assert (found.difference, found.exceeded) == (Decimal(value) - 4, exceeded)


def test_a_number_compares_by_its_bound() -> None:
    five = Measured(Decimal(5))
    cases = [
        (Comparator.LESS, False),
        (Comparator.AT_MOST, True),
        (Comparator.AT_LEAST, True),
        (Comparator.GREATER, False),
    ]
    assert [(each, compares(five, each, Decimal(5))) for each, _ in cases] == cases
    assert compares(Measured(Decimal(5), Comparator.LESS), Comparator.LESS, Decimal(5))
    assert not compares(Chosen([True]), Comparator.LESS, Decimal(5))
