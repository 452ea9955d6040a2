"""What reports are asked for."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from reporting.errors import PERIOD_LENGTH, PERIOD_ORDER
from reporting.models import Status
from shared.codes import Code
from shared.commands import Command
from shared.values import TimeZone, id_of, wrong

_LONGEST = timedelta(days=5 * 366)


class AppointmentGrouping(Code):
    """What appointments are counted by. Its order in `groupBy` is the order of the list."""

    DAY = "day", "The day on which they begin."
    PRACTITIONER = "practitioner_id", "Who sees the patient."
    LOCATION = "location_id", "Where."
    STATUS = "status", "What has become of them."


class RegistrationGrouping(Code):
    """What registrations are counted by. Its order in `groupBy` is the order of the list."""

    DAY = "day", "The day."
    WAY = "way", "Who entered the patient."


class ReportPeriod(Command):
    """The days of a report, at most five years."""

    first: date = Field(description="The first day.")
    last: date = Field(description="The last day; it is included.")
    time_zone: TimeZone = Field(
        "UTC", description="Where days begin and end: a name of the IANA database, like `Europe/Berlin`."
    )

    @field_validator("last")
    @classmethod
    def _in_order(cls, value: date, info: ValidationInfo) -> date:
        first: date = info.data.get("first", value)
        if value < first:
            raise wrong(PERIOD_ORDER)
        if value - first > _LONGEST:
            raise wrong(PERIOD_LENGTH)
        return value


class AppointmentReportFilter(Command):
    """Which appointments are counted; all if empty."""

    practitioner_id: Annotated[UUID, id_of("Practitioner")] | None = Field(
        None, description="Only this practitioner's."
    )
    location_id: Annotated[UUID, id_of("Location")] | None = Field(None, description="Only at this location.")
    statuses: list[Status] | None = Field(None, description="Only those of which this has become.")
