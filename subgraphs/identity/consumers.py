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


class EmailAddressesChanged(Event, type="caregraph.patients.email-addresses-changed.v1", key="patient_id"):
    """A patient's email addresses, each as its keyed digest."""

    patient_id: UUID
    digests: list[str]


async def _know_patient(work: UnitOfWork, received: Received) -> None:
    data: EmailAddressesChanged = received.data
    await accounts.know_patient(work, data.patient_id, data.digests)


async def _move_accounts(work: UnitOfWork, received: Received) -> None:
    merged: PatientMerged = received.data
    await accounts.move_patient(work, merged.merged_patient_id, merged.patient_id)


CONSUMERS = (Consumer("accounts", {EmailAddressesChanged: _know_patient, PatientMerged: _move_accounts}),)
