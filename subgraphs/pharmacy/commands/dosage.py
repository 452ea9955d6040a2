"""Dosages as prescribers say them."""

from typing import Self

from pydantic import Field, model_validator

from shared.commands import Command
from shared.values import OptionalText, wrong
from subgraphs.pharmacy.commands.values import Quantity, exact
from subgraphs.pharmacy.dosage.codes import DoseUnit, Route, TimeUnit, TimingCode
from subgraphs.pharmacy.dosage.facts import Dosage, Maximum
from subgraphs.pharmacy.errors import DOSE_INCOMPLETE, MAXIMUM_WITHOUT_DOSE, TIMING_INCOMPLETE

_TIMES, _PERIOD = 100, 366


class MostOfDose(Command):
    """No more than so much in so much time."""

    value: Quantity = Field(description="How much may be taken at most, in the unit of the dose.")
    period: int = Field(ge=1, le=_PERIOD, description="The number of units of time in which that is the most.")
    period_unit: TimeUnit = Field(description="The unit of time of the period.")

    def fact(self) -> Maximum:
        """As it is stored."""
        return Maximum(value=exact(self.value), period=self.period, period_unit=self.period_unit)


class DosageEntry(Command):
    """How a medication is taken (FHIR Dosage)."""

    dose: Quantity | None = Field(None, description="How much is taken at a time; absent where only words say it.")
    unit: DoseUnit | None = Field(None, description="What the dose is counted in.")
    code: TimingCode | None = Field(None, description="How often it is taken, by a code.")
    frequency: int | None = Field(None, ge=1, le=_TIMES, description="How often it is taken in a period, at least.")
    frequency_max: int | None = Field(None, ge=1, le=_TIMES, description="How often it is taken in a period, at most.")
    period: int | None = Field(None, ge=1, le=_PERIOD, description="The number of units of time in the period.")
    period_unit: TimeUnit | None = Field(None, description="The unit of time of the period.")
    as_needed: bool = Field(False, description="Whether it is taken only when the patient needs it.")
    as_needed_for: OptionalText = Field(None, description="What the patient needs it for.")
    for_days: int | None = Field(None, ge=1, le=3660, description="For how many days it is taken.")
    maximum: MostOfDose | None = Field(None, description="How much may be taken at most in some time.")
    route: Route | None = Field(None, description="The way by which it gets into or onto the body.")
    text: OptionalText = Field(None, description="What else the patient is to know, or all of it in words.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.dose is None) != (self.unit is None):
            raise wrong(DOSE_INCOMPLETE)
        if self.dose is None and self.maximum is not None:
            raise wrong(MAXIMUM_WITHOUT_DOSE)
        often = (self.frequency, self.period, self.period_unit)
        by_period = None not in often
        if any(part is not None for part in (*often, self.frequency_max)) != by_period or (by_period and self.code):
            raise wrong(TIMING_INCOMPLETE)
        if self.dose is not None and not (by_period or self.code or self.as_needed or self.text):
            raise wrong(TIMING_INCOMPLETE)
        if self.dose is None and self.text is None:
            raise wrong(TIMING_INCOMPLETE)
        if self.frequency_max is not None and self.frequency is not None and self.frequency_max < self.frequency:
            raise wrong(TIMING_INCOMPLETE)
        return self

    def fact(self) -> Dosage:
        """As it is stored."""
        said = {name: getattr(self, name) for name in Dosage.__struct_fields__ if name not in ("dose", "maximum")}
        most = self.maximum
        return Dosage(
            **said,
            dose=None if self.dose is None else exact(self.dose),
            maximum=None if most is None else most.fact(),
        )
