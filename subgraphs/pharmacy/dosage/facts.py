"""Dosages as they are stored, within what is encrypted of a prescription: https://hl7.org/fhir/R4/dosage.html."""

from decimal import Decimal

import msgspec

from subgraphs.pharmacy.dosage.codes import DoseUnit, Route, TimeUnit, TimingCode

# https://hl7.org/fhir/R4/datatypes.html#Timing: how often in which time each code is.
TIMES: dict[TimingCode, tuple[int, int, TimeUnit]] = {
    TimingCode.QD: (1, 1, TimeUnit.DAY),
    TimingCode.BID: (2, 1, TimeUnit.DAY),
    TimingCode.TID: (3, 1, TimeUnit.DAY),
    TimingCode.QID: (4, 1, TimeUnit.DAY),
    TimingCode.AM: (1, 1, TimeUnit.DAY),
    TimingCode.PM: (1, 1, TimeUnit.DAY),
    TimingCode.QOD: (1, 2, TimeUnit.DAY),
    TimingCode.Q4H: (1, 4, TimeUnit.HOUR),
    TimingCode.Q6H: (1, 6, TimeUnit.HOUR),
}

_DAYS: dict[TimeUnit, Decimal] = {
    TimeUnit.MINUTE: 1 / Decimal(1440),
    TimeUnit.HOUR: 1 / Decimal(24),
    TimeUnit.DAY: Decimal(1),
    TimeUnit.WEEK: Decimal(7),
    TimeUnit.MONTH: Decimal(30),
    TimeUnit.YEAR: Decimal(365),
}


class Maximum(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """No more than so much, in the dose's unit, in so much time (Dosage.maxDosePerPeriod)."""

    value: Decimal
    period: int
    period_unit: TimeUnit


class Dosage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dose, and how often; where it is said in words alone, `text` is all there is.

    It is `frequency` to `frequency_max` times in a `period` of a unit, or `code` says it. `for_days` bounds it.
    """

    dose: Decimal | None = None
    unit: DoseUnit | None = None
    code: TimingCode | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: int | None = None
    period_unit: TimeUnit | None = None
    as_needed: bool = False
    as_needed_for: str | None = None
    for_days: int | None = None
    maximum: Maximum | None = None
    route: Route | None = None
    text: str | None = None

    def per_day(self) -> Decimal | None:
        """How much the patient takes in a day at most, in the dose's unit; None where that is not said."""
        if self.maximum is not None:
            return self.maximum.value / (self.maximum.period * _DAYS[self.maximum.period_unit])
        often = self.timing()
        if self.dose is None or often is None:
            return None
        times, period, unit = often
        return self.dose * times / (period * _DAYS[unit])

    def timing(self) -> tuple[int, int, TimeUnit] | None:
        """How often at most in which time; None where that is not said."""
        if self.code is not None:
            return TIMES[self.code]
        if self.frequency is None or self.period is None or self.period_unit is None:
            return None
        return self.frequency_max or self.frequency, self.period, self.period_unit
