"""What identity does about others' events."""

from uuid import UUID

from shared.events.consumer import Consumer, Received
from shared.events.event import Event
from shared.work import UnitOfWork
from subgraphs.identity.service import accounts


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """Two entries were one patient: `merged_patient_id` is now `patient_id`."""

    patient_id: UUID
    merged_patient_id: UUID


async def _move_accounts(work: UnitOfWork, received: Received) -> None:
    merged: PatientMerged = received.data
    await accounts.move_patient(work, merged.merged_patient_id, merged.patient_id)


CONSUMERS = (Consumer("accounts", {PatientMerged: _move_accounts}),)
