"""Westgard's rules, by series that were made by hand for each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.laboratory.codes import QcRule, QcVerdict
from subgraphs.laboratory.westgard import LONGEST, Run, judge


def runs(*series: float | tuple[float, ...]) -> list[Run]:
    """Runs of one level, or of several."""
    return [dict(zip("ABC", each if isinstance(each, tuple) else (each,), strict=False)) for each in series]


@pytest.mark.parametrize(
    ("series", "rules"),
    [
        ([0.0], []),
        ([2.0], []),
        ([1.9, -1.9, 1.5], []),
        ([2.1], ["1-2s"]),
        ([-2.1], ["1-2s"]),
        ([3.0], ["1-2s"]),
        ([3.1], ["1-3s"]),
        ([-3.1], ["1-3s"]),
        ([2.1, 2.1], ["2-2s"]),
        ([-2.1, -2.2], ["2-2s"]),
        ([2.1, -2.1], ["1-2s"]),
        ([2.1, 0.0, 2.1], ["1-2s"]),
        ([2.1, 0.0], []),
        ([(2.1, 2.1)], ["2-2s"]),
        ([(2.1, 0.0, 2.1)], ["2-2s"]),
        ([(2.1, 0.0), (0.0, 2.1)], ["1-2s"]),
        ([(2.1, 0.0), (2.1, 0.0)], ["2-2s"]),
        ([(2.1, -2.1)], ["R-4s"]),
        ([(2.1, -1.9)], ["1-2s"]),
        ([(3.5, -2.5)], ["1-3s", "R-4s"]),
        ([1.1, 1.1, 1.1, 1.1], ["4-1s"]),
        ([-1.1, -1.1, -1.1, -1.1], ["4-1s"]),
        ([1.1, 1.1, 1.0, 1.1], []),
        ([1.1, 1.1, 1.1, -1.1], []),
        ([(1.1, 1.1), (1.1, 1.1)], ["4-1s"]),
        ([(1.1, 0.0), (1.1, 0.0), (1.1, 0.0), (1.1, 0.0)], ["4-1s"]),
        ([0.1] * 9, []),
        ([0.1] * 10, ["10-x"]),
        ([-0.1] * 10, ["10-x"]),
        ([0.1] * 9 + [0.0], []),
        ([0.1] * 5 + [-0.1] + [0.1] * 5, []),
        ([(0.1, 0.1)] * 5, ["10-x"]),
        ([(0.1, -0.1)] * 9, []),
        ([(0.1, -0.1)] * 10, ["10-x"]),
        ([3.5, 0.0], []),
    ],
)
def test_each_rule_by_a_series(series: list[float | tuple[float, ...]], rules: list[str]) -> None:
    found = judge(runs(*series))
    assert found.rules == tuple(map(QcRule, rules))
    expected = QcVerdict.REJECTED if set(rules) - {"1-2s"} else QcVerdict.WARNING if rules else QcVerdict.IN_CONTROL
    assert found.verdict is expected


_SERIES = st.lists(st.floats(-4, 4), min_size=1, max_size=30)


@given(_SERIES)
def test_what_is_judged_mirrors(series: list[float]) -> None:
    assert judge(runs(*series)) == judge(runs(*(-each for each in series)))


@given(_SERIES)
def test_no_more_is_looked_at_than_is_kept(series: list[float]) -> None:
    assert judge(runs(*series)) == judge(runs(*series[-LONGEST:]))


@given(_SERIES)
def test_who_is_in_control_stays_so_with_a_perfect_run(series: list[float]) -> None:
    assert judge(runs(*series, 0.0)).verdict is QcVerdict.IN_CONTROL
