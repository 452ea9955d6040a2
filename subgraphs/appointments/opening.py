"""Whether an appointment's time is in open hours, as `slots` computes them, in SQL."""

from sqlalchemy import ColumnElement, Date, Time, and_, cast, exists, func, or_, select
from sqlmodel import col

from subgraphs.appointments.models import (
    Appointment,
    ExceptionKind,
    Location,
    Schedule,
    ScheduleException,
    WeeklyHours,
)
from subgraphs.appointments.slots import MIDNIGHT

_ZONE = col(Location.time_zone)
_DAY = cast(func.timezone(_ZONE, col(Appointment.starts_at)), Date)
_FROM = cast(func.timezone(_ZONE, col(Appointment.occupied_from)), Time)
_UNTIL = cast(func.timezone(_ZONE, col(Appointment.occupied_until)), Time)


def is_open() -> ColumnElement[bool]:
    """Whether the hours of its practitioner and location have an appointment's time; the statement joins its Location.

    What the staff have booked outside the hours stays where it is unless something is closed.
    """
    theirs = col(ScheduleException.practitioner_id) == col(Appointment.practitioner_id)
    everybodys = col(ScheduleException.practitioner_id).is_(None)
    whole_days = col(ScheduleException.starts).is_(None)
    in_extra_hours = _excepted(ExceptionKind.EXTRA, theirs, _covered_by(ScheduleException))
    return and_(
        ~_excepted(ExceptionKind.CLOSED, or_(everybodys, and_(theirs, ~whole_days)), _overlaps()),
        or_(
            in_extra_hours,
            and_(
                ~_excepted(ExceptionKind.CLOSED, theirs, whole_days),
                or_(_in_weekly_hours(), col(Appointment.overbooking).is_not(None)),
            ),
        ),
    )


def _excepted(kind: ExceptionKind, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    here = or_(
        col(ScheduleException.location_id).is_(None),
        col(ScheduleException.location_id) == col(Appointment.location_id),
    )
    days = _DAY.between(col(ScheduleException.from_day), col(ScheduleException.until_day))
    return exists(select(1).where(col(ScheduleException.kind) == kind, here, days, *conditions))


def _in_weekly_hours() -> ColumnElement[bool]:
    hours = (
        select(1)
        .select_from(WeeklyHours)
        .join(Schedule, col(WeeklyHours.schedule_id) == col(Schedule.id))
        .where(
            col(Schedule.practitioner_id) == col(Appointment.practitioner_id),
            col(Schedule.location_id) == col(Appointment.location_id),
            col(WeeklyHours.weekday) == func.extract("isodow", _DAY),
            or_(col(WeeklyHours.valid_from).is_(None), col(WeeklyHours.valid_from) <= _DAY),
            or_(col(WeeklyHours.valid_until).is_(None), col(WeeklyHours.valid_until) >= _DAY),
            _covered_by(WeeklyHours),
        )
    )
    return exists(hours)


def _covered_by(hours: type[WeeklyHours] | type[ScheduleException]) -> ColumnElement[bool]:
    """Whether some hours of a day have all of the time; they end at midnight if `ends` is 00:00."""
    starts, ends = col(hours.starts), col(hours.ends)
    return and_(starts <= _FROM, or_(ends == MIDNIGHT, and_(ends >= _UNTIL, _UNTIL > _FROM)))


def _overlaps() -> ColumnElement[bool]:
    """Whether the hours of an exception, or its whole day, have some of the time."""
    starts, ends = col(ScheduleException.starts), col(ScheduleException.ends)
    return or_(
        starts.is_(None),
        and_(or_(_UNTIL == MIDNIGHT, starts < _UNTIL), or_(ends == MIDNIGHT, ends > _FROM)),
    )
