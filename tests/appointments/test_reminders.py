"""Reminders: once for each appointment, lead and time."""

import asyncio
from datetime import timedelta
from uuid import UUID

from shared.database.model import utc_now
from subgraphs.appointments.jobs import remind
from subgraphs.appointments.models import Appointment
from tests.appointments.conftest import Practice, at
from tests.harness.databases import stored
from tests.harness.ids import key_of


async def test_a_reminder_is_due_once_for_each_lead_and_time(practice: Practice) -> None:
    patient, account = await practice.patient()
    runtime = practice.clinic.service("appointments").runtime
    keys = [key_of((await practice.booked(account, patient, at(5, hour)))["id"]) for hour in (9, 10, 11)]

    async def put(key: UUID, hours: float, agreed_hours_ago: float = 100) -> None:
        async with stored(runtime.database) as session:
            row = await session.get_one(Appointment, key)
            shift = utc_now() + timedelta(hours=hours) - row.starts_at
            for name in ("occupied_from", "starts_at", "ends_at", "occupied_until"):
                setattr(row, name, getattr(row, name) + shift)
            row.scheduled_at = utc_now() - timedelta(hours=agreed_hours_ago)

    async def reminders() -> list[tuple[UUID, int]]:
        await asyncio.gather(remind(runtime), remind(runtime))
        events = [data for kind, data in await practice.published() if kind == "appointment-reminder-due"]
        return [(UUID(data["appointmentId"]), data["leadHours"]) for data in events]

    early, late, soon = keys
    await put(early, 23)
    await put(late, 25)
    await put(soon, 12, agreed_hours_ago=1)  # agreed on when a day's notice was no longer possible
    assert await reminders() == [(early, 24)]
    await put(late, 20)
    assert await reminders() == [(early, 24), (late, 24)]
    await put(early, 0.5)
    await put(soon, 1.5)
    assert (await reminders())[2:] == [(early, 2), (soon, 2)]
    # Moved to another time, it is told of again; called off, never.
    await put(late, 22)
    assert (await reminders())[4:] == [(late, 24)]
    async with stored(runtime.database) as session:
        row = await session.get_one(Appointment, late)
        row.status, row.cancelled_by = "CANCELLED", "staff"
    await put(late, 1)
    assert len(await reminders()) == 5
