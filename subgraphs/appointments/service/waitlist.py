"""The waitlist: a slot that is free, or becomes so, is held for the first in line whom it suits, to be accepted in time.

The hold is an appointment in state HELD, so the same constraints keep others from it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import Row, or_, select, true, union
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
    Schedule,
    ScheduleException,
    Status,
    WaitlistEntry,
    WaitlistStatus,
)
from subgraphs.appointments.service.common import check_may_act_for, hold_patient
from subgraphs.appointments.service.scheduling import appointment_in, is_conflict, lock_calendars, slot_of
from subgraphs.appointments.slots import MIDNIGHT, ZONES, Calendar, Slot

HOLD = timedelta(minutes=30)
_CANDIDATES = 50
_ATTEMPTS = 5  # slots that are tried for one who is elsewhere at the first of them
_DAY = timedelta(days=1)
_EVER, _FOREVER = (datetime(year, 1, 1, tzinfo=UTC) for year in (2000, 9999))
_ENTRIES_PER_PATIENT = 20


async def join(context: Context, command: JoinWaitlist) -> WaitlistEntry:
    """Wait for a slot; what suits is offered at once, or as soon as it becomes free."""
    check_may_act_for(context, command.patient_id)
    async with context.write() as work:
        await work.once(command)
        practising = await lock_calendars(work, {command.practitioner_id})
        await hold_patient(work, command.patient_id)
        if not practising:
            raise not_found("Practitioner")
        kind = await work.session.get(AppointmentType, command.type_id)
        if kind is None or not kind.active:
            raise not_found("AppointmentType")
        if command.location_id is not None and await work.session.get(Location, command.location_id) is None:
            raise not_found("Location")
        row = WaitlistEntry(**command.model_dump(exclude={"idempotency_key"}))
        await _add(work, row, kind.code)
        await work.session.flush()
        await _offer(work, row.practitioner_id, row.location_id, *_bounds(row))
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
        await release(work, row, WaitlistStatus.DECLINED)
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
    await release(work, row, WaitlistStatus.EXPIRED)


def end_overdue(work: UnitOfWork, row: WaitlistEntry) -> None:
    """End a wait whose last day is over."""
    row.status = WaitlistStatus.EXPIRED
    effects.wait_expired(work, row, "PERIOD")


async def offer_freed(work: UnitOfWork, freed: Slot) -> None:
    """Offer a time that has become free. The practitioner's line is the caller's to wait in."""
    await _offer(work, freed.practitioner_id, freed.location_id, freed.occupied_from, freed.occupied_until)


async def offer_opened(
    work: UnitOfWork,
    practitioner_id: UUID | None,
    location_id: UUID | None,
    since: datetime = _EVER,
    before: datetime = _FOREVER,
) -> None:
    """Offer what has opened in a period: of a practitioner, or of all at a location; their lines are locked."""
    who = {practitioner_id} if practitioner_id else await practitioners_at(work, location_id)
    for practising in sorted(await lock_calendars(work, who)):
        await _offer(work, practising, location_id, since, before)


async def practitioners_at(work: UnitOfWork, location_id: UUID | None) -> set[UUID]:
    """Who is ever at a location."""
    statement = select(col(Schedule.practitioner_id)).where(col(Schedule.location_id) == location_id)
    extra = select(col(ScheduleException.practitioner_id)).where(
        col(ScheduleException.location_id) == location_id, col(ScheduleException.practitioner_id).is_not(None)
    )
    return set((await work.session.scalars(union(statement, extra))).all())


async def _offer(
    work: UnitOfWork, practitioner_id: UUID, location_id: UUID | None, since: datetime, before: datetime
) -> None:
    """Hold slots that begin in a period, at a location or any, for those in line whom they suit, the first one first.

    What happens here is the service's doing, and shows nobody anything.
    """
    since = max(since, utc_now() + HOLD)
    async with work.as_system():
        queue = await _queue(work, practitioner_id, location_id, since, before)
        if not queue:
            return
        before = min(before, max(_bounds(entry)[1] for entry, _ in queue))
        found = await repository.calendars(fetch_in(work.session), {practitioner_id}, since, before)
        calendar = found[practitioner_id]
        for entry, kind in queue:
            for slot in islice(_suitable(calendar, entry, kind, location_id, since, before), _ATTEMPTS):
                if await _hold(work, entry, kind, slot):
                    calendar = calendar.taking(slot, repository.visit(kind))
                    break


async def _queue(
    work: UnitOfWork, practitioner_id: UUID, location_id: UUID | None, since: datetime, before: datetime
) -> Sequence[Row[WaitlistEntry, AppointmentType]]:
    """Those who wait for such slots, in order; their days are compared later, by the location's calendar."""
    here = or_(col(WaitlistEntry.location_id).is_(None), col(WaitlistEntry.location_id) == location_id)
    statement = (
        select(WaitlistEntry, AppointmentType)
        .join(AppointmentType, col(WaitlistEntry.type_id) == col(AppointmentType.id))
        .where(
            col(WaitlistEntry.practitioner_id) == practitioner_id,
            col(WaitlistEntry.status) == WaitlistStatus.WAITING,
            here if location_id else true(),
            col(WaitlistEntry.from_day) <= before.date() + _DAY,
            col(WaitlistEntry.until_day) >= since.date() - _DAY,
            col(AppointmentType.active),
        )
        .order_by(col(WaitlistEntry.id))
        .limit(_CANDIDATES)
        .with_for_update(of=WaitlistEntry, key_share=True, skip_locked=True)
    )
    return (await work.session.execute(statement)).all()


def _suitable(
    calendar: Calendar,
    entry: WaitlistEntry,
    kind: AppointmentType,
    location_id: UUID | None,
    since: datetime,
    before: datetime,
) -> Iterator[Slot]:
    """The free slots for what is waited for that begin in a period, on days and at a location that suit."""
    first, last = _bounds(entry)
    place, visit, before = location_id or entry.location_id, repository.visit(kind), min(before, last)
    slots = calendar.slots(visit, max(since, first), min(before, repository.horizon(kind)), place)
    for slot in calendar.wanted(calendar.free(slots), visit):
        day = calendar.day(slot.starts_at, slot.location_id)
        if day is not None and entry.from_day <= day <= entry.until_day:
            yield slot


def _bounds(entry: WaitlistEntry) -> tuple[datetime, datetime]:
    """Between which its days are, whatever the time zone."""
    return (
        datetime.combine(entry.from_day, MIDNIGHT, UTC) - ZONES,
        datetime.combine(entry.until_day, MIDNIGHT, UTC) + _DAY + ZONES,
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


async def release(work: UnitOfWork, row: WaitlistEntry, status: WaitlistStatus) -> None:
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
