"""Appointments with the directory and the patients, and what they make of their events."""

import pytest

from shared.ids import new_id
from subgraphs.appointments.consumers import (
    DeceasedChanged,
    LocationChanged,
    PatientMerged,
    PatientRegistered,
    PractitionerChanged,
)
from tests.appointments.conftest import Practice, answer, at
from tests.appointments.test_booking import CANCEL, version_of
from tests.appointments.test_calendars import create, read
from tests.appointments.test_finding import FIND_SLOTS, asked
from tests.appointments.test_waitlist import JOIN, join
from tests.directory.test_directory import ADDRESS, SAVE_LOCATION, SAVE_ORGANIZATION, SAVE_PRACTITIONER, save
from tests.harness.ids import key_of


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("directory", "patients", "appointments")


async def test_one_query_over_three_subgraphs(practice: Practice) -> None:
    clinic, admin = practice.clinic, practice.clinic.caller("ADMIN")
    organization = (await save(admin, SAVE_ORGANIZATION, name="Nordklinik", address=ADDRESS))["organization"]["id"]
    place = await save(
        admin, SAVE_LOCATION, name="Haus 1", organizationId=organization, address=ADDRESS, timeZone="Europe/Berlin"
    )
    doctor = await save(admin, SAVE_PRACTITIONER, family="Arndt", given=["Ida"])
    location, practitioner = place["location"]["id"], doctor["practitioner"]["id"]
    hours = [{"weekday": day, "starts": "08:00", "ends": "12:00"} for day in range(1, 8)]
    fields = {"practitionerId": practitioner, "locationId": location, "hours": hours}

    async def scheduled() -> bool:
        saved = await practice.save_schedule(**fields)
        return bool(saved["__typename"] == "SaveScheduleSuccess")

    await clinic.until(scheduled)
    patient = new_id()
    account = clinic.caller("PATIENT", patient=patient)
    await practice.booked(account, patient, at(3, 10), practitionerId=practitioner, locationId=location)
    data = await account.data(
        """{ appointments { nodes { status practitioner { name { text } } location { name timeZone } } } }"""
    )
    assert data["appointments"]["nodes"] == [
        {
            "status": "BOOKED",
            "practitioner": {"name": {"text": "Ida Arndt"}},
            "location": {"name": "Haus 1", "timeZone": "Europe/Berlin"},
        }
    ]
    found = await account.data(
        """query($type: ID!, $from: DateTime!, $to: DateTime!) {
          practitioners(search: "arndt") { nodes { freeSlots(typeId: $type, from: $from, to: $to) { startsAt } } } }""",
        **{"type": practice.type, "from": at(3, 0).isoformat(), "to": at(4, 0).isoformat()},
    )
    assert len(found["practitioners"]["nodes"][0]["freeSlots"]) == 12


async def test_who_practises_what_where_is_followed(practice: Practice) -> None:
    clinic, admin = practice.clinic, practice.clinic.caller("ADMIN")
    position = {"latitude": 53.0793, "longitude": 8.8017}
    place = await save(
        admin, SAVE_LOCATION, name="Haus 2", address=ADDRESS, timeZone="Europe/Berlin", position=position
    )
    location = place["location"]["id"]
    role = {"specialty": {"system": "urn:nucc", "code": "207N00000X"}, "locationId": location}
    doctor = await save(admin, SAVE_PRACTITIONER, family="Arndt", given=["Ida"], languages=["sv"], roles=[role])
    practitioner = doctor["practitioner"]["id"]
    hours = [{"weekday": day, "starts": "08:00", "ends": "12:00"} for day in range(1, 8)]

    async def scheduled() -> bool:
        fields = {"practitionerId": practitioner, "locationId": location, "hours": hours}
        return bool((await practice.save_schedule(**fields))["__typename"] == "SaveScheduleSuccess")

    await clinic.until(scheduled)
    near = {"latitude": 53.1, "longitude": 8.8, "withinKm": 5}
    wanted = asked(practice, specialty="207N00000X", near=near, languages=["sv"])

    async def is_found() -> bool:
        answer = await admin.execute(FIND_SLOTS, **wanted)
        return {slot["practitioner"]["id"] for slot in answer["data"]["findSlots"] or []} == {practitioner}

    await clinic.until(is_found)
    gone = {"id": practitioner, "version": 1, "family": "Arndt", "given": ["Ida"], "languages": ["sv"], "roles": []}
    await save(admin, SAVE_PRACTITIONER, **gone)

    async def is_gone() -> bool:
        errors = (await admin.execute(FIND_SLOTS, **wanted)).get("errors", [])
        return "SPECIALTY_NOT_PRACTISED" in str(errors)

    await clinic.until(is_gone)


async def test_what_others_tell_is_followed(practice: Practice) -> None:
    clinic, patient = practice.clinic, new_id()
    await clinic.publish(PatientRegistered(patient_id=patient))

    async def books() -> bool:
        booked = await practice.book(practice.reception, patient, at(3, 10))
        return bool(booked["__typename"] == "BookAppointmentSuccess")

    await clinic.until(books)
    moved = LocationChanged(location_id=practice.location, time_zone="America/New_York", active=True)
    await clinic.publish(moved)

    async def is_elsewhere() -> bool:
        return at(4, 14) in await practice.slots(practice.reception, at(4, 0), at(5, 0))

    await clinic.until(is_elsewhere)
    await clinic.publish(PractitionerChanged(practitioner_id=practice.practitioner, active=False))

    async def has_left() -> bool:
        return not await practice.slots(practice.reception, at(4, 0), at(5, 0))

    await clinic.until(has_left)
    assert (await practice.book(practice.reception, patient, at(4, 16)))["code"] == "NOT_FOUND"


async def test_what_the_dead_had_booked_is_called_off(practice: Practice) -> None:
    patient, account = await practice.patient()
    await practice.open_only("10:00", "10:30", day=6)
    booked = await practice.booked(account, patient, at(3, 10))
    waits = [{"fromDay": f"{at(day, 0):%F}", "untilDay": f"{at(day, 0):%F}"} for day in (5, 6)]
    for days in waits:  # the second of them is offered what is free
        await join(practice, account, patient, **days)
    await practice.clinic.publish(*[DeceasedChanged(patient_id=patient, deceased=True)] * 2)

    async def is_called_off() -> bool:
        data = await practice.reception.data("query($id: ID!) { appointment(id: $id) { status } }", id=booked["id"])
        return bool(data["appointment"]["status"] == "CANCELLED")

    await practice.clinic.until(is_called_off)
    (kind, told) = (await practice.published())[-1]
    assert (kind, told["cancelledBy"], told["reasonCode"]) == ("appointment-cancelled", "system", "PATIENT_DECEASED")
    waiting = (await practice.reception.data("{ waitlist { nodes { status } } }"))["waitlist"]["nodes"]
    assert [entry["status"] for entry in waiting] == ["LEFT", "LEFT"]
    for refused in (
        await practice.book(practice.reception, patient, at(4, 10)),
        await answer(practice.reception, JOIN, **practice.waiting(patient)),
    ):
        assert refused["code"] == "PATIENT_DECEASED"
    await practice.clinic.publish(DeceasedChanged(patient_id=patient, deceased=False))

    async def books() -> bool:
        again = await practice.book(practice.reception, patient, at(4, 10))
        return bool(again["__typename"] == "BookAppointmentSuccess")

    await practice.clinic.until(books)


async def test_a_duplicates_appointments_become_the_survivors(practice: Practice) -> None:
    clinic = practice.clinic
    (survivor, kept), (duplicate, lost) = await practice.patient(), await practice.patient()
    busy = await practice.another_practitioner()
    await practice.booked(kept, survivor, at(3, 10))
    clash = await practice.booked(lost, duplicate, at(3, 10), practitionerId=str(busy))
    other = await practice.booked(lost, duplicate, at(3, 12))
    await practice.open_only("10:00", "10:30", day=6)
    entry = await join(practice, lost, duplicate, fromDay=f"{at(5, 0):%F}", untilDay=f"{at(5, 0):%F}")
    # The duplicate is offered what the survivor cannot come to.
    freed = await practice.booked(practice.reception, duplicate, at(6, 10))
    await practice.booked(kept, survivor, at(6, 10), practitionerId=str(busy))
    offer = await join(practice, lost, duplicate, fromDay=f"{at(6, 0):%F}", untilDay=f"{at(6, 0):%F}")
    await answer(practice.reception, CANCEL, **version_of(freed), reason="OTHER")
    _, url = await create(lost)
    await clinic.publish(*[PatientMerged(patient_id=survivor, merged_patient_id=duplicate)] * 2)

    async def merged() -> list[tuple[str, str]]:
        nodes = (await kept.data("{ appointments { nodes { id status } } }"))["appointments"]["nodes"]
        return [(item["id"], item["status"]) for item in nodes] if len(nodes) == 5 else []

    assert {(clash["id"], "CANCELLED"), (other["id"], "BOOKED")} < set(await clinic.until(merged))
    (_, offered), (_, called_off), (expired, _) = (await practice.published())[-3:]
    assert (offered["waitlistEntryId"], expired) == (str(key_of(offer)), "waitlist-expired")
    assert (called_off["patientId"], called_off["cancelledBy"], called_off["reasonCode"]) == (
        str(survivor),
        "system",
        "DUPLICATE",
    )
    waiting = (await kept.data("{ waitlist { nodes { id status } } }"))["waitlist"]["nodes"]
    assert waiting == [{"id": entry, "status": "WAITING"}, {"id": offer, "status": "EXPIRED"}]
    assert (await read(url)).status_code == 404
    assert (await practice.book(practice.reception, duplicate, at(3, 14)))["code"] == "NOT_FOUND"
