"""What identity does about others' events."""

from uuid import UUID

from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.unit_of_work import UnitOfWork
from subgraphs.identity.commands import KnowPatient
from subgraphs.identity.service import accounts


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """Two entries were one patient: `merged_patient_id` is now `patient_id`."""

    patient_id: UUID
    merged_patient_id: UUID


class EmailAddressesChanged(Event, type="caregraph.patients.email-addresses-changed.v1", key="patient_id"):
    """A patient's email addresses, each as its keyed digest."""

    patient_id: UUID
    digests: list[str]


async def _know_patient(work: UnitOfWork, event: EmailAddressesChanged) -> None:
    await accounts.know_patient(work, KnowPatient(patient_id=event.patient_id, email_digests=event.digests))


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await accounts.MERGERS.follow(work, event.merged_patient_id, event.patient_id)


CONSUMERS = (Consumer("accounts", [_know_patient, _merged]),)
