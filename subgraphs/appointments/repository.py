"""Every statement that reads appointments for a caller, each beginning with what `policy` lets them see."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Select, Uuid, and_, bindparam, func, or_, select, tuple_, union_all
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.driver import Fetch
from shared.database.model import utc_now
from shared.database.paging import ListOfEach, Order
from shared.database.rows import grouped
from shared.errors import NOT_FOUND, FieldProblem, InvalidInput
from shared.graph.context import Context
from subgraphs.appointments import opening, policy
from subgraphs.appointments.models import (
    OPEN,
    Appointment,
    AppointmentOrderField,
    AppointmentType,
    CalendarFeed,
    ExceptionKind,
    Location,
    Practitioner,
    Schedule,
    ScheduleException,
    SlotAlignment,
    Status,
    WaitlistEntry,
    WaitlistStatus,
    WeeklyHours,
)
from subgraphs.appointments.slots import MIDNIGHT, Calendar, Closure, Grid, Opening, Slot, Visit

BY_START = Order((col(Appointment.starts_at), col(Appointment.id)))
APPOINTMENTS = {
    AppointmentOrderField.STARTS_AT: BY_START,
    AppointmentOrderField.BOOKED_AT: Order((col(Appointment.booked_at), col(Appointment.id))),
}
WAITLIST = Order((col(WaitlistEntry.id),))
EXCEPTIONS = Order((col(ScheduleException.from_day), col(ScheduleException.id)))
FEEDS = Order((col(CalendarFeed.id),))

_DAY = timedelta(days=1)
_ALTERNATIVES = timedelta(days=28)  # from the first time on
_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which appointments are asked for; they begin at `since` or later, and before `until`."""

    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    location_id: UUID | None = None
    status: tuple[Status, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    upcoming: bool = False


def search(principal: Principal, wanted: Filter) -> Select[Appointment]:
    """The appointments that match."""
    statement = policy.appointments(principal)
    for column, value in (
        (col(Appointment.patient_id), wanted.patient_id),
        (col(Appointment.practitioner_id), wanted.practitioner_id),
        (col(Appointment.location_id), wanted.location_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.status is not None:
        statement = statement.where(col(Appointment.status).in_(wanted.status))
    if wanted.since is not None:
        statement = statement.where(col(Appointment.starts_at) >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(col(Appointment.starts_at) < wanted.until)
    if wanted.upcoming:
        statement = statement.where(
            col(Appointment.ends_at) > func.now(), col(Appointment.status).in_((Status.BOOKED, Status.CHECKED_IN))
        )
    return statement


def to_move(principal: Principal, practitioner_id: UUID | None, location_id: UUID | None) -> Select[Appointment]:
    """What is to come at a time at which the practitioner or the location is not open any more."""
    statement = search(principal, Filter(None, practitioner_id, location_id, (Status.HELD, Status.BOOKED), utc_now()))
    return (
        statement.join(Location, col(Appointment.location_id) == col(Location.id))
        .join(Practitioner, col(Appointment.practitioner_id) == col(Practitioner.id))
        .where(~and_(col(Location.active), col(Practitioner.active), opening.is_open()))
    )


async def may_ask_about(context: Context, patient_id: UUID) -> bool:
    """Whether the caller may see a patient's appointments at all; if not, the audit trail has that they asked."""
    allowed = policy.may_see(context.principal, patient_id) or await context.load(_are_minors, patient_id)
    if not allowed:
        context.recorder.denied("Patient", [patient_id])
    return allowed


async def _are_minors(context: Context, patient_ids: Sequence[UUID]) -> list[bool]:
    """Whether the caller may ask about each of these patients as their proxy."""
    asked = func.unnest(bindparam("patients", type_=ARRAY(Uuid)), type_=Uuid).column_valued("asked")
    found = await context.fetch(select(asked).where(policy.minors(context.principal, asked)), patients=patient_ids)
    return [key in set(found) for key in patient_ids]


OF_PATIENT = ListOfEach(search, col(Appointment.patient_id))
OF_PRACTITIONER = ListOfEach(search, col(Appointment.practitioner_id))


async def active_types(context: Context) -> Sequence[AppointmentType]:
    """What can be booked, by name."""
    statement = policy.appointment_types(context.principal).where(col(AppointmentType.active))
    return await context.fetch(statement.order_by(col(AppointmentType.display)))


async def schedules(context: Context, practitioner_id: UUID) -> Sequence[Schedule]:
    """A practitioner's weekly availability, by location."""
    statement = policy.schedules(context.principal).where(col(Schedule.practitioner_id) == practitioner_id)
    return await context.fetch(statement.order_by(col(Schedule.location_id)))


async def weekly_hours(context: Context, schedule_ids: Sequence[UUID]) -> list[list[WeeklyHours]]:
    """The hours of schedules, in order."""
    statement = select(WeeklyHours).where(col(WeeklyHours.schedule_id).in_(schedule_ids))
    rows = await context.fetch(statement.order_by(col(WeeklyHours.weekday), col(WeeklyHours.starts)))
    return grouped(rows, attrgetter("schedule_id"), schedule_ids)


async def time_zones(context: Context, location_ids: Sequence[UUID]) -> list[str | None]:
    """The time zones of locations, in order."""
    statement = select(col(Location.id), col(Location.time_zone)).where(col(Location.id).in_(location_ids))
    found = dict(await context.fetch(statement))
    return [found.get(key) for key in location_ids]


async def positions(context: Context, location_ids: Collection[UUID]) -> dict[UUID, tuple[float, float]]:
    """The latitude and longitude of locations of which they are known."""
    if not location_ids:
        return {}
    place = select(col(Location.id), col(Location.latitude), col(Location.longitude))
    found = await context.fetch(place.where(col(Location.id).in_(location_ids)))
    return {key: (lat, long) for key, lat, long in found if lat is not None and long is not None}


async def types_of(context: Context, codes: Sequence[tuple[str, str]]) -> list[AppointmentType | None]:
    """The types of these systems and codes, in order; None where there is none."""
    statement = policy.appointment_types(context.principal).where(
        tuple_(col(AppointmentType.system), col(AppointmentType.code)).in_(codes)
    )
    found = {(row.system, row.code): row for row in await context.fetch(statement)}
    return [found.get(code) for code in codes]


def exceptions(
    principal: Principal, practitioner_id: UUID | None, location_id: UUID | None, from_day: date
) -> Select[ScheduleException]:
    """How days differ from the week, from a day on; of all, of a practitioner, at a location."""
    statement = policy.exceptions(principal).where(col(ScheduleException.until_day) >= from_day)
    if practitioner_id is not None:
        statement = statement.where(col(ScheduleException.practitioner_id) == practitioner_id)
    if location_id is not None:
        statement = statement.where(col(ScheduleException.location_id) == location_id)
    return statement


def search_feeds(principal: Principal, account_id: UUID | None) -> Select[CalendarFeed]:
    """Calendar feeds, of one account or all."""
    statement = policy.feeds(principal)
    return statement if account_id is None else statement.where(col(CalendarFeed.account_id) == account_id)


def search_waitlist(
    principal: Principal, practitioner_id: UUID | None, patient_id: UUID | None, status: Sequence[WaitlistStatus] | None
) -> Select[WaitlistEntry]:
    """The waitlist entries that match."""
    statement = policy.waitlist(principal)
    if practitioner_id is not None:
        statement = statement.where(col(WaitlistEntry.practitioner_id) == practitioner_id)
    if patient_id is not None:
        statement = statement.where(col(WaitlistEntry.patient_id) == patient_id)
    if status is not None:
        statement = statement.where(col(WaitlistEntry.status).in_(status))
    return statement


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """The first free slots of a practitioner that begin in a period, for a type of appointment.

    One who is `named` by the caller must be known here; of others the directory may tell later.
    """

    practitioner_id: UUID
    location_id: UUID | None
    type_id: UUID
    since: datetime
    before: datetime
    first: int
    named: bool = False


async def free_slots(context: Context, searches: Sequence[SlotSearch]) -> list[list[Slot] | InvalidInput]:
    """The free slots of each search, in four statements for all of them, or five; what it names that is not known."""
    wanted = {search.type_id for search in searches}
    since, before = min(search.since for search in searches), max(search.before for search in searches)
    types = select(AppointmentType).where(col(AppointmentType.id).in_(wanted), col(AppointmentType.active))
    kinds = {row.id: row for row in await context.fetch(types)}
    is_staff = context.principal.is_staff(policy.WRITE)
    found = await calendars(context.fetch, {search.practitioner_id for search in searches}, since, before)
    missing = await _missing(context, searches, found)
    return [
        _unknown(search, kinds, missing)
        or _free(found[search.practitioner_id], kinds[search.type_id], search, is_staff=is_staff)
        for search in searches
    ]


async def _missing(context: Context, searches: Sequence[SlotSearch], found: Mapping[UUID, Calendar]) -> set[UUID]:
    """What the searches name that is not known here; who has hours, and where, need not be looked up."""
    named = {search.location_id for search in searches} | {each.practitioner_id for each in searches if each.named}
    there = {opening.location_id for calendar in found.values() for opening in calendar.openings}
    doubtful = named - there - {key for key, calendar in found.items() if calendar.openings} - {None}
    if not doubtful:
        return set()
    known = union_all(
        *(select(col(kind.id)).where(col(kind.id).in_(doubtful)) for kind in (Location, Practitioner))
    ).subquery()
    return {key for key in doubtful if key} - set(await context.fetch(select(known.c.id)))


def _unknown(
    search: SlotSearch, kinds: Mapping[UUID, AppointmentType], missing: Collection[UUID]
) -> InvalidInput | None:
    """The refusal of a search that names what is not there."""
    named = (
        ("typeId", "AppointmentType", search.type_id not in kinds),
        ("practitionerId", "Practitioner", search.practitioner_id in missing),
        ("locationId", "Location", search.location_id in missing),
    )
    wrong = [FieldProblem((path,), NOT_FOUND, {"resource": kind}) for path, kind, is_missing in named if is_missing]
    return InvalidInput(wrong) if wrong else None


def _free(calendar: Calendar, kind: AppointmentType, search: SlotSearch, *, is_staff: bool) -> list[Slot]:
    before = search.before if is_staff else min(search.before, horizon(kind))
    slots = calendar.slots(visit(kind), max(search.since, utc_now()), before, search.location_id)
    return list(islice(calendar.wanted(calendar.free(slots), visit(kind)), search.first))


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The first free slots at a location, from a time on, for a type of appointment by its system and code."""

    location_id: UUID
    type: tuple[str, str]
    since: datetime
    first: int


async def alternatives(context: Context, wanted: Sequence[Alternatives]) -> list[list[Slot]]:
    """The slots of each, of all who have hours at the location; in five statements for all of them."""
    types = select(AppointmentType).where(
        col(AppointmentType.code).in_({each.type[1] for each in wanted}), col(AppointmentType.active)
    )
    kinds = {(row.system, row.code): row for row in await context.fetch(types)}
    there = select(col(Schedule.location_id), col(Schedule.practitioner_id)).where(
        col(Schedule.location_id).in_({each.location_id for each in wanted})
    )
    practising: dict[UUID, list[UUID]] = defaultdict(list)
    for location_id, practitioner_id in await context.fetch(there):
        practising[location_id].append(practitioner_id)
    since = min(each.since for each in wanted)
    who = {key for keys in practising.values() for key in keys}
    found = await calendars(context.fetch, who, since, max(each.since for each in wanted) + _ALTERNATIVES)
    return [
        _earliest([found[key] for key in practising[each.location_id]], kinds.get(each.type), each) for each in wanted
    ]


def _earliest(calendars: Sequence[Calendar], kind: AppointmentType | None, wanted: Alternatives) -> list[Slot]:
    if kind is None:
        return []
    of = visit(kind)
    streams = (
        each.wanted(each.free(each.slots(of, wanted.since, wanted.since + _ALTERNATIVES, wanted.location_id)), of)
        for each in calendars
    )
    return list(islice(merge(*streams, key=lambda slot: (slot.starts_at, slot.practitioner_id)), wanted.first))


def visit(row: AppointmentType) -> Visit:
    """How long an appointment of a type takes, and how many there may be on a day."""
    minutes = (row.minutes, row.before_minutes, row.after_minutes)
    length, before, after = (timedelta(minutes=value) for value in minutes)
    return Visit(length, before, after, (row.system, row.code), row.maximum_per_day)


def horizon(row: AppointmentType) -> datetime:
    """Until when patients may book."""
    return _FOREVER if row.horizon_days is None else utc_now() + row.horizon_days * _DAY


class _Taken(NamedTuple):
    occupied_from: datetime
    occupied_until: datetime
    starts_at: datetime
    location_id: UUID
    type: tuple[str, str]


async def calendars(
    fetch: Fetch,
    practitioner_ids: Collection[UUID],
    since: datetime,
    before: datetime,
    *,
    apart_from: UUID | None = None,
) -> dict[UUID, Calendar]:
    """The calendars of practitioners in a period, in three statements; the one appointment is left out of them.

    Only columns are read of appointments: that someone is occupied tells nothing about a patient.
    """
    openings = await _weekly_openings(fetch, practitioner_ids)
    closures: dict[UUID, list[Closure]] = defaultdict(list)
    for row, zone, grid in await _exceptions(fetch, practitioner_ids, since.date() - _DAY, before.date() + _DAY):
        if row.kind == ExceptionKind.CLOSED:
            for key in practitioner_ids if row.practitioner_id is None else [row.practitioner_id]:
                closures[key].append(_closure(row))
        elif row.practitioner_id and row.location_id and row.starts is not None and row.ends is not None:
            place, hours = (row.location_id, ZoneInfo(zone)), (row.starts, row.ends)  # as the table's check wants of it
            openings[row.practitioner_id].append(
                Opening(*place, *hours, None, row.from_day, row.until_day, grid, extra=True)
            )
    # No appointment takes a day, so a day more at both ends has all that reach into the period.
    occupied = await _occupied(fetch, practitioner_ids, since - _DAY, before + _DAY, apart_from)
    return {
        key: Calendar(key, openings[key], closures[key], _periods(occupied[key]), _starts(occupied[key]))
        for key in practitioner_ids
    }


def _periods(taken: Sequence[_Taken]) -> list[tuple[datetime, datetime]]:
    """When somebody is occupied, in order: as one where it overlaps."""
    periods: list[tuple[datetime, datetime]] = []
    for each in taken:
        if periods and each.occupied_from < periods[-1][1]:
            periods[-1] = (periods[-1][0], max(periods[-1][1], each.occupied_until))
        else:
            periods.append((each.occupied_from, each.occupied_until))
    return periods


def _starts(taken: Sequence[_Taken]) -> list[tuple[tuple[str, str] | None, datetime, UUID]]:
    return [(each.type, each.starts_at, each.location_id) for each in taken]


async def _weekly_openings(fetch: Fetch, practitioner_ids: Collection[UUID]) -> dict[UUID, list[Opening]]:
    statement = (
        select(WeeklyHours, Schedule, col(Location.time_zone))
        .join(Schedule, col(WeeklyHours.schedule_id) == col(Schedule.id))
        .join(Location, col(Schedule.location_id) == col(Location.id))
        .join(Practitioner, col(Schedule.practitioner_id) == col(Practitioner.id))
        .where(col(Practitioner.id).in_(practitioner_ids), col(Practitioner.active), col(Location.active))
    )
    openings: dict[UUID, list[Opening]] = defaultdict(list)
    for hours, schedule, zone in await fetch(statement):
        from_day, until_day = hours.valid_from or date.min, hours.valid_until or date.max
        openings[schedule.practitioner_id].append(
            Opening(
                schedule.location_id,
                ZoneInfo(zone),
                hours.starts,
                hours.ends,
                hours.weekday,
                from_day,
                until_day,
                _grid(schedule.slot_interval_minutes, schedule.slot_alignment),
            )
        )
    return openings


def _closure(row: ScheduleException) -> Closure:
    hours = row.starts or MIDNIGHT, row.ends or MIDNIGHT
    return Closure(row.location_id, row.practitioner_id is None, *hours, row.from_day, row.until_day)


def _grid(minutes: int | None, alignment: str | None) -> Grid:
    """When slots begin in a schedule's hours; in extra hours where there is no schedule, as in one that does not say."""
    return Grid() if minutes is None else Grid(timedelta(minutes=minutes), alignment == SlotAlignment.CLOCK)


async def _exceptions(
    fetch: Fetch, practitioner_ids: Collection[UUID], from_day: date, until_day: date
) -> list[tuple[ScheduleException, str, Grid]]:
    """Of practitioners and of all locations, with the time zone and the grid of their schedule there."""
    statement = (
        select(
            ScheduleException,
            col(Location.time_zone),
            col(Schedule.slot_interval_minutes),
            col(Schedule.slot_alignment),
        )
        .outerjoin(Practitioner, col(ScheduleException.practitioner_id) == col(Practitioner.id))
        .outerjoin(Location, col(ScheduleException.location_id) == col(Location.id))
        .outerjoin(
            Schedule,
            and_(
                col(Schedule.practitioner_id) == col(ScheduleException.practitioner_id),
                col(Schedule.location_id) == col(ScheduleException.location_id),
            ),
        )
        .where(
            or_(
                col(ScheduleException.practitioner_id).is_(None),
                and_(col(Practitioner.id).in_(practitioner_ids), col(Practitioner.active)),
            ),
            or_(col(Location.id).is_(None), col(Location.active)),
            col(ScheduleException.until_day) >= from_day,
            col(ScheduleException.from_day) <= until_day,
        )
    )
    found = await fetch(statement)
    return [(row, zone, _grid(minutes, alignment)) for row, zone, minutes, alignment in found]


async def _occupied(
    fetch: Fetch,
    practitioner_ids: Collection[UUID],
    since: datetime,
    before: datetime,
    apart_from: UUID | None,
) -> dict[UUID, list[_Taken]]:
    statement = select(
        col(Appointment.practitioner_id),
        col(Appointment.occupied_from),
        col(Appointment.occupied_until),
        col(Appointment.starts_at),
        col(Appointment.location_id),
        col(Appointment.type_system),
        col(Appointment.type_code),
    ).where(
        col(Appointment.practitioner_id).in_(practitioner_ids),
        col(Appointment.status).in_(OPEN),
        col(Appointment.starts_at).between(since, before),
    )
    if apart_from is not None:
        statement = statement.where(col(Appointment.id) != apart_from)
    occupied: dict[UUID, list[_Taken]] = defaultdict(list)
    for whose, from_, until, starts_at, place, system, code in await fetch(
        statement.order_by(col(Appointment.occupied_from))
    ):
        if whose and until and place and system and code:  # as the table's check wants of what is open
            occupied[whose].append(_Taken(from_, until, starts_at, place, (system, code)))
    return occupied
