"""The waitlist: a slot that becomes free is held for the first in line whom it suits, to be accepted or declined in time.

The hold is an appointment in state HELD, so the same constraints keep others from it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from shared.database.driver import fetch_in
from shared.database.model import utc_now
from shared.errors import InvalidState, not_found
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import effects, policy, repository
from subgraphs.appointments.commands import AcceptWaitlistOffer, DeclineWaitlistOffer, JoinWaitlist, LeaveWaitlist
from subgraphs.appointments.errors import OFFER_EXPIRED, WAITLIST_FULL, WAITLIST_STATUS
from subgraphs.appointments.models import (
    Appointment,
    AppointmentType,
    Location,
    Practitioner,
    Status,
    WaitlistEntry,
    WaitlistStatus,
)
from subgraphs.appointments.service.common import check_may_act_for, hold_patient
from subgraphs.appointments.service.scheduling import appointment_in, is_conflict, lock_calendars, slot_of
from subgraphs.appointments.slots import Calendar, Slot

HOLD = timedelta(minutes=30)
_CANDIDATES = 50
_ENTRIES_PER_PATIENT = 20


async def join(context: Context, command: JoinWaitlist) -> WaitlistEntry:
    """Wait for a slot; what suits is offered as soon as it becomes free."""
    check_may_act_for(context, command.patient_id)
    async with context.write() as work:
        await work.once(command)
        await hold_patient(work, command.patient_id)
        practitioner = await work.session.get(Practitioner, command.practitioner_id)
        if practitioner is None or not practitioner.active:
            raise not_found("Practitioner")
        kind = await work.session.get(AppointmentType, command.type_id)
        if kind is None or not kind.active:
            raise not_found("AppointmentType")
        if command.location_id is not None and await work.session.get(Location, command.location_id) is None:
            raise not_found("Location")
        row = WaitlistEntry(**command.model_dump(exclude={"idempotency_key"}))
        await _add(work, row, kind.code)
        work.done(row.id)
    return row


async def _add(work: UnitOfWork, row: WaitlistEntry, type_code: str) -> None:
    waiting = await work.session.scalars(
        select(col(WaitlistEntry.practitioner_id)).where(
            col(WaitlistEntry.patient_id) == row.patient_id,
            col(WaitlistEntry.status).in_((WaitlistStatus.WAITING, WaitlistStatus.OFFERED)),
        )
    )
    if len(waiting.all()) >= _ENTRIES_PER_PATIENT:
        raise InvalidState(WAITLIST_FULL, maximum=_ENTRIES_PER_PATIENT)
    work.session.add(row)
    effects.joined(work, row, type_code)


async def leave(context: Context, command: LeaveWaitlist) -> WaitlistEntry:
    """Wait no more."""
    async with context.write() as work:
        row = await _open(work, command.id)
        _require(row, WaitlistStatus.WAITING)
        row.status = WaitlistStatus.LEFT
    return row


async def accept(context: Context, command: AcceptWaitlistOffer) -> WaitlistEntry:
    """Book the slot that is held."""
    async with context.write() as work:
        await work.once(command)
        row = await _open(work, command.id)
        _require(row, WaitlistStatus.OFFERED)
        held = await work.session.get_one(Appointment, row.appointment_id)
        now = utc_now()
        if held.held_until is None or held.held_until <= now:
            raise InvalidState(OFFER_EXPIRED)
        held.status, held.held_until = Status.BOOKED, None
        held.booked_at = held.scheduled_at = now
        row.status = WaitlistStatus.BOOKED
        effects.booked(work, held)
        work.done(row.id)
    return row


async def decline(context: Context, command: DeclineWaitlistOffer) -> WaitlistEntry:
    """Let the slot go to the next in line, which ends the wait."""
    async with context.write() as work:
        await work.once(command)
        row = await _open(work, command.id)
        _require(row, WaitlistStatus.OFFERED)
        await _release(work, row, WaitlistStatus.DECLINED)
        work.done(row.id)
    return row


async def expire(work: UnitOfWork, entry_id: UUID) -> None:
    """End an offer that was not answered in time."""
    row = await work.session.get(WaitlistEntry, entry_id)
    if row is not None:
        await lock_calendars(work, {row.practitioner_id})
        await work.session.refresh(row, with_for_update={"key_share": True})
        if row.status == WaitlistStatus.OFFERED:
            await withdraw(work, row)


async def withdraw(work: UnitOfWork, row: WaitlistEntry) -> None:
    """Take an offer back, which ends the wait; the slot is offered to the next in line."""
    effects.wait_expired(work, row, "OFFER")
    await _release(work, row, WaitlistStatus.EXPIRED)


def end_overdue(work: UnitOfWork, row: WaitlistEntry) -> None:
    """End a wait whose last day is over."""
    row.status = WaitlistStatus.EXPIRED
    effects.wait_expired(work, row, "PERIOD")


async def offer_freed(work: UnitOfWork, freed: Slot) -> None:
    """Hold a slot that has become free for the first in line whom it suits.

    The practitioner's line is the caller's to wait in. What happens here is the service's doing, and shows nobody anything.
    """
    earliest = max(freed.occupied_from, utc_now() + HOLD)
    if earliest >= freed.occupied_until:
        return
    async with work.as_system():
        found = await repository.calendars(
            fetch_in(work.session), {freed.practitioner_id}, earliest, freed.occupied_until
        )
        calendar = found[freed.practitioner_id]
        for entry, kind in await _queue(work, freed):
            slot = _suitable(calendar, entry, kind, earliest, freed)
            if slot is not None and await _hold(work, entry, kind, slot):
                return


async def _queue(work: UnitOfWork, freed: Slot) -> Sequence[Row[WaitlistEntry, AppointmentType]]:
    """Those who wait for such a slot, in order; their days are compared later, by the location's calendar."""
    day, around = freed.starts_at.date(), timedelta(days=1)
    statement = (
        select(WaitlistEntry, AppointmentType)
        .join(AppointmentType, col(WaitlistEntry.type_id) == col(AppointmentType.id))
        .where(
            col(WaitlistEntry.practitioner_id) == freed.practitioner_id,
            col(WaitlistEntry.status) == WaitlistStatus.WAITING,
            or_(col(WaitlistEntry.location_id).is_(None), col(WaitlistEntry.location_id) == freed.location_id),
            col(WaitlistEntry.from_day) <= day + around,
            col(WaitlistEntry.until_day) >= day - around,
            col(AppointmentType.active),
        )
        .order_by(col(WaitlistEntry.id))
        .limit(_CANDIDATES)
        .with_for_update(of=WaitlistEntry, key_share=True, skip_locked=True)
    )
    return (await work.session.execute(statement)).all()


def _suitable(
    calendar: Calendar, entry: WaitlistEntry, kind: AppointmentType, earliest: datetime, freed: Slot
) -> Slot | None:
    """The first free slot for what is waited for that begins in the freed time, on a day that suits."""
    slots = calendar.slots(repository.visit(kind), earliest, freed.occupied_until, freed.location_id)
    return next(
        (slot for slot in calendar.free(slots) if entry.from_day <= calendar.day(slot) <= entry.until_day), None
    )


async def _hold(work: UnitOfWork, entry: WaitlistEntry, kind: AppointmentType, slot: Slot) -> bool:
    """Offer a slot; false if the patient has another appointment at that time."""
    held_until = utc_now() + HOLD
    row = appointment_in(slot, kind, entry.patient_id, Status.HELD, held_until=held_until)
    try:
        async with work.attempt():
            work.session.add(row)
    except DBAPIError as error:
        if not is_conflict(error):
            raise
        return False
    entry.status, entry.appointment_id = WaitlistStatus.OFFERED, row.id
    effects.offered(work, entry, row, held_until)
    return True


async def _release(work: UnitOfWork, row: WaitlistEntry, status: WaitlistStatus) -> None:
    """End an offer; the hold is gone, as if it had never been."""
    held = await work.session.get_one(Appointment, row.appointment_id)
    freed = slot_of(held)
    row.status, row.appointment_id = status, None
    await work.session.flush()
    await work.session.delete(held)
    await work.session.flush()
    await offer_freed(work, freed)


async def _open(work: UnitOfWork, identifier: UUID) -> WaitlistEntry:
    """The entry, locked after its practitioner, as all do who change a calendar."""
    found = await work.find(policy.waitlist, identifier, scope=policy.WRITE, lock=False)
    await lock_calendars(work, {found.practitioner_id})
    return await work.find(policy.waitlist, identifier, scope=policy.WRITE)


def _require(row: WaitlistEntry, status: WaitlistStatus) -> None:
    if row.status != status:
        raise InvalidState(WAITLIST_STATUS, status=row.status, required=status)
