"""What the medical record publishes."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from shared.disclosures import PatientDataRead
from shared.events.event import Event
from shared.patient_access import AccessChanged, WithholdingChanged


class AccessRequested(Event, type="caregraph.records.access-requested.v1", key="access_request_id"):
    """A member of staff asks a patient for access to their record; `told` are the patient and, of a minor, the proxies.

    `purpose` is a code of HL7 v3 PurposeOfUse. `sections` is null for all of the record.
    """

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    practitioner_id: UUID | None
    purpose: str
    sections: list[str] | None
    days: int
    told: list[UUID]
    requested_at: datetime


class AccessDecided(Event, type="caregraph.records.access-decided.v1", key="access_request_id"):
    """A request for access was GRANTED or REFUSED by the patient, or EXPIRED without an answer: `outcome`."""

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    outcome: str
    requested_at: datetime
    decided_at: datetime


class AccessWithdrawn(Event, type="caregraph.records.access-withdrawn.v1", key="access_request_id"):
    """A request, or the grant that it had led to, was withdrawn: `by` is PATIENT or REQUESTER.

    `previousStatus` is PENDING or GRANTED.
    """

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    by: str
    previous_status: str
    withdrawn_at: datetime


class EmergencyOpened(Event, type="caregraph.records.emergency-opened.v1", key="emergency_access_id"):
    """A member of staff has opened a record in an emergency.

    `told` are the patient and, of a minor, the proxies; `reviewers` are the accounts that review such accesses.
    """

    emergency_access_id: UUID
    patient_id: UUID
    account_id: UUID
    practitioner_id: UUID | None
    told: list[UUID]
    reviewers: list[UUID]
    opened_at: datetime
    expires_at: datetime


class EmergencyReviewed(Event, type="caregraph.records.emergency-reviewed.v1", key="emergency_access_id"):
    """An access in an emergency was reviewed: `verdict` is JUSTIFIED or NOT_JUSTIFIED."""

    emergency_access_id: UUID
    patient_id: UUID
    account_id: UUID
    verdict: str
    opened_at: datetime
    reviewed_at: datetime


class ProxyAppointed(Event, type="caregraph.records.proxy-appointed.v1", key="proxy_appointment_id"):
    """A patient, `proxyId`, acts for a minor, `patientId`; `relationship` is PARENT or GUARDIAN."""

    proxy_appointment_id: UUID
    patient_id: UUID
    proxy_id: UUID
    relationship: str
    appointed_at: datetime


class ProxyEnded(Event, type="caregraph.records.proxy-ended.v1", key="proxy_appointment_id"):
    """A patient, `proxyId`, no longer acts for a minor, `patientId`, before the minor's birthday would have ended it."""

    proxy_appointment_id: UUID
    patient_id: UUID
    proxy_id: UUID
    ended_at: datetime


class _OfEncounter(BaseModel):
    encounter_id: UUID
    patient_id: UUID
    practitioner_id: UUID | None
    appointment_id: UUID | None


class EncounterStarted(_OfEncounter, Event, type="caregraph.records.encounter-started.v1", key="encounter_id"):
    """A patient is being seen."""

    starts_at: datetime


class EncounterFinished(_OfEncounter, Event, type="caregraph.records.encounter-finished.v1", key="encounter_id"):
    """An encounter is over, and locked."""

    ends_at: datetime


class NoteWritten(Event, type="caregraph.records.note-written.v1", key="note_id"):
    """The draft of a note was begun. Whom it is about is its author's to know until it is signed."""

    note_id: UUID
    account_id: UUID
    practitioner_id: UUID | None
    written_at: datetime


class NoteSigned(Event, type="caregraph.records.note-signed.v1", key="note_id"):
    """A note was signed by its author, whose account this is; `writtenAt` is when its draft was begun."""

    note_id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    account_id: UUID
    written_at: datetime
    signed_at: datetime


class _OfEntry(BaseModel):
    entry_id: UUID
    resource: str
    patient_id: UUID
    encounter_id: UUID | None
    status: str


class EntryRecorded(_OfEntry, Event, type="caregraph.records.entry-recorded.v1", key="entry_id"):
    """Something was recorded of a patient: `resource` is the type in the graph, such as Condition."""


class EntryChanged(_OfEntry, Event, type="caregraph.records.entry-changed.v1", key="entry_id"):
    """What was recorded of a patient has changed; `status` is ENTERED_IN_ERROR of what was a mistake."""


class DocumentShared(Event, type="caregraph.records.document-shared.v1", key="document_id"):
    """A document is shared with its patient, who sees it from now on."""

    document_id: UUID
    patient_id: UUID
    shared_at: datetime


class EarlyWarningRaised(Event, type="caregraph.records.early-warning-raised.v1", key="vital_signs_id"):
    """Vital signs of a patient need somebody's attention now (NEWS2)."""

    vital_signs_id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    practitioner_id: UUID | None


class ProblemRecorded(Event, type="caregraph.problems.problem-recorded.v1", key="problem_id", fleeting=True):
    """A diagnosis or problem as statistics have it: `problemId` and `patient` are pseudonyms, which only records can make.

    `month` is when it was recorded, such as 2026-05. If it is told again, the last one holds.
    """

    problem_id: UUID
    patient: UUID
    system: str
    code: str
    month: str


class ProblemRetracted(Event, type="caregraph.problems.problem-retracted.v1", key="problem_id", fleeting=True):
    """A diagnosis or problem does not count: a mistake, refuted, one of several that may be, or of another code system."""

    problem_id: UUID


class ProblemPatientsMerged(Event, type="caregraph.problems.patients-merged.v1", key="merged", fleeting=True):
    """Two patients were one: what is told under the pseudonym `merged` is of `patient`."""

    merged: UUID
    patient: UUID


class LooksCounted(Event, type="caregraph.records.looks-counted.v1", key="count_id"):
    """How often staff with a role have looked on a day (UTC) at data of patients who had no appointment with them.

    A look at several patients counts for each. `records` is at how many patients'. A later count of a day and role has the same
    key, and takes the place of the earlier one.
    """

    count_id: UUID
    day: date
    role: str
    looks: int
    records: int


EVENTS = (
    AccessChanged,
    WithholdingChanged,
    AccessRequested,
    AccessDecided,
    AccessWithdrawn,
    EmergencyOpened,
    EmergencyReviewed,
    ProxyAppointed,
    ProxyEnded,
    EncounterStarted,
    EncounterFinished,
    NoteWritten,
    NoteSigned,
    EntryRecorded,
    EntryChanged,
    DocumentShared,
    EarlyWarningRaised,
    ProblemRecorded,
    ProblemRetracted,
    ProblemPatientsMerged,
    LooksCounted,
    PatientDataRead,
)
