"""What appointments do by the clock: reminders, offers that nobody answered, waits that are over, old keys."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork, system_work
from subgraphs.appointments import effects
from subgraphs.appointments.models import (
    Appointment,
    Reminder,
    Status,
    WaitlistEntry,
    WaitlistStatus,
)
from subgraphs.appointments.service import waitlist
from subgraphs.appointments.service.merging import MERGERS

LEADS = (24, 2)  # hours, the longest first
_BATCH = 200


def _work(runtime: Runtime, operation: str) -> AbstractAsyncContextManager[UnitOfWork]:
    return system_work(runtime.database, operation)


async def remind(runtime: Runtime) -> None:
    """Tell of each appointment once when it is a lead away, unless it was agreed on later than that.

    What was missed is made up for until the next lead; from then on the next one's reminder is enough.
    """
    for lead, next_lead in zip(LEADS, (*LEADS[1:], 0), strict=True):
        while await _remind_batch(runtime, lead, next_lead) == _BATCH:
            pass


async def _remind_batch(runtime: Runtime, lead: int, next_lead: int) -> int:
    now = utc_now()
    sent = select(Reminder).where(
        col(Reminder.appointment_id) == col(Appointment.id),
        col(Reminder.starts_at) == col(Appointment.starts_at),
        col(Reminder.lead_hours) == lead,
    )
    due = select(Appointment).where(
        col(Appointment.status) == Status.BOOKED,
        col(Appointment.starts_at) > now + timedelta(hours=next_lead),
        col(Appointment.starts_at) <= now + timedelta(hours=lead),
        col(Appointment.scheduled_at) <= col(Appointment.starts_at) - timedelta(hours=lead),
        ~sent.exists(),
    )
    async with _work(runtime, "remind") as work:
        rows = await work.session.scalars(
            due.order_by(col(Appointment.starts_at)).limit(_BATCH).with_for_update(key_share=True, skip_locked=True)
        )
        found = {row.id: row for row in rows}
        for appointment_id in await _note(work, list(found.values()), lead):
            effects.reminder_due(work, found[appointment_id], lead)
    return len(found)


async def _note(work: UnitOfWork, rows: Sequence[Appointment], lead: int) -> Sequence[UUID]:
    """Note that reminders are sent; those that nobody else has noted meanwhile."""
    if not rows:
        return []
    notes = [Reminder(appointment_id=row.id, starts_at=row.starts_at, lead_hours=lead).model_dump() for row in rows]
    statement = insert(Reminder).values(notes).on_conflict_do_nothing().returning(col(Reminder.appointment_id))
    return (await work.session.scalars(statement)).all()


async def expire_offers(runtime: Runtime) -> None:
    """End the offers that were not answered in time, each by itself, and offer their slots to the next in line."""
    statement = (
        select(col(WaitlistEntry.id))
        .join(Appointment, col(WaitlistEntry.appointment_id) == col(Appointment.id))
        .where(col(Appointment.status) == Status.HELD, col(Appointment.held_until) <= utc_now())
        .order_by(col(Appointment.held_until))
        .limit(_BATCH)
    )
    async with _work(runtime, "expireOffers") as work:
        overdue = (await work.session.scalars(statement)).all()
    for entry_id in overdue:
        async with _work(runtime, "expireOffers") as work:
            await waitlist.expire(work, entry_id)


async def expire_waits(runtime: Runtime) -> None:
    """End the waits whose last day is over everywhere."""
    statement = (
        select(WaitlistEntry)
        .where(
            col(WaitlistEntry.status) == WaitlistStatus.WAITING,
            col(WaitlistEntry.until_day) < utc_now().date() - timedelta(days=1),
        )
        .limit(_BATCH)
        .with_for_update(key_share=True, skip_locked=True)
    )
    async with _work(runtime, "expireWaits") as work:
        for row in await work.session.scalars(statement):
            waitlist.end_overdue(work, row)


async def encrypt_reasons(runtime: Runtime) -> None:
    """Encrypt the reasons that older versions have stored as they are."""
    unencrypted = select(Appointment).where(col(Appointment.unencrypted_reason).is_not(None)).limit(_BATCH)
    found = True
    while found:
        async with _work(runtime, "encryptReasons") as work:
            rows = (await work.session.scalars(unencrypted.with_for_update(key_share=True))).all()
            for row in rows:
                row.reason, row.unencrypted_reason = Encrypted(row.unencrypted_reason or ""), None
            found = bool(rows)


JOBS = (
    Job("remind", timedelta(seconds=30), remind),
    Job("expire-offers", timedelta(seconds=10), expire_offers),
    Job("expire-waits", timedelta(hours=1), expire_waits),
    Job("encrypt-reasons", timedelta(days=1), encrypt_reasons),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
