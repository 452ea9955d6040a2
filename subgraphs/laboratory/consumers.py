"""What the laboratory does about others' events: know where it works and who administers, and follow merged patients."""

from uuid import UUID

from shared import patient_access
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.projection import Projection
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.models import Account, Location
from subgraphs.laboratory.service.merging import MERGERS


class LocationChanged(Event, type="caregraph.directory.location-changed.v1", key="location_id"):
    """A location was entered or changed."""

    location_id: UUID
    time_zone: str
    active: bool


class AccountAccessChanged(Event, type="caregraph.identity.access-changed.v1", key="account_id"):
    """What an account may do may have changed."""

    account_id: UUID
    enabled: bool
    roles: list[str]


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """Two entries were one patient: `merged_patient_id` is now `patient_id`."""

    patient_id: UUID
    merged_patient_id: UUID


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await MERGERS.follow(work, event.merged_patient_id, event.patient_id)


CONSUMERS = (
    Consumer("places", [_merged, Projection(Location, LocationChanged), Projection(Account, AccountAccessChanged)]),
    patient_access.CONSUMER,
)
