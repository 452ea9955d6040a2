"""Appointments in the one graph: with the directory and the patients, their events, and nobody else's data."""

from uuid import UUID

import pytest

from shared.ids import new_id
from subgraphs.appointments.consumers import LocationChanged, PatientMerged, PatientRegistered, PractitionerChanged
from subgraphs.appointments.models import Patient
from tests.appointments.conftest import Practice, answer, at
from tests.appointments.test_booking import CANCEL, version_of
from tests.appointments.test_calendars import create, read
from tests.appointments.test_waitlist import join
from tests.directory.test_directory import ADDRESS, SAVE_LOCATION, SAVE_ORGANIZATION, SAVE_PRACTITIONER, save


class TestOfOthersData:
    """Every way to another patient's appointments finds nothing, and is noted."""

    async def test_by_every_route(self, practice: Practice) -> None:
        patient, account = await practice.patient()
        other = practice.clinic.caller("PATIENT", patient=new_id())
        key = (await practice.booked(account, patient, at(3, 10), reason="My knee hurts."))["id"]
        by_key = await other.data(
            "query($id: ID!) { a: appointment(id: $id) { ...F } } fragment F on Appointment { id reason }", id=key
        )
        assert by_key == {"a": None}
        listed = await other.data(
            "query($id: ID!) { appointments(patientId: $id) { totalCount nodes { id } } }", id=str(patient)
        )
        assert listed == {"appointments": {"totalCount": 0, "nodes": []}}
        straight = await practice.clinic.entities("appointments", other, "Appointment", [key], "id reason")
        assert straight["data"]["_entities"] == [None]
        theirs = await practice.clinic.entities(
            "appointments",
            other,
            "Patient",
            [patient],
            "appointments { nodes { id } } upcomingAppointments { totalCount }",
        )
        assert theirs["data"]["_entities"] == [{"appointments": None, "upcomingAppointments": None}]
        schedule = await practice.clinic.entities(
            "appointments", other, "Practitioner", [practice.practitioner], "appointments { totalCount nodes { id } }"
        )
        assert schedule["data"]["_entities"] == [{"appointments": {"totalCount": 0, "nodes": []}}]
        assert (await answer(other, CANCEL, id=key, version=1, reason="OTHER"))["code"] == "NOT_FOUND"
        trail = await practice.clinic.audit("appointments")
        denied = [(entry.resource, entry.resource_ids) for entry in trail if entry.outcome == "denied"]
        appointment, person = ("Appointment", [UUID(key)]), ("Patient", [patient])
        assert denied == [appointment, person, appointment, person, appointment]

        for caller in (
            practice.clinic.caller("ANALYST"),
            practice.clinic.caller("PHARMACIST"),
            practice.clinic.anonymous,
        ):
            refused = await caller.execute("query($id: ID!) { appointment(id: $id) { id } }", id=key)
            assert refused["data"] == {"appointment": None}
            assert refused["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
            straight = await practice.clinic.entities("appointments", caller, "Appointment", [key], "id reason")
            assert straight["data"]["_entities"] == [None]
        nurse = practice.clinic.caller("NURSE")
        seen = await nurse.data("query($id: ID!) { appointment(id: $id) { reason } }", id=key)
        assert seen == {"appointment": {"reason": "My knee hurts."}}

    async def test_lists_page_and_filter(self, practice: Practice) -> None:
        patient, account = await practice.patient()
        booked = [await practice.booked(account, patient, at(3, hour)) for hour in (9, 10, 11, 12)]
        await answer(account, CANCEL, **version_of(booked[0]), reason="OTHER")
        query = """query($first: Int!, $after: String, $status: [AppointmentStatus!], $from: DateTime) {
          appointments(first: $first, after: $after, status: $status, from: $from) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id } } }"""
        page = (await account.data(query, first=3))["appointments"]
        assert (page["totalCount"], [item["id"] for item in page["nodes"]]) == (4, [item["id"] for item in booked[:3]])
        rest = (await account.data(query, first=3, after=page["pageInfo"]["endCursor"]))["appointments"]
        assert [item["id"] for item in rest["nodes"]] == [booked[3]["id"]]
        open_ones = (await account.data(query, first=9, status=["BOOKED"]))["appointments"]
        assert open_ones["totalCount"] == 3
        late = (await account.data(query, first=9, **{"from": at(3, 11).isoformat()}))["appointments"]
        assert [item["id"] for item in late["nodes"]] == [item["id"] for item in booked[2:]]
        wrong = await account.execute(query, first=3, after="nonsense")
        assert wrong["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"

        # A hundred patients' lists are read together.
        nurse = practice.clinic.caller("NURSE")
        patients = [new_id() for _ in range(100)]
        await practice.know(*(Patient(id=identifier) for identifier in patients))
        first = await practice.booked(practice.reception, patients[0], at(3, 14))
        last = await practice.booked(practice.reception, patients[-1], at(3, 15))
        with practice.clinic.statements("appointments") as statements:
            found = await practice.clinic.entities(
                "appointments", nurse, "Patient", patients, "upcomingAppointments { nodes { id } }"
            )
        lists = [item["upcomingAppointments"]["nodes"] for item in found["data"]["_entities"]]
        assert (lists[0], lists[-1]) == ([{"id": first["id"]}], [{"id": last["id"]}])
        assert not any(lists[1:-1])
        assert sum("appointment" in statement for statement in statements) == 1


class TestWithEvents:
    """What the other domains tell."""

    @pytest.fixture
    def events(self) -> bool:
        """With Kafka."""
        return True

    @pytest.fixture
    def services(self) -> tuple[str, ...]:
        """The neighbours too."""
        return ("directory", "patients", "appointments")

    async def test_one_query_over_three_subgraphs(self, practice: Practice) -> None:
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
        assert len(found["practitioners"]["nodes"][0]["freeSlots"]) == 7

    async def test_what_others_tell_is_followed(self, practice: Practice) -> None:
        clinic, patient = practice.clinic, new_id()
        await clinic.publish(PatientRegistered(patient_id=patient))

        async def books() -> bool:
            booked = await practice.book(practice.reception, patient, at(3, 10))
            return bool(booked["__typename"] == "AppointmentSuccess")

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

    async def test_a_duplicates_appointments_become_the_survivors(self, practice: Practice) -> None:
        clinic = practice.clinic
        (survivor, kept), (duplicate, lost) = await practice.patient(), await practice.patient()
        busy = await practice.another_practitioner()
        await practice.booked(kept, survivor, at(3, 10))
        clash = await practice.booked(lost, duplicate, at(3, 10), practitionerId=str(busy))
        other = await practice.booked(lost, duplicate, at(3, 12))
        entry = await join(practice, lost, duplicate)
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
        assert (offered["waitlistEntryId"], expired) == (offer, "waitlist-expired")
        assert (called_off["patientId"], called_off["cancelledBy"], called_off["reasonCode"]) == (
            str(survivor),
            "system",
            "DUPLICATE",
        )
        waiting = (await kept.data("{ waitlist { nodes { id status } } }"))["waitlist"]["nodes"]
        assert waiting == [{"id": entry, "status": "WAITING"}, {"id": offer, "status": "EXPIRED"}]
        assert (await read(url)).status_code == 404
        assert (await practice.book(practice.reception, duplicate, at(3, 14)))["code"] == "NOT_FOUND"
