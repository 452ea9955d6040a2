"""What appointments do about others' events: know whom, with whom and where they can be; follow merged patients."""

from typing import Any
from uuid import UUID

from shared.events.consumer import Consumer, Received
from shared.events.event import Event
from shared.work import UnitOfWork
from subgraphs.appointments.models import Location, Patient, Practitioner
from subgraphs.appointments.service.merging import merge_patients


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was entered."""

    patient_id: UUID


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """Two entries were one patient: `merged_patient_id` is now `patient_id`."""

    patient_id: UUID
    merged_patient_id: UUID


class PractitionerRegistered(Event, type="caregraph.directory.practitioner-registered.v1", key="practitioner_id"):
    """A practitioner was entered."""

    practitioner_id: UUID


class PractitionerChanged(Event, type="caregraph.directory.practitioner-changed.v1", key="practitioner_id"):
    """A practitioner was changed; has perhaps left."""

    practitioner_id: UUID
    active: bool


class LocationChanged(Event, type="caregraph.directory.location-changed.v1", key="location_id"):
    """A location was entered or changed."""

    location_id: UUID
    time_zone: str
    active: bool


async def _know_patient(work: UnitOfWork, received: Received) -> None:
    registered: PatientRegistered = received.data
    await _save(work, Patient, registered.patient_id)


async def _merge_patients(work: UnitOfWork, received: Received) -> None:
    merged: PatientMerged = received.data
    await merge_patients(work, merged.merged_patient_id, merged.patient_id)


async def _know_practitioner(work: UnitOfWork, received: Received) -> None:
    registered: PractitionerRegistered = received.data
    await _save(work, Practitioner, registered.practitioner_id)


async def _change_practitioner(work: UnitOfWork, received: Received) -> None:
    changed: PractitionerChanged = received.data
    await _save(work, Practitioner, changed.practitioner_id, active=changed.active)


async def _change_location(work: UnitOfWork, received: Received) -> None:
    changed: LocationChanged = received.data
    await _save(work, Location, changed.location_id, time_zone=changed.time_zone, active=changed.active)


async def _save(
    work: UnitOfWork, kind: type[Patient | Practitioner | Location], identifier: UUID, **fields: Any
) -> None:
    row = await work.session.get(kind, identifier, with_for_update=True)
    if row is None:
        work.session.add(kind(id=identifier, **fields))
        return
    for name, value in fields.items():
        setattr(row, name, value)


CONSUMERS = (
    Consumer(
        "people",
        {
            PatientRegistered: _know_patient,
            PatientMerged: _merge_patients,
            PractitionerRegistered: _know_practitioner,
            PractitionerChanged: _change_practitioner,
            LocationChanged: _change_location,
        },
    ),
)
