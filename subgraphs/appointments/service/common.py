"""What the use cases have in common: whose appointment it may be."""

from uuid import UUID

from shared.errors import InvalidState, not_found
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import policy
from subgraphs.appointments.errors import PATIENT_DECEASED
from subgraphs.appointments.models import Patient


def check_may_act_for(context: Context, patient_id: UUID) -> None:
    """Patients act for themselves, the staff for everybody."""
    if not policy.may_act_for(context.principal, patient_id):
        context.recorder.denied("Patient", [patient_id])
        raise not_found("Patient")


async def hold_patient(work: UnitOfWork, patient_id: UUID) -> None:
    """Make sure that a patient exists and lives, and is not merged away until this work is done.

    One's own record may be so new that this domain has not heard of it yet.
    """
    merged = await work.survivor(patient_id) != patient_id
    row = await work.session.get(Patient, patient_id, with_for_update={"read": True})
    if merged or (patient_id != work.principal.patient and row is None):
        raise not_found("Patient")
    if row is not None and row.deceased:
        raise InvalidState(PATIENT_DECEASED)
