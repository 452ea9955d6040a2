"""Availability: what can be booked, the hours of the week, and the days that differ."""

from datetime import date, time
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.graph.context import Context
from shared.graph.errors import invalid, not_found
from shared.ids import parse_id
from shared.work import UnitOfWork
from subgraphs.appointments import policy
from subgraphs.appointments.inputs import (
    AppointmentTypeInput,
    RemoveScheduleExceptionInput,
    ScheduleExceptionInput,
    ScheduleInput,
    WeeklyHoursInput,
)
from subgraphs.appointments.models import (
    AppointmentType,
    ExceptionKind,
    Location,
    Schedule,
    ScheduleException,
    WeeklyHours,
)
from subgraphs.appointments.service.common import read_key
from subgraphs.appointments.slots import MIDNIGHT

_SHORTEST, _LONGEST, _LONGEST_BUFFER = 5, 480, 120
_HOURS_A_WEEK = 50
_LONGEST_EXCEPTION_DAYS = 366


async def save_type(context: Context, input: AppointmentTypeInput) -> AppointmentType:
    """Enter a type of appointment, or change one at the version that the client has read; what is booked stays as it is."""
    _check_type(input)
    async with context.write() as work:
        if not policy.may_plan_for_all(work.principal):
            context.recorder.refused("AppointmentType", "role")
            raise not_found("type of appointment that you may change")
        row = await _open_type(work, input)
        row.system, row.code, row.display = input.code.system, input.code.code, input.code.display or input.code.code
        row.minutes, row.active = input.minutes, input.active
        row.before_minutes, row.after_minutes = input.before_minutes, input.after_minutes
        work.session.add(row)
        try:
            await work.session.flush()
        except IntegrityError:
            raise invalid("code", "Another type of appointment has this code; change that one.") from None
    return row


def _check_type(input: AppointmentTypeInput) -> None:
    if not input.code.system or not input.code.code:
        raise invalid("code", "It names its system and its code.")
    if not _SHORTEST <= input.minutes <= _LONGEST:
        raise invalid("minutes", f"It is {_SHORTEST} to {_LONGEST}.")
    for path, value in (("beforeMinutes", input.before_minutes), ("afterMinutes", input.after_minutes)):
        if not 0 <= value <= _LONGEST_BUFFER:
            raise invalid(path, f"It is 0 to {_LONGEST_BUFFER}.")


async def _open_type(work: UnitOfWork, input: AppointmentTypeInput) -> AppointmentType:
    if input.id is None:
        return AppointmentType(system="", code="", display="", minutes=input.minutes)
    return await work.find(policy.appointment_types, parse_id(input.id), scope=policy.PLAN, version=input.version)


async def save(context: Context, input: ScheduleInput) -> Schedule:
    """Set the hours of a week as a whole, at the version that the client has read."""
    practitioner_id = read_key(input.practitioner_id, "practitioner")
    location_id = read_key(input.location_id, "location")
    if len(input.hours) > _HOURS_A_WEEK:
        raise invalid("hours", f"They are {_HOURS_A_WEEK} at most.")
    for index, hours in enumerate(input.hours):
        _check_hours(hours, f"hours.{index}")
    async with context.write() as work:
        await work.find(policy.practitioners, practitioner_id)
        if await work.session.get(Location, location_id) is None:
            raise not_found("location")
        row = await _open_schedule(work, practitioner_id, location_id, input.version)
        await work.session.execute(delete(WeeklyHours).where(col(WeeklyHours.schedule_id) == row.id))
        work.session.add_all(
            WeeklyHours(
                schedule_id=row.id,
                weekday=hours.weekday,
                starts=hours.starts,
                ends=hours.ends,
                valid_from=hours.valid_from,
                valid_until=hours.valid_until,
            )
            for hours in input.hours
        )
    return row


async def add_exception(context: Context, input: ScheduleExceptionInput) -> ScheduleException:
    """Close days or open extra hours."""
    practitioner_id = read_key(input.practitioner_id, "practitioner")
    location_id = read_key(input.location_id, "location") if input.location_id is not None else None
    kind = ExceptionKind(input.kind.value)
    _check_days(input.from_day, input.until_day)
    if kind is ExceptionKind.EXTRA and (location_id is None or input.starts is None):
        raise invalid("kind", "Extra hours are at a location, and have a start and an end.")
    if (input.starts is None) != (input.ends is None):
        raise invalid("ends", "Hours have a start and an end; a whole day has neither.")
    if input.starts is not None and input.ends is not None:
        _check_times(input.starts, input.ends, "ends")
    async with context.write() as work:
        await work.find(policy.practitioners, practitioner_id)
        if location_id is not None and await work.session.get(Location, location_id) is None:
            raise not_found("location")
        row = ScheduleException(
            practitioner_id=practitioner_id,
            location_id=location_id,
            kind=kind,
            from_day=input.from_day,
            until_day=input.until_day,
            starts=input.starts,
            ends=input.ends,
        )
        work.session.add(row)
    return row


async def remove_exception(context: Context, input: RemoveScheduleExceptionInput) -> ScheduleException:
    """Let days be as the week says again."""
    async with context.write() as work:
        row = await work.find(policy.exceptions, parse_id(input.id), lock=False)
        await work.find(policy.practitioners, row.practitioner_id)
        await work.session.delete(row)
    return row


async def _open_schedule(work: UnitOfWork, practitioner_id: UUID, location_id: UUID, version: int | None) -> Schedule:
    """A new schedule, or the one that is changed, of a practitioner whose calendar nobody else changes."""
    same = (col(Schedule.practitioner_id) == practitioner_id, col(Schedule.location_id) == location_id)
    key = await work.session.scalar(select(col(Schedule.id)).where(*same))
    if key is None:
        row = Schedule(practitioner_id=practitioner_id, location_id=location_id)
        work.session.add(row)
        await work.session.flush()
        return row
    row = await work.find(policy.schedules, key, version=version)
    row.touch()
    return row


def _check_hours(hours: WeeklyHoursInput, path: str) -> None:
    if not 1 <= hours.weekday <= 7:
        raise invalid(f"{path}.weekday", "It is 1 for Monday to 7 for Sunday.")
    _check_times(hours.starts, hours.ends, f"{path}.ends")
    if hours.valid_from and hours.valid_until and hours.valid_from > hours.valid_until:
        raise invalid(f"{path}.validUntil", "It is not before validFrom.")


def _check_times(starts: time, ends: time, path: str) -> None:
    if starts.tzinfo is not None or ends.tzinfo is not None:
        raise invalid(path, "Hours are by the location's clock, without a time zone.")
    if not (starts < ends or ends == MIDNIGHT):
        raise invalid(path, "It is after the start; 00:00 is the end of the day.")


def _check_days(from_day: date, until_day: date) -> None:
    if not 0 <= (until_day - from_day).days <= _LONGEST_EXCEPTION_DAYS:
        raise invalid("untilDay", f"It is not before fromDay, and at most {_LONGEST_EXCEPTION_DAYS} days later.")
