"""What pharmacy does about others' events: know whom and which places there are, follow merged patients, check anew."""

from uuid import UUID

from shared import patient_access
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.projection import Projection
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.models import Account, Location, Patient
from subgraphs.pharmacy.service.merging import MERGERS
from subgraphs.pharmacy.service.screening import recheck

_CHECKED_WITH = ("Allergy", "Condition", "MedicationStatement")


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was entered."""

    patient_id: UUID


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """Two entries were one patient: `merged_patient_id` is now `patient_id`."""

    patient_id: UUID
    merged_patient_id: UUID


class LocationChanged(Event, type="caregraph.directory.location-changed.v1", key="location_id"):
    """A location was entered or changed."""

    location_id: UUID
    time_zone: str
    active: bool


class AccessChanged(Event, type="caregraph.identity.access-changed.v1", key="account_id"):
    """What an account may do, and where it works, may have changed."""

    account_id: UUID
    enabled: bool
    scopes: list[str]
    location_ids: list[UUID] = []


class EntryRecorded(Event, type="caregraph.records.entry-recorded.v1", key="entry_id"):
    """Something was recorded of a patient."""

    entry_id: UUID
    resource: str
    patient_id: UUID


class EntryChanged(Event, type="caregraph.records.entry-changed.v1", key="entry_id"):
    """What was recorded of a patient has changed."""

    entry_id: UUID
    resource: str
    patient_id: UUID


async def _recorded(work: UnitOfWork, event: EntryRecorded | EntryChanged) -> None:
    if event.resource in _CHECKED_WITH:
        await recheck(work, event.patient_id)


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await MERGERS.follow(work, event.merged_patient_id, event.patient_id)


CONSUMERS = (
    Consumer("record", [_recorded]),
    Consumer(
        "people",
        [
            _merged,
            Projection(Patient, PatientRegistered),
            Projection(Location, LocationChanged),
            Projection(Account, AccessChanged),
        ],
    ),
    patient_access.CONSUMER,
)
