"""Requests of patients for more of what was prescribed; who approves one drafts a prescription, which takes a signature."""

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.commands.dispensing import DecideRefill, RequestRefill, WithdrawRefill
from subgraphs.pharmacy.effects import begun
from subgraphs.pharmacy.errors import (
    MEDICATION_INACTIVE,
    NO_REFILLS_OF_SCHEDULE,
    REFILL_REQUESTED,
)
from subgraphs.pharmacy.events import RefillDecided, RefillRequested
from subgraphs.pharmacy.models import Medication, Prescription, RefillRequest
from subgraphs.pharmacy.service.lookups import today
from subgraphs.pharmacy.service.prescriptions import NO_REFILLS, last_day, unsigned
from subgraphs.pharmacy.service.states import check, move, require
from subgraphs.pharmacy.states import PrescriptionStatus, RefillStatus

_ASKED_FOR = (PrescriptionStatus.PARTIALLY_DISPENSED, PrescriptionStatus.COMPLETED, PrescriptionStatus.EXPIRED)


async def request(context: Context, command: RequestRefill) -> RefillRequest:
    """Ask the prescriber for more of what the patient has got some of."""
    async with context.write() as work:
        await work.once(command)
        row = await work.find(policy.prescriptions, command.prescription_id, scope=policy.REFILL)
        if row.schedule == NO_REFILLS:
            raise InvalidState(NO_REFILLS_OF_SCHEDULE, schedule=row.schedule)
        require(row, *_ASKED_FOR)
        waiting = select(col(RefillRequest.id), col(RefillRequest.patient_id)).where(
            col(RefillRequest.prescription_id) == row.id, col(RefillRequest.status) == RefillStatus.REQUESTED
        )
        if (await work.session.execute(waiting)).first() is not None:
            raise InvalidState(REFILL_REQUESTED)
        made = RefillRequest(
            prescription_id=row.id,
            patient_id=row.patient_id,
            practitioner_id=row.practitioner_id,
            account_id=work.principal.subject,
            status=RefillStatus.REQUESTED,
            note=None if command.note is None else Encrypted(command.note),
        )
        work.session.add(made)
        work.publish(
            RefillRequested(
                refill_request_id=made.id,
                prescription_id=row.id,
                patient_id=row.patient_id,
                practitioner_id=row.practitioner_id,
            )
        )
        work.done(made.id)
    return made


async def decide(context: Context, command: DecideRefill) -> RefillRequest:
    """Answer a request: approved, it becomes a draft that says the same, for a signature."""
    async with context.write() as work:
        await work.once(command)
        row = await work.find(policy.refill_requests, command.id, scope=policy.SIGN, version=command.version)
        answer = RefillStatus.APPROVED if command.approve else RefillStatus.DENIED
        check(work, row, answer)
        if command.approve:
            row.renewal_id = (await _renew(work, row)).id
        row.status = answer
        row.decided_at, row.decided_by = utc_now(), work.principal.subject
        row.answer = None if command.answer is None else Encrypted(command.answer)
        work.publish(
            RefillDecided(
                refill_request_id=row.id,
                prescription_id=row.prescription_id,
                patient_id=row.patient_id,
                outcome=row.status,
            )
        )
        work.done(row.id)
    return row


async def _renew(work: UnitOfWork, request: RefillRequest) -> Prescription:
    old = await work.find(policy.prescriptions, request.prescription_id, scope=policy.PRESCRIPTION_WRITE, lock=False)
    medication = await work.session.get_one(Medication, old.medication_id)
    if not medication.active:
        raise InvalidState(MEDICATION_INACTIVE)
    since = await today(work, old.location_id)
    row = Prescription(
        patient_id=old.patient_id,
        practitioner_id=work.principal.practitioner or old.practitioner_id,
        based_on_id=old.id,
        medication_id=medication.id,
        location_id=old.location_id,
        account_id=work.principal.subject,
        status=PrescriptionStatus.DRAFT,
        schedule=medication.schedule,
        quantity=old.quantity,
        refills=old.refills,
        authorised_quantity=old.authorised_quantity,
        valid_from=since,
        valid_until=last_day(medication.schedule, since),
        facts=Encrypted(unsigned(old.facts.value)),
    )
    begun(work, row)
    await work.session.flush()
    return row


async def withdraw(context: Context, command: WithdrawRefill) -> RefillRequest:
    """Take a request back."""
    async with context.write() as work:
        row = await work.find(policy.refill_requests, command.id, scope=policy.REFILL, version=command.version)
        move(work, row, RefillStatus.WITHDRAWN)
    return row
