"""What notifications do about others' events."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from shared.database.model import utc_now
from shared.events.consumer import Consumer
from shared.events.event import Event
from shared.events.projection import Projection
from shared.unit_of_work import UnitOfWork
from subgraphs.notifications import service
from subgraphs.notifications.commands import Notify
from subgraphs.notifications.models import Account, Kind, Patient

_DISPENSES = "PHARMACIST"


class Appointment(BaseModel):
    """What is needed of an appointment."""

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    starts_at: datetime


class Booked(Appointment, Event, type="caregraph.appointments.appointment-booked.v1", key="appointment_id"):
    """An appointment was booked."""


class Rescheduled(Appointment, Event, type="caregraph.appointments.appointment-rescheduled.v1", key="appointment_id"):
    """An appointment was moved."""

    previous_practitioner_id: UUID


class Cancelled(Appointment, Event, type="caregraph.appointments.appointment-cancelled.v1", key="appointment_id"):
    """An appointment was called off."""

    reason_code: str


class ReminderDue(Appointment, Event, type="caregraph.appointments.appointment-reminder-due.v1", key="appointment_id"):
    """An appointment is soon."""


class Offered(Appointment, Event, type="caregraph.appointments.waitlist-offered.v1", key="waitlist_entry_id"):
    """A slot is held for a patient who waits."""

    waitlist_entry_id: UUID


class Expired(Event, type="caregraph.appointments.waitlist-expired.v1", key="waitlist_entry_id"):
    """A patient's waiting has ended."""

    waitlist_entry_id: UUID
    patient_id: UUID


class PasswordChanged(Event, type="caregraph.identity.password-changed.v1", key="account_id"):
    """An account's password was changed."""

    account_id: UUID


class SecondFactorChanged(Event, type="caregraph.identity.second-factor-changed.v1", key="account_id"):
    """An account's second factor was set up or removed."""

    account_id: UUID
    enabled: bool


class AnotherAccountInvited(Event, type="caregraph.identity.another-account-invited.v1", key="account_id"):
    """Another address was invited to an account for an account's patient."""

    account_id: UUID
    patient_id: UUID


class AccessRequested(Event, type="caregraph.records.access-requested.v1", key="access_request_id"):
    """A member of staff asks for access to a patient's record."""

    access_request_id: UUID
    patient_id: UUID
    told: list[UUID]


class AccessDecided(Event, type="caregraph.records.access-decided.v1", key="access_request_id"):
    """A request for access was answered, or has expired."""

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID


class AccessWithdrawn(Event, type="caregraph.records.access-withdrawn.v1", key="access_request_id"):
    """A request for access, or what it had led to, was withdrawn."""

    access_request_id: UUID
    patient_id: UUID
    account_id: UUID
    by: str


class EmergencyOpened(Event, type="caregraph.records.emergency-opened.v1", key="emergency_access_id"):
    """A patient's record was opened in an emergency."""

    emergency_access_id: UUID
    patient_id: UUID
    told: list[UUID]
    reviewers: list[UUID]


class ProxyAppointed(Event, type="caregraph.records.proxy-appointed.v1", key="proxy_appointment_id"):
    """A patient acts for a minor."""

    proxy_appointment_id: UUID
    patient_id: UUID
    proxy_id: UUID


class ProxyEnded(Event, type="caregraph.records.proxy-ended.v1", key="proxy_appointment_id"):
    """A patient no longer acts for a minor."""

    proxy_appointment_id: UUID
    patient_id: UUID
    proxy_id: UUID


class DocumentShared(Event, type="caregraph.records.document-shared.v1", key="document_id"):
    """A document is shared with its patient."""

    document_id: UUID
    patient_id: UUID


class PrescriptionHeld(Event, type="caregraph.pharmacy.prescription-held.v1", key="prescription_id"):
    """Nothing of a prescription is dispensed for the time being."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    returned: bool


class PrescriptionResumed(Event, type="caregraph.pharmacy.prescription-resumed.v1", key="prescription_id"):
    """A prescription goes on where it was held."""

    prescription_id: UUID
    patient_id: UUID


class PrescriptionEnded(Event, type="caregraph.pharmacy.prescription-ended.v1", key="prescription_id"):
    """Nothing more is dispensed of a prescription."""

    prescription_id: UUID
    patient_id: UUID
    reason: str


class PrescriptionRecheckNeeded(Event, type="caregraph.pharmacy.prescription-recheck-needed.v1", key="prescription_id"):
    """What is known of a patient has changed since a prescription was checked."""

    prescription_id: UUID
    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID | None


class StockLow(Event, type="caregraph.pharmacy.stock-low.v1", key="stock_item_id"):
    """There is less of a medication than its minimum."""

    stock_item_id: UUID
    location_id: UUID


class LotExpiring(Event, type="caregraph.pharmacy.lot-expiring.v1", key="lot_id"):
    """A lot will expire soon."""

    lot_id: UUID
    location_id: UUID


class LotRecalled(Event, type="caregraph.pharmacy.lot-recalled.v1", key="lot_id"):
    """A lot was called back, which is or was at a location."""

    lot_id: UUID
    location_id: UUID


class AccessChanged(Event, type="caregraph.identity.access-changed.v1", key="account_id"):
    """What an account is for, and where its holder works, as it is now."""

    account_id: UUID
    enabled: bool
    roles: list[str]
    location_ids: list[UUID] = []


class MedicationReady(Event, type="caregraph.pharmacy.medication-ready.v1", key="prescription_id"):
    """Something that is prescribed can be picked up."""

    prescription_id: UUID
    patient_id: UUID


class RefillRequested(Event, type="caregraph.pharmacy.refill-requested.v1", key="refill_request_id"):
    """A patient asks for more of what was prescribed."""

    refill_request_id: UUID
    patient_id: UUID
    practitioner_id: UUID


class RefillDecided(Event, type="caregraph.pharmacy.refill-decided.v1", key="refill_request_id"):
    """A prescriber has answered a request for more."""

    refill_request_id: UUID
    patient_id: UUID


class LotRecalledForPatient(Event, type="caregraph.pharmacy.lot-recalled-for-patient.v1", key="patient_id"):
    """A patient was given something of a lot that was called back."""

    patient_id: UUID


class ReportReleased(Event, type="caregraph.laboratory.report-released.v1", key="order_id"):
    """Results of an order were released."""

    order_id: UUID
    patient_id: UUID


class ReportCorrected(Event, type="caregraph.laboratory.report-corrected.v1", key="order_id"):
    """A released result of an order was corrected or retracted."""

    order_id: UUID
    patient_id: UUID


class _Told(BaseModel):
    patient_id: UUID
    told: list[UUID]


class SpecimenRejected(_Told, Event, type="caregraph.laboratory.specimen-rejected.v1", key="specimen_id"):
    """A specimen cannot be examined, of which whoever ordered is told."""

    specimen_id: UUID


class CriticalRaised(_Told, Event, type="caregraph.laboratory.critical-raised.v1", key="notice_id"):
    """A result is critical, and these accounts are told."""

    notice_id: UUID


class CriticalEscalated(_Told, Event, type="caregraph.laboratory.critical-escalated.v1", key="notice_id"):
    """Nobody has acknowledged a critical result in time, and these accounts are told."""

    notice_id: UUID


class PatientMerged(Event, type="caregraph.patients.patient-merged.v1", key="patient_id"):
    """A patient stands for another one as well."""

    patient_id: UUID
    merged_patient_id: UUID


class PreferencesChanged(Event, type="caregraph.patients.preferences-changed.v1", key="patient_id"):
    """How a patient wants to be reached."""

    patient_id: UUID
    language: str | None
    reminders: bool


async def _booked(work: UnitOfWork, event: Booked) -> None:
    await _tell(work, Kind.APPOINTMENT_BOOKED, event, event.practitioner_id)


async def _rescheduled(work: UnitOfWork, event: Rescheduled) -> None:
    await _tell(work, Kind.APPOINTMENT_RESCHEDULED, event, event.practitioner_id, event.previous_practitioner_id)


async def _cancelled(work: UnitOfWork, event: Cancelled) -> None:
    await _tell(
        work,
        Kind.APPOINTMENT_CANCELLED,
        event,
        event.practitioner_id,
        to_patient=event.reason_code != "PATIENT_DECEASED",
    )


async def _reminder_due(work: UnitOfWork, event: ReminderDue) -> None:
    await _tell(work, Kind.APPOINTMENT_REMINDER, event)


async def _offered(work: UnitOfWork, event: Offered) -> None:
    await _tell(work, Kind.WAITLIST_OFFERED, event)


async def _tell(
    work: UnitOfWork, kind: Kind, appointment: Appointment, *practitioners: UUID, to_patient: bool = True
) -> None:
    """Tell the patient and practitioners of an appointment that is still to come."""
    if appointment.starts_at > utc_now():
        patient_id, appointment_id = appointment.patient_id, appointment.appointment_id
        recipients = [*([patient_id] if to_patient else []), *practitioners]
        command = Notify(kind=kind, recipients=recipients, patient_id=patient_id, appointment_id=appointment_id)
        await service.notify(work, command)


async def _expired(work: UnitOfWork, event: Expired) -> None:
    await service.notify(
        work, Notify(kind=Kind.WAITLIST_EXPIRED, recipients=[event.patient_id], patient_id=event.patient_id)
    )


async def _password_changed(work: UnitOfWork, event: PasswordChanged) -> None:
    await service.notify(work, Notify(kind=Kind.PASSWORD_CHANGED, recipients=[event.account_id]))


async def _second_factor_changed(work: UnitOfWork, event: SecondFactorChanged) -> None:
    kind = Kind.SECOND_FACTOR_ENABLED if event.enabled else Kind.SECOND_FACTOR_REMOVED
    await service.notify(work, Notify(kind=kind, recipients=[event.account_id]))


async def _another_account(work: UnitOfWork, event: AnotherAccountInvited) -> None:
    # To the accounts that there are, not to the patient, whom the other account will be as well.
    await service.notify(
        work, Notify(kind=Kind.ANOTHER_ACCOUNT, recipients=[event.account_id], patient_id=event.patient_id)
    )


async def _access_requested(work: UnitOfWork, event: AccessRequested) -> None:
    command = Notify(kind=Kind.RECORD_ACCESS_REQUESTED, recipients=event.told, patient_id=event.patient_id)
    await service.notify(work, command)


async def _access_decided(work: UnitOfWork, event: AccessDecided) -> None:
    command = Notify(kind=Kind.RECORD_ACCESS_DECIDED, recipients=[event.account_id], patient_id=event.patient_id)
    await service.notify(work, command)


async def _access_withdrawn(work: UnitOfWork, event: AccessWithdrawn) -> None:
    if event.by == "PATIENT":
        kind = Kind.RECORD_ACCESS_WITHDRAWN
        await service.notify(work, Notify(kind=kind, recipients=[event.account_id], patient_id=event.patient_id))


async def _emergency_opened(work: UnitOfWork, event: EmergencyOpened) -> None:
    for kind, recipients in (
        (Kind.EMERGENCY_ACCESS_OPENED, event.told),
        (Kind.EMERGENCY_ACCESS_TO_REVIEW, event.reviewers),
    ):
        await service.notify(work, Notify(kind=kind, recipients=recipients, patient_id=event.patient_id))


async def _proxy_appointed(work: UnitOfWork, event: ProxyAppointed) -> None:
    await _tell_of_proxy(work, Kind.PROXY_APPOINTED, event)


async def _proxy_ended(work: UnitOfWork, event: ProxyEnded) -> None:
    await _tell_of_proxy(work, Kind.PROXY_ENDED, event)


async def _tell_of_proxy(work: UnitOfWork, kind: Kind, event: ProxyAppointed | ProxyEnded) -> None:
    people = [event.patient_id, event.proxy_id]
    await service.notify(work, Notify(kind=kind, recipients=people, patient_id=event.patient_id))


async def _document_shared(work: UnitOfWork, event: DocumentShared) -> None:
    command = Notify(kind=Kind.DOCUMENT_SHARED, recipients=[event.patient_id], patient_id=event.patient_id)
    await service.notify(work, command)


async def _held(work: UnitOfWork, event: PrescriptionHeld) -> None:
    await _tell_patient(work, Kind.PRESCRIPTION_CHANGED, event.patient_id)
    if event.returned:
        await _tell_prescriber(work, Kind.PRESCRIPTION_RETURNED, event)


async def _resumed(work: UnitOfWork, event: PrescriptionResumed) -> None:
    await _tell_patient(work, Kind.PRESCRIPTION_CHANGED, event.patient_id)


async def _ended(work: UnitOfWork, event: PrescriptionEnded) -> None:
    if event.reason != "COMPLETED":
        await _tell_patient(work, Kind.PRESCRIPTION_CHANGED, event.patient_id)


async def _recheck(work: UnitOfWork, event: PrescriptionRecheckNeeded) -> None:
    await _tell_prescriber(work, Kind.PRESCRIPTION_TO_RECHECK, event)
    if event.location_id is not None:
        await _tell_pharmacy(work, Kind.DISPENSING_TO_RECHECK, event.location_id, event.patient_id)


async def _low(work: UnitOfWork, event: StockLow) -> None:
    await _tell_pharmacy(work, Kind.STOCK_LOW, event.location_id)


async def _expiring(work: UnitOfWork, event: LotExpiring) -> None:
    await _tell_pharmacy(work, Kind.LOT_EXPIRING, event.location_id)


async def _lot_recalled(work: UnitOfWork, event: LotRecalled) -> None:
    await _tell_pharmacy(work, Kind.LOT_RECALLED, event.location_id)


async def _ready(work: UnitOfWork, event: MedicationReady) -> None:
    await _tell_patient(work, Kind.MEDICATION_READY, event.patient_id)


async def _refill_requested(work: UnitOfWork, event: RefillRequested) -> None:
    await _tell_prescriber(work, Kind.REFILL_REQUESTED, event)


async def _refill_decided(work: UnitOfWork, event: RefillDecided) -> None:
    await _tell_patient(work, Kind.REFILL_DECIDED, event.patient_id)


async def _recalled(work: UnitOfWork, event: LotRecalledForPatient) -> None:
    await _tell_patient(work, Kind.MEDICATION_RECALLED, event.patient_id)


async def _released(work: UnitOfWork, event: ReportReleased) -> None:
    await _tell_patient(work, Kind.RESULTS_RELEASED, event.patient_id)


async def _corrected(work: UnitOfWork, event: ReportCorrected) -> None:
    await _tell_patient(work, Kind.RESULTS_CORRECTED, event.patient_id)


async def _rejected(work: UnitOfWork, event: SpecimenRejected) -> None:
    await _tell_accounts(work, Kind.SPECIMEN_REJECTED, event)


async def _critical(work: UnitOfWork, event: CriticalRaised) -> None:
    await _tell_accounts(work, Kind.CRITICAL_RESULT, event)


async def _escalated(work: UnitOfWork, event: CriticalEscalated) -> None:
    await _tell_accounts(work, Kind.CRITICAL_RESULT_ESCALATED, event)


async def _tell_accounts(work: UnitOfWork, kind: Kind, event: _Told) -> None:
    if event.told:
        await service.notify(work, Notify(kind=kind, recipients=event.told, patient_id=event.patient_id))


async def _tell_pharmacy(work: UnitOfWork, kind: Kind, location_id: UUID, patient_id: UUID | None = None) -> None:
    if recipients := await service.colleagues(work, _DISPENSES, location_id):
        await service.notify(work, Notify(kind=kind, recipients=recipients, patient_id=patient_id))


async def _tell_patient(work: UnitOfWork, kind: Kind, patient_id: UUID) -> None:
    await service.notify(work, Notify(kind=kind, recipients=[patient_id], patient_id=patient_id))


async def _tell_prescriber(
    work: UnitOfWork, kind: Kind, event: PrescriptionHeld | PrescriptionRecheckNeeded | RefillRequested
) -> None:
    command = Notify(kind=kind, recipients=[event.practitioner_id], patient_id=event.patient_id)
    await service.notify(work, command)


async def _merged(work: UnitOfWork, event: PatientMerged) -> None:
    await service.MERGERS.follow(work, event.merged_patient_id, event.patient_id)


CONSUMERS = (
    Consumer(
        "inbox",
        [
            _booked,
            _rescheduled,
            _cancelled,
            _reminder_due,
            _offered,
            _expired,
            _password_changed,
            _second_factor_changed,
            _another_account,
            _access_requested,
            _access_decided,
            _access_withdrawn,
            _emergency_opened,
            _proxy_appointed,
            _proxy_ended,
            _document_shared,
            _held,
            _resumed,
            _ended,
            _recheck,
            _low,
            _expiring,
            _lot_recalled,
            _ready,
            _refill_requested,
            _refill_decided,
            _recalled,
            _released,
            _corrected,
            _rejected,
            _critical,
            _escalated,
            _merged,
            Projection(Patient, PreferencesChanged),
        ],
    ),
    # By itself, so that it begins with the first event.
    Consumer("accounts", [Projection(Account, AccessChanged)]),
)
