"""Patients who have died: what they had booked is called off, and nothing is booked any more."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments.models import (
    Appointment,
    CancellationReason,
    Party,
    Patient,
    Status,
    WaitlistEntry,
    WaitlistStatus,
)
from subgraphs.appointments.service.booking import cancel_locked
from subgraphs.appointments.service.merging import lock_calendars_of
from subgraphs.appointments.service.waitlist import release


async def follow(work: UnitOfWork, patient_id: UUID, *, deceased: bool) -> None:
    """Know of a death, or that it was told by mistake, which brings nothing back."""
    await lock_calendars_of(work, patient_id)
    row = await work.session.get_one(Patient, patient_id, with_for_update=True)
    row.deceased = deceased
    if not deceased:
        return
    await lock_calendars_of(work, patient_id)  # of what was booked meanwhile
    waits = select(WaitlistEntry).filter_by(patient_id=patient_id, status=WaitlistStatus.WAITING)
    for entry in await work.session.scalars(waits.with_for_update(key_share=True)):
        entry.status = WaitlistStatus.LEFT
    ahead = select(Appointment).where(
        col(Appointment.patient_id) == patient_id,
        col(Appointment.status) == Status.BOOKED,
        col(Appointment.starts_at) > utc_now(),
    )
    for each in (await work.session.scalars(ahead.order_by(col(Appointment.id)).with_for_update(key_share=True))).all():
        await cancel_locked(work, each, Party.SYSTEM, CancellationReason.PATIENT_DECEASED)
    offers = select(WaitlistEntry).filter_by(patient_id=patient_id, status=WaitlistStatus.OFFERED)
    for entry in (await work.session.scalars(offers)).all():
        await release(work, entry, WaitlistStatus.LEFT)
