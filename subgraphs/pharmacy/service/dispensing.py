"""Dispensing: set apart, made ready, handed over; or laid aside, declined, brought back."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import InvalidState, invalid
from shared.graph.context import Context
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.commands import dispensing as commands
from subgraphs.pharmacy.commands.dispensing import ChangeDispense, HandOver, ReturnDispense, ReturnPart
from subgraphs.pharmacy.commands.values import exact
from subgraphs.pharmacy.effects import move as move_prescription
from subgraphs.pharmacy.errors import (
    ALERTS_OPEN,
    OWN_VERIFICATION,
    QUANTITY_LEFT,
    RECHECK_FIRST,
    TOO_EARLY,
    TWO_PERSONS,
)
from subgraphs.pharmacy.events import Dispensed, DispenseReturned, MedicationReady, PrescriptionFilled
from subgraphs.pharmacy.models import Dispense, DispenseLot, Medication, Prescription, SafetyAlert
from subgraphs.pharmacy.refusals import SafetyAlertsOpen
from subgraphs.pharmacy.service import allocation
from subgraphs.pharmacy.service.inputs import known
from subgraphs.pharmacy.service.lookups import today
from subgraphs.pharmacy.service.prescriptions import (
    check_period,
    require_fresh_factor,
    require_other_person,
)
from subgraphs.pharmacy.service.screening import asked_about, examine
from subgraphs.pharmacy.service.setting_apart import count, give_up
from subgraphs.pharmacy.service.states import move, require
from subgraphs.pharmacy.states import DISPENSABLE, CheckOccasion, DispenseStatus, PrescriptionStatus

_STATUS = DispenseStatus
_STRICTEST = "II"


async def prepare(context: Context, command: commands.Dispense) -> Dispense:
    """Set some of a prescription apart, once its safety has been checked anew; stock is reserved."""
    check = partial(_check, quantity=exact(command.quantity))
    asked = await asked_about(context, command.prescription_id, policy.DISPENSE, command.version, command, check=check)
    record = await known(context, asked.patient_id)
    made: Dispense | None = None
    async with context.write() as work:
        await work.once(command)
        row = await work.find(
            policy.prescriptions, command.prescription_id, scope=policy.DISPENSE, version=command.version
        )
        await check(work, row)
        found: Sequence[SafetyAlert] = await examine(work, row, record, CheckOccasion.DISPENSE)
        if found:
            await work.undone()
        else:
            made = await _set_apart(work, row, exact(command.quantity))
    if made is None:
        raise SafetyAlertsOpen(ALERTS_OPEN, rows=found)
    return made


async def _check(work: UnitOfWork, row: Prescription, quantity: Decimal) -> None:
    """Raise InvalidState unless the caller may dispense so much of a prescription now."""
    require(row, *DISPENSABLE)
    require_other_person(work, row)
    if row.schedule == _STRICTEST and row.verified_by == work.principal.subject:
        raise InvalidState(OWN_VERIFICATION)
    await check_period(work, row)
    if row.valid_from > await today(work, row.location_id):
        raise InvalidState(TOO_EARLY, day=row.valid_from)
    left = row.authorised_quantity - row.dispensed_quantity - row.prepared_quantity
    if quantity > left:
        raise invalid("quantity", QUANTITY_LEFT, left=f"{left.normalize():f}")


async def _set_apart(work: UnitOfWork, row: Prescription, quantity: Decimal) -> Dispense:
    location = row.location_id
    if location is None:
        raise TypeError("who dispenses sees what is for a location alone")
    made = Dispense(
        prescription_id=row.id,
        patient_id=row.patient_id,
        medication_id=row.medication_id,
        location_id=location,
        status=_STATUS.PREPARATION,
        quantity=quantity,
        controlled=row.schedule is not None,
        prepared_by=work.principal.subject,
    )
    work.session.add(made)
    await allocation.reserve(work, location, row.medication_id, quantity, dispense_id=made.id)
    await count(work, row, prepared=quantity)
    work.done(made.id)
    return made


async def ready(context: Context, command: ChangeDispense) -> Dispense:
    """Tell the patient that it can be picked up."""
    async with context.write() as work:
        row, prescription = await _find(work, command)
        require(prescription, *DISPENSABLE)
        move(work, row, _STATUS.READY)
        await _tell_of_filling(work, row, prescription)
        row.ready_at = utc_now()
        work.publish(
            MedicationReady(prescription_id=prescription.id, patient_id=row.patient_id, location_id=row.location_id)
        )
    return row


async def _tell_of_filling(work: UnitOfWork, row: Dispense, prescription: Prescription) -> None:
    """Tell how long the patient waited, unless something of the prescription was ready before."""
    before = col(Dispense.prescription_id) == prescription.id, col(Dispense.ready_at).is_not(None)
    if prescription.signed_at is None or await work.session.scalar(select(exists().where(*before))):
        return
    times = {"signed_at": prescription.signed_at, "ready_at": utc_now()}
    work.publish(PrescriptionFilled(filling_id=new_id(), location_id=row.location_id, **times))


async def change(context: Context, command: Any, to: DispenseStatus) -> Dispense:
    """Lay something aside, or prepare it further."""
    async with context.write() as work:
        row, _ = await _find(work, command)
        move(work, row, to)
        reason: str | None = getattr(command, "reason", None)
        row.reason = None if reason is None else Encrypted(reason)
    return row


async def hand_over(context: Context, command: HandOver) -> Dispense:
    """Give the patient what is ready; of what is controlled, by another person than has prepared it."""
    async with context.write() as work:
        await work.once(command)
        row, prescription = await _find(work, command)
        require(prescription, *DISPENSABLE)
        require_other_person(work, prescription)
        require_fresh_factor(work, prescription.schedule)
        if prescription.recheck_needed:
            raise InvalidState(RECHECK_FIRST)
        await _check_persons(work, row, prescription)
        move(work, row, _STATUS.HANDED_OVER)
        row.handed_over_at, row.handed_over_by = utc_now(), work.principal.subject
        witness = row.prepared_by if row.controlled else None
        lots = await allocation.hand_out(work, row.id, patient_id=row.patient_id, witness_id=witness)
        await count(work, prescription, prepared=-row.quantity, dispensed=row.quantity)
        _follow(work, prescription)
        await _tell_of(work, row, lots)
        work.done(row.id)
    return row


async def _check_persons(work: UnitOfWork, row: Dispense, prescription: Prescription) -> None:
    if row.controlled and row.prepared_by == work.principal.subject:
        raise InvalidState(TWO_PERSONS)
    if prescription.schedule == _STRICTEST and prescription.verified_by == work.principal.subject:
        raise InvalidState(OWN_VERIFICATION)


async def _tell_of(work: UnitOfWork, row: Dispense, lots: allocation.Allocation) -> None:
    medication = await work.session.get_one(Medication, row.medication_id)
    for lot, quantity in lots:
        work.publish(
            Dispensed(
                dispense_id=row.id,
                location_id=row.location_id,
                medication_id=row.medication_id,
                lot_id=lot,
                quantity=quantity,
                charge_code=medication.rxcui,
                dispensed_at=row.handed_over_at or utc_now(),
            )
        )


def _follow(work: UnitOfWork, row: Prescription) -> None:
    """Bring a prescription into the status that fits what was handed over of it."""
    if row.status not in (*DISPENSABLE, PrescriptionStatus.COMPLETED):
        return
    if row.dispensed_quantity == row.authorised_quantity:
        to = PrescriptionStatus.COMPLETED
    else:
        to = PrescriptionStatus.PARTIALLY_DISPENSED if row.dispensed_quantity else PrescriptionStatus.VERIFIED
    if to != row.status:
        move_prescription(work, row, to)


async def bring_back(context: Context, command: ReturnDispense) -> Dispense:
    """Put something back into stock: what nobody has fetched, or what the patient has brought back whole."""
    async with context.write() as work:
        await work.once(command)
        row, prescription = await _find(work, command)
        was_handed_over = row.status == _STATUS.HANDED_OVER
        move(work, row, _STATUS.RETURNED_TO_STOCK)
        row.reason = Encrypted(command.reason)
        if was_handed_over:
            await _take_back(work, row, prescription)
        else:
            await allocation.release(work, row.id)
            await count(work, prescription, prepared=-row.quantity)
        work.done(row.id)
    return row


async def bring_part_back(context: Context, command: ReturnPart) -> Dispense:
    """Take back some of what was handed over; once the patient has nothing of it, it has come back whole."""
    async with context.write() as work:
        await work.once(command)
        row, prescription = await _find(work, command)
        require(row, _STATUS.HANDED_OVER)
        left = await _take_back(work, row, prescription, (command.lot_id, exact(command.quantity)))
        if left == 0:
            move(work, row, _STATUS.RETURNED_TO_STOCK)
        row.reason = Encrypted(command.reason)
        work.done(row.id)
    return row


async def _take_back(
    work: UnitOfWork, row: Dispense, prescription: Prescription, part: tuple[UUID, Decimal] | None = None
) -> Decimal:
    """Take back all that the patient has of it, or some of a lot; how much they have still."""
    lots = select(DispenseLot).where(col(DispenseLot.dispense_id) == row.id).order_by(col(DispenseLot.lot_id))
    had = {each.lot_id: each.quantity - each.returned for each in (await work.session.scalars(lots)).all()}
    back = dict([part]) if part else {lot: quantity for lot, quantity in had.items() if quantity}
    medication = await work.session.get_one(Medication, row.medication_id)
    for lot, quantity in back.items():
        await allocation.take_back(work, row.id, lot, quantity)
        work.publish(
            DispenseReturned(
                dispense_id=row.id,
                location_id=row.location_id,
                medication_id=row.medication_id,
                lot_id=lot,
                quantity=quantity,
                charge_code=medication.rxcui,
                returned_at=utc_now(),
            )
        )
    total = sum(back.values(), Decimal(0))
    await count(work, prescription, prepared=Decimal(0), dispensed=-total)
    _follow(work, prescription)
    return sum(had.values(), Decimal(0)) - total


async def decline(context: Context, command: Any) -> Dispense:
    """Do not dispense after all what was set apart."""
    async with context.write() as work:
        row, prescription = await _find(work, command)
        await give_up(work, row, prescription, command.reason)
    return row


async def _find(work: UnitOfWork, command: ChangeDispense) -> tuple[Dispense, Prescription]:
    """Something dispensed and its prescription, locked in the order in which all lock them."""
    seen = await work.find(policy.dispenses, command.id, scope=policy.DISPENSE, lock=False)
    prescription = await _locked(work, seen.prescription_id)
    row = await work.find(policy.dispenses, command.id, scope=policy.DISPENSE, version=command.version)
    return row, prescription


async def _locked(work: UnitOfWork, key: UUID) -> Prescription:
    statement = select(Prescription).where(col(Prescription.id) == key).with_for_update(key_share=True)
    row = (await work.session.scalars(statement.execution_options(populate_existing=True))).one()
    await open_rows(work.keyring, [row])
    return row
