"""Tables of appointments."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    TextClause,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint
from sqlmodel import Field

from shared.codes import Code, one_of
from shared.database.model import Audited, Record, Versioned, new_registry, timestamp, utc_now
from shared.encryption import Encrypted, encrypted
from subgraphs.appointments.slots import GRID_MINUTES


class Model(Record, registry=new_registry()):
    """The base of this domain's tables."""


class Patient(Model, table=True):
    """What must be known here of a patient: that they are registered, and whether they have died."""

    __tablename__ = "patient"

    deceased: bool = False


class Practitioner(Model, table=True):
    """What must be known here of a practitioner. Who changes their calendar locks the row."""

    __tablename__ = "practitioner"

    active: bool = True
    languages: list[str] = Field(default_factory=list, sa_type=ARRAY(String))


class Practice(Model, table=True):
    """A specialty that a practitioner practises, at a location; without one wherever they are.

    The location may be one that is not known here yet.
    """

    __tablename__ = "practice"
    __table_args__ = (Index("practice_specialty_idx", "specialty_code", "practitioner_id"),)

    practitioner_id: UUID = Field(foreign_key="practitioner.id", index=True)
    specialty_system: str
    specialty_code: str
    location_id: UUID | None = None


class Location(Model, table=True):
    """What must be known here of a location."""

    __tablename__ = "location"

    time_zone: str
    active: bool = True
    latitude: float | None = None
    longitude: float | None = None


class AppointmentType(Model, Versioned, table=True):
    """What can be booked, how long it takes, what the practitioner needs before and after, and what patients are held to."""

    __tablename__ = "appointment_type"
    __table_args__ = (
        UniqueConstraint("system", "code"),
        CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes"),
        CheckConstraint("before_minutes BETWEEN 0 AND 120 AND after_minutes BETWEEN 0 AND 120", name="buffers"),
        CheckConstraint(
            "cancellation_notice_hours BETWEEN 0 AND 720 AND rescheduling_notice_hours BETWEEN 0 AND 720", name="notice"
        ),
        CheckConstraint(
            "horizon_days BETWEEN 1 AND 730 AND maximum_per_patient BETWEEN 1 AND 100"
            " AND maximum_per_day BETWEEN 1 AND 200",
            name="limits",
        ),
    )

    system: str
    code: str
    display: str
    minutes: int
    before_minutes: int = 0
    after_minutes: int = 0
    cancellation_notice_hours: int = 0
    rescheduling_notice_hours: int = 0
    horizon_days: int | None = None
    maximum_per_patient: int | None = None
    maximum_per_day: int | None = None
    active: bool = True


class SlotAlignment(Code):
    """From where the intervals are counted at which slots may begin."""

    HOURS = "HOURS", "From the start of the hours on: in hours from 08:10 on, every 30 minutes is 08:10, 08:40."
    CLOCK = "CLOCK", "From midnight on: in hours from 08:10 on, every 30 minutes is 08:30, 09:00."


class Schedule(Model, Versioned, table=True):
    """A practitioner's weekly availability at a location, in the location's time zone, and when slots may begin there."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("practitioner_id", "location_id"),
        CheckConstraint("slot_interval_minutes BETWEEN 5 AND 240", name="slot_interval"),
        one_of("slot_alignment", SlotAlignment),
    )

    practitioner_id: UUID = Field(foreign_key="practitioner.id")
    location_id: UUID = Field(foreign_key="location.id", index=True)
    slot_interval_minutes: int = GRID_MINUTES
    slot_alignment: str = SlotAlignment.HOURS


class WeeklyHours(Model, table=True):
    """Hours of a weekday (ISO 8601: Monday is 1) by the clock on the wall; they end at midnight if `ends` is 00:00."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        CheckConstraint("starts < ends OR ends = '00:00'", name="hours"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
    )

    schedule_id: UUID = Field(foreign_key="schedule.id", ondelete="CASCADE", index=True)
    weekday: int
    starts: time
    ends: time
    valid_from: date | None = None
    valid_until: date | None = None


class ExceptionKind(Code, name="ScheduleExceptionKind"):
    """How days of a practitioner, or of a location, differ from the weekly schedule."""

    CLOSED = "CLOSED", "The practitioner, or everybody at the location, is not available, all day or for some hours."
    EXTRA = (
        "EXTRA",
        "The practitioner is available for hours besides those of the weekly schedule, on days that are CLOSED as well.",
    )


class ScheduleException(Model, table=True):
    """Days that differ from the week: closed, wholly or for some hours, at one location or all; or open for extra hours.

    Without a practitioner, the location is closed for all.
    """

    __tablename__ = "schedule_exception"
    __table_args__ = (
        CheckConstraint("from_day <= until_day", name="days"),
        CheckConstraint("(starts IS NULL) = (ends IS NULL) AND (starts < ends OR ends = '00:00')", name="hours"),
        CheckConstraint(
            "kind = 'CLOSED' AND num_nonnulls(practitioner_id, location_id) > 0"
            " OR kind = 'EXTRA' AND num_nulls(practitioner_id, location_id, starts) = 0",
            name="kind",
        ),
        Index("schedule_exception_days_idx", "practitioner_id", "until_day"),
    )

    practitioner_id: UUID | None = Field(default=None, foreign_key="practitioner.id")
    location_id: UUID | None = Field(default=None, foreign_key="location.id")
    kind: str
    from_day: date
    until_day: date
    starts: time | None = None
    ends: time | None = None


class Status(Code, name="AppointmentStatus"):
    """The state of an appointment."""

    HELD = "HELD", "A slot is held for a patient from the waitlist (FHIR `proposed`)."
    BOOKED = "BOOKED", "The appointment was agreed on (FHIR `booked`)."
    CHECKED_IN = "CHECKED_IN", "The patient has arrived for the appointment (FHIR `checked-in`)."
    COMPLETED = "COMPLETED", "The patient was seen at the appointment (FHIR `fulfilled`)."
    CANCELLED = "CANCELLED", "The appointment was cancelled (FHIR `cancelled`)."
    NO_SHOW = "NO_SHOW", "The patient did not come to the appointment (FHIR `noshow`)."


class Party(Code, name="CancellationParty"):
    """The party that cancelled an appointment."""

    PATIENT = "patient", "The patient cancelled the appointment."
    STAFF = "staff", "A member of staff cancelled the appointment."
    SYSTEM = "system", "The appointment was cancelled by CareGraph itself, or in the system that it was recorded from."


class CancellationReason(Code):
    """Why an appointment is cancelled."""

    PATIENT_REQUEST = "PATIENT_REQUEST", "The patient wishes the appointment to be cancelled."
    PRACTITIONER_UNAVAILABLE = "PRACTITIONER_UNAVAILABLE", "The practitioner cannot keep the appointment."
    PATIENT_DECEASED = "PATIENT_DECEASED", "The patient has died."
    DUPLICATE = "DUPLICATE", "The patient has another appointment at that time."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The appointment was entered by mistake."
    OTHER = "OTHER", "The appointment is cancelled for another reason than all of these."


class OverbookingReason(Code):
    """Why the staff book an appointment at a time that is not free for it."""

    WALK_IN = "WALK_IN", "The patient has come without an appointment."
    URGENT = "URGENT", "The patient cannot wait for a free slot."
    AGREED = "AGREED", "The practitioner has agreed to it."
    OTHER = "OTHER", "The appointment is booked for another reason than all of these."


class StatusReversionReason(Code):
    """Why a change of an appointment's status is taken back."""

    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The status was noted by mistake."
    PATIENT_ARRIVED = "PATIENT_ARRIVED", "The patient has come after all."
    PATIENT_LEFT = "PATIENT_LEFT", "The patient has left without being seen."
    OTHER = "OTHER", "The status is taken back for another reason than all of these."


OPEN = (Status.HELD, Status.BOOKED, Status.CHECKED_IN)
_OPEN = text("status IN ('HELD', 'BOOKED', 'CHECKED_IN')")


_IN_SLOT = text("status IN ('HELD', 'BOOKED', 'CHECKED_IN') AND overbooking IS NULL")


def _no_overlap(of: str, starts: str, ends: str, name: str, where: TextClause) -> ExcludeConstraint:
    period = text(f"tstzrange({starts}, {ends})")
    return ExcludeConstraint((of, "="), (period, "&&"), name=name, using="gist", where=where)


PRACTITIONER_OVERLAP = "appointment_practitioner_overlap"
PATIENT_OVERLAP = "appointment_patient_overlap"


class AppointmentOrderField(Code):
    """What appointments can be ordered by."""

    STARTS_AT = "STARTS_AT", "By when the appointments begin."
    BOOKED_AT = "BOOKED_AT", "By when the appointments were first agreed on."


class Appointment(Model, Versioned, Audited, table=True):
    """An appointment, a slot that is held for one, or a visit recorded from another system.

    The practitioner is occupied from `occupied_from` to `occupied_until`, the patient from `starts_at` to `ends_at`; while
    appointments are open, the database lets neither overlap; the practitioner's may where the staff have booked one all the
    same, for the reason in `overbooking`. `scheduled_at` is when its present time was agreed on. What
    another system does not say of a visit is null. Of one whose start or end is known by the day, month or year alone, that is
    in `partial_start` and `partial_end`, as FHIR writes it; `starts_at` is then noon (UTC) of its first day, to have its place
    in lists and reports: the same day almost everywhere.
    `reason` is the patient's own words.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        _no_overlap("practitioner_id", "occupied_from", "occupied_until", PRACTITIONER_OVERLAP, _IN_SLOT),
        _no_overlap("patient_id", "starts_at", "ends_at", PATIENT_OVERLAP, _OPEN),
        CheckConstraint(
            "occupied_from <= starts_at AND starts_at <= ends_at AND ends_at <= occupied_until", name="period"
        ),
        CheckConstraint(
            "status NOT IN ('HELD', 'BOOKED', 'CHECKED_IN')"
            " OR num_nulls(practitioner_id, location_id, type_system, type_code, ends_at, occupied_until) = 0",
            name="whole",
        ),
        CheckConstraint(
            "num_nonnulls(partial_start, partial_end) = 0 OR status NOT IN ('HELD', 'BOOKED', 'CHECKED_IN')",
            name="partial",
        ),
        one_of("status", Status),
        one_of("overbooking", OverbookingReason),
        CheckConstraint("(status = 'HELD') = (held_until IS NOT NULL)", name="hold"),
        CheckConstraint("(status = 'CANCELLED') = (cancelled_by IS NOT NULL)", name="cancellation"),
        Index("appointment_patient_idx", "patient_id", "starts_at", "id"),
        Index("appointment_practitioner_idx", "practitioner_id", "starts_at", "id"),
        Index("appointment_starts_at_idx", "starts_at", "id"),
        Index("appointment_booked_at_idx", "booked_at", "id"),
        Index("appointment_held_until_idx", "held_until", postgresql_where=text("status = 'HELD'")),
    )

    audit_patient: ClassVar[str | None] = "patient_id"
    besides: ClassVar[Mapping[str, Any]] = {"tells_reason": Boolean()}

    patient_id: UUID
    practitioner_id: UUID | None = None
    location_id: UUID | None = None
    type_system: str | None = None
    type_code: str | None = None
    type_display: str | None = None
    starts_at: datetime = timestamp()
    ends_at: datetime | None = timestamp(default=None, nullable=True)
    partial_start: str | None = None
    partial_end: str | None = None
    occupied_from: datetime = timestamp()
    occupied_until: datetime | None = timestamp(default=None, nullable=True)
    status: str
    booked_at: datetime = timestamp(default_factory=utc_now)
    scheduled_at: datetime = timestamp(default_factory=utc_now)
    held_until: datetime | None = timestamp(default=None, nullable=True)
    overbooking: str | None = None
    cancelled_by: str | None = None
    cancellation_reason: str | None = None
    reason: Encrypted[str] | None = encrypted(str, nullable=True)
    unencrypted_reason: str | None = None  # as older versions have stored it, until a job has encrypted it

    @property
    def tells_reason(self) -> bool:
        """Whether the caller may read the reason, as `policy` says; not of a row that it has not looked at."""
        return False


class WaitlistStatus(Code):
    """The state of a waitlist entry; with all but WAITING and OFFERED, the entry has ended."""

    WAITING = "WAITING", "No slot that suits the patient has become free yet."
    OFFERED = "OFFERED", "A slot is held for the patient, to be accepted or declined."
    BOOKED = "BOOKED", "The patient has accepted a slot."
    DECLINED = "DECLINED", "The patient has declined a slot, which ends the wait."
    EXPIRED = "EXPIRED", "An offer was not answered in time, or the last day that suits is over."
    LEFT = "LEFT", "The patient does not wait any more."


class WaitlistEntry(Model, Audited, table=True):
    """A patient who waits for a slot of a practitioner that begins on one of some days, by the location's calendar."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        ForeignKeyConstraint(["appointment_id"], ["appointment.id"], ondelete="SET NULL"),
        CheckConstraint("from_day <= until_day", name="days"),
        one_of("status", WaitlistStatus),
        CheckConstraint("status <> 'OFFERED' OR appointment_id IS NOT NULL", name="offer"),
        Index("waitlist_entry_line_idx", "practitioner_id", "id", postgresql_where=text("status = 'WAITING'")),
        Index("waitlist_entry_patient_idx", "patient_id", "id"),
        Index("waitlist_entry_appointment_idx", "appointment_id"),
    )

    audit_patient: ClassVar[str | None] = "patient_id"

    patient_id: UUID
    practitioner_id: UUID = Field(foreign_key="practitioner.id")
    location_id: UUID | None = Field(default=None, foreign_key="location.id")
    type_id: UUID = Field(foreign_key="appointment_type.id")
    from_day: date
    until_day: date
    status: str = WaitlistStatus.WAITING
    appointment_id: UUID | None = None


class Reminder(Model, table=True):
    """A reminder that was sent; its key keeps it from being sent twice."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("appointment_id", "starts_at", "lead_hours"),)

    appointment_id: UUID = Field(foreign_key="appointment.id", ondelete="CASCADE")
    starts_at: datetime = timestamp()
    lead_hours: int


class CalendarFeed(Model, Audited, table=True):
    """A secret address at which a calendar program reads one person's appointments; of the secret only its SHA-256 is kept.

    `roles` are its account's, which let it read.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint("(patient_id IS NULL) <> (practitioner_id IS NULL)", name="owner"),
        Index("calendar_feed_account_idx", "account_id", "id"),
    )

    audit_patient: ClassVar[str | None] = "patient_id"

    account_id: UUID
    roles: list[str] = Field(sa_type=ARRAY(String))
    patient_id: UUID | None = Field(default=None, index=True)
    practitioner_id: UUID | None = None
    secret_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    revoked_at: datetime | None = timestamp(default=None, nullable=True)
