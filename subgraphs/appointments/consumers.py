"""What appointments do about others' events: know whom, with whom and where they can be; follow merged patients;
end the calendar feeds of those who may not read appointments any more.
"""

from typing import Any
from uuid import UUID

from sqlmodel import col

from shared.events.consumer import Consumer, Received
from shared.events.event import Event
from shared.work import UnitOfWork
from subgraphs.appointments import policy
from subgraphs.appointments.models import CalendarFeed, Location, Patient, Practitioner
from subgraphs.appointments.service import feeds
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


class AccessChanged(Event, type="caregraph.identity.access-changed.v1", key="account_id"):
    """What an account may do, and for whom, may have changed."""

    account_id: UUID
    patient_id: UUID | None
    practitioner_id: UUID | None
    enabled: bool
    roles: list[str]
    scopes: list[str]


class RolesChanged(Event, type="caregraph.identity.roles-changed.v1", key="role"):
    """What each role may do, as it is now."""

    role: str
    scopes: dict[str, list[str]]


class PasswordChanged(Event, type="caregraph.identity.password-changed.v1", key="account_id"):
    """An account's password was changed or reset."""

    account_id: UUID


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


async def _change_access(work: UnitOfWork, received: Received) -> None:
    access: AccessChanged = received.data
    await feeds.follow_access(
        work,
        access.account_id,
        before=received.envelope.time,
        reads=access.enabled and policy.READ in access.scopes,
        of={access.patient_id, access.practitioner_id},
        roles=access.roles,
    )


async def _change_roles(work: UnitOfWork, received: Received) -> None:
    changed: RolesChanged = received.data
    reading = [role for role, scopes in changed.scopes.items() if policy.READ in scopes]
    await feeds.follow_roles(work, reading, before=received.envelope.time)


async def _change_password(work: UnitOfWork, received: Received) -> None:
    changed: PasswordChanged = received.data
    await feeds.end(work, col(CalendarFeed.account_id) == changed.account_id, before=received.envelope.time)


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
            AccessChanged: _change_access,
            RolesChanged: _change_roles,
            PasswordChanged: _change_password,
        },
    ),
)
