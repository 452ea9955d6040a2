"""What notifications do about others' events."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.database.model import utc_now
from shared.events.consumer import Consumer, Received
from shared.events.event import Event
from shared.work import UnitOfWork
from subgraphs.notifications import service
from subgraphs.notifications.models import Kind


class Appointment(BaseModel):
    """What is needed of an appointment."""

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    starts_at: datetime


class Booked(Appointment, Event, type="caregraph.appointments.appointment-booked.v1", key="appointment_id"):
    """An appointment was booked."""


class Rescheduled(Appointment, Event, type="caregraph.appointments.appointment-rescheduled.v1", key="appointment_id"):
    """An appointment was moved."""

    previous_practitioner_id: UUID


class Cancelled(Appointment, Event, type="caregraph.appointments.appointment-cancelled.v1", key="appointment_id"):
    """An appointment was called off."""


class ReminderDue(Appointment, Event, type="caregraph.appointments.appointment-reminder-due.v1", key="appointment_id"):
    """An appointment is soon."""


class Offered(Appointment, Event, type="caregraph.appointments.waitlist-offered.v1", key="waitlist_entry_id"):
    """A slot is held for a patient who waits."""

    waitlist_entry_id: UUID


class Expired(Event, type="caregraph.appointments.waitlist-expired.v1", key="waitlist_entry_id"):
    """A patient's waiting has ended."""

    waitlist_entry_id: UUID
    patient_id: UUID


class PasswordChanged(Event, type="caregraph.identity.password-changed.v1", key="account_id"):
    """An account's password was changed."""

    account_id: UUID


class SecondFactorChanged(Event, type="caregraph.identity.second-factor-changed.v1", key="account_id"):
    """An account's second factor was set up or removed."""

    account_id: UUID
    enabled: bool


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """A patient stands for another one as well."""

    patient_id: UUID
    merged_patient_id: UUID


class PreferencesChanged(Event, type="caregraph.patients.preferences-changed.v1", key="patient_id"):
    """How a patient wants to be reached."""

    patient_id: UUID
    language: str | None
    reminders: bool


async def _booked(work: UnitOfWork, received: Received) -> None:
    await _tell(work, Kind.APPOINTMENT_BOOKED, received.data, received.data.practitioner_id)


async def _rescheduled(work: UnitOfWork, received: Received) -> None:
    practitioners = (received.data.practitioner_id, received.data.previous_practitioner_id)
    await _tell(work, Kind.APPOINTMENT_RESCHEDULED, received.data, *practitioners)


async def _cancelled(work: UnitOfWork, received: Received) -> None:
    await _tell(work, Kind.APPOINTMENT_CANCELLED, received.data, received.data.practitioner_id)


async def _reminder_due(work: UnitOfWork, received: Received) -> None:
    await _tell(work, Kind.APPOINTMENT_REMINDER, received.data)


async def _offered(work: UnitOfWork, received: Received) -> None:
    await _tell(work, Kind.WAITLIST_OFFERED, received.data)


async def _tell(work: UnitOfWork, kind: Kind, appointment: Appointment, *practitioners: UUID) -> None:
    """Tell the patient and practitioners of an appointment that is still to come."""
    if appointment.starts_at > utc_now():
        patient_id, appointment_id = appointment.patient_id, appointment.appointment_id
        recipients = [patient_id, *practitioners]
        await service.notify(work, kind, recipients, patient_id=patient_id, appointment_id=appointment_id)


async def _expired(work: UnitOfWork, received: Received) -> None:
    patient_id = received.data.patient_id
    await service.notify(work, Kind.WAITLIST_EXPIRED, [patient_id], patient_id=patient_id)


async def _password_changed(work: UnitOfWork, received: Received) -> None:
    await service.notify(work, Kind.PASSWORD_CHANGED, [received.data.account_id])


async def _second_factor_changed(work: UnitOfWork, received: Received) -> None:
    kind = Kind.SECOND_FACTOR_ENABLED if received.data.enabled else Kind.SECOND_FACTOR_REMOVED
    await service.notify(work, kind, [received.data.account_id])


async def _merged(work: UnitOfWork, received: Received) -> None:
    await service.merge_patients(work, received.data.patient_id, received.data.merged_patient_id)


async def _preferences(work: UnitOfWork, received: Received) -> None:
    data = received.data
    await service.set_patient(work, data.patient_id, language=data.language, reminders=data.reminders)


CONSUMERS = (
    Consumer(
        "inbox",
        {
            Booked: _booked,
            Rescheduled: _rescheduled,
            Cancelled: _cancelled,
            ReminderDue: _reminder_due,
            Offered: _offered,
            Expired: _expired,
            PasswordChanged: _password_changed,
            SecondFactorChanged: _second_factor_changed,
            PatientMerged: _merged,
            PreferencesChanged: _preferences,
        },
    ),
)
