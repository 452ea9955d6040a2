"""What the patients' domain does about its own events: whoever registers, changes or imports a patient, others learn of it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared import patient_access
from shared.database.model import utc_now
from shared.events.consumer import Consumer
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.patients.events import Group, PatientChanged, PatientMerged, PatientRegistered
from subgraphs.patients.models import UNTOLD_ADDRESSES, UntoldAddresses


async def _registered(work: UnitOfWork, event: PatientRegistered) -> None:
    await _tell(work, event.patient_id)


async def _changed(work: UnitOfWork, event: PatientChanged) -> None:
    if Group.CONTACT_POINTS in event.groups:
        await _tell(work, event.patient_id)


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await _tell(work, event.merged_patient_id)


async def _tell(work: UnitOfWork, patient_id: UUID) -> None:
    now = utc_now()
    untold = insert(UntoldAddresses).values(id=new_id(), created_at=now, updated_at=now, patient_id=patient_id)
    await work.session.execute(untold.on_conflict_do_nothing(index_elements=[col(UntoldAddresses.patient_id)]))
    await work.session.execute(select(func.pg_notify(UNTOLD_ADDRESSES, "")))


CONSUMERS = (Consumer("addresses", [_registered, _changed, _merged]), patient_access.CONSUMER)
