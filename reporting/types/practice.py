"""Figures on appointments, the medical record and stock."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

import strawberry

from reporting import policy, repository
from reporting.models import RequestOutcome, Status, Verdict, Way
from reporting.types.stubs import Medication, Practitioner
from shared.graph.context import Info
from shared.graph.entities import Stub, stub
from shared.graph.fields import guarded


@strawberry.type(description="How many hours before they begin appointments were booked.")
class LeadTime:
    average_hours: float = strawberry.field(description="The average of the lead times, in hours.")
    median_hours: float = strawberry.field(
        description="The median of the lead times, in hours: half of the appointments were booked longer before."
    )
    p90_hours: float = strawberry.field(
        description="The 90th percentile of the lead times, in hours: a tenth of the appointments was booked longer before."
    )


@stub(description="A place where care is given (FHIR Location).")
class Location(Stub):
    @guarded(
        description=f"How long ahead appointments here are booked, by those of the last {repository.RECENT.days} days; "
        f"null if there were fewer than {repository.FEWEST}.",
        scopes=[[policy.READ_PLACES]],
    )
    async def lead_time(self, info: Info) -> LeadTime | None:
        figures = await info.context.load(repository.lead_times, self.key)
        return None if figures is None else _lead_time(figures)


@strawberry.type(description="Figures on a group of appointments; what they are not grouped by is null.")
class AppointmentFigures:
    day: date | None = strawberry.field(
        description="The day on which the appointments begin; null unless grouped by DAY."
    )
    practitioner: Practitioner | None = strawberry.field(
        description="The practitioner whom the patients see; null unless grouped by PRACTITIONER."
    )
    location: Location | None = strawberry.field(
        description="The location where the appointments take place; null unless grouped by LOCATION."
    )
    status: Status | None = strawberry.field(
        description="The state that the appointments are in; null unless grouped by STATUS."
    )
    count: int = strawberry.field(description="How many appointments the group has.")
    no_show_count: int = strawberry.field(description="How many of the appointments the patient did not come to.")
    no_show_rate: float | None = strawberry.field(
        description="The share of no-shows, 0 to 1, among appointments of which it is known; null if there are none."
    )
    lead_time: LeadTime | None = strawberry.field(
        description="How long before they begin the appointments were booked; null if none was booked here."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            day=group.get("day"),
            practitioner=Practitioner.of(group.get("practitioner_id")),
            location=Location.of(group.get("location_id")),
            status=group.get("status"),
            count=group["count"],
            no_show_count=group["no_shows"],
            no_show_rate=group["no_shows"] / group["known"] if group["known"] else None,
            lead_time=_lead_time(group),
        )


@strawberry.type(description="Figures on a group of registrations of patients; what they are not grouped by is null.")
class RegistrationFigures:
    day: date | None = strawberry.field(
        description="The day on which the patients were registered; null unless grouped by DAY."
    )
    way: Way | None = strawberry.field(description="Who registered the patients; null unless grouped by WAY.")
    count: int = strawberry.field(description="How many patients the group has, without duplicates that were merged.")

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(day=group.get("day"), way=group.get("way"), count=group["count"])


@strawberry.type(
    description="Figures on a group of requests for access to medical records; what they are not grouped by is null."
)
class AccessRequestFigures:
    day: date | None = strawberry.field(
        description="The day on which access was asked for; null unless grouped by DAY."
    )
    purpose: str | None = strawberry.field(
        description="The purpose for which access was asked for, a code of HL7 v3 PurposeOfUse such as `TREAT`; null "
        "unless grouped by PURPOSE."
    )
    outcome: RequestOutcome | None = strawberry.field(
        description="What became of the requests; null unless grouped by OUTCOME."
    )
    count: int = strawberry.field(description="How many requests the group has.")
    pending_count: int = strawberry.field(description="How many of the requests wait for the patient's decision.")
    granted_count: int = strawberry.field(description="How many of the requests the patient granted.")
    refused_count: int = strawberry.field(description="How many of the requests the patient refused.")
    expired_count: int = strawberry.field(description="How many of the requests nobody decided on in time.")
    withdrawn_count: int = strawberry.field(
        description="How many of the requests were withdrawn before they were decided."
    )
    withdrawn_grant_count: int = strawberry.field(
        description="How many of the granted requests lost their grant again, as it was withdrawn before its end."
    )
    median_decision_hours: float | None = strawberry.field(
        description="The median of the time from a request to the patient's decision, in hours: half of the patients "
        "took longer; null if none has decided."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            day=group.get("day"),
            purpose=group.get("purpose"),
            outcome=group.get("outcome"),
            count=group["count"],
            pending_count=group["pending"],
            granted_count=group["granted"],
            refused_count=group["refused"],
            expired_count=group["expired"],
            withdrawn_count=group["withdrawn"],
            withdrawn_grant_count=group["grants_withdrawn"],
            median_decision_hours=_hours(group["decision_median"]),
        )


@strawberry.type(
    description="Figures on a group of accesses to medical records in emergencies; what they are not grouped by is null."
)
class EmergencyAccessFigures:
    day: date | None = strawberry.field(
        description="The day on which the records were opened; null unless grouped by DAY."
    )
    practitioner: Practitioner | None = strawberry.field(
        description="The practitioner who opened the records; null unless grouped by PRACTITIONER, and where an account "
        "that is no practitioner's opened them."
    )
    verdict: Verdict | None = strawberry.field(
        description="What reviews found; null unless grouped by VERDICT, and of accesses that were not reviewed yet."
    )
    count: int = strawberry.field(description="How many accesses the group has.")
    justified_count: int = strawberry.field(description="How many of the accesses were found to be justified.")
    not_justified_count: int = strawberry.field(description="How many of the accesses were found not to be justified.")
    overdue_count: int = strawberry.field(
        description=f"How many of the accesses were opened more than {repository.REVIEW_HOURS} hours ago and are not "
        "reviewed yet."
    )
    median_review_hours: float | None = strawberry.field(
        description="The median of the time from the opening of a record to its review, in hours: half of the reviews took "
        "longer; null if none was reviewed."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            day=group.get("day"),
            practitioner=Practitioner.of(group.get("practitioner_id")),
            verdict=group.get("verdict"),
            count=group["count"],
            justified_count=group["justified"],
            not_justified_count=group["not_justified"],
            overdue_count=group["overdue"],
            median_review_hours=_hours(group["review_median"]),
        )


@strawberry.type(description="Figures on a group of clinical notes; what they are not grouped by is null.")
class NoteFigures:
    day: date | None = strawberry.field(
        description="The day on which the notes were begun; null unless grouped by DAY."
    )
    practitioner: Practitioner | None = strawberry.field(
        description="The practitioner who writes the notes; null unless grouped by PRACTITIONER, and where an account "
        "that is no practitioner's writes them."
    )
    count: int = strawberry.field(description="How many notes the group has, without those that were mistakes.")
    signed_count: int = strawberry.field(description="How many of the notes are signed.")
    overdue_count: int = strawberry.field(
        description=f"How many of the notes were begun more than {repository.SIGNATURE_HOURS} hours ago and are not "
        "signed yet."
    )
    median_signature_hours: float | None = strawberry.field(
        description="The median of the time from a note's beginning to its signature, in hours: half of the signed notes "
        "waited longer; null if none is signed."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            day=group.get("day"),
            practitioner=Practitioner.of(group.get("practitioner_id")),
            count=group["count"],
            signed_count=group["signed"],
            overdue_count=group["overdue"],
            median_signature_hours=_hours(group["signature_median"]),
        )


@strawberry.type(
    description="How often staff with a role have looked at data of patients who had no appointment with them, in a month."
)
class LookFigures:
    month: date = strawberry.field(description="The first day of the month.")
    role: str = strawberry.field(description="The role of who looked; who has several counts for each.")
    look_count: int = strawberry.field(
        description="How many looks there were; one at several patients counts for each."
    )
    record_count: int = strawberry.field(description="At how many patients' data; each patient counts once a day.")
    looks_per_record: float = strawberry.field(
        description="How many looks there were at data of a patient on a day, on average."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        looks, records = int(group["looks"]), int(group["records"])
        return cls(
            month=group["month"],
            role=group["role"],
            look_count=looks,
            record_count=records,
            looks_per_record=looks / records,
        )


@strawberry.type(description="How many patients a diagnosis or problem was recorded of in a month.")
class ProblemFigures:
    system: str = strawberry.field(description="The code system of the code, as a URI: that of ICD-10-CM or SNOMED CT.")
    code: str = strawberry.field(description="The code of the diagnosis or problem in its code system.")
    month: date = strawberry.field(description="The first day of the month.")
    patient_count: int | None = strawberry.field(
        description=f"How many patients they are; null if there are fewer than {repository.SMALLEST_CELL}."
    )
    suppressed: bool = strawberry.field(
        description=f"Whether the number of patients is not told, since there are fewer than {repository.SMALLEST_CELL}."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            system=group["system"],
            code=group["code"],
            month=group["month"],
            patient_count=group["count"],
            suppressed=group["count"] is None,
        )


@strawberry.type(
    description="Figures on times in which a location had nothing of a medication to dispense; what they are not grouped "
    "by is null."
)
class StockOutFigures:
    medication: Medication | None = strawberry.field(
        description="The medication of which nothing was left; null unless grouped by MEDICATION."
    )
    location: Location | None = strawberry.field(
        description="The location where nothing was left; null unless grouped by LOCATION."
    )
    count: int = strawberry.field(description="How many such times the period has a part of.")
    days: float = strawberry.field(
        description="How many days they lasted within the period and so far, one place and medication added to another."
    )

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            medication=Medication.of(group.get("medication_id")),
            location=Location.of(group.get("location_id")),
            count=group["count"],
            days=float(group["duration"] or 0) / 86_400,
        )


@strawberry.type(
    description="Figures on stock of one medication that was thrown away; what they are not grouped by is null."
)
class WasteFigures:
    medication: Medication | None = strawberry.field(description="The medication that was thrown away.")
    day: date | None = strawberry.field(
        description="The day on which the stock was thrown away; null unless grouped by DAY."
    )
    location: Location | None = strawberry.field(
        description="The location where the stock was thrown away; null unless grouped by LOCATION."
    )
    reason: str | None = strawberry.field(
        description="Why the stock was thrown away, as a code such as EXPIRED; null unless grouped by REASON."
    )
    count: int = strawberry.field(description="How many times stock was thrown away.")
    quantity: float = strawberry.field(description="How much was thrown away, in units of dispensing.")

    @classmethod
    def of(cls, group: Mapping[str, Any]) -> Self:
        """From a group's keys and figures."""
        return cls(
            medication=Medication.of(group["medication_id"]),
            day=group.get("day"),
            location=Location.of(group.get("location_id")),
            reason=group.get("reason"),
            count=group["count"],
            quantity=float(group["quantity"]),
        )


def _hours(seconds: Any) -> float | None:
    return None if seconds is None else float(seconds) / 3600


def _lead_time(group: Mapping[str, Any]) -> LeadTime | None:
    if group["lead_average"] is None:
        return None
    average, median, p90 = (float(group[f"lead_{name}"]) / 3600 for name in ("average", "median", "p90"))
    return LeadTime(average_hours=average, median_hours=median, p90_hours=p90)
