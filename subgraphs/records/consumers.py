"""What the medical record does about others' events: know whom there is, follow appointments and merged patients."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel

from shared.disclosures import PatientDataRead
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.projection import Projection
from shared.patient_access import Basis
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects, policy
from subgraphs.records.codes import Section
from subgraphs.records.commands.access import Relate
from subgraphs.records.models import Account, Patient
from subgraphs.records.service import disclosures
from subgraphs.records.service.merging import MERGERS
from subgraphs.records.service.relations import is_treating, narrow, relate
from subgraphs.records.settings import relation_lasts

_CANCELLED = "CANCELLED"


class _Order(NamedTuple):
    """Something that a practitioner has ordered for a patient, and where it is carried out."""

    id: UUID
    patient_id: UUID
    practitioner_id: UUID | None  # none whom the order lets open anything
    location_id: UUID | None


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was entered."""

    patient_id: UUID


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """Two entries were one patient: `merged_patient_id` is now `patient_id`."""

    patient_id: UUID
    merged_patient_id: UUID


class AccountAccessChanged(Event, type="caregraph.identity.access-changed.v1", key="account_id"):
    """What an account may do, and for whom, may have changed."""

    account_id: UUID
    patient_id: UUID | None
    practitioner_id: UUID | None
    enabled: bool
    scopes: list[str]


class Appointment(BaseModel):
    """What is needed of an appointment."""

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    booked_at: datetime


class Booked(Appointment, Event, type="caregraph.appointments.appointment-booked.v1", key="appointment_id"):
    """An appointment was booked."""


class Rescheduled(Appointment, Event, type="caregraph.appointments.appointment-rescheduled.v1", key="appointment_id"):
    """An appointment was moved, perhaps to another practitioner."""


class Cancelled(Appointment, Event, type="caregraph.appointments.appointment-cancelled.v1", key="appointment_id"):
    """An appointment was called off."""


class StatusReverted(
    Appointment, Event, type="caregraph.appointments.appointment-status-reverted.v1", key="appointment_id"
):
    """What was noted of an appointment was taken back."""


class Recorded(Appointment, Event, type="caregraph.appointments.appointment-recorded.v1", key="appointment_id"):
    """A past visit was entered from another system, as it was told before version 2."""


class VisitRecorded(Event, type="caregraph.appointments.appointment-recorded.v2", key="appointment_id"):
    """A past visit was entered from another system, or was corrected there."""

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    status: str


class PrescriptionSigned(Event, type="caregraph.pharmacy.prescription-signed.v1", key="prescription_id"):
    """A prescription is to be dispensed at a location, or wherever it is presented."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID | None


class PrescriptionEnded(Event, type="caregraph.pharmacy.prescription-ended.v1", key="prescription_id"):
    """Nothing more is dispensed of a prescription."""

    prescription_id: UUID
    patient_id: UUID


class LabOrdered(Event, type="caregraph.laboratory.lab-ordered.v1", key="order_id"):
    """A laboratory is to examine something of a patient."""

    order_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    laboratory_id: UUID


class LabOrderEnded(Event, type="caregraph.laboratory.lab-order-ended.v1", key="order_id"):
    """A laboratory has done with an order."""

    order_id: UUID
    patient_id: UUID


async def _appointment(work: UnitOfWork, event: Booked | Rescheduled | Cancelled | StatusReverted | Recorded) -> None:
    await _relate(work, event, event.practitioner_id, event.booked_at)


async def _visit(work: UnitOfWork, event: VisitRecorded) -> None:
    await _relate(work, event, event.practitioner_id, event.starts_at)


async def _relate(
    work: UnitOfWork, event: Appointment | VisitRecorded, practitioner_id: UUID | None, since: datetime
) -> None:
    treats = practitioner_id is not None and event.status != _CANCELLED
    command = Relate(
        basis=Basis.APPOINTMENT,
        source_id=event.appointment_id,
        patient_id=event.patient_id,
        practitioner_ids=[practitioner_id] if treats else [],
        since=since,
        until=(event.ends_at or event.starts_at) + relation_lasts(),
    )
    await relate(work, command)


async def _prescribed(work: UnitOfWork, event: PrescriptionSigned) -> None:
    who = _Order(event.prescription_id, event.patient_id, event.practitioner_id, event.location_id)
    await _open(work, who, policy.SAFETY_SECTIONS)


async def _ordered(work: UnitOfWork, event: LabOrdered) -> None:
    await _open(work, _Order(event.order_id, event.patient_id, event.practitioner_id, event.laboratory_id), [])


async def _dispensed(work: UnitOfWork, event: PrescriptionEnded) -> None:
    await narrow(work, Basis.ORDER, event.prescription_id, [])


async def _examined(work: UnitOfWork, event: LabOrderEnded) -> None:
    await narrow(work, Basis.ORDER, event.order_id, [])


async def _open(work: UnitOfWork, order: _Order, sections: Collection[Section]) -> None:
    """Let who gave an order and treats the patient open the record until it is done, and who carries it out these sections.

    Who had the patient's grant, or an emergency, gives an order, but keeps no longer access by it.
    """
    treats = order.practitioner_id and await is_treating(work, order.patient_id, order.practitioner_id)
    command = Relate(
        basis=Basis.ORDER,
        source_id=order.id,
        patient_id=order.patient_id,
        practitioner_ids=[order.practitioner_id] if order.practitioner_id and treats else [],
        location_id=order.location_id,
        sections=list(sections),
        since=await effects.now(work),
    )
    await relate(work, command)


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await MERGERS.follow(work, event.merged_patient_id, event.patient_id)


async def _read(work: UnitOfWork, event: PatientDataRead) -> None:
    await disclosures.keep(work, event)


CONSUMERS = (
    Consumer(
        "relations",
        [
            _appointment,
            _visit,
            _prescribed,
            _dispensed,
            _ordered,
            _examined,
            _merged,
            Projection(Patient, PatientRegistered),
            Projection(Account, AccountAccessChanged),
        ],
    ),
    Consumer("disclosures", [_read]),
)
