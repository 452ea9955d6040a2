"""What pharmacy does about others' events: know whom and which places there are, follow merged patients."""

from uuid import UUID

from shared import patient_access
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.projection import Projection
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.models import Location, Patient
from subgraphs.pharmacy.service.merging import MERGERS


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


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await MERGERS.follow(work, event.merged_patient_id, event.patient_id)


CONSUMERS = (
    Consumer("people", [_merged, Projection(Patient, PatientRegistered), Projection(Location, LocationChanged)]),
    patient_access.CONSUMER,
)
