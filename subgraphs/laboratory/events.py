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


class ResultVerified(Event, type="caregraph.laboratory.result-verified.v1", key="analysis_id"):
    """A version of a result was verified, by a second person or by itself."""

    result_id: UUID
    analysis_id: UUID
    order_id: UUID
    patient_id: UUID
    laboratory_id: UUID
    auto_verified: bool


class AnalysisReleased(Event, type="caregraph.laboratory.analysis-released.v1", key="analysis_id"):
    """The result of an analysis was released for the first time: how long each stage took. It names no patient."""

    analysis_id: UUID
    order_id: UUID
    laboratory_id: UUID
    lab_test_id: UUID
    priority: str
    target_minutes: int
    ordered_at: datetime
    collected_at: datetime | None
    received_at: datetime | None
    resulted_at: datetime | None
    verified_at: datetime | None
    released_at: datetime


class _OfReport(BaseModel):
    report_id: UUID
    order_id: UUID
    patient_id: UUID
    laboratory_id: UUID
    account_id: UUID


class ReportReleased(_OfReport, Event, type="caregraph.laboratory.report-released.v1", key="order_id"):
    """Results of an order were released; the report is PARTIAL, FINAL or CORRECTED. `accountId` has ordered."""

    status: str


class ReportCorrected(_OfReport, Event, type="caregraph.laboratory.report-corrected.v1", key="order_id"):
    """A released result of an order was corrected or retracted. `accountId` has ordered."""

    corrected_at: datetime


class TestsPerformed(Event, type="caregraph.laboratory.tests-performed.v1", key="order_id"):
    """Tests of an order were carried out, and are to be charged by these codes."""

    order_id: UUID
    patient_id: UUID
    charge_codes: list[str]


class _OfNotice(BaseModel):
    notice_id: UUID
    order_id: UUID
    patient_id: UUID
    laboratory_id: UUID


class CriticalRaised(_OfNotice, Event, type="caregraph.laboratory.critical-raised.v1", key="notice_id"):
    """A result is critical, and these accounts are told."""

    told: list[UUID]
    raised_at: datetime


class CriticalAcknowledged(_OfNotice, Event, type="caregraph.laboratory.critical-acknowledged.v1", key="notice_id"):
    """An account has read a critical result back."""

    account_id: UUID
    raised_at: datetime
    acknowledged_at: datetime


class CriticalEscalated(_OfNotice, Event, type="caregraph.laboratory.critical-escalated.v1", key="notice_id"):
    """Nobody has acknowledged a critical result in time, and these accounts are told: of level 1 those on call, of 2 others."""

    level: int
    told: list[UUID]
    escalated_at: datetime


class QcFailed(Event, type="caregraph.laboratory.qc-failed.v1", key="qc_run_id"):
    """A run of control material shows that an analyzer is out of control for a test; `rules` are those of Westgard."""

    qc_run_id: UUID
    analyzer_id: UUID
    lab_test_id: UUID
    laboratory_id: UUID
    rules: list[str]
    failed_at: datetime


EVENTS = (
    LabTestChanged,
    LabOrdered,
    LabOrderEnded,
    SpecimenCollected,
    SpecimenRejected,
    ResultVerified,
    AnalysisReleased,
    ReportReleased,
    ReportCorrected,
    TestsPerformed,
    CriticalRaised,
    CriticalAcknowledged,
    CriticalEscalated,
    QcFailed,
    PatientDataRead,
)
