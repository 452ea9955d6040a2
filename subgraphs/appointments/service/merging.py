"""Two patients who were one: what is one's becomes the other's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.events.mergers import Mergers
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments.models import (
    OPEN,
    Appointment,
    CalendarFeed,
    CancellationReason,
    Party,
    Status,
    WaitlistEntry,
)
from subgraphs.appointments.service import feeds
from subgraphs.appointments.service.booking import cancel_locked
from subgraphs.appointments.service.scheduling import lock_calendars, slot_of
from subgraphs.appointments.service.waitlist import withdraw


async def lock_calendars_of(work: UnitOfWork, patient_id: UUID, *_: UUID) -> None:
    """Lock the calendars of those with whom a patient has something open."""
    practitioners = select(col(Appointment.id), col(Appointment.patient_id), col(Appointment.practitioner_id)).where(
        col(Appointment.patient_id) == patient_id, col(Appointment.status).in_(OPEN)
    )
    await lock_calendars(work, {row.practitioner_id for row in await work.session.execute(practitioners)})


async def _resolve(work: UnitOfWork, merged_id: UUID, survivor_id: UUID) -> None:
    """Where both are booked at a time, the duplicate's appointment is called off.

    The duplicate's calendar feeds end, since their addresses were given to another account.
    """
    taken = await _periods(work, survivor_id)
    theirs = select(Appointment).where(col(Appointment.patient_id) == merged_id, col(Appointment.status).in_(OPEN))
    for row in (await work.session.scalars(theirs.order_by(col(Appointment.id)).with_for_update(key_share=True))).all():
        mine = slot_of(row)
        if not any(mine.starts_at < end and start < mine.ends_at for start, end in taken):
            continue
        if row.status == Status.HELD:
            await _withdraw_hold(work, row)
        else:
            row.patient_id = survivor_id
            await cancel_locked(work, row, Party.SYSTEM, CancellationReason.DUPLICATE)
    await feeds.end(work, col(CalendarFeed.patient_id) == merged_id, before=utc_now())


MERGERS = Mergers(
    (col(Appointment.patient_id), col(WaitlistEntry.patient_id)), prepare=lock_calendars_of, resolve=_resolve
)


async def _periods(work: UnitOfWork, patient_id: UUID) -> Sequence[tuple[datetime, datetime]]:
    statement = select(col(Appointment.id), col(Appointment.starts_at), col(Appointment.ends_at)).where(
        col(Appointment.patient_id) == patient_id, col(Appointment.status).in_(OPEN)
    )
    return [(row.starts_at, row.ends_at) for row in await work.session.execute(statement)]


async def _withdraw_hold(work: UnitOfWork, row: Appointment) -> None:
    entry = await work.session.scalar(select(WaitlistEntry).where(col(WaitlistEntry.appointment_id) == row.id))
    if entry is not None:
        await withdraw(work, entry)
