"""Figures on the work of laboratories."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

import strawberry

from reporting import repository
from reporting.types.practice import Location
from reporting.types.stubs import Analyzer, LabTest, StaffMember
from shared.ids import global_id

_DAY = "The day that the group is of; null unless grouped by DAY."
_WEEK = "The Monday of the week that the group is of; null unless grouped by WEEK."
_LABORATORY = "The laboratory; null unless grouped by LABORATORY."
_IN_TIME = "The share, 0 to 1, of the analyses whose results were released within the test's time from the order."


@strawberry.type(description="How many minutes analyses took.")
class LabTime:
    median_minutes: float = strawberry.field(description="The median, in minutes: half of the analyses took longer.")
    p90_minutes: float = strawberry.field(
        description="The 90th percentile, in minutes: a tenth of the analyses took longer."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any], name: str) -> Self | None:
        """From a group's figures of that name; None if no analysis has both ends."""
        median, p90 = group[f"{name}_median"], group[f"{name}_p90"]
        return None if median is None else cls(median_minutes=float(median) / 60, p90_minutes=float(p90) / 60)


@strawberry.type(description="Figures on a group of released analyses; what they are not grouped by is null.")
class LabTurnaroundFigures:
    day: date | None = strawberry.field(description=_DAY)
    week: date | None = strawberry.field(description=_WEEK)
    laboratory: Location | None = strawberry.field(description=_LABORATORY)
    priority: str | None = strawberry.field(
        description="How urgent the orders were, such as STAT; null unless grouped by PRIORITY."
    )
    count: int = strawberry.field(description="How many analyses the group has.")
    in_time_rate: float | None = strawberry.field(description=f"{_IN_TIME} Null if there are none.")
    total: LabTime | None = strawberry.field(description="The time from the order to the release.")
    collection: LabTime | None = strawberry.field(description="The time from the order to the specimen's collection.")
    transport: LabTime | None = strawberry.field(description="The time from the collection to the specimen's receipt.")
    examination: LabTime | None = strawberry.field(description="The time from the receipt to the result.")
    verification: LabTime | None = strawberry.field(description="The time from the result to its verification.")
    release: LabTime | None = strawberry.field(description="The time from the verification to the release.")

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            day=group.get("day"),
            week=group.get("week"),
            laboratory=Location.of(group.get("laboratory_id")),
            priority=group.get("priority"),
            count=group["count"],
            in_time_rate=_share(group["in_time"], group["count"]),
            **{name: LabTime.of(group, name) for name in ("total", *repository.STAGES)},
        )


@strawberry.type(description="Figures on the analyses of a test that a laboratory released in a month.")
class LabTestFigures:
    month: date = strawberry.field(description="The first day of the month.")
    laboratory: Location | None = strawberry.field(description="The laboratory that released them.")
    lab_test: LabTest | None = strawberry.field(description="The test that was carried out.")
    priority: str = strawberry.field(description="How urgent the orders were, such as STAT.")
    count: int = strawberry.field(description="How many analyses were released.")
    target_minutes: int = strawberry.field(
        description="In how many minutes from the order results were wanted; the longest time if that has changed."
    )
    in_time_rate: float | None = strawberry.field(description=_IN_TIME)
    total: LabTime | None = strawberry.field(description="The time from the order to the release.")

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            month=group["month"],
            laboratory=Location.of(group["laboratory_id"]),
            lab_test=LabTest.of(group["lab_test_id"]),
            priority=group["priority"],
            count=group["count"],
            target_minutes=group["target"],
            in_time_rate=_share(group["in_time"], group["count"]),
            total=LabTime.of(group, "total"),
        )


@strawberry.type(description="Figures on a group of critical results; what they are not grouped by is null.")
class CriticalResultFigures:
    day: date | None = strawberry.field(description=_DAY)
    week: date | None = strawberry.field(description=_WEEK)
    laboratory: Location | None = strawberry.field(description=_LABORATORY)
    count: int = strawberry.field(description="How many critical results were told.")
    acknowledged_count: int = strawberry.field(description="How many of them were read back.")
    escalated_count: int = strawberry.field(
        description="How many of them were told to others, since nobody had read them back."
    )
    in_time_rate: float | None = strawberry.field(
        description=f"The share, 0 to 1, of those that were read back within {repository.ACKNOWLEDGEMENT_MINUTES} minutes, "
        "without those that are still waiting for less; null if there are none."
    )
    median_minutes: float | None = strawberry.field(
        description="The median of the time until they were read back, in minutes; null if none was."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        median = group["acknowledgement_median"]
        return cls(
            day=group.get("day"),
            week=group.get("week"),
            laboratory=Location.of(group.get("laboratory_id")),
            count=group["count"],
            acknowledged_count=group["acknowledged"],
            escalated_count=group["escalated"],
            in_time_rate=_share(group["in_time"], group["due"]),
            median_minutes=None if median is None else float(median) / 60,
        )


@strawberry.type(description="Figures on a group of specimens; what they are not grouped by is null.")
class SpecimenFigures:
    day: date | None = strawberry.field(description=_DAY)
    week: date | None = strawberry.field(description=_WEEK)
    laboratory: Location | None = strawberry.field(description=_LABORATORY)
    collector: StaffMember | None = strawberry.field(
        description="The person who collected the specimens; null unless grouped by COLLECTOR, and of those that were rejected "
        "before anybody did."
    )
    reason: str | None = strawberry.field(
        description="Why the specimens were rejected, as a code such as HEMOLYZED; null unless grouped by REASON, and of those "
        "that were not."
    )
    count: int = strawberry.field(description="How many specimens the group has.")
    rejected_count: int | None = strawberry.field(
        description="How many of them were rejected; null by COLLECTOR for fewer than "
        f"{repository.SMALLEST_CELL} specimens."
    )
    rejection_rate: float | None = strawberry.field(
        description="The share of rejected specimens, 0 to 1; by REASON among the specimens of all reasons and of none. Null "
        "where the number of the rejected is, and if there are none."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            day=group.get("day"),
            week=group.get("week"),
            laboratory=Location.of(group.get("laboratory_id")),
            collector=StaffMember.of(group.get("collector_id")),
            reason=group.get("reason"),
            count=group["count"],
            rejected_count=group["rejected"],
            rejection_rate=_share(group["rejected"], group["of"]),
        )


@strawberry.type(description="Figures on a group of laboratories' reports; what they are not grouped by is null.")
class LabCorrectionFigures:
    day: date | None = strawberry.field(description=_DAY)
    week: date | None = strawberry.field(description=_WEEK)
    laboratory: Location | None = strawberry.field(description=_LABORATORY)
    count: int = strawberry.field(description="How many reports were first released then.")
    corrected_count: int = strawberry.field(description="How many of them were corrected since.")
    corrected_per_10000: float | None = strawberry.field(
        name="correctedPer10000", description="How many of 10,000 reports were corrected; null if there are none."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        rate = _share(group["corrected"], group["count"])
        return cls(
            day=group.get("day"),
            week=group.get("week"),
            laboratory=Location.of(group.get("laboratory_id")),
            count=group["count"],
            corrected_count=group["corrected"],
            corrected_per_10000=None if rate is None else rate * 10_000,
        )


@strawberry.type(
    description="How many runs of control material have failed, in a group of them; what they are not grouped by is null."
)
class QcFailureFigures:
    day: date | None = strawberry.field(description=_DAY)
    week: date | None = strawberry.field(description=_WEEK)
    laboratory: Location | None = strawberry.field(description=_LABORATORY)
    analyzer: Analyzer | None = strawberry.field(
        description="The analyzer that failed; null unless grouped by ANALYZER."
    )
    analyzer_id: strawberry.ID | None = strawberry.field(
        description="The id of the analyzer, for those as well who may not see it; null unless grouped by ANALYZER."
    )
    lab_test: LabTest | None = strawberry.field(
        description="The test that the control was of; null unless grouped by TEST."
    )
    rule: str | None = strawberry.field(
        description="The rule of Westgard that was broken, as a code; null unless grouped by RULE."
    )
    count: int = strawberry.field(description="How many runs failed.")

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        analyzer = group.get("analyzer_id")
        return cls(
            day=group.get("day"),
            week=group.get("week"),
            laboratory=Location.of(group.get("laboratory_id")),
            analyzer=Analyzer.of(analyzer),
            analyzer_id=None if analyzer is None else strawberry.ID(global_id("Analyzer", analyzer)),
            lab_test=LabTest.of(group.get("lab_test_id")),
            rule=group.get("rule"),
            count=group["count"],
        )


def _share(part: int | None, whole: Any) -> float | None:
    return part / int(whole) if part is not None and whole else None
