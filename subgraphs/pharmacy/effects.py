"""What follows from a change of a prescription's status, whichever use case makes it."""

from shared.auth.principal import Kind
from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.errors import PRESCRIPTION_HELD, PRESCRIPTION_TOUCHED
from subgraphs.pharmacy.events import (
    MedicationPrescribed,
    PrescriptionCompleted,
    PrescriptionEnded,
    PrescriptionHeld,
    PrescriptionResumed,
    PrescriptionSigned,
    PrescriptionVerified,
)
from subgraphs.pharmacy.models import Prescription, PrescriptionChange
from subgraphs.pharmacy.policy import DISPENSE
from subgraphs.pharmacy.service.states import check
from subgraphs.pharmacy.states import ACTIVE, OPEN, PrescriptionStatus

_STATUS = PrescriptionStatus
_UNTOUCHED = (_STATUS.CANCELLED, _STATUS.ENTERED_IN_ERROR)


def begun(work: UnitOfWork, row: Prescription) -> None:
    """Enter a new draft."""
    work.session.add(row)
    _note(work, row, None)


def move(work: UnitOfWork, row: Prescription, to: PrescriptionStatus, reason: str | None = None) -> None:
    """Bring a locked row into another status, and tell of it; raises InvalidState."""
    before = _STATUS(row.status)
    check(work, row, to)
    if to in _UNTOUCHED and row.dispensed_quantity + row.prepared_quantity > 0:
        raise InvalidState(PRESCRIPTION_TOUCHED)
    if before is _STATUS.ON_HOLD and to in ACTIVE and row.held_status != to:
        raise InvalidState(PRESCRIPTION_HELD, status=row.held_status)
    row.status, row.held_status = to, before if to is _STATUS.ON_HOLD else None
    row.ended_at = None if to in OPEN else utc_now()
    _note(work, row, reason)
    _tell(work, row, before)


def _note(work: UnitOfWork, row: Prescription, reason: str | None) -> None:
    by_system = work.principal.kind is Kind.SERVICE
    work.session.add(
        PrescriptionChange(
            prescription_id=row.id,
            patient_id=row.patient_id,
            status=row.status,
            account_id=None if by_system else work.principal.subject,
            practitioner_id=work.principal.practitioner,
            reason=None if reason is None else Encrypted(reason),
        )
    )


def _tell(work: UnitOfWork, row: Prescription, before: PrescriptionStatus) -> None:
    of = {"prescription_id": row.id, "patient_id": row.patient_id}
    whose = {**of, "practitioner_id": row.practitioner_id}
    to = _STATUS(row.status)
    if to is _STATUS.SIGNED and before is _STATUS.DRAFT:
        month = utc_now().date().replace(day=1)
        work.publish(MedicationPrescribed(prescribing_id=new_id(), medication_id=row.medication_id, month=month))
    if (to is _STATUS.SIGNED and before is _STATUS.DRAFT) or before is _STATUS.COMPLETED:
        work.publish(PrescriptionSigned(**whose, location_id=row.location_id))
    elif before is _STATUS.ON_HOLD and to in OPEN:
        work.publish(PrescriptionResumed(**whose))
    elif to is _STATUS.VERIFIED and before is _STATUS.SIGNED:
        work.publish(PrescriptionVerified(**whose))
    elif to is _STATUS.ON_HOLD:
        work.publish(PrescriptionHeld(**whose, returned=work.principal.is_staff(DISPENSE)))
    elif to is _STATUS.COMPLETED:
        work.publish(PrescriptionCompleted(**of))
    if to not in OPEN and row.signed_at is not None:
        work.publish(PrescriptionEnded(**of, reason=to))
