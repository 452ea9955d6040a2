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
    """What appointments are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which appointments begin."
    PRACTITIONER = "practitioner_id", "By the practitioner whom the patients see."
    LOCATION = "location_id", "By the location where appointments take place."
    STATUS = "status", "By the state that appointments are in."


class RegistrationGrouping(Code):
    """What registrations are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which patients were registered."
    WAY = "way", "By who registered the patients."


class AccessRequestGrouping(Code):
    """What requests for access are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which access was asked for."
    PURPOSE = "purpose", "By the purpose for which access was asked for."
    OUTCOME = "outcome", "By what became of the requests."


class EmergencyAccessGrouping(Code):
    """What emergency accesses are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which records were opened."
    PRACTITIONER = "practitioner_id", "By the practitioner who opened the records."
    VERDICT = "verdict", "By what reviews found."


class NoteGrouping(Code):
    """What clinical notes are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which notes were begun."
    PRACTITIONER = "practitioner_id", "By the practitioner who writes the notes."


class StockOutGrouping(Code):
    """What times without stock are grouped by; its order in `groupBy` is the order of the list."""

    MEDICATION = "medication_id", "By the medication of which nothing was left."
    LOCATION = "location_id", "By the location where nothing was left."


class WasteGrouping(Code):
    """What waste is grouped by besides its medication; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which stock was thrown away."
    LOCATION = "location_id", "By the location where stock was thrown away."
    REASON = "reason", "By why stock was thrown away."


class LabTurnaroundGrouping(Code):
    """What laboratories' analyses are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which results were released."
    WEEK = "week", "By the week, from Monday on, in which results were released."
    LABORATORY = "laboratory_id", "By the laboratory."
    PRIORITY = "priority", "By how urgent the orders were."


class LaboratoryGrouping(Code):
    """What is grouped by time and laboratory; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day."
    WEEK = "week", "By the week, from Monday on."
    LABORATORY = "laboratory_id", "By the laboratory."


class SpecimenGrouping(Code):
    """What specimens are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which specimens were collected."
    WEEK = "week", "By the week, from Monday on, in which specimens were collected."
    LABORATORY = "laboratory_id", "By the laboratory."
    COLLECTOR = "collector_id", "By who collected the specimens."
    REASON = "reason", "By why specimens were rejected."


class QcFailureGrouping(Code):
    """What failed quality control is grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day."
    WEEK = "week", "By the week, from Monday on."
    LABORATORY = "laboratory_id", "By the laboratory."
    ANALYZER = "analyzer_id", "By the analyzer that failed."
    TEST = "lab_test_id", "By the test that the control was of."
    RULE = "rule", "By the rule that was broken; a run that broke several counts for each."


class FillingGrouping(Code):
    """What prescriptions that were filled are grouped by; its order in `groupBy` is the order of the list."""

    DAY = "day", "By the day on which something was ready to be picked up."
    WEEK = "week", "By the week, from Monday on, in which something was ready to be picked up."
    LOCATION = "location_id", "By the pharmacy."


class _Days(Command):
    first: date
    last: date

    @field_validator("last")
    @classmethod
    def _in_order(cls, value: date, info: ValidationInfo) -> date:
        first: date = info.data.get("first", value)
        if value < first:
            raise wrong(PERIOD_ORDER)
        if value - first > _LONGEST:
            raise wrong(PERIOD_LENGTH)
        return value


class ReportPeriod(_Days):
    """The days of a report, at most five years."""

    first: date = Field(description="The first day of the report.")
    last: date = Field(description="The last day of the report, which is included.")
    time_zone: TimeZone = Field(
        "UTC",
        description="The time zone in which days begin, a name of the IANA time zone database, such as `Europe/Berlin`.",
    )


class ReportMonths(_Days):
    """The months of a report, at most five years; each is counted as a whole, in UTC."""

    first: date = Field(description="Any day of the first month of the report.")
    last: date = Field(description="Any day of the last month of the report, which is included.")


class AppointmentReportFilter(Command):
    """Which appointments a report counts; all if empty."""

    practitioner_id: Annotated[UUID, id_of("Practitioner")] | None = Field(
        None, description="Only appointments with the practitioner of this id."
    )
    location_id: Annotated[UUID, id_of("Location")] | None = Field(
        None, description="Only appointments at the location with this id."
    )
    statuses: list[Status] | None = Field(None, description="Only appointments that are in one of these states.")
