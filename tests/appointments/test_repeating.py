"""What is done again under one idempotency key to calendars is done once."""

from tests.appointments.conftest import SERVICE_TYPE, Practice, answer, at, change
from tests.appointments.test_booking import CANCEL, version_of
from tests.appointments.test_waitlist import join, mine
from tests.harness.repeating import check_repeating

APPOINTMENT = "appointment { id version status startsAt }"
ENTRY = "waitlistEntry { id status }"


async def test_appointments_are_booked_moved_and_called_off_once(practice: Practice) -> None:
    async def told() -> int:
        return len(await practice.published())

    patient, account = await practice.patient()
    wish = practice.wish(patient, at(2, 10))
    other = {"startsAt": at(4, 10).isoformat()}
    booked = (await check_repeating(account, "bookAppointment", APPOINTMENT, wish, other, told))["appointment"]
    to = {**version_of(booked), "startsAt": at(3, 10).isoformat()}
    moved = (await check_repeating(account, "rescheduleAppointment", APPOINTMENT, to, other, told))["appointment"]
    off = {**version_of(moved), "reason": "OTHER"}
    gone = await check_repeating(account, "cancelAppointment", APPOINTMENT, off, {"reason": "PATIENT_REQUEST"}, told)
    assert (gone["appointment"]["version"], await told()) == (3, 3)


async def test_slots_are_waited_for_accepted_and_declined_once(practice: Practice) -> None:
    async def told() -> int:
        return len(await practice.published())

    async def left() -> int:
        waiting = await practice.reception.data("{ waitlist(status: [DECLINED]) { nodes { id } } }")
        return len(waiting["waitlist"]["nodes"])

    booker, booked_by = await practice.patient()
    appointments = [await practice.booked(booked_by, booker, at(3, hour)) for hour in (10, 12)]
    patient, account = await practice.patient()
    wish = practice.waiting(patient)
    await check_repeating(account, "joinWaitlist", ENTRY, wish, {"untilDay": f"{at(3, 0):%F}"}, told)
    other, other_account = await practice.patient()
    await join(practice, other_account, other)
    for appointment in appointments:
        await answer(booked_by, CANCEL, **version_of(appointment), reason="OTHER")
    own, others = await mine(account), await mine(other_account)
    accepted = await check_repeating(
        account, "acceptWaitlistOffer", ENTRY, {"id": own["id"]}, {"id": others["id"]}, told
    )
    assert accepted["waitlistEntry"]["status"] == "BOOKED"
    await check_repeating(other_account, "declineWaitlistOffer", ENTRY, {"id": others["id"]}, {"id": own["id"]}, left)


async def test_availability_is_planned_once(practice: Practice) -> None:
    async def exceptions() -> int:
        found = "query($key: ID!) { scheduleExceptions(practitionerId: $key) { nodes { id } } }"
        data = await practice.reception.data(found, key=str(practice.practitioner))
        return len(data["scheduleExceptions"]["nodes"])

    async def types() -> int:
        return len((await practice.reception.data("{ appointmentTypes { id } }"))["appointmentTypes"])

    coding = {"system": SERVICE_TYPE, "code": "new", "display": "New"}
    kind = {"code": coding, "minutes": 20}
    await check_repeating(
        practice.reception, "saveAppointmentType", "appointmentType { id }", kind, {"minutes": 25}, types
    )

    days = {
        "practitionerId": str(practice.practitioner),
        "kind": "CLOSED",
        "fromDay": f"{at(9, 0):%F}",
        "untilDay": f"{at(9, 0):%F}",
    }
    asked, other = "scheduleException { id }", {"fromDay": f"{at(8, 0):%F}"}
    await check_repeating(practice.reception, "addScheduleException", asked, days, other, exceptions)
    query = "query($key: ID!) { schedules(practitionerId: $key) { version location { id } } }"
    [week] = (await practice.reception.data(query, key=str(practice.practitioner)))["schedules"]
    place = {"practitionerId": days["practitionerId"], "locationId": week["location"]["id"], "version": week["version"]}
    hours = [{"weekday": 1, "starts": "08:00:00", "ends": "09:00:00"}]

    async def version() -> int:
        return int((await practice.reception.data(query, key=days["practitionerId"]))["schedules"][0]["version"])

    await check_repeating(
        practice.reception, "saveSchedule", "schedule { id version }", {**place, "hours": hours}, {"hours": []}, version
    )
    assert await version() == week["version"] + 1


async def test_a_calendar_feed_is_made_once_and_its_address_said_again(practice: Practice) -> None:
    async def feeds() -> int:
        return len((await account.data("{ calendarFeeds { nodes { id } } }"))["calendarFeeds"]["nodes"])

    _, account = await practice.patient()
    made = await check_repeating(account, "createCalendarFeed", "url calendarFeed { id revokedAt }", {}, None, feeds)
    assert (made["url"].endswith(".ics"), await feeds()) == (True, 1)
    without = await account.data("mutation { createCalendarFeed { ... on CreateCalendarFeedSuccess { url } } }")
    assert without["createCalendarFeed"]["url"] != made["url"]
    revoke = change("RevokeCalendarFeed", "calendarFeed { revokedAt }")
    ends = {(await answer(account, revoke, id=made["calendarFeed"]["id"]))["calendarFeed"]["revokedAt"] for _ in "12"}
    assert len(ends) == 1, "to end it again changes nothing"
