"""What appointments publish. Every event that is about an appointment carries the whole of its public facts."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.disclosures import PatientDataRead
from shared.events.event import Event

Party = Literal["patient", "staff", "system"]


class AppointmentFacts(BaseModel):
    """An appointment as it is after what happened. Times are UTC; a type's code is of the system that `typeSystem` names.

    `status` is BOOKED, CHECKED_IN, COMPLETED, CANCELLED or NO_SHOW; `bookedAt` is when it was first agreed on.
    """

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    type_system: str
    type_code: str
    booked_at: datetime
    occurred_at: datetime


class AppointmentBooked(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-booked.v1", key="appointment_id"
):
    """An appointment was agreed on, at once or by accepting an offer from the waitlist."""


class AppointmentRescheduled(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-rescheduled.v1", key="appointment_id"
):
    """An appointment was moved to another time, and perhaps another practitioner or place."""

    previous_starts_at: datetime
    previous_practitioner_id: UUID
    previous_location_id: UUID


class AppointmentCancelled(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-cancelled.v1", key="appointment_id"
):
    """An appointment was called off.

    `reasonCode` is PATIENT_REQUEST, PRACTITIONER_UNAVAILABLE, PATIENT_DECEASED, DUPLICATE, ENTERED_IN_ERROR or OTHER.
    """

    cancelled_by: Party
    reason_code: str


class AppointmentCheckedIn(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-checked-in.v1", key="appointment_id"
):
    """The patient has arrived."""


class AppointmentCompleted(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-completed.v1", key="appointment_id"
):
    """The patient was seen."""


class AppointmentNoShow(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-no-show.v1", key="appointment_id"
):
    """The patient did not come."""


class AppointmentStatusReverted(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-status-reverted.v1", key="appointment_id"
):
    """What was noted of an appointment, `previousStatus`, was taken back; `status` is the one before it, and holds again.

    `previousStatus` is CHECKED_IN, COMPLETED or NO_SHOW; `reasonCode` is ENTERED_IN_ERROR, PATIENT_ARRIVED, PATIENT_LEFT
    or OTHER.
    """

    previous_status: str
    reason_code: str


class AppointmentRecorded(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-recorded.v1", key="appointment_id"
):
    """A past visit was entered from another system, as it was told before version 2."""


class VisitRecorded(Event, type="caregraph.appointments.appointment-recorded.v2", key="appointment_id"):
    """A past visit was entered from another system, which may not say who, where, what kind and until when.

    `status` is COMPLETED or CANCELLED. Times are UTC; a type's code is of the system that `typeSystem` names.
    """

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    location_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    status: str
    type_system: str | None
    type_code: str | None
    occurred_at: datetime


class AppointmentReminderDue(
    AppointmentFacts, Event, type="caregraph.appointments.appointment-reminder-due.v1", key="appointment_id"
):
    """An appointment begins in `leadHours` or less; told once for each lead and time of an appointment."""

    lead_hours: int


class WaitlistJoined(Event, type="caregraph.appointments.waitlist-joined.v1", key="waitlist_entry_id"):
    """A patient waits for a slot that begins on a day from `fromDay` to `untilDay`; at any place if there is no location."""

    waitlist_entry_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID | None
    type_code: str
    from_day: date
    until_day: date
    occurred_at: datetime


class WaitlistOffered(Event, type="caregraph.appointments.waitlist-offered.v1", key="waitlist_entry_id"):
    """A slot has become free and is held for a patient who waits, as the appointment `appointmentId`, until `heldUntil`."""

    waitlist_entry_id: UUID
    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    type_code: str
    held_until: datetime
    occurred_at: datetime


class WaitlistExpired(Event, type="caregraph.appointments.waitlist-expired.v1", key="waitlist_entry_id"):
    """A patient's waiting has ended without an appointment.

    `cause` is OFFER (an offer was not answered in time) or PERIOD (its last day is over).
    """

    waitlist_entry_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    cause: Literal["OFFER", "PERIOD"]
    occurred_at: datetime


EVENTS = (
    AppointmentBooked,
    AppointmentRescheduled,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentCompleted,
    AppointmentNoShow,
    AppointmentStatusReverted,
    AppointmentRecorded,
    VisitRecorded,
    AppointmentReminderDue,
    WaitlistJoined,
    WaitlistOffered,
    WaitlistExpired,
    PatientDataRead,
)
