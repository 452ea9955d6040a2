"""Statements that read prescriptions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.graph.context import Context
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.models import Dispense, Prescription, PrescriptionChange, RefillRequest, SafetyAlert
from subgraphs.pharmacy.states import ACTIVE, PrescriptionStatus, RefillStatus

PRESCRIPTIONS = Order((col(Prescription.id),), descending=True)
QUEUE = Order((col(Prescription.signed_at), col(Prescription.id)))
DISPENSES = Order((col(Dispense.id),), descending=True)
REFILL_REQUESTS = Order((col(RefillRequest.id),), descending=True)
ALERTS = Order((col(SafetyAlert.severity), col(SafetyAlert.id)))
CHANGES = Order((col(PrescriptionChange.id),))

OF_PATIENT = ListOfEach(policy.prescriptions, col(Prescription.patient_id))
DISPENSES_OF_PRESCRIPTION = ListOfEach(policy.dispenses, col(Dispense.prescription_id))
ALERTS_OF_PRESCRIPTION = ListOfEach(policy.safety_alerts, col(SafetyAlert.prescription_id))
CHANGES_OF_PRESCRIPTION = ListOfEach(policy.prescription_changes, col(PrescriptionChange.prescription_id))


def _active(principal: Principal) -> Select[Prescription]:
    return policy.prescriptions(principal).where(col(Prescription.status).in_((*ACTIVE, PrescriptionStatus.ON_HOLD)))


ACTIVE_OF_PATIENT = ListOfEach(_active, col(Prescription.patient_id))


def prescriptions(
    principal: Principal, patient_id: UUID | None, status: Sequence[PrescriptionStatus] | None
) -> Select[Prescription]:
    """Those of a patient, in some states; or of all whom the caller sees."""
    statement = policy.prescriptions(principal)
    if patient_id is not None:
        statement = statement.where(col(Prescription.patient_id) == patient_id)
    return statement if status is None else statement.where(col(Prescription.status).in_(status))


def queue(principal: Principal, location_id: UUID, status: Sequence[PrescriptionStatus] | None) -> Select[Prescription]:
    """Those that are to be dispensed at a location."""
    wanted = status or (*ACTIVE, PrescriptionStatus.ON_HOLD)
    at_location = col(Prescription.location_id) == location_id
    return policy.prescriptions(principal).where(at_location, col(Prescription.status).in_(wanted))


def refill_requests(principal: Principal, status: RefillStatus | None) -> Select[RefillRequest]:
    """The requests for more in a state, or all."""
    statement = policy.refill_requests(principal)
    return statement if status is None else statement.where(col(RefillRequest.status) == status)


async def presented(context: Context, code: str) -> Prescription | None:
    """The prescription with a presentation code."""
    async with context.write() as work:
        digest = await work.blind_index("presentation", code)
    rows = await context.fetch(policy.presented_prescriptions(context.principal, digest))
    return rows[0] if rows else None
