"""Westgard's rules: whether a run of control material shows that an analyzer measures a test as it should.

J. O. Westgard et al., A multi-rule Shewhart chart for quality control in clinical chemistry, Clin Chem 1981;27(3):493-501.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from subgraphs.laboratory.codes import QcRule, QcVerdict

Run: TypeAlias = Mapping[str, float]
"""The values of one run by the levels of its materials, as standard deviations from the mean."""

LONGEST = 10
"""How many runs the rules look at."""


class Judgement(NamedTuple):
    """What became of a run, and by which rules."""

    verdict: QcVerdict
    rules: tuple[QcRule, ...]


def judge(runs: Sequence[Run]) -> Judgement:
    """Of several runs, the last one; those before it, from the oldest on, are what it is seen beside.

    What is consecutive is so at one level, or over all levels of consecutive runs.
    """
    last = runs[-1]
    series = [_over_all(runs), *([run[level] for run in runs if level in run] for level in last)]
    found = {
        QcRule.R_1_3S: any(abs(each) > 3 for each in last.values()),
        QcRule.R_2_2S: _pair(last) or any(_beyond(each, 2, 2) for each in series[1:]),
        QcRule.R_R_4S: max(last.values()) > 2 and min(last.values()) < -2,
        QcRule.R_4_1S: any(_beyond(each, 4, 1) for each in series),
        QcRule.R_10_X: any(_beyond(each, 10, 0) for each in series),
    }
    if rejecting := tuple(rule for rule, broken in found.items() if broken):
        return Judgement(QcVerdict.REJECTED, rejecting)
    if any(abs(each) > 2 for each in last.values()):
        return Judgement(QcVerdict.WARNING, (QcRule.R_1_2S,))
    return Judgement(QcVerdict.IN_CONTROL, ())


def _over_all(runs: Sequence[Run]) -> list[float]:
    return list(chain.from_iterable(run.values() for run in runs))


def _pair(run: Run) -> bool:
    """Whether two levels are beyond two standard deviations on one side."""
    return any(sum(side * each > 2 for each in run.values()) >= 2 for side in (1, -1))


def _beyond(values: Sequence[float], count: int, limit: float) -> bool:
    """Whether the last so many values are all beyond a limit on one side."""
    last = values[-count:]
    return len(last) == count and any(all(side * each > limit for each in last) for side in (1, -1))
