"""What reporting does about others' events."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import Insert
from sqlmodel import col

from reporting import service
from reporting.models import (
    AlertFact,
    AnalysisFact,
    CriticalFact,
    DispensingFact,
    FillingFact,
    LabReportFact,
    Model,
    PrescriptionFact,
    ProblemFact,
    QcFailureFact,
    RequestOutcome,
    SpecimenFact,
    Status,
    Verdict,
    Way,
)
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.mergers import Mergers
from shared.unit_of_work import UnitOfWork


class Appointment(BaseModel):
    """What is kept of an appointment."""

    appointment_id: UUID
    practitioner_id: UUID
    location_id: UUID
    status: Status
    booked_at: datetime
    starts_at: datetime


class Booked(Appointment, Event, type="caregraph.appointments.appointment-booked.v1", key="appointment_id"):
    """An appointment was booked."""


class Rescheduled(Appointment, Event, type="caregraph.appointments.appointment-rescheduled.v1", key="appointment_id"):
    """An appointment was moved."""


class Cancelled(Appointment, Event, type="caregraph.appointments.appointment-cancelled.v1", key="appointment_id"):
    """An appointment was called off."""


class CheckedIn(Appointment, Event, type="caregraph.appointments.appointment-checked-in.v1", key="appointment_id"):
    """The patient has arrived."""


class Completed(Appointment, Event, type="caregraph.appointments.appointment-completed.v1", key="appointment_id"):
    """The patient was seen."""


class NoShow(Appointment, Event, type="caregraph.appointments.appointment-no-show.v1", key="appointment_id"):
    """The patient did not come."""


class StatusReverted(
    Appointment, Event, type="caregraph.appointments.appointment-status-reverted.v1", key="appointment_id"
):
    """What was noted of an appointment was taken back."""


class Recorded(Appointment, Event, type="caregraph.appointments.appointment-recorded.v1", key="appointment_id"):
    """A past visit was entered from another system, as it was told before version 2."""


class VisitRecorded(Event, type="caregraph.appointments.appointment-recorded.v2", key="appointment_id"):
    """A past visit was entered from another system, which may not say who and where."""

    appointment_id: UUID
    practitioner_id: UUID | None
    location_id: UUID | None
    status: Status
    starts_at: datetime


class PatientRegistered(Event, type="caregraph.patients.patient-registered.v1", key="patient_id"):
    """A patient was registered."""

    patient_id: UUID
    how: Way
    registered_at: datetime


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """A patient stands for another one as well."""

    patient_id: UUID
    merged_patient_id: UUID


class AccessRequested(Event, type="caregraph.records.access-requested.v1", key="access_request_id"):
    """A patient was asked for access to their record."""

    access_request_id: UUID
    purpose: str
    requested_at: datetime


class AccessDecided(Event, type="caregraph.records.access-decided.v1", key="access_request_id"):
    """A request for access was decided, or nobody decided on it in time."""

    access_request_id: UUID
    outcome: RequestOutcome
    decided_at: datetime


class AccessWithdrawn(Event, type="caregraph.records.access-withdrawn.v1", key="access_request_id"):
    """A request for access, or the grant that it had led to, was withdrawn."""

    access_request_id: UUID
    previous_status: RequestOutcome
    withdrawn_at: datetime


class EmergencyOpened(Event, type="caregraph.records.emergency-opened.v1", key="emergency_access_id"):
    """A record was opened in an emergency."""

    emergency_access_id: UUID
    practitioner_id: UUID | None
    opened_at: datetime


class EmergencyReviewed(Event, type="caregraph.records.emergency-reviewed.v1", key="emergency_access_id"):
    """An access in an emergency was reviewed."""

    emergency_access_id: UUID
    verdict: Verdict
    reviewed_at: datetime


class NoteWritten(Event, type="caregraph.records.note-written.v1", key="note_id"):
    """The draft of a clinical note was begun."""

    note_id: UUID
    practitioner_id: UUID | None
    written_at: datetime


class NoteSigned(Event, type="caregraph.records.note-signed.v1", key="note_id"):
    """A clinical note was signed."""

    note_id: UUID
    signed_at: datetime


class EntryChanged(Event, type="caregraph.records.entry-changed.v1", key="entry_id"):
    """An entry of a medical record, such as a note, has changed."""

    entry_id: UUID
    resource: str
    status: str


class LooksCounted(Event, type="caregraph.records.looks-counted.v1", key="count_id"):
    """How often staff with a role have looked on a day at data of patients who had no appointment with them."""

    count_id: UUID
    day: date
    role: str
    looks: int
    records: int


class ProblemRecorded(Event, type="caregraph.problems.problem-recorded.v1", key="problem_id"):
    """A diagnosis or problem, under pseudonyms."""

    problem_id: UUID
    patient: UUID
    system: str
    code: str
    month: str


class ProblemRetracted(Event, type="caregraph.problems.problem-retracted.v1", key="problem_id"):
    """A diagnosis or problem that is none."""

    problem_id: UUID


class ProblemPatientsMerged(Event, type="caregraph.problems.patients-merged.v1", key="merged"):
    """A patient's pseudonym stands for another one as well."""

    merged: UUID
    patient: UUID


class StockOutBegan(Event, type="caregraph.pharmacy.stock-out-began.v1", key="stock_item_id"):
    """Nothing is left of a medication at a location."""

    stock_item_id: UUID
    location_id: UUID
    medication_id: UUID
    occurred_at: datetime


class StockOutEnded(Event, type="caregraph.pharmacy.stock-out-ended.v1", key="stock_item_id"):
    """There is something again."""

    stock_item_id: UUID
    occurred_at: datetime


class StockWasted(Event, type="caregraph.pharmacy.stock-wasted.v1", key="stock_movement_id"):
    """Stock was thrown away."""

    stock_movement_id: UUID
    location_id: UUID
    medication_id: UUID
    quantity: Decimal
    reason: str
    occurred_at: datetime


class _OfLaboratory(BaseModel):
    laboratory_id: UUID


class AnalysisReleased(_OfLaboratory, Event, type="caregraph.laboratory.analysis-released.v1", key="analysis_id"):
    """A result was released for the first time."""

    analysis_id: UUID
    order_id: UUID
    lab_test_id: UUID
    priority: str
    target_minutes: int
    ordered_at: datetime
    collected_at: datetime | None
    received_at: datetime | None
    resulted_at: datetime | None
    verified_at: datetime | None
    released_at: datetime


class ReportCorrected(_OfLaboratory, Event, type="caregraph.laboratory.report-corrected.v1", key="order_id"):
    """A released result was corrected or retracted."""

    order_id: UUID
    corrected_at: datetime


class CriticalRaised(_OfLaboratory, Event, type="caregraph.laboratory.critical-raised.v1", key="notice_id"):
    """A result is critical, which somebody is told."""

    notice_id: UUID
    raised_at: datetime


class CriticalAcknowledged(_OfLaboratory, Event, type="caregraph.laboratory.critical-acknowledged.v1", key="notice_id"):
    """Somebody has read a critical result back."""

    notice_id: UUID
    raised_at: datetime
    acknowledged_at: datetime


class CriticalEscalated(_OfLaboratory, Event, type="caregraph.laboratory.critical-escalated.v1", key="notice_id"):
    """Others are told of a critical result, since nobody has acknowledged it in time."""

    notice_id: UUID
    escalated_at: datetime


class SpecimenCollected(_OfLaboratory, Event, type="caregraph.laboratory.specimen-collected.v1", key="specimen_id"):
    """A specimen was collected."""

    specimen_id: UUID
    collector_id: UUID | None
    collected_at: datetime | None


class SpecimenRejected(_OfLaboratory, Event, type="caregraph.laboratory.specimen-rejected.v1", key="specimen_id"):
    """A specimen cannot be examined."""

    specimen_id: UUID
    collector_id: UUID | None
    collected_at: datetime | None
    rejected_at: datetime
    reason: str


class QcFailed(_OfLaboratory, Event, type="caregraph.laboratory.qc-failed.v1", key="qc_run_id"):
    """An analyzer is out of control for a test."""

    qc_run_id: UUID
    analyzer_id: UUID
    lab_test_id: UUID
    rules: list[str]
    failed_at: datetime


class MedicationPrescribed(Event, type="caregraph.prescribing.medication-prescribed.v1", key="prescribing_id"):
    """A prescription was signed."""

    prescribing_id: UUID
    medication_id: UUID
    month: date


class PrescriptionFilled(Event, type="caregraph.prescribing.prescription-filled.v1", key="filling_id"):
    """Something of a prescription was ready for the first time."""

    filling_id: UUID
    location_id: UUID
    signed_at: datetime
    ready_at: datetime


class Dispensed(Event, type="caregraph.pharmacy.dispensed.v1", key="dispense_id"):
    """So much of a lot was handed over."""

    dispense_id: UUID
    lot_id: UUID
    medication_id: UUID
    quantity: Decimal
    dispensed_at: datetime


class DispenseReturned(Event, type="caregraph.pharmacy.dispense-returned.v1", key="dispense_id"):
    """What was handed over has come back."""

    dispense_id: UUID
    lot_id: UUID
    medication_id: UUID
    returned_at: datetime


class AlertRaised(Event, type="caregraph.pharmacy.alert-raised.v1", key="alert_id"):
    """A safety check has found something that interrupts."""

    alert_id: UUID
    rule: str
    raised_at: datetime


class AlertOverridden(Event, type="caregraph.pharmacy.alert-overridden.v1", key="alert_id"):
    """Something is prescribed in spite of a finding."""

    alert_id: UUID
    rule: str
    overridden_at: datetime


class Facts:
    """A handler that adds to a row of each table what an event says: the fields and columns of the same names.

    Of the events of one row each may be the first, and each may come again.
    """

    def __init__(self, tables: Sequence[type[Model]], *events: type[Event]) -> None:
        self.events = events
        self._adding = {kind: [_adding(table, kind) for table in tables] for kind in events}

    async def __call__(self, work: UnitOfWork, event: Event) -> None:
        """Add what an event says."""
        for statement, names in self._adding[type(event)]:
            await work.session.execute(statement, {name: getattr(event, name) for name in names})


def _adding(table: type[Model], kind: type[Event]) -> tuple[Insert, Sequence[str]]:
    names = sorted(table.model_fields.keys() & kind.model_fields.keys())
    return service.add_up(table, names), names


async def _appointment(
    work: UnitOfWork,
    event: Booked
    | Rescheduled
    | Cancelled
    | CheckedIn
    | Completed
    | NoShow
    | StatusReverted
    | Recorded
    | VisitRecorded,
) -> None:
    await service.keep_appointment(
        work,
        event.appointment_id,
        practitioner_id=event.practitioner_id,
        location_id=event.location_id,
        status=event.status,
        booked_at=None if isinstance(event, Recorded | VisitRecorded) else event.booked_at,
        starts_at=event.starts_at,
    )


async def _registered(work: UnitOfWork, event: PatientRegistered) -> None:
    await service.keep_registration(work, event.patient_id, way=event.how, registered_at=event.registered_at)


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await Mergers().follow(work, event.merged_patient_id, event.patient_id)


async def _requested(work: UnitOfWork, event: AccessRequested) -> None:
    await service.keep_access_request(
        work, event.access_request_id, purpose=event.purpose, requested_at=event.requested_at
    )


async def _decided(work: UnitOfWork, event: AccessDecided) -> None:
    decided_at = None if event.outcome is RequestOutcome.EXPIRED else event.decided_at
    await service.change_access_request(work, event.access_request_id, outcome=event.outcome, decided_at=decided_at)


async def _withdrawn(work: UnitOfWork, event: AccessWithdrawn) -> None:
    if event.previous_status is RequestOutcome.GRANTED:
        changed: dict[str, Any] = {"grant_withdrawn_at": event.withdrawn_at}
    else:
        changed = {"outcome": RequestOutcome.WITHDRAWN}
    await service.change_access_request(work, event.access_request_id, **changed)


async def _opened(work: UnitOfWork, event: EmergencyOpened) -> None:
    await service.keep_emergency(
        work, event.emergency_access_id, practitioner_id=event.practitioner_id, opened_at=event.opened_at
    )


async def _reviewed(work: UnitOfWork, event: EmergencyReviewed) -> None:
    await service.review_emergency(
        work, event.emergency_access_id, verdict=event.verdict, reviewed_at=event.reviewed_at
    )


async def _written(work: UnitOfWork, event: NoteWritten) -> None:
    await service.keep_note(work, event.note_id, practitioner_id=event.practitioner_id, written_at=event.written_at)


async def _signed(work: UnitOfWork, event: NoteSigned) -> None:
    await service.sign_note(work, event.note_id, signed_at=event.signed_at)


async def _changed(work: UnitOfWork, event: EntryChanged) -> None:
    if event.resource == "Note" and event.status == "ENTERED_IN_ERROR":
        await service.drop_note(work, event.entry_id)


async def _looks(work: UnitOfWork, event: LooksCounted) -> None:
    await service.keep_looks(
        work, event.count_id, day=event.day, role=event.role, looks=event.looks, records=event.records
    )


async def _problem(work: UnitOfWork, event: ProblemRecorded) -> None:
    await service.keep_problem(
        work,
        event.problem_id,
        patient=event.patient,
        system=event.system,
        code=event.code,
        month=date.fromisoformat(f"{event.month}-01"),
    )


async def _retracted(work: UnitOfWork, event: ProblemRetracted) -> None:
    await service.drop_problem(work, event.problem_id)


async def _problems_merged(work: UnitOfWork, event: ProblemPatientsMerged) -> None:
    await _PSEUDONYMS.follow(work, event.merged, event.patient)


async def _ran_out(work: UnitOfWork, event: StockOutBegan) -> None:
    await service.begin_stock_out(
        work,
        event.stock_item_id,
        location_id=event.location_id,
        medication_id=event.medication_id,
        began_at=event.occurred_at,
    )


async def _came_back(work: UnitOfWork, event: StockOutEnded) -> None:
    await service.end_stock_out(work, event.stock_item_id, ended_at=event.occurred_at)


async def _wasted(work: UnitOfWork, event: StockWasted) -> None:
    await service.keep_waste(
        work,
        event.stock_movement_id,
        location_id=event.location_id,
        medication_id=event.medication_id,
        quantity=event.quantity,
        reason=event.reason,
        wasted_at=event.occurred_at,
    )


_PSEUDONYMS = Mergers((col(ProblemFact.patient),))
_ACCESS = (_requested, _decided, _withdrawn, _opened, _reviewed)
_NOTES = (_written, _signed, _changed)
_PROBLEMS = (_problem, _retracted, _problems_merged)
_STOCK = (_ran_out, _came_back, _wasted)
_LABORATORY = (
    Facts((AnalysisFact, LabReportFact), AnalysisReleased),
    Facts((LabReportFact,), ReportCorrected),
    Facts((CriticalFact,), CriticalRaised, CriticalAcknowledged, CriticalEscalated),
    Facts((SpecimenFact,), SpecimenCollected, SpecimenRejected),
    Facts((QcFailureFact,), QcFailed),
)
_PHARMACY = (
    Facts((PrescriptionFact,), MedicationPrescribed),
    Facts((FillingFact,), PrescriptionFilled),
    Facts((DispensingFact,), Dispensed, DispenseReturned),
    Facts((AlertFact,), AlertRaised, AlertOverridden),
)

FACTS = Consumer(
    "facts",
    [_appointment, _registered, _merged, *_ACCESS, *_NOTES, _looks, *_PROBLEMS, *_STOCK, *_LABORATORY, *_PHARMACY],
)
