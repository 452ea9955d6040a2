"""Availability: what can be booked, the hours of the week, and the days that differ."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import assign
from shared.errors import invalid, not_found
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import policy
from subgraphs.appointments.commands import (
    AddScheduleException,
    RemoveScheduleException,
    SaveAppointmentType,
    SaveSchedule,
)
from subgraphs.appointments.errors import TYPE_EXISTS
from subgraphs.appointments.models import (
    AppointmentType,
    ExceptionKind,
    Location,
    Schedule,
    ScheduleException,
    WeeklyHours,
)
from subgraphs.appointments.service import waitlist
from subgraphs.appointments.service.scheduling import lock_calendars
from subgraphs.appointments.slots import MIDNIGHT, ZONES


async def save_type(context: Context, command: SaveAppointmentType) -> AppointmentType:
    """Enter a type of appointment, or change one at the version that the client has read; what is booked stays as it is."""
    async with context.write() as work:
        if not policy.may_plan_for_all(work.principal):
            context.recorder.refused("AppointmentType", "role")
            raise not_found("AppointmentType")
        await work.once(command)
        row = await _save_type(work, command)
        try:
            await work.session.flush()
        except IntegrityError:
            raise invalid("code", TYPE_EXISTS) from None
        work.done(row.id)
    return row


async def _save_type(work: UnitOfWork, command: SaveAppointmentType) -> AppointmentType:
    code, values = command.code, command.model_dump(exclude={"id", "version", "idempotency_key", "code"})
    values |= {"system": code.system, "code": code.code, "display": code.display or code.code}
    if command.id is None:
        row = AppointmentType(**values)
        work.session.add(row)
        return row
    row = await work.find(policy.appointment_types, command.id, scope=policy.PLAN, version=command.version)
    assign(row, values)
    return row


async def save(context: Context, command: SaveSchedule) -> Schedule:
    """Set the hours of a week as a whole, at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        await _plan(work, command.practitioner_id, command.location_id)
        row = await _open_schedule(work, command)
        assign(row, command.model_dump(include={"slot_interval_minutes", "slot_alignment"}))
        await work.session.execute(delete(WeeklyHours).where(col(WeeklyHours.schedule_id) == row.id))
        work.session.add_all(WeeklyHours(schedule_id=row.id, **hours.model_dump()) for hours in command.hours)
        await work.session.flush()
        await waitlist.offer_opened(work, row.practitioner_id, row.location_id)
        work.done(row.id)
    return row


async def add_exception(context: Context, command: AddScheduleException) -> ScheduleException:
    """Close days or open extra hours."""
    async with context.write() as work:
        await work.once(command)
        await _plan(work, command.practitioner_id, command.location_id)
        row = ScheduleException(**command.model_dump(exclude={"idempotency_key"}))
        work.session.add(row)
        await work.session.flush()
        if row.kind == ExceptionKind.EXTRA:
            await _offer_days(work, row)
        work.done(row.id)
    return row


async def remove_exception(context: Context, command: RemoveScheduleException) -> ScheduleException:
    """Let days be as the week says again."""
    async with context.write() as work:
        row = await work.find(policy.exceptions, command.id, scope=policy.PLAN, lock=False)
        await _plan(work, row.practitioner_id, row.location_id)
        await work.session.delete(row)
        await work.session.flush()
        if row.kind == ExceptionKind.CLOSED:
            await _offer_days(work, row)
    return row


async def _plan(work: UnitOfWork, practitioner_id: UUID | None, location_id: UUID | None) -> None:
    """Plan for a practitioner, or all who are at a location, whose calendars nobody else changes meanwhile."""
    if location_id is not None and await work.session.get(Location, location_id) is None:
        raise not_found("Location")
    if practitioner_id is not None:
        await work.find(policy.practitioners, practitioner_id)
    elif policy.may_plan_for_all(work.principal):
        await lock_calendars(work, await waitlist.practitioners_at(work, location_id))
    else:
        work.recorder.refused("Location", "role")
        raise not_found("Location")


async def _offer_days(work: UnitOfWork, row: ScheduleException) -> None:
    """Offer what opens on the days of an exception to those who wait for it."""
    since = datetime.combine(row.from_day, MIDNIGHT, UTC) - ZONES
    before = datetime.combine(row.until_day, MIDNIGHT, UTC) + timedelta(days=1) + ZONES
    await waitlist.offer_opened(work, row.practitioner_id, row.location_id, since, before)


async def _open_schedule(work: UnitOfWork, command: SaveSchedule) -> Schedule:
    """A new schedule, or the one that is changed."""
    place = command.model_dump(include={"practitioner_id", "location_id"})
    key = await work.session.scalar(select(col(Schedule.id)).filter_by(**place))
    if key is None:
        row = Schedule(**place)
        work.session.add(row)
        await work.session.flush()
        return row
    row = await work.find(policy.schedules, key, scope=policy.PLAN, version=command.version)
    row.touch()
    return row
