"""What the appointments' use cases are asked to do."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from shared.commands import Command, Repeatable
from shared.database.model import utc_now
from shared.datatypes import Coding
from shared.values import LocalTime, LongText, id_of, wrong
from subgraphs.appointments.errors import (
    DAYS_ORDER,
    DAYS_OVER,
    EXTRA_WITHOUT_HOURS,
    EXTRA_WITHOUT_LOCATION,
    HOURS_INCOMPLETE,
    HOURS_ORDER,
    PERIOD,
    VALIDITY_ORDER,
)
from subgraphs.appointments.models import CancellationReason, ExceptionKind, Status, StatusReversionReason
from subgraphs.appointments.slots import MIDNIGHT

PatientId = Annotated[UUID, id_of("Patient")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]
LocationId = Annotated[UUID, id_of("Location")]
AppointmentId = Annotated[UUID, id_of("Appointment")]
AppointmentTypeId = Annotated[UUID, id_of("AppointmentType")]
WaitlistEntryId = Annotated[UUID, id_of("WaitlistEntry")]

_LONGEST_WAIT_DAYS = 365
_LONGEST_EXCEPTION_DAYS = 366


class BookAppointment(Repeatable):
    """An appointment to book."""

    patient_id: PatientId = Field(description="The patient who attends.")
    practitioner_id: PractitionerId = Field(description="The practitioner whom the patient sees.")
    location_id: LocationId = Field(description="The location where it takes place.")
    type_id: AppointmentTypeId = Field(description="The type of appointment, which says how long it takes.")
    starts_at: datetime = Field(description="The start of a free slot.")
    reason: LongText | None = Field(
        None, description="Why the patient comes, in their own words, up to 2000 characters."
    )


class AppointmentVersion(Command):
    """An appointment, as it was read."""

    id: AppointmentId = Field(description="The appointment.")
    version: int = Field(description="The version that was read.")


class RescheduleAppointment(AppointmentVersion, Repeatable):
    """An appointment to move to another slot; its type stays."""

    starts_at: datetime = Field(description="The start of a free slot.")
    practitioner_id: PractitionerId | None = Field(None, description="Another practitioner; absent: the same one.")
    location_id: LocationId | None = Field(None, description="Another location; absent: the same one.")


class CancelAppointment(AppointmentVersion, Repeatable):
    """An appointment to call off."""

    reason: CancellationReason = Field(description="Why it is called off.")


class CheckInAppointment(AppointmentVersion):
    """An appointment whose patient has arrived."""


class CompleteAppointment(AppointmentVersion):
    """An appointment whose patient was seen."""


class MarkAppointmentNoShow(AppointmentVersion):
    """An appointment whose patient did not come."""


class RevertAppointmentStatus(AppointmentVersion):
    """An appointment of which what was noted last is taken back."""

    reason: StatusReversionReason = Field(description="Why it is taken back.")


class RecordVisit(Command):
    """A visit that is over, as another system tells of it.

    What has happened obeys no rule of booking: it may overlap another, in no hours and of no type that there are here.
    """

    patient_id: PatientId = Field(description="The patient.")
    practitioner_id: PractitionerId = Field(description="The practitioner.")
    location_id: LocationId = Field(description="The location.")
    type: Coding = Field(description="What kind of visit it was.")
    starts_at: datetime = Field(description="When it began.")
    ends_at: datetime = Field(description="When it ended.")
    status: Literal[Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW] = Field(description="What became of it.")

    @field_validator("ends_at")
    @classmethod
    def _after_start(cls, value: datetime, info: ValidationInfo) -> datetime:
        if "starts_at" in info.data and value <= info.data["starts_at"]:
            raise wrong(PERIOD)
        return value


class JoinWaitlist(Repeatable):
    """What a patient waits for: a slot that begins on one of some days."""

    patient_id: PatientId = Field(description="The patient who waits.")
    practitioner_id: PractitionerId = Field(description="The practitioner whom the patient wants to see.")
    location_id: LocationId | None = Field(None, description="The location that suits; absent: every one.")
    type_id: AppointmentTypeId = Field(description="The type of appointment that the patient needs.")
    from_day: date = Field(description="The first day that suits, by the location's calendar.")
    until_day: date = Field(description=f"The last day that suits, at most {_LONGEST_WAIT_DAYS} days later.")

    @field_validator("until_day")
    @classmethod
    def _to_come(cls, value: date, info: ValidationInfo) -> date:
        if value < utc_now().date() - timedelta(days=1):  # which is over everywhere
            raise wrong(DAYS_OVER)
        return _last_day(value, info, _LONGEST_WAIT_DAYS)


class _WaitlistEntry(Command):
    id: WaitlistEntryId = Field(description="The waitlist entry.")


class LeaveWaitlist(_WaitlistEntry):
    """A waitlist entry that is to end."""


class AcceptWaitlistOffer(_WaitlistEntry, Repeatable):
    """A waitlist entry whose offered slot is to be booked."""


class DeclineWaitlistOffer(_WaitlistEntry, Repeatable):
    """A waitlist entry whose offered slot is to go to the next in line."""


class SaveAppointmentType(Repeatable):
    """A type of appointment to enter, or with `id` and `version` to change as a whole."""

    id: AppointmentTypeId | None = Field(None, description="The one to change.")
    version: int | None = Field(None, description="The version that was read.")
    code: Coding = Field(description="The kind of visit, as a code with its name.")
    minutes: int = Field(ge=5, le=480, description="How long the patient is there, 5 to 480.")
    before_minutes: int = Field(0, ge=0, le=120, description="How long the practitioner prepares for it, up to 120.")
    after_minutes: int = Field(0, ge=0, le=120, description="How long the practitioner needs after it, up to 120.")
    active: bool = Field(True, description="Whether it can be booked now.")


class WeeklyHours(Command):
    """Hours of a weekday, by the clock at the location."""

    weekday: int = Field(ge=1, le=7, description="1 is Monday, 7 is Sunday (ISO 8601).")
    starts: LocalTime = Field(description="When they begin.")
    ends: LocalTime = Field(description="When they end; 00:00 is the end of the day.")
    valid_from: date | None = Field(None, description="The first day on which they hold.")
    valid_until: date | None = Field(None, description="The last day on which they hold.")

    @field_validator("ends")
    @classmethod
    def _after_start(cls, value: time, info: ValidationInfo) -> time:
        return _end(value, info)

    @field_validator("valid_until")
    @classmethod
    def _not_before(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("valid_from")
        if value and first and value < first:
            raise wrong(VALIDITY_ORDER)
        return value


class SaveSchedule(Repeatable):
    """A practitioner's weekly availability at a location, as a whole."""

    practitioner_id: PractitionerId = Field(description="The practitioner who is available.")
    location_id: LocationId = Field(description="The location where they are.")
    version: int | None = Field(None, description="The version that was read; absent for the first.")
    hours: Annotated[list[WeeklyHours], Field(max_length=50)] = Field(description="All hours of the week, at most 50.")


class AddScheduleException(Repeatable):
    """Days that are to differ from the week."""

    practitioner_id: PractitionerId = Field(description="The practitioner whose days they are.")
    location_id: LocationId | None = Field(
        None, description="The location; absent: every one. Extra hours are at one location."
    )
    kind: ExceptionKind = Field(description="How they differ.")
    from_day: date = Field(description="The first day.")
    until_day: date = Field(description=f"The last day, at most {_LONGEST_EXCEPTION_DAYS} days later.")
    starts: LocalTime | None = Field(
        None, validate_default=True, description="When the hours begin; absent: the whole day."
    )
    ends: LocalTime | None = Field(
        None, validate_default=True, description="When the hours end; 00:00 is the end of the day."
    )

    @field_validator("kind")
    @classmethod
    def _at_a_location(cls, value: ExceptionKind, info: ValidationInfo) -> ExceptionKind:
        if value is ExceptionKind.EXTRA and info.data.get("location_id", ...) is None:
            raise wrong(EXTRA_WITHOUT_LOCATION)
        return value

    @field_validator("until_day")
    @classmethod
    def _not_before(cls, value: date, info: ValidationInfo) -> date:
        return _last_day(value, info, _LONGEST_EXCEPTION_DAYS)

    @field_validator("starts")
    @classmethod
    def _of_extra_hours(cls, value: time | None, info: ValidationInfo) -> time | None:
        if value is None and info.data.get("kind") is ExceptionKind.EXTRA:
            raise wrong(EXTRA_WITHOUT_HOURS)
        return value

    @field_validator("ends")
    @classmethod
    def _after_start(cls, value: time | None, info: ValidationInfo) -> time | None:
        if "starts" in info.data and (value is None) != (info.data["starts"] is None):
            raise wrong(HOURS_INCOMPLETE)
        return None if value is None else _end(value, info)


class RemoveScheduleException(Command):
    """Days that are to be as the week says again."""

    id: Annotated[UUID, id_of("ScheduleException")] = Field(description="The exception.")


class CreateCalendarFeed(Repeatable):
    """A calendar feed of the caller's own to make."""


class RevokeCalendarFeed(Command):
    """A calendar feed to end."""

    id: Annotated[UUID, id_of("CalendarFeed")] = Field(description="The calendar feed.")


def _end(value: time, info: ValidationInfo) -> time:
    starts = info.data.get("starts")
    if starts is not None and not (starts < value or value == MIDNIGHT):
        raise wrong(HOURS_ORDER)
    return value


def _last_day(value: date, info: ValidationInfo, maximum: int) -> date:
    first = info.data.get("from_day")
    if first is not None and not 0 <= (value - first).days <= maximum:
        raise wrong(DAYS_ORDER, maximum=maximum)
    return value
