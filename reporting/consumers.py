"""What reporting does about others' events."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from reporting import service
from reporting.models import Status, Way
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.mergers import Mergers
from shared.unit_of_work import UnitOfWork


class Appointment(BaseModel):
    """What is kept of an appointment."""

    appointment_id: UUID
    practitioner_id: UUID
    location_id: UUID
    status: Status
    booked_at: datetime
    starts_at: datetime


class Booked(Appointment, Event, type="caregraph.appointments.appointment-booked.v1", key="appointment_id"):
    """An appointment was booked."""


class Rescheduled(Appointment, Event, type="caregraph.appointments.appointment-rescheduled.v1", key="appointment_id"):
    """An appointment was moved."""


class Cancelled(Appointment, Event, type="caregraph.appointments.appointment-cancelled.v1", key="appointment_id"):
    """An appointment was called off."""


class CheckedIn(Appointment, Event, type="caregraph.appointments.appointment-checked-in.v1", key="appointment_id"):
    """The patient has arrived."""


class Completed(Appointment, Event, type="caregraph.appointments.appointment-completed.v1", key="appointment_id"):
    """The patient was seen."""


class NoShow(Appointment, Event, type="caregraph.appointments.appointment-no-show.v1", key="appointment_id"):
    """The patient did not come."""


class StatusReverted(
    Appointment, Event, type="caregraph.appointments.appointment-status-reverted.v1", key="appointment_id"
):
    """What was noted of an appointment was taken back."""


class Recorded(Appointment, Event, type="caregraph.appointments.appointment-recorded.v1", key="appointment_id"):
    """A past visit was entered from another system, as it was told before version 2."""


class VisitRecorded(Event, type="caregraph.appointments.appointment-recorded.v2", key="appointment_id"):
    """A past visit was entered from another system, which may not say who and where."""

    appointment_id: UUID
    practitioner_id: UUID | None
    location_id: UUID | None
    status: Status
    starts_at: datetime


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was registered."""

    patient_id: UUID
    how: Way
    registered_at: datetime


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """A patient stands for another one as well."""

    patient_id: UUID
    merged_patient_id: UUID


async def _appointment(
    work: UnitOfWork,
    event: Booked
    | Rescheduled
    | Cancelled
    | CheckedIn
    | Completed
    | NoShow
    | StatusReverted
    | Recorded
    | VisitRecorded,
) -> None:
    await service.keep_appointment(
        work,
        event.appointment_id,
        practitioner_id=event.practitioner_id,
        location_id=event.location_id,
        status=event.status,
        booked_at=None if isinstance(event, Recorded | VisitRecorded) else event.booked_at,
        starts_at=event.starts_at,
    )


async def _registered(work: UnitOfWork, event: PatientRegistered) -> None:
    await service.keep_registration(work, event.patient_id, way=event.how, registered_at=event.registered_at)


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await Mergers().follow(work, event.merged_patient_id, event.patient_id)


FACTS = Consumer("facts", [_appointment, _registered, _merged])
