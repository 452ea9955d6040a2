"""Booking, and what becomes of an appointment: BOOKED to CHECKED_IN to COMPLETED, or to CANCELLED or NO_SHOW.

All but CANCELLED can be taken back. A visit whose day is over can be COMPLETED or NO_SHOW at once, since it cannot be
CHECKED_IN any more.
"""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from shared.audit.recorder import Action
from shared.database.model import utc_now
from shared.errors import InvalidState, not_found
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import effects, policy, repository
from subgraphs.appointments.commands import (
    AppointmentVersion,
    BookAppointment,
    CancelAppointment,
    CheckInAppointment,
    CompleteAppointment,
    MarkAppointmentNoShow,
    RescheduleAppointment,
    RevertAppointmentStatus,
)
from subgraphs.appointments.errors import (
    APPOINTMENT_STATUS,
    NOT_BEGUN,
    NOT_REVERTIBLE,
    NOT_TODAY,
    RECORDED_ELSEWHERE,
    SLOT_TAKEN,
    SlotTaken,
)
from subgraphs.appointments.models import (
    OPEN,
    Appointment,
    AppointmentType,
    CancellationReason,
    Location,
    Party,
    Status,
)
from subgraphs.appointments.service import limits
from subgraphs.appointments.service.common import check_may_act_for, hold_patient
from subgraphs.appointments.service.scheduling import (
    appointment_in,
    conflicts_refused,
    find_slot,
    lock_calendars,
    move,
    overbooked_slot,
    slot_of,
    visit_of,
)
from subgraphs.appointments.service.waitlist import offer_freed

_DAY = timedelta(days=1)

_BEFORE = {Status.CHECKED_IN: Status.BOOKED, Status.COMPLETED: Status.CHECKED_IN, Status.NO_SHOW: Status.BOOKED}


async def book(context: Context, command: BookAppointment) -> Appointment:
    """Book a free slot. A repetition under the same idempotency key gives the appointment that was booked first."""
    check_may_act_for(context, command.patient_id)
    async with context.write() as work:
        await work.once(command)
        if command.overbooking is None and await _is_taken(work, command):
            raise SlotTaken(SLOT_TAKEN)
        practising = await lock_calendars(work, {command.practitioner_id})
        await hold_patient(work, command.patient_id)
        kind = await work.session.get(AppointmentType, command.type_id)
        if kind is None or not kind.active:
            raise not_found("AppointmentType")
        if not practising:
            raise not_found("Practitioner")
        await limits.check_booking(work, kind, command.patient_id, command.starts_at)
        place = command.practitioner_id, command.location_id, repository.visit(kind), command.starts_at
        slot = await (find_slot if command.overbooking is None else overbooked_slot)(work, *place)
        row = appointment_in(slot, kind, command.patient_id, Status.BOOKED, reason=command.reason)
        row.overbooking = command.overbooking
        work.session.add(row)
        with conflicts_refused():
            await work.session.flush()
        _audit_overbooking(work, row)
        work.done(row.id)
        effects.booked(work, row)
    return row


def _audit_overbooking(work: UnitOfWork, row: Appointment) -> None:
    if row.overbooking is not None:
        work.audit(Action.EXECUTE, "Appointment", [row.id], [row.patient_id], overbooking=row.overbooking)


async def _is_taken(work: UnitOfWork, command: BookAppointment) -> bool:
    """Whether someone has the slot already.

    So those who come too late need not wait for the lock. It promises nothing to the others.
    """
    taken = select(col(Appointment.id)).where(
        col(Appointment.practitioner_id) == command.practitioner_id,
        col(Appointment.status).in_(OPEN),
        col(Appointment.starts_at).between(command.starts_at - _DAY, command.starts_at + _DAY),  # as the index has it
        col(Appointment.occupied_from) <= command.starts_at,
        col(Appointment.occupied_until) > command.starts_at,
    )
    return bool(await work.session.scalar(select(taken.exists())))


async def reschedule(context: Context, command: RescheduleAppointment) -> Appointment:
    """Move a booked appointment to a free slot, of the same practitioner or another; the old slot becomes free."""
    async with context.write() as work:
        await work.once(command)
        row, practising = await _open(work, command, also=command.practitioner_id)
        _require(row, Status.BOOKED)
        kind, old = await limits.kind_of(work, row), slot_of(row)
        limits.check_notice(work, row, kind.rescheduling_notice_hours if kind else 0)
        limits.check_horizon(work, kind, command.starts_at)
        practitioner_id = command.practitioner_id or old.practitioner_id
        if practitioner_id not in practising:
            raise not_found("Practitioner")
        location_id = command.location_id or old.location_id
        place = practitioner_id, location_id, visit_of(old, kind), command.starts_at
        if command.overbooking is None:
            slot = await find_slot(work, *place, moving=row.id)
        else:
            slot = await overbooked_slot(work, *place)
        move(row, slot)
        row.overbooking = command.overbooking
        with conflicts_refused():
            await work.session.flush()
        _audit_overbooking(work, row)
        effects.rescheduled(work, row, old)
        work.done(row.id)
        await offer_freed(work, old)
    return row


async def cancel(context: Context, command: CancelAppointment) -> Appointment:
    """Call a booked appointment off; its slot becomes free."""
    async with context.write() as work:
        await work.once(command)
        row, _ = await _open(work, command)
        _require(row, Status.BOOKED)
        kind = await limits.kind_of(work, row)
        limits.check_notice(work, row, kind.cancellation_notice_hours if kind else 0)
        by = Party.STAFF if work.principal.is_staff(policy.WRITE) else Party.PATIENT
        await cancel_locked(work, row, by, command.reason)
        work.done(row.id)
    return row


async def cancel_locked(work: UnitOfWork, row: Appointment, by: Party, reason: CancellationReason) -> None:
    """Cancel an appointment of a practitioner whose calendar this unit of work has locked."""
    row.status, row.cancelled_by, row.cancellation_reason = Status.CANCELLED, by, reason
    effects.cancelled(work, row, by, reason)
    await work.session.flush()
    await offer_freed(work, slot_of(row))


async def check_in(context: Context, command: CheckInAppointment) -> Appointment:
    """The patient has arrived, on the day of the appointment."""
    async with context.write() as work:
        row = await _open_as_staff(context, work, command)
        _require(row, Status.BOOKED)
        if await _days_until(work, row) != 0:
            raise InvalidState(NOT_TODAY)
        row.status = Status.CHECKED_IN
        effects.noted(work, row)
    return row


async def complete(context: Context, command: CompleteAppointment) -> Appointment:
    """The patient was seen. Once the day is over, when nobody can be checked in, also without having been."""
    async with context.write() as work:
        row = await _open_as_staff(context, work, command)
        if row.status != Status.BOOKED or await _days_until(work, row) >= 0:
            _require(row, Status.CHECKED_IN)
        _require_begun(row)
        row.status = Status.COMPLETED
        effects.noted(work, row)
    return row


async def mark_no_show(context: Context, command: MarkAppointmentNoShow) -> Appointment:
    """The patient did not come, though the time has begun."""
    async with context.write() as work:
        row = await _open_as_staff(context, work, command)
        _require(row, Status.BOOKED)
        _require_begun(row)
        row.status = Status.NO_SHOW
        effects.noted(work, row)
    return row


async def revert(context: Context, command: RevertAppointmentStatus) -> Appointment:
    """Take back what was noted last: it is in the state before that. An appointment that is open again needs its time free."""
    async with context.write() as work:
        row = await _open_as_staff(context, work, command)
        noted = Status(row.status)
        if noted not in _BEFORE:
            raise InvalidState(NOT_REVERTIBLE, status=noted, revertible=", ".join(_BEFORE))
        if row.booked_at >= row.starts_at and row.overbooking is None:
            raise InvalidState(RECORDED_ELSEWHERE)
        row.status = _BEFORE[noted]
        with conflicts_refused():
            await work.session.flush()
        reason = command.reason
        work.audit(Action.EXECUTE, "Appointment", [row.id], [row.patient_id], reverted=noted, reason=reason)
        effects.reverted(work, row, noted, reason)
    return row


async def _open_as_staff(context: Context, work: UnitOfWork, command: AppointmentVersion) -> Appointment:
    if not work.principal.is_staff(policy.WRITE):
        context.recorder.refused("Appointment", "staff")
        raise not_found("Appointment")
    row, _ = await _open(work, command)
    return row


async def _open(
    work: UnitOfWork, command: AppointmentVersion, *, also: UUID | None = None
) -> tuple[Appointment, set[UUID]]:
    """An appointment at the version that the client has read, and who of its practitioner and the one it goes to practises.

    The calendars of both are locked.
    """
    found = await work.find(policy.appointments, command.id, scope=policy.WRITE, lock=False)
    practising = await lock_calendars(work, {key for key in (found.practitioner_id, also) if key})
    row = await work.find(policy.appointments, command.id, scope=policy.WRITE, version=command.version)
    return row, practising


def _require(row: Appointment, status: Status) -> None:
    if row.status != status:
        raise InvalidState(APPOINTMENT_STATUS, status=row.status, required=status)


def _require_begun(row: Appointment) -> None:
    if row.starts_at > utc_now():
        raise InvalidState(NOT_BEGUN)


async def _days_until(work: UnitOfWork, row: Appointment) -> int:
    """How many days away the day of the appointment is, where it takes place; less than 0 if it is over."""
    location = await work.session.get_one(Location, row.location_id)
    zone = ZoneInfo(location.time_zone)
    return (row.starts_at.astimezone(zone).date() - utc_now().astimezone(zone).date()).days
