"""Booking, and what becomes of an appointment: BOOKED to CHECKED_IN to COMPLETED, or to CANCELLED or NO_SHOW.

All but CANCELLED can be taken back.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.audit.recorder import Action
from shared.auth.principal import Principal
from shared.database.model import utc_now
from shared.graph.context import Context
from shared.graph.errors import InvalidState, Refusal, invalid, not_found
from shared.ids import parse_id
from shared.work import UnitOfWork
from subgraphs.appointments import policy, repository
from subgraphs.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentCompleted,
    AppointmentNoShow,
    AppointmentRescheduled,
    AppointmentStatusReverted,
    Party,
)
from subgraphs.appointments.inputs import (
    AppointmentVersionInput,
    BookAppointmentInput,
    CancelAppointmentInput,
    IdempotencyKeyReused,
    RescheduleAppointmentInput,
    RevertAppointmentStatusInput,
    SlotTaken,
)
from subgraphs.appointments.models import OPEN, Appointment, AppointmentType, BookingKey, Location, Status
from subgraphs.appointments.service.common import check_may_act_for, facts, hold_patient, read_key
from subgraphs.appointments.service.placing import (
    TAKEN,
    appointment_in,
    conflicts_refused,
    find_slot,
    move,
    queue_up,
    slot_of,
    visit_of,
)
from subgraphs.appointments.service.waitlist import offer_freed

_REASON_LENGTH, _KEY_LENGTH = 2000, 200
_DAY = timedelta(days=1)

_BEFORE = {Status.CHECKED_IN: Status.BOOKED, Status.COMPLETED: Status.CHECKED_IN, Status.NO_SHOW: Status.BOOKED}


@dataclass(frozen=True, slots=True)
class _Request:
    """A booking that is asked for, its keys read."""

    patient_id: UUID
    practitioner_id: UUID
    location_id: UUID
    type_id: UUID
    starts_at: datetime
    reason: str | None

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of all of it."""
        return hashlib.sha256(orjson.dumps(self)).digest()


async def book(context: Context, input: BookAppointmentInput) -> Appointment:
    """Book a free slot. A repetition under the same idempotency key gives the appointment that was booked first."""
    request = _read(input)
    check_may_act_for(context, request.patient_id)
    async with context.write() as work:
        if await _is_taken(work, request, input.idempotency_key):
            raise Refusal(SlotTaken(message=TAKEN))
        practising = await queue_up(work, {request.practitioner_id})
        booked = await _booked_before(work, request, input.idempotency_key)
        if booked is not None:
            return booked
        await hold_patient(work, request.patient_id)
        kind = await work.session.get(AppointmentType, request.type_id)
        if kind is None or not kind.active:
            raise not_found("type of appointment")
        if not practising:
            raise not_found("practitioner")
        slot = await find_slot(
            work, request.practitioner_id, request.location_id, repository.visit(kind), request.starts_at
        )
        row = appointment_in(slot, kind, request.patient_id, Status.BOOKED, reason=request.reason)
        work.session.add(row)
        with conflicts_refused():
            await work.session.flush()
        if input.idempotency_key is not None:
            await _keep_key(work, request, input.idempotency_key, row)
        work.publish(AppointmentBooked(**facts(row)))
    return row


def _read(input: BookAppointmentInput) -> _Request:
    if input.reason is not None and len(input.reason) > _REASON_LENGTH:
        raise invalid("reason", f"It is {_REASON_LENGTH} characters at most.")
    if input.idempotency_key is not None and not 1 <= len(input.idempotency_key) <= _KEY_LENGTH:
        raise invalid("idempotencyKey", f"It is 1 to {_KEY_LENGTH} characters.")
    return _Request(
        patient_id=read_key(input.patient_id, "patient"),
        practitioner_id=read_key(input.practitioner_id, "practitioner"),
        location_id=read_key(input.location_id, "location"),
        type_id=read_key(input.type_id, "type of appointment"),
        starts_at=input.starts_at,
        reason=input.reason,
    )


async def _is_taken(work: UnitOfWork, request: _Request, key: str | None) -> bool:
    """Whether someone has the slot already, and not by this very request.

    So those who come too late need not wait in line. It promises nothing to the others.
    """
    taken = select(col(Appointment.id)).where(
        col(Appointment.practitioner_id) == request.practitioner_id,
        col(Appointment.status).in_(OPEN),
        col(Appointment.starts_at).between(request.starts_at - _DAY, request.starts_at + _DAY),  # as the index has it
        col(Appointment.occupied_from) <= request.starts_at,
        col(Appointment.occupied_until) > request.starts_at,
    )
    repeated = select(col(BookingKey.id)).where(
        col(BookingKey.account_id) == work.principal.subject, col(BookingKey.key) == key
    )
    return bool(await work.session.scalar(select(taken.exists() & ~repeated.exists())))


async def _booked_before(work: UnitOfWork, request: _Request, key: str | None) -> Appointment | None:
    if key is None:
        return None
    used = await work.session.scalar(
        select(BookingKey).where(col(BookingKey.account_id) == work.principal.subject, col(BookingKey.key) == key)
    )
    if used is None:
        return None
    if used.fingerprint != request.fingerprint:
        raise _key_reused()
    statement = policy.appointments(work.principal, policy.WRITE).where(col(Appointment.id) == used.appointment_id)
    return await work.session.scalar(statement)


async def _keep_key(work: UnitOfWork, request: _Request, key: str, row: Appointment) -> None:
    account = work.principal.subject
    work.session.add(BookingKey(account_id=account, key=key, fingerprint=request.fingerprint, appointment_id=row.id))
    try:
        await work.session.flush()
    except IntegrityError:  # with another practitioner at the same moment; the same one's bookings wait in line
        raise _key_reused() from None


def _key_reused() -> Refusal:
    return Refusal(IdempotencyKeyReused(message="The key came with another input; use a new key."))


async def reschedule(context: Context, input: RescheduleAppointmentInput) -> Appointment:
    """Move a booked appointment to a free slot, of the same practitioner or another; the old slot becomes free."""
    practitioner_id = read_key(input.practitioner_id, "practitioner") if input.practitioner_id is not None else None
    location_id = read_key(input.location_id, "location") if input.location_id is not None else None
    async with context.write() as work:
        row, practising = await _open(work, input.id, input.version, also=practitioner_id)
        _require(row, Status.BOOKED)
        _require_time(row, work.principal)
        practitioner_id = practitioner_id or row.practitioner_id
        if practitioner_id not in practising:
            raise not_found("practitioner")
        location_id = location_id or row.location_id
        slot = await find_slot(work, practitioner_id, location_id, visit_of(row), input.starts_at, moving=row.id)
        old = slot_of(row)
        move(row, slot)
        with conflicts_refused():
            await work.session.flush()
        work.publish(
            AppointmentRescheduled(
                **facts(row),
                previous_starts_at=old.starts_at,
                previous_practitioner_id=old.practitioner_id,
                previous_location_id=old.location_id,
            )
        )
        await offer_freed(work, old)
    return row


async def cancel(context: Context, input: CancelAppointmentInput) -> Appointment:
    """Call a booked appointment off; its slot becomes free."""
    async with context.write() as work:
        row, _ = await _open(work, input.id, input.version)
        _require(row, Status.BOOKED)
        _require_time(row, work.principal)
        await call_off(work, row, "staff" if work.principal.is_staff(policy.WRITE) else "patient", input.reason.value)
    return row


async def call_off(work: UnitOfWork, row: Appointment, by: Party, reason: str) -> None:
    """Cancel an appointment of a practitioner for whom this work has queued up."""
    row.status, row.cancelled_by, row.cancellation_reason = Status.CANCELLED, by, reason
    work.publish(AppointmentCancelled(**facts(row), cancelled_by=by, reason_code=reason))
    await work.session.flush()
    await offer_freed(work, slot_of(row))


async def check_in(context: Context, input: AppointmentVersionInput) -> Appointment:
    """The patient has arrived, on the day of the appointment."""
    async with context.write() as work:
        row, _ = await _open_as_staff(context, work, input)
        _require(row, Status.BOOKED)
        await _require_today(work, row)
        row.status = Status.CHECKED_IN
        work.publish(AppointmentCheckedIn(**facts(row)))
    return row


async def complete(context: Context, input: AppointmentVersionInput) -> Appointment:
    """The patient was seen."""
    async with context.write() as work:
        row, _ = await _open_as_staff(context, work, input)
        _require(row, Status.CHECKED_IN)
        _require_begun(row)
        row.status = Status.COMPLETED
        work.publish(AppointmentCompleted(**facts(row)))
    return row


async def mark_no_show(context: Context, input: AppointmentVersionInput) -> Appointment:
    """The patient did not come, though the time has begun."""
    async with context.write() as work:
        row, _ = await _open_as_staff(context, work, input)
        _require(row, Status.BOOKED)
        _require_begun(row)
        row.status = Status.NO_SHOW
        work.publish(AppointmentNoShow(**facts(row)))
    return row


async def revert(context: Context, input: RevertAppointmentStatusInput) -> Appointment:
    """Take back what was noted last: it is in the state before that. An appointment that is open again needs its time free."""
    async with context.write() as work:
        row, _ = await _open_as_staff(context, work, input)
        noted = Status(row.status)
        if noted not in _BEFORE:
            raise Refusal(InvalidState(message=f"It is {noted}; what can be taken back is {', '.join(_BEFORE)}."))
        if row.booked_at >= row.starts_at:
            raise Refusal(InvalidState(message="It was recorded from another system, which has to correct it."))
        row.status = _BEFORE[noted]
        with conflicts_refused():
            await work.session.flush()
        reason = input.reason.value
        work.audit(Action.EXECUTE, "Appointment", [row.id], [row.patient_id], reverted=noted, reason=reason)
        work.publish(AppointmentStatusReverted(**facts(row), previous_status=noted, reason_code=reason))
    return row


async def _open_as_staff(
    context: Context, work: UnitOfWork, input: AppointmentVersionInput | RevertAppointmentStatusInput
) -> tuple[Appointment, set[UUID]]:
    if not work.principal.is_staff(policy.WRITE):
        context.recorder.refused("Appointment", "staff")
        raise not_found("appointment that you may do this with")
    return await _open(work, input.id, input.version)


async def _open(work: UnitOfWork, key: str, version: int, *, also: UUID | None = None) -> tuple[Appointment, set[UUID]]:
    """An appointment at the version that the client has read; its practitioner and the one it goes to are queued up for.

    Gives it and who of the two practises.
    """
    identifier = parse_id(key)
    found = await work.find(policy.appointments, identifier, scope=policy.WRITE, lock=False)
    practising = await queue_up(work, {found.practitioner_id, also or found.practitioner_id})
    return await work.find(policy.appointments, identifier, scope=policy.WRITE, version=version), practising


def _require(row: Appointment, status: Status) -> None:
    if row.status != status:
        raise Refusal(InvalidState(message=f"It is {row.status}; this can be done while it is {status}."))


def _require_begun(row: Appointment) -> None:
    if row.starts_at > utc_now():
        raise Refusal(InvalidState(message="It has not begun yet."))


async def _require_today(work: UnitOfWork, row: Appointment) -> None:
    """It is the day of the appointment where it takes place."""
    location = await work.session.get_one(Location, row.location_id)
    zone = ZoneInfo(location.time_zone)
    if row.starts_at.astimezone(zone).date() != utc_now().astimezone(zone).date():
        raise Refusal(InvalidState(message="It is not today, by the calendar of the location."))


def _require_time(row: Appointment, principal: Principal) -> None:
    """What has begun, only the staff can change."""
    if row.starts_at <= utc_now() and not principal.is_staff(policy.WRITE):
        raise Refusal(InvalidState(message="It has begun; please call the practice."))
