"""Slots by the clock on the wall: where the clock is put forward or back, and what closes and occupies."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ids import new_id
from subgraphs.appointments.slots import Calendar, Closure, Grid, Opening, Slot, Visit

NEW_YORK = ZoneInfo("America/New_York")  # 2027: forward at 02:00 on 14 March, back at 02:00 on 7 November
PRACTITIONER, HERE, THERE = new_id(), new_id(), new_id()
HALF_AN_HOUR = Visit(timedelta(minutes=30), timedelta(), timedelta())


EVERY_HALF_HOUR = Grid(timedelta(minutes=30))


def opening(
    starts: str,
    ends: str,
    *,
    weekday: int | None = None,
    zone: ZoneInfo = NEW_YORK,
    grid: Grid = EVERY_HALF_HOUR,
    extra: bool = False,
) -> Opening:
    hours = time.fromisoformat(starts), time.fromisoformat(ends)
    return Opening(HERE, zone, *hours, weekday, date(2027, 1, 1), date(2027, 12, 31), grid, extra)


def calendar(
    *openings: Opening, closures: tuple[Closure, ...] = (), occupied: tuple[tuple[datetime, datetime], ...] = ()
) -> Calendar:
    return Calendar(PRACTITIONER, openings, closures, occupied)


def slots(of: Calendar, day: date, visit: Visit = HALF_AN_HOUR) -> list[Slot]:
    """The slots of a day by the clock in New York."""
    since = datetime.combine(day, time(0), NEW_YORK)
    before = datetime.combine(day + timedelta(days=1), time(0), NEW_YORK)
    return list(of.slots(visit, since.astimezone(UTC), before.astimezone(UTC)))


def clock(found: list[Slot]) -> list[str]:
    return [f"{slot.starts_at.astimezone(NEW_YORK):%H:%M}" for slot in found]


def test_a_slot_is_at_the_same_time_of_day_all_year() -> None:
    morning = calendar(opening("09:00", "10:00"))
    for day in (date(2027, 3, 13), date(2027, 3, 14), date(2027, 3, 15), date(2027, 11, 7), date(2027, 11, 8)):
        assert clock(slots(morning, day)) == ["09:00", "09:30"], day
    before, after = slots(morning, date(2027, 3, 13))[0], slots(morning, date(2027, 3, 14))[0]
    assert after.starts_at - before.starts_at == timedelta(hours=23)


def test_skipped_times_have_no_slot_and_repeated_times_have_one() -> None:
    night = calendar(opening("01:00", "04:00"))
    forward = slots(night, date(2027, 3, 14))
    assert clock(forward) == ["01:00", "01:30", "03:00", "03:30"]
    assert forward[1].ends_at == forward[2].starts_at
    back = slots(night, date(2027, 11, 7))
    assert clock(back) == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    assert back[2].starts_at - back[1].starts_at == timedelta(minutes=90)  # 01:30 the first time, then 02:00


def test_hours_until_midnight_and_buffers() -> None:
    late = calendar(opening("22:00", "00:00"))
    assert clock(slots(late, date(2027, 6, 1))) == ["22:00", "22:30", "23:00", "23:30"]
    visit = Visit(timedelta(minutes=30), timedelta(minutes=10), timedelta(minutes=5))
    found = slots(late, date(2027, 6, 1), visit)
    assert clock(found) == ["22:30", "23:00"]
    assert found[-1].occupied_until <= datetime.combine(date(2027, 6, 2), time(0), NEW_YORK)


def test_slots_begin_at_the_points_of_a_grid_that_the_hours_or_the_clock_begin() -> None:
    long = Visit(timedelta(minutes=90), timedelta(), timedelta())
    evening = slots(calendar(opening("10:00", "20:00")), date(2027, 6, 1), long)
    assert clock(evening)[-1] == "18:30"
    day = date(2027, 6, 1)
    for grid, expected in (
        (Grid(timedelta(minutes=30)), ["08:10", "08:40", "09:10"]),
        (Grid(timedelta(minutes=30), from_midnight=True), ["08:30", "09:00"]),
        (Grid(timedelta(minutes=20), from_midnight=True), ["08:20", "08:40", "09:00", "09:20"]),
    ):
        assert clock(slots(calendar(opening("08:10", "09:50", grid=grid)), day)) == expected
    busy = datetime.combine(day, time(8), NEW_YORK), datetime.combine(day, time(8, 45), NEW_YORK)
    plan = calendar(opening("08:00", "10:15", grid=Grid()), occupied=(busy,))
    assert clock(list(plan.free(slots(plan, day, long)))) == ["08:45"], "the gap is used"


def test_closures_close_their_location_and_hours() -> None:
    day = date(2027, 6, 2)
    hours = opening("09:00", "12:00", weekday=3)

    def closed(location: UUID | None, starts: str, ends: str) -> list[str]:
        return clock(slots(calendar(hours, closures=(closure(location, starts, ends, day),)), day))

    assert clock(slots(calendar(hours), day + timedelta(days=1))) == []
    assert closed(HERE, "00:00", "00:00") == []
    assert closed(None, "09:45", "11:00") == ["09:00", "11:00", "11:30"]
    assert len(closed(THERE, "00:00", "00:00")) == 6


def test_extra_hours_count_within_days_that_the_practitioner_is_away() -> None:
    day = date(2027, 6, 2)
    week, extra = opening("09:00", "12:00"), opening("10:00", "11:00", extra=True)

    def free(*closures: Closure) -> list[str]:
        return clock(slots(calendar(week, extra, closures=closures), day))

    holiday = closure(None, "00:00", "00:00", day)
    assert free(holiday) == free(closure(HERE, "00:00", "00:00", day)) == ["10:00", "10:30"]
    assert free(holiday, closure(None, "10:30", "12:00", day)) == ["10:00"], "hours are closed, whichever they are"
    assert free(closure(HERE, "00:00", "00:00", day, whole_location=True)) == []


def closure(location: UUID | None, starts: str, ends: str, day: date, *, whole_location: bool = False) -> Closure:
    return Closure(location, whole_location, time.fromisoformat(starts), time.fromisoformat(ends), day, day)


times = st.integers(0, 24 * 4 - 1).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@settings(max_examples=150, deadline=None)
@given(
    day=st.dates(date(2027, 1, 2), date(2027, 12, 30)),
    hours=st.lists(st.tuples(times, times), max_size=3),
    busy=st.lists(st.tuples(st.integers(0, 95), st.integers(1, 12)), max_size=6),
    length=st.integers(1, 8),
)
def test_free_slots_are_open_and_meet_nothing(
    day: date, hours: list[tuple[time, time]], busy: list[tuple[int, int]], length: int
) -> None:
    midnight = datetime.combine(day, time(0), NEW_YORK).astimezone(UTC)
    occupied: list[tuple[datetime, datetime]] = []
    for quarter, quarters in sorted(busy):
        start = midnight + timedelta(minutes=15 * quarter)
        if not occupied or occupied[-1][1] <= start:
            occupied.append((start, start + timedelta(minutes=15 * quarters)))
    openings = [opening(f"{a}", f"{b}") for a, b in hours if a < b]
    plan = calendar(*openings, occupied=tuple(occupied))
    visit = Visit(timedelta(minutes=15 * length), timedelta(), timedelta())
    all_slots = slots(plan, day, visit)
    free = list(plan.free(all_slots))
    assert free == [
        slot for slot in all_slots if not any(slot.starts_at < end and start < slot.ends_at for start, end in occupied)
    ]
    for slot in free:
        local = slot.starts_at.astimezone(NEW_YORK).time()
        assert any(item.starts <= local < item.ends for item in openings)
