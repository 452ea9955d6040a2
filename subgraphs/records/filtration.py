"""The filtration rate of the kidneys that a measurement of creatinine speaks for, or why it speaks for none."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from subgraphs.records import vital_signs
from subgraphs.records.codes import FiltrationGap
from subgraphs.records.early_warning import values
from subgraphs.records.facts import VitalSignsFacts
from subgraphs.records.scores import OF_AGE, FiltrationRate, Sex, egfr


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an estimate is made of, and what comes of it; `creatinine` is in mg/dL, `age` in years at that time."""

    creatinine: Decimal
    age: int | None
    sex: Sex | None
    rate: FiltrationRate | None
    gap: FiltrationGap | None


def estimate(facts: VitalSignsFacts, at: datetime, born: date | None, sex: Sex | None) -> Estimate:
    """The estimate by the creatinine of vital signs that have one."""
    measured = values(facts)
    creatinine = next(measured[code] for code in vital_signs.CREATININE if code in measured)
    if born is None:
        return Estimate(creatinine, None, sex, None, FiltrationGap.BIRTH_DATE_UNKNOWN)
    age = at.year - born.year - ((at.month, at.day) < (born.month, born.day))
    if age < OF_AGE:
        return Estimate(creatinine, age, sex, None, FiltrationGap.UNDER_AGE)
    if sex is None:
        return Estimate(creatinine, age, None, None, FiltrationGap.SEX_UNKNOWN)
    return Estimate(creatinine, age, sex, egfr(creatinine, age, sex), None)
