"""Figures on the work of pharmacies."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

import strawberry

from reporting import repository
from reporting.types.practice import Location
from reporting.types.stubs import Medication

_MONTH = "The first day of the month."
_FEW = f"null if there are fewer than {repository.SMALLEST_CELL}."
_SUPPRESSED = f"Whether the figures are not told, since there are fewer than {repository.SMALLEST_CELL}."


@strawberry.type(description="How often a medication was prescribed in a month.")
class PrescriptionFigures:
    medication: Medication | None = strawberry.field(description="The medication that was prescribed.")
    month: date = strawberry.field(description=_MONTH)
    count: int | None = strawberry.field(description=f"How many prescriptions were signed; {_FEW}")
    suppressed: bool = strawberry.field(description=_SUPPRESSED)

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        count = group["count"]
        return cls(
            medication=Medication.of(group["medication_id"]),
            month=group["month"],
            count=count,
            suppressed=count is None,
        )


@strawberry.type(description="How often and how much of a medication was handed over to patients in a month.")
class DispensingFigures:
    medication: Medication | None = strawberry.field(description="The medication that was handed over.")
    month: date = strawberry.field(description=_MONTH)
    count: int | None = strawberry.field(
        description=f"How many times something was handed over and not brought back; {_FEW}"
    )
    quantity: float | None = strawberry.field(
        description="How much was handed over and not brought back, in units of dispensing; null where the number is."
    )
    suppressed: bool = strawberry.field(description=_SUPPRESSED)

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        count = group["count"]
        return cls(
            medication=Medication.of(group["medication_id"]),
            month=group["month"],
            count=count,
            quantity=None if count is None else float(group["quantity"]),
            suppressed=count is None,
        )


@strawberry.type(
    description="How long patients waited for what was prescribed, in a group of prescriptions; what they are not grouped by "
    "is null."
)
class FillingFigures:
    day: date | None = strawberry.field(description="The day that the group is of; null unless grouped by DAY.")
    week: date | None = strawberry.field(
        description="The Monday of the week that the group is of; null unless grouped by WEEK."
    )
    location: Location | None = strawberry.field(description="The pharmacy; null unless grouped by LOCATION.")
    count: int = strawberry.field(
        description="Of how many prescriptions something was ready to be picked up for the first time."
    )
    median_minutes: float | None = strawberry.field(
        description="The median of the time from the signature until then, in minutes; null if there are none."
    )
    p90_minutes: float | None = strawberry.field(
        description="The 90th percentile of the time from the signature until then, in minutes; null if there are none."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        median, p90 = group["filling_median"], group["filling_p90"]
        return cls(
            day=group.get("day"),
            week=group.get("week"),
            location=Location.of(group.get("location_id")),
            count=group["count"],
            median_minutes=None if median is None else float(median) / 60,
            p90_minutes=None if p90 is None else float(p90) / 60,
        )


@strawberry.type(description="How often a rule of the safety check has interrupted in a month, and was overridden.")
class SafetyAlertFigures:
    rule: str = strawberry.field(description="What the check was looking for, as a code such as INTERACTION.")
    month: date = strawberry.field(description=_MONTH)
    count: int | None = strawberry.field(description=f"How many times the rule has interrupted; {_FEW}")
    override_rate: float | None = strawberry.field(
        description="The share, 0 to 1, that prescribers have overridden since; null where the number is."
    )
    suppressed: bool = strawberry.field(description=_SUPPRESSED)

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        count = group["count"]
        return cls(
            rule=group["rule"],
            month=group["month"],
            count=count,
            override_rate=None if count is None else group["overridden"] / count,
            suppressed=count is None,
        )
