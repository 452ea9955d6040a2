"""Dosages in the graph."""

import strawberry

from subgraphs.pharmacy.dosage import facts
from subgraphs.pharmacy.dosage.codes import DoseUnit, Route, TimeUnit, TimingCode


@strawberry.type(description="No more of a medication than so much in some time, in the unit of its dose.")
class MaximumDose:
    value: float = strawberry.field(description="How much may be taken at most, in the unit of the dose.")
    period: int = strawberry.field(description="The number of units of time in which that is the most.")
    period_unit: TimeUnit = strawberry.field(description="The unit of time of the period.")


@strawberry.type(description="How a medication is taken (FHIR Dosage).")
class Dosage:
    dose: float | None = strawberry.field(description="How much is taken at a time; null where only words say it.")
    unit: DoseUnit | None = strawberry.field(description="What the dose is counted in; null where there is none.")
    code: TimingCode | None = strawberry.field(
        description="How often it is taken, by a code; null where it is said otherwise."
    )
    frequency: int | None = strawberry.field(
        description="How often it is taken in a period, at least; null where it is said otherwise."
    )
    frequency_max: int | None = strawberry.field(
        description="How often it is taken in a period, at most; null where that is no more than `frequency`."
    )
    period: int | None = strawberry.field(
        description="The number of units of time in the period; null where it is said otherwise."
    )
    period_unit: TimeUnit | None = strawberry.field(
        description="The unit of time of the period; null where it is said otherwise."
    )
    as_needed: bool = strawberry.field(description="Whether it is taken only when the patient needs it.")
    as_needed_for: str | None = strawberry.field(
        description="What the patient needs it for; null where that was not said."
    )
    for_days: int | None = strawberry.field(description="For how many days it is taken; null where that was not said.")
    maximum: MaximumDose | None = strawberry.field(
        description="How much may be taken at most in some time; null where that was not said."
    )
    route: Route | None = strawberry.field(
        description="The way by which it gets into or onto the body; null where that was not said."
    )
    text: str | None = strawberry.field(
        description="What else the patient is to know, or all of it in words; null where there is nothing."
    )

    @classmethod
    def of(cls, fact: facts.Dosage) -> "Dosage":
        """From what is stored."""
        most = fact.maximum
        said = {name: getattr(fact, name) for name in fact.__struct_fields__}
        said["dose"] = None if fact.dose is None else float(fact.dose)
        said["maximum"] = most and MaximumDose(
            value=float(most.value), period=most.period, period_unit=most.period_unit
        )
        return cls(**said)
