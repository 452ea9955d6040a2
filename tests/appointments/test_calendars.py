"""Calendar feeds: what a calendar program reads at a secret address."""

from typing import Any

import httpx
from icalendar import Calendar

from shared.ids import new_id
from subgraphs.appointments.models import Location
from tests.appointments.conftest import Practice, answer, at
from tests.appointments.test_booking import CANCEL, version_of
from tests.harness.caller import Caller
from tests.harness.databases import stored
from tests.harness.ids import key_of

CREATE = """mutation { createCalendarFeed { __typename
  ... on CreateCalendarFeedSuccess { url calendarFeed { id revokedAt } } ... on UserError { code } } }"""
REVOKE = """mutation($input: RevokeCalendarFeedInput!) { revokeCalendarFeed(input: $input) { __typename
  ... on RevokeCalendarFeedSuccess { calendarFeed { revokedAt } } ... on UserError { code } } }"""


async def create(caller: Caller) -> tuple[str, str]:
    """A new feed's id and address."""
    made: dict[str, Any] = (await caller.data(CREATE))["createCalendarFeed"]
    return made["calendarFeed"]["id"], made["url"]


async def read(url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url, headers=headers)


def events(response: httpx.Response) -> list[Any]:
    return list(Calendar.from_ical(response.content).walk("VEVENT"))


async def test_a_patient_reads_their_calendar_and_nobody_elses(practice: Practice) -> None:
    patient = new_id()
    account = practice.clinic.caller("PATIENT", patient=patient, subject=new_id())
    stranger, other = await practice.patient()
    await practice.booked(other, stranger, at(3, 12))
    booked = await practice.booked(account, patient, at(3, 10), reason="My knee hurts.")
    feed, url = await create(account)
    assert url.startswith(practice.clinic.service("appointments").url + "/calendar/")

    response = await read(url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert response.headers["cache-control"].startswith("private")
    assert not [told for told in ("knee", str(patient), url.split("/")[-1][:-4]) if told in response.text]
    (calendar,) = Calendar.from_ical(response.content).walk("VCALENDAR")
    assert calendar["name"] == calendar["x-wr-calname"] == "CareGraph"
    assert calendar["refresh-interval"].to_ical() == b"PT15M"
    assert calendar["x-published-ttl"] in ("PT15M", b"PT15M")
    (event,) = events(response)
    assert event["summary"] == "Consultation"
    assert "geo" not in event
    uid = f"{key_of(booked['id'])}@caregraph"
    assert (event["uid"], event["sequence"], event["status"]) == (uid, 1, "CONFIRMED")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (at(3, 10), at(3, 10, 30))
    again = await read(url, **{"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    await answer(account, CANCEL, **version_of(booked), reason="OTHER")
    changed = await read(url, **{"If-None-Match": response.headers["etag"]})
    (event,) = events(changed)
    assert (event["uid"], event["sequence"], event["status"]) == (uid, 2, "CANCELLED")
    trail = [entry for entry in await practice.clinic.audit("appointments") if "CALENDAR_FEED" in entry.roles]
    assert {(entry.action, entry.resource) for entry in trail} == {("read", "CalendarFeed"), ("read", "Appointment")}
    assert all(entry.patients == [patient] for entry in trail)

    assert (await answer(other, REVOKE, id=feed))["code"] == "NOT_FOUND"
    assert (await answer(account, REVOKE, id=feed))["calendarFeed"]["revokedAt"] is not None
    assert (await read(url)).status_code == 404
    assert (await practice.clinic.audit("appointments"))[-1].outcome == "denied"
    assert (await read(url[:-9] + "00000.ics")).status_code == 404
    listed = (await account.data("{ calendarFeeds { nodes { id revokedAt } } }"))["calendarFeeds"]["nodes"]
    assert [item["id"] for item in listed] == [feed]


async def test_a_practitioner_reads_their_own_schedule(practice: Practice) -> None:
    patient, account = await practice.patient()
    busy = await practice.another_practitioner()
    await practice.booked(account, patient, at(3, 10))
    await practice.booked(account, patient, at(3, 12), practitionerId=str(busy))
    doctor = practice.clinic.caller("DOCTOR", practitioner=practice.practitioner, subject=new_id())
    _, url = await create(doctor)
    async with stored(practice.clinic.service("appointments").runtime.database) as session:
        here = await session.get_one(Location, practice.location)
        here.latitude, here.longitude = 53.0793, 8.8017
    response = await read(url)
    (event,) = events(response)
    assert (event.decoded("dtstart"), event["geo"].to_ical()) == (at(3, 10), "53.0793;8.8017")
    assert str(patient) not in response.text
    nobody = await practice.reception.data(CREATE)
    assert nobody["createCalendarFeed"]["code"] == "NO_CALENDAR"
    for _ in range(9):
        await create(doctor)
    assert (await doctor.data(CREATE))["createCalendarFeed"]["code"] == "CALENDAR_FEEDS_FULL"
