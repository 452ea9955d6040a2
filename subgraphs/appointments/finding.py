"""Free slots of whoever practises a specialty, wherever that is."""

from asyncio import to_thread
from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from itertools import islice
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, exists, false, or_, select, union
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import NOT_FOUND, FieldProblem, InvalidInput, invalid
from shared.graph.context import Context
from subgraphs.appointments import policy
from subgraphs.appointments.commands import Near, SpecialtySearch
from subgraphs.appointments.errors import NOT_PRACTISED, TOO_MANY_PRACTISE
from subgraphs.appointments.models import (
    AppointmentType,
    Location,
    Practice,
    Practitioner,
    Schedule,
    ScheduleException,
)
from subgraphs.appointments.repository import calendars, horizon, visit
from subgraphs.appointments.slots import Calendar, Slot

MOST_PRACTITIONERS = 200
_EARTH_KM = 6371.0088  # the mean radius of WGS 84's ellipsoid, (2a + b) / 3


class _Pair(NamedTuple):
    """Who practises it where; no practitioner where nobody does."""

    location_id: UUID
    latitude: float | None
    longitude: float | None
    practitioner_id: UUID | None


async def slots(context: Context, wanted: SpecialtySearch) -> list[tuple[Slot, float | None]]:
    """The slots in order of time, each with the kilometres to its location, in five statements; raises InvalidInput."""
    kind = await _type(context, wanted)
    pairs = [_Pair(*row) for row in await context.fetch(_pairs(wanted))]
    known = {pair.location_id for pair in pairs}
    if missing := [place for place, key in enumerate(wanted.location_ids or ()) if key not in known]:
        unknown = {"resource": "Location"}
        raise InvalidInput([FieldProblem(("locationIds", str(place)), NOT_FOUND, unknown) for place in missing])
    distances = {pair.location_id: _distance(wanted.near, pair) for pair in pairs}
    near = [pair for pair in pairs if wanted.near is None or _is_near(wanted.near, distances[pair.location_id])]
    whose = [(pair.practitioner_id, pair.location_id) for pair in near if pair.practitioner_id]
    who = {practitioner for practitioner, _ in whose}
    if len(who) > MOST_PRACTITIONERS:
        raise invalid("specialty", TOO_MANY_PRACTISE, maximum=MOST_PRACTITIONERS)
    since, before = max(wanted.since, utc_now()), wanted.before
    if not context.principal.is_staff(policy.WRITE):
        before = min(before, horizon(kind))
    found = await calendars(context.fetch, who, since, before)
    streams = (_free(found[practitioner], kind, since, before, location) for practitioner, location in whose)
    first = merge(*streams, key=lambda slot: (slot.starts_at, distances[slot.location_id] or 0, slot.practitioner_id))
    # Where all are booked up, each slot of the period is looked at: seconds, in which others are to be answered.
    earliest = await to_thread(lambda: list(islice(first, wanted.first)))
    return [(slot, distances[slot.location_id]) for slot in earliest]


def _free(
    calendar: Calendar, kind: AppointmentType, since: datetime, before: datetime, location_id: UUID
) -> Iterator[Slot]:
    of = visit(kind)
    return calendar.wanted(calendar.free(calendar.slots(of, since, before, location_id)), of)


async def _type(context: Context, wanted: SpecialtySearch) -> AppointmentType:
    practised = exists().where(col(Practice.specialty_code) == wanted.specialty)
    statement = select(AppointmentType, practised).where(
        col(AppointmentType.id) == wanted.type_id, col(AppointmentType.active)
    )
    found = await context.fetch(statement)
    if not found:
        raise invalid("typeId", NOT_FOUND, resource="AppointmentType")
    ((kind, is_practised),) = found
    if not is_practised:
        raise invalid("specialty", NOT_PRACTISED)
    return kind


def _pairs(wanted: SpecialtySearch) -> Select[UUID, float | None, float | None, UUID | None]:
    """All locations that are named, or else those where somebody practises it, with who does."""
    weekly = select(col(Schedule.practitioner_id), col(Schedule.location_id))
    extra = select(col(ScheduleException.practitioner_id), col(ScheduleException.location_id)).where(
        col(ScheduleException.starts).is_not(None), col(ScheduleException.practitioner_id).is_not(None)
    )
    there = union(weekly, extra).subquery()
    practising = (
        select(col(Practitioner.id).label("practitioner_id"), there.c.location_id)
        .distinct()
        .join(there, there.c.practitioner_id == col(Practitioner.id))
        .join(
            Practice,
            and_(
                col(Practice.practitioner_id) == col(Practitioner.id),
                or_(col(Practice.location_id).is_(None), col(Practice.location_id) == there.c.location_id),
            ),
        )
        .where(col(Practice.specialty_code) == wanted.specialty, col(Practitioner.active))
    )
    if wanted.languages is not None:
        practising = practising.where(
            or_(false(), *(col(Practitioner.languages).contains([tag]) for tag in wanted.languages))
        )
    pairs = practising.subquery()
    place = col(Location.id), col(Location.latitude), col(Location.longitude)
    statement = select(*place, pairs.c.practitioner_id)
    if wanted.location_ids is None:
        return statement.join(pairs, pairs.c.location_id == col(Location.id))
    joined = statement.outerjoin(pairs, pairs.c.location_id == col(Location.id))
    return joined.where(col(Location.id).in_(wanted.location_ids))


def _is_near(near: Near, distance: float | None) -> bool:
    return distance is not None and distance <= near.within_km


def _distance(near: Near | None, pair: _Pair) -> float | None:
    """The kilometres from a place; None where either is not known."""
    if near is None or pair.latitude is None or pair.longitude is None:
        return None
    return haversine((near.latitude, near.longitude), (pair.latitude, pair.longitude))


def haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance in kilometres of two places (latitude, longitude in degrees), by the haversine formula.

    On a sphere of the Earth's mean radius: up to 0.6 % off what the ellipsoid has.
    """
    (latitude, longitude), (other_latitude, other_longitude) = (tuple(map(radians, each)) for each in (one, other))
    across, along = sin((other_latitude - latitude) / 2), sin((other_longitude - longitude) / 2)
    haversine_of_angle = across**2 + cos(latitude) * cos(other_latitude) * along**2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, haversine_of_angle)))
