"""What appointments do about others' events: know whom, with whom and where they can be; follow merged patients and deaths;
end the calendar feeds of those who may not read appointments any more.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import delete

from shared import patient_access
from shared.events.consumer import Consumer
from shared.events.event import CloudEvent, Event
from shared.events.projection import Projection
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import policy
from subgraphs.appointments.commands import EndFeedsOfAccount, FollowAccess, FollowRoles
from subgraphs.appointments.models import Location, Patient, Practice, Practitioner
from subgraphs.appointments.service import deaths, feeds
from subgraphs.appointments.service.merging import MERGERS


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was entered."""

    patient_id: UUID


class DeceasedChanged(Event, type="caregraph.patients.deceased-changed.v1", key="patient_id"):
    """A patient has died, or has not after all."""

    patient_id: UUID
    deceased: bool


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


class Practised(BaseModel):
    """A specialty by its code, and where it is practised."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    specialty_system: str
    specialty_code: str
    location_id: UUID | None


class PracticeChanged(Event, type="caregraph.directory.practice-changed.v1", key="practitioner_id"):
    """What a practitioner practises now, where, and in which languages."""

    practitioner_id: UUID
    languages: list[str]
    roles: list[Practised]


class LocationChanged(Event, type="caregraph.directory.location-changed.v1", key="location_id"):
    """A location was entered or changed."""

    location_id: UUID
    time_zone: str
    active: bool
    latitude: float | None = None
    longitude: float | None = None


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


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await MERGERS.follow(work, event.merged_patient_id, event.patient_id)


async def _died(work: UnitOfWork, event: DeceasedChanged) -> None:
    await deaths.follow(work, event.patient_id, deceased=event.deceased)


_KNOWN = Projection(Practitioner, PracticeChanged)


async def _practise(work: UnitOfWork, event: PracticeChanged) -> None:
    await _KNOWN(work, event)
    await work.session.flush()
    await work.session.execute(delete(Practice).filter_by(practitioner_id=event.practitioner_id))
    work.session.add_all(Practice(practitioner_id=event.practitioner_id, **role.model_dump()) for role in event.roles)


async def _change_access(work: UnitOfWork, event: AccessChanged, envelope: CloudEvent) -> None:
    command = FollowAccess(
        account_id=event.account_id,
        before=envelope.time,
        reads=event.enabled and policy.READ in event.scopes,
        people=[event.patient_id, event.practitioner_id],
        roles=event.roles,
    )
    await feeds.follow_access(work, command)


async def _change_roles(work: UnitOfWork, event: RolesChanged, envelope: CloudEvent) -> None:
    reading = [role for role, scopes in event.scopes.items() if policy.READ in scopes]
    await feeds.follow_roles(work, FollowRoles(reading=reading, before=envelope.time))


async def _change_password(work: UnitOfWork, event: PasswordChanged, envelope: CloudEvent) -> None:
    await feeds.end_of_account(work, EndFeedsOfAccount(account_id=event.account_id, before=envelope.time))


CONSUMERS = (
    Consumer(
        "people",
        [
            _merged,
            _died,
            Projection(Patient, PatientRegistered),
            Projection(Practitioner, PractitionerRegistered, PractitionerChanged),
            _practise,
            Projection(Location, LocationChanged),
            _change_access,
            _change_roles,
            _change_password,
        ],
    ),
    patient_access.CONSUMER,
)
