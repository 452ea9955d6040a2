"""What laboratory publishes."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.disclosures import PatientDataRead
from shared.events.event import Event


class LabTestChanged(Event, type="caregraph.laboratory.lab-test-changed.v1", key="lab_test_id"):
    """One lab test was entered or changed."""

    lab_test_id: UUID
    active: bool


class LabOrdered(Event, type="caregraph.laboratory.lab-ordered.v1", key="order_id"):
    """A laboratory is asked to examine. `practitionerId` is null where ordering lets nobody open the patient's data.

    That is so where the practitioner may do that by the patient's grant or in an emergency alone.
    """

    order_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    laboratory_id: UUID
    priority: str
    ordered_at: datetime


class LabOrderEnded(Event, type="caregraph.laboratory.lab-order-ended.v1", key="order_id"):
    """An order is COMPLETED, CANCELLED or REJECTED: `status`."""

    order_id: UUID
    patient_id: UUID
    status: str


class _OfSpecimen(BaseModel):
    specimen_id: UUID
    order_id: UUID
    patient_id: UUID
    laboratory_id: UUID
    collected_at: datetime | None
    collector_id: UUID | None


class SpecimenCollected(_OfSpecimen, Event, type="caregraph.laboratory.specimen-collected.v1", key="specimen_id"):
    """A specimen was collected, by the account `collectorId`."""


class SpecimenRejected(_OfSpecimen, Event, type="caregraph.laboratory.specimen-rejected.v1", key="specimen_id"):
    """A specimen cannot be examined, because of `reason`; `specimenToCollectId` takes its place. `told` is the orderer."""

    practitioner_id: UUID
    told: list[UUID]
    reason: str
    specimen_to_collect_id: UUID
    rejected_at: datetime


EVENTS = (
    LabTestChanged,
    LabOrdered,
    LabOrderEnded,
    SpecimenCollected,
    SpecimenRejected,
    PatientDataRead,
)
