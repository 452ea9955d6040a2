"""Merged patients' appointments, in whatever order the mergers are heard of, and what the audit trail says of it."""

from itertools import permutations

import pytest
from sqlalchemy import select

from shared.database.tables import Merger
from shared.unit_of_work import system_work
from subgraphs.appointments.models import Appointment, CalendarFeed
from subgraphs.appointments.service.merging import MERGERS
from tests.appointments.conftest import Practice, at
from tests.harness.databases import stored
from tests.harness.ids import key_of

FEED = "mutation { createCalendarFeed { ... on CreateCalendarFeedSuccess { url } } }"


async def test_what_older_versions_left_with_merged_patients_is_moved(practice: Practice) -> None:
    (merged, account), (survivor, _) = await practice.patient(), await practice.patient()
    for hour in (9, 10):
        await practice.booked(account, merged, at(3, hour))
    await practice.booked(
        practice.reception, survivor, at(3, 10), practitionerId=str(await practice.another_practitioner())
    )
    runtime = practice.clinic.service("appointments").runtime
    async with stored(runtime.database) as session:
        session.add(Merger(merged_id=merged, survivor_id=survivor))
    for _ in range(2):
        await MERGERS.settle(runtime)
    async with stored(runtime.database) as session:
        rows = (await session.scalars(select(Appointment).order_by(Appointment.starts_at))).all()  # type: ignore[arg-type]
    assert {row.patient_id for row in rows} == {survivor}
    assert sorted(row.status for row in rows) == ["BOOKED", "BOOKED", "CANCELLED"]
    told = [kind for kind, _ in await practice.published()]
    assert told.count("appointment-cancelled") == 1


@pytest.mark.parametrize("order", [*permutations((0, 1, 2))])
async def test_a_chain_of_mergers_gives_all_to_the_last(practice: Practice, order: tuple[int, ...]) -> None:
    people = [await practice.patient() for _ in range(4)]
    keys = [key for key, _ in people]
    booked = [await practice.booked(account, key, at(3, 9 + hour)) for hour, (key, account) in enumerate(people[:2])]
    await people[0][1].data(FEED)
    clash = await practice.booked(
        people[3][1], keys[3], at(3, 9), practitionerId=str(await practice.another_practitioner())
    )
    database = practice.clinic.service("appointments").runtime.database
    before = len(await practice.clinic.audit("appointments"))
    for step in order:
        async with system_work(database, "test") as work:
            await MERGERS.follow(work, keys[step], keys[step + 1])

    async with stored(database) as session:
        rows = {row.id: row for row in await session.scalars(select(Appointment))}
        (feed,) = (await session.scalars(select(CalendarFeed))).all()
    assert {row.patient_id for row in rows.values()} == {keys[3]}
    statuses = [rows[key_of(each["id"])].status for each in (*booked, clash)]
    assert statuses == ["CANCELLED", "BOOKED", "BOOKED"], "both were booked at that time"
    assert feed.revoked_at is not None
    entered = {(entry.action, entry.resource) for entry in (await practice.clinic.audit("appointments"))[before:]}
    assert {("update", "Appointment"), ("update", "CalendarFeed")} <= entered
