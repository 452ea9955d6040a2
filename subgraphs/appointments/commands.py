"""What the appointments' use cases are asked to do."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.commands import Command, Repeatable
from shared.database.model import utc_now
from shared.datatypes import Coding
from shared.values import KnownDate, Language, LocalTime, LongText, id_of, wrong
from subgraphs.appointments.errors import (
    CLOSURE_OF_NOTHING,
    DAYS_ORDER,
    DAYS_OVER,
    EXTRA_WITHOUT_HOURS,
    EXTRA_WITHOUT_LOCATION,
    HOURS_INCOMPLETE,
    HOURS_ORDER,
    PERIOD,
    VALIDITY_ORDER,
)
from subgraphs.appointments.models import (
    CancellationReason,
    ExceptionKind,
    OverbookingReason,
    SlotAlignment,
    Status,
    StatusReversionReason,
)
from subgraphs.appointments.slots import GRID_MINUTES, MIDNIGHT, ZONES

PatientId = Annotated[UUID, id_of("Patient")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]
LocationId = Annotated[UUID, id_of("Location")]
AppointmentId = Annotated[UUID, id_of("Appointment")]
AppointmentTypeId = Annotated[UUID, id_of("AppointmentType")]
WaitlistEntryId = Annotated[UUID, id_of("WaitlistEntry")]

_OVERBOOKING = (
    "Why it is booked although the time is not free for it, or in no hours: by the staff alone, and in the audit trail; "
    "absent: only a free slot is booked."
)
_LONGEST_WAIT_DAYS = 365
_LONGEST_EXCEPTION_DAYS = 366


class BookAppointment(Repeatable):
    """An appointment to book in a free slot."""

    patient_id: PatientId = Field(description="The patient who attends.")
    practitioner_id: PractitionerId = Field(description="The practitioner whom the patient sees at the appointment.")
    location_id: LocationId = Field(description="The location where the appointment takes place.")
    type_id: AppointmentTypeId = Field(description="The type of appointment, which says how long it takes.")
    starts_at: datetime = Field(description="When the appointment begins: the start of one of `freeSlots`.")
    reason: LongText | None = Field(
        None, description="Why the patient comes, in their own words, up to 2000 characters."
    )
    overbooking: OverbookingReason | None = Field(None, description=_OVERBOOKING)


class AppointmentVersion(Command):
    """An appointment, as it was read."""

    id: AppointmentId = Field(description="The id of the appointment.")
    version: int = Field(description="The version of the appointment that the client has read.")


class RescheduleAppointment(AppointmentVersion, Repeatable):
    """An appointment to move to another free slot; its type stays as it is."""

    starts_at: datetime = Field(description="When the appointment is to begin: the start of one of `freeSlots`.")
    practitioner_id: PractitionerId | None = Field(
        None, description="The practitioner whom the patient is to see; absent: the same one as before."
    )
    location_id: LocationId | None = Field(
        None, description="The location where the appointment is to take place; absent: the same one as before."
    )
    overbooking: OverbookingReason | None = Field(None, description=_OVERBOOKING)


class CancelAppointment(AppointmentVersion, Repeatable):
    """An appointment to cancel."""

    reason: CancellationReason = Field(description="Why the appointment is cancelled.")


class CheckInAppointment(AppointmentVersion):
    """An appointment whose patient has arrived."""


class CompleteAppointment(AppointmentVersion):
    """An appointment whose patient was seen."""


class MarkAppointmentNoShow(AppointmentVersion):
    """An appointment whose patient did not come."""


class RevertAppointmentStatus(AppointmentVersion):
    """An appointment whose last change of status is to be taken back."""

    reason: StatusReversionReason = Field(description="Why the change of status is taken back.")


class RecordVisit(Command):
    """A visit that is over, as another system tells of it.

    What has happened obeys no rule of booking: it may overlap another, in no hours and of no type that there are here.
    """

    patient_id: PatientId = Field(description="The patient.")
    practitioner_id: PractitionerId | None = Field(None, description="The practitioner, where that is known.")
    location_id: LocationId | None = Field(None, description="The location, where that is known.")
    type: Coding | None = Field(None, description="What kind of visit it was, where that is known.")
    starts_at: datetime | None = Field(None, description="When it began; absent where only `partial_start` is known.")
    partial_start: KnownDate | None = Field(None, description="The day, month or year in which it began.")
    ends_at: datetime | None = Field(None, description="When it ended, where that is known.")
    partial_end: KnownDate | None = Field(None, description="The day, month or year in which it ended.")
    status: Literal[Status.COMPLETED, Status.CANCELLED] = Field(description="What became of it.")

    @field_validator("ends_at", "partial_end")
    @classmethod
    def _after_start(cls, value: datetime | str | None, info: ValidationInfo) -> datetime | str | None:
        start = info.data.get("starts_at") or info.data.get("partial_start")
        if value is not None and start is not None and not _is_in_order(start, value):
            raise wrong(PERIOD)
        return value

    @model_validator(mode="after")
    def _begun(self) -> Self:
        if self.starts_at is None and self.partial_start is None:
            raise wrong(PERIOD)
        return self


def _is_in_order(start: datetime | str, end: datetime | str) -> bool:
    """Whether a visit may have been from one to the other; a day, month or year is a local one, whatever the zone."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return start <= end
    first = (start - ZONES).date().isoformat() if isinstance(start, datetime) else start
    last = (end + ZONES).date().isoformat() if isinstance(end, datetime) else end
    return first[: len(last)] <= last[: len(first)]


class JoinWaitlist(Repeatable):
    """What a patient waits for: a slot that begins on one of some days."""

    patient_id: PatientId = Field(description="The patient who waits for a slot.")
    practitioner_id: PractitionerId = Field(description="The practitioner whom the patient wants to see.")
    location_id: LocationId | None = Field(
        None, description="The location that suits the patient; absent: every location suits."
    )
    type_id: AppointmentTypeId = Field(description="The type of appointment that the patient needs.")
    from_day: date = Field(description="The first day that suits the patient, by the calendar of the location.")
    until_day: date = Field(
        description=f"The last day that suits the patient, at most {_LONGEST_WAIT_DAYS} days after the first one."
    )

    @field_validator("until_day")
    @classmethod
    def _to_come(cls, value: date, info: ValidationInfo) -> date:
        if value < utc_now().date() - timedelta(days=1):  # which is over everywhere
            raise wrong(DAYS_OVER)
        return _last_day(value, info, _LONGEST_WAIT_DAYS)


class _WaitlistEntry(Command):
    id: WaitlistEntryId = Field(description="The id of the waitlist entry.")


class LeaveWaitlist(_WaitlistEntry):
    """A waitlist entry that is to end: its patient waits no more."""


class AcceptWaitlistOffer(_WaitlistEntry, Repeatable):
    """A waitlist entry whose offered slot is to be booked."""


class DeclineWaitlistOffer(_WaitlistEntry, Repeatable):
    """A waitlist entry whose offered slot is to go to the next in line."""


class Near(Command):
    """A place on Earth (WGS 84, in degrees), and how far from it."""

    latitude: float = Field(ge=-90, le=90, description="The latitude, -90 to 90; north of the equator is positive.")
    longitude: float = Field(ge=-180, le=180, description="The longitude, -180 to 180; east of Greenwich is positive.")
    within_km: float = Field(
        ge=0, le=20_040, description="How many kilometres away a location is at most, 0 to 20,040."
    )


class SpecialtySearch(Command):
    """Which free slots are looked for: the first that begin in a period, of all who practise a specialty.

    Practitioners speak one of the languages, locations are among those named, and near enough; one of which it is not known
    where it is, is not near.
    """

    specialty: str
    type_id: AppointmentTypeId
    near: Near | None = None
    location_ids: Annotated[list[LocationId], Field(max_length=50)] | None = None
    languages: Annotated[list[Language], Field(max_length=20)] | None = None
    since: datetime
    before: datetime
    first: int


class SaveAppointmentType(Repeatable):
    """A type of appointment to enter, or with `id` and `version` to change as a whole."""

    id: AppointmentTypeId | None = Field(
        None, description="The id of the type of appointment to change; absent for a new one."
    )
    version: int | None = Field(
        None, description="The version of the type of appointment that the client has read; absent for a new one."
    )
    code: Coding = Field(description="What kind of visit the type of appointment is, as a code with its name.")
    minutes: int = Field(ge=5, le=480, description="How many minutes the patient is there, 5 to 480.")
    before_minutes: int = Field(
        0, ge=0, le=120, description="How many minutes the practitioner prepares before the appointment, 0 to 120."
    )
    after_minutes: int = Field(
        0, ge=0, le=120, description="How many minutes the practitioner needs after the appointment, 0 to 120."
    )
    cancellation_notice_hours: int = Field(
        0, ge=0, le=720, description="Up to how many hours before an appointment patients may cancel it, 0 to 720."
    )
    rescheduling_notice_hours: int = Field(
        0, ge=0, le=720, description="Up to how many hours before an appointment patients may move it, 0 to 720."
    )
    horizon_days: int | None = Field(
        None,
        ge=1,
        le=730,
        description="How many days ahead patients may book, 1 to 730; absent: as far as there are hours.",
    )
    maximum_per_patient: int | None = Field(
        None, ge=1, le=100, description="How many a patient may have booked at a time, 1 to 100; absent: any number."
    )
    maximum_per_day: int | None = Field(
        None,
        ge=1,
        le=200,
        description="How many a practitioner has on a day, 1 to 200; absent: as many as there is time for.",
    )
    active: bool = Field(True, description="Whether appointments of this type can be booked now.")


class WeeklyHours(Command):
    """Hours of a weekday at which a practitioner is available, by the clock at the location."""

    weekday: int = Field(ge=1, le=7, description="The weekday: 1 is Monday, 7 is Sunday (ISO 8601).")
    starts: LocalTime = Field(description="The time of day at which the hours begin.")
    ends: LocalTime = Field(description="The time of day at which the hours end; 00:00 is the end of the day.")
    valid_from: date | None = Field(
        None, description="The first day on which the hours hold; absent: they have held since ever."
    )
    valid_until: date | None = Field(
        None, description="The last day on which the hours hold; absent: they hold without end."
    )

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
    """A practitioner's whole weekly availability at a location, which takes the place of what was there."""

    practitioner_id: PractitionerId = Field(description="The practitioner who is available.")
    location_id: LocationId = Field(description="The location at which the practitioner is available.")
    version: int | None = Field(
        None,
        description="The version of the schedule that the client has read; absent for the first one at this location.",
    )
    hours: Annotated[list[WeeklyHours], Field(max_length=50)] = Field(
        description="All hours of the week at which the practitioner is available, at most 50."
    )
    slot_interval_minutes: int = Field(
        GRID_MINUTES, ge=5, le=240, description="Every how many minutes an appointment may begin, 5 to 240."
    )
    slot_alignment: SlotAlignment = Field(
        SlotAlignment.HOURS, description="From where these intervals are counted: the start of the hours, or midnight."
    )


class AddScheduleException(Repeatable):
    """Days on which a practitioner's availability is to differ from the weekly schedule."""

    practitioner_id: PractitionerId | None = Field(
        None,
        description="The practitioner whose availability differs on these days; absent: the location is closed for all.",
    )
    location_id: LocationId | None = Field(
        None,
        validate_default=True,
        description="The location that the exception is about; absent: every location. Extra hours are at one location.",
    )
    kind: ExceptionKind = Field(
        description="Whether the practitioner is away on these days, or available for extra hours."
    )
    from_day: date = Field(description="The first day of the exception, by the calendar of the location.")
    until_day: date = Field(
        description=f"The last day of the exception, at most {_LONGEST_EXCEPTION_DAYS} days after the first one."
    )
    starts: LocalTime | None = Field(
        None,
        validate_default=True,
        description="The time of day at which the exception begins; absent: it takes the whole day.",
    )
    ends: LocalTime | None = Field(
        None,
        validate_default=True,
        description="The time of day at which the exception ends; 00:00 is the end of the day, absent: it takes the whole day.",
    )

    @field_validator("location_id")
    @classmethod
    def _of_somebody(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        if value is None and info.data.get("practitioner_id", ...) is None:
            raise wrong(CLOSURE_OF_NOTHING)
        return value

    @field_validator("kind")
    @classmethod
    def _at_a_location(cls, value: ExceptionKind, info: ValidationInfo) -> ExceptionKind:
        if value is ExceptionKind.EXTRA and None in (
            info.data.get("location_id", ...),
            info.data.get("practitioner_id", ...),
        ):
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
    """An exception to remove: its days are to be as the weekly schedule says again."""

    id: Annotated[UUID, id_of("ScheduleException")] = Field(description="The id of the schedule exception.")


class CreateCalendarFeed(Repeatable):
    """A calendar feed of the caller's own to make."""


class RevokeCalendarFeed(Command):
    """A calendar feed to end."""

    id: Annotated[UUID, id_of("CalendarFeed")] = Field(description="The id of the calendar feed.")


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


class EndFeedsOfAccount(Command):
    """An account whose calendar feeds are to end."""

    account_id: UUID = Field(description="The account's key.")
    before: datetime = Field(description="Only feeds that were made before this time.")


class FollowAccess(EndFeedsOfAccount):
    """What an account may do from now on, which its calendar feeds may not outlive."""

    reads: bool = Field(description="Whether the account may read appointments.")
    people: list[UUID | None] = Field(
        description="The keys of the patient and of the practitioner whose account it is; null where it is of none."
    )
    roles: list[str] = Field(description="The names of the account's roles.")


class FollowRoles(Command):
    """What roles may do from now on, which the calendar feeds of their accounts may not outlive."""

    reading: list[str] = Field(description="The names of all roles that may read appointments.")
    before: datetime = Field(description="Only feeds that were made before this time.")
