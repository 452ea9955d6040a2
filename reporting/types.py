"""GraphQL types of reporting."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

import strawberry

from reporting import policy, repository
from reporting.models import Status, Way
from shared.graph.context import Info
from shared.graph.entities import Stub, stub
from shared.graph.fields import guarded


@stub(description="A person who gives care (FHIR Practitioner).")
class Practitioner(Stub):
    """Of directory."""


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


def _lead_time(group: Mapping[str, Any]) -> LeadTime | None:
    if group["lead_average"] is None:
        return None
    average, median, p90 = (float(group[f"lead_{name}"]) / 3600 for name in ("average", "median", "p90"))
    return LeadTime(average_hours=average, median_hours=median, p90_hours=p90)
