"""Two patients who were one: what is one's becomes the other's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.work import UnitOfWork
from subgraphs.appointments.models import (
    OPEN,
    Appointment,
    CalendarFeed,
    CancellationReason,
    Party,
    Patient,
    Status,
    WaitlistEntry,
)
from subgraphs.appointments.service import feeds
from subgraphs.appointments.service.booking import call_off
from subgraphs.appointments.service.placing import queue_up
from subgraphs.appointments.service.waitlist import withdraw


async def merge_patients(work: UnitOfWork, merged_id: UUID, survivor_id: UUID) -> None:
    """Give the survivor what the duplicate has. Where both are booked at a time, the duplicate's appointment is called off.

    The duplicate's calendar feeds end, since their addresses were given to another account.
    """
    mine = select(Appointment).where(col(Appointment.patient_id) == merged_id)
    practitioners = await work.session.scalars(
        mine.with_only_columns(col(Appointment.practitioner_id)).where(col(Appointment.status).in_(OPEN))
    )
    await queue_up(work, set(practitioners))
    patient = await work.session.get(Patient, merged_id, with_for_update=True) or Patient(id=merged_id)
    patient.merged_into = survivor_id
    work.session.add(patient)
    await work.session.flush()
    taken = await _periods(work, survivor_id)
    for row in (await work.session.scalars(mine.with_for_update(key_share=True))).all():
        clashes = row.status in OPEN and any(row.starts_at < end and start < row.ends_at for start, end in taken)
        if clashes and row.status == Status.HELD:
            await _withdraw_hold(work, row)
            continue
        row.patient_id = survivor_id
        if clashes:
            await call_off(work, row, Party.SYSTEM, CancellationReason.DUPLICATE)
    for entry in await work.session.scalars(select(WaitlistEntry).where(col(WaitlistEntry.patient_id) == merged_id)):
        entry.patient_id = survivor_id
    await feeds.end(work, col(CalendarFeed.patient_id) == merged_id, before=utc_now())


async def _periods(work: UnitOfWork, patient_id: UUID) -> Sequence[tuple[datetime, datetime]]:
    statement = select(col(Appointment.starts_at), col(Appointment.ends_at)).where(
        col(Appointment.patient_id) == patient_id, col(Appointment.status).in_(OPEN)
    )
    return [(start, end) for start, end in await work.session.execute(statement)]


async def _withdraw_hold(work: UnitOfWork, row: Appointment) -> None:
    entry = await work.session.scalar(select(WaitlistEntry).where(col(WaitlistEntry.appointment_id) == row.id))
    if entry is not None:
        await withdraw(work, entry)
