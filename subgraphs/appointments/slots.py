"""When a practitioner can be booked: weekly hours and exceptions by the clock on the wall, turned into points in time.

Slots begin at the points of a grid, which each schedule has of its own. A slot is at the same time of day all year. Where
the clock is put forward, times that it skips have no slot; where it is put back, a time that comes twice has a slot the
first time. Hours whose bound is skipped end as RFC 5545 section 3.3.5 reads such a time: with the offset that held before.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import takewhile
from uuid import UUID
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
ZONES = timedelta(hours=14)  # no time zone is further from UTC
GRID_MINUTES = 15
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """How long an appointment takes, and for how long before and after the practitioner is occupied by it.

    Of some types, which have a system and a code, a practitioner has so many a day at most.
    """

    length: timedelta
    before: timedelta
    after: timedelta
    type: tuple[str, str] | None = None
    most_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a visit can take place, in UTC."""

    practitioner_id: UUID
    location_id: UUID
    starts_at: datetime
    ends_at: datetime
    occupied_from: datetime
    occupied_until: datetime


@dataclass(frozen=True, slots=True)
class Grid:
    """When slots may begin: every so often, from the start of the hours on, or else from midnight on."""

    interval: timedelta = timedelta(minutes=GRID_MINUTES)
    from_midnight: bool = False

    def points(self, day: date, starts: time, earliest: datetime) -> Iterator[datetime]:
        """The points that are not before a time, by the clock on the wall, of hours that begin on a day."""
        origin = datetime.combine(day, MIDNIGHT if self.from_midnight else starts)
        point = earliest + (origin - earliest) % self.interval
        while True:
            yield point
            point += self.interval


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours at a location on each day, or each such weekday (1 is Monday), from a day to a day.

    Extra hours are those that hold on days that are closed otherwise.
    """

    location_id: UUID
    zone: ZoneInfo
    starts: time
    ends: time
    weekday: int | None
    from_day: date
    until_day: date
    grid: Grid = Grid()
    extra: bool = False

    def days(self, since: datetime, before: datetime) -> Iterator[date]:
        """The days of the period on which it is open."""
        day = max(self.from_day, since.astimezone(self.zone).date())
        last = min(self.until_day, before.astimezone(self.zone).date())
        while day <= last:
            if self.weekday in (None, day.isoweekday()):
                yield day
            day += _DAY


@dataclass(frozen=True, slots=True)
class Closure:
    """Days or hours of days on which a practitioner is away from a location, or every one; or nobody is at a location."""

    location_id: UUID | None
    whole_location: bool
    starts: time
    ends: time
    from_day: date
    until_day: date

    def closes(self, opening: Opening, day: date) -> bool:
        """Whether it cuts such hours on a day. Those that are extra it does if it is for some hours, or of the location."""
        cuts = self.whole_location or not opening.extra or not self.starts == self.ends == MIDNIGHT
        return cuts and self.location_id in (None, opening.location_id) and self.from_day <= day <= self.until_day


@dataclass(frozen=True, slots=True)
class Calendar:
    """A practitioner's hours, and when they are occupied: periods in order, none of which overlap.

    `starts` has the type, the start and the location of each appointment that occupies them.
    """

    practitioner_id: UUID
    openings: Sequence[Opening]
    closures: Sequence[Closure]
    occupied: Sequence[tuple[datetime, datetime]]
    starts: Sequence[tuple[tuple[str, str] | None, datetime, UUID]] = ()

    def slots(self, visit: Visit, since: datetime, before: datetime, location_id: UUID | None = None) -> Iterator[Slot]:
        """The slots that begin in a period, whether free or not, in order; computed as they are asked for."""
        streams = [
            self._slots(opening, visit, since, before)
            for opening in self.openings
            if location_id in (None, opening.location_id)
        ]
        previous = None
        for slot in merge(*streams, key=lambda slot: (slot.starts_at, slot.location_id)):
            if slot != previous:  # hours may overlap
                yield slot
            previous = slot

    def free(self, slots: Iterable[Slot]) -> Iterator[Slot]:
        """Those of the slots in which the practitioner is not occupied."""
        ends = [until for _, until in self.occupied]
        for slot in slots:
            index = bisect_right(ends, slot.occupied_from)
            if index == len(ends) or self.occupied[index][0] >= slot.occupied_until:
                yield slot

    def wanted(self, slots: Iterable[Slot], visit: Visit) -> Iterator[Slot]:
        """Those of the slots on days that do not have as many visits of the type as there may be."""
        if visit.most_a_day is None:
            yield from slots
            return
        taken = Counter(self.day(starts_at, place) for type_, starts_at, place in self.starts if type_ == visit.type)
        for slot in slots:
            if taken[self.day(slot.starts_at, slot.location_id)] < visit.most_a_day:
                yield slot

    def taking(self, slot: Slot, visit: Visit) -> "Calendar":
        """The same with a slot taken by a visit."""
        occupied = sorted([*self.occupied, (slot.occupied_from, slot.occupied_until)])
        return replace(self, occupied=occupied, starts=[*self.starts, (visit.type, slot.starts_at, slot.location_id)])

    def day(self, moment: datetime, location_id: UUID) -> date | None:
        """The day that it is then at a location; None where the practitioner has no hours any more."""
        zone = next((opening.zone for opening in self.openings if opening.location_id == location_id), None)
        return None if zone is None else moment.astimezone(zone).date()

    def _slots(self, opening: Opening, visit: Visit, since: datetime, before: datetime) -> Iterator[Slot]:
        for day in opening.days(since, before):
            yield from (slot for slot in self._day(opening, day, visit) if since <= slot.starts_at < before)

    def _day(self, opening: Opening, day: date, visit: Visit) -> Iterator[Slot]:
        closed = [
            (_instant(day, closure.starts, opening.zone), _end(day, closure.ends, opening.zone, fold=1))
            for closure in self.closures
            if closure.closes(opening, day)
        ]
        closes = _end(day, opening.ends, opening.zone)
        first = datetime.combine(day, opening.starts) + visit.before
        last = (
            datetime.combine(day + _DAY if opening.ends == MIDNIGHT else day, opening.ends) - visit.length - visit.after
        )
        for local in takewhile(lambda point: point <= last, opening.grid.points(day, opening.starts, first)):
            starts_at = _instant(day, local.time(), opening.zone)
            from_, until = starts_at - visit.before, starts_at + visit.length + visit.after
            exists = starts_at.astimezone(opening.zone).replace(tzinfo=None) == local
            if exists and until <= closes and not any(begin < until and from_ < end for begin, end in closed):
                ends_at = starts_at + visit.length
                yield Slot(self.practitioner_id, opening.location_id, starts_at, ends_at, from_, until)


def _instant(day: date, clock: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.combine(day, clock.replace(fold=fold), zone).astimezone(UTC)


def _end(day: date, clock: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    return _instant(day + _DAY if clock == MIDNIGHT else day, clock, zone, fold)
