"""Appointments in the one graph: nobody sees another patient's."""

from typing import Any
from uuid import UUID

from shared.ids import new_id
from subgraphs.appointments.models import Appointment, Patient
from tests.appointments.conftest import Practice, answer, at
from tests.appointments.test_booking import CANCEL, version_of
from tests.harness.ids import key_of


class TestOfOthersData:
    """Every way to another patient's appointments finds nothing, and is noted."""

    async def test_by_every_route(self, practice: Practice) -> None:
        patient, account = await practice.patient()
        other = practice.clinic.caller("PATIENT", patient=new_id())
        booked = (await practice.booked(account, patient, at(3, 10), reason="My knee hurts."))["id"]
        by_key = await other.data(
            "query($id: ID!) { a: appointment(id: $id) { ...F } } fragment F on Appointment { id reason }", id=booked
        )
        assert by_key == {"a": None}
        listed = await other.data(
            "query($id: ID!) { appointments(patientId: $id) { totalCount nodes { id } } }", id=str(patient)
        )
        assert listed == {"appointments": {"totalCount": 0, "nodes": []}}
        straight = await practice.clinic.entities("appointments", other, "Appointment", [booked], "id reason")
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
        assert (await answer(other, CANCEL, id=booked, version=1, reason="OTHER"))["code"] == "NOT_FOUND"
        trail = await practice.clinic.audit("appointments")
        denied = [(entry.resource, entry.resource_ids) for entry in trail if entry.outcome == "denied"]
        appointment, person = ("Appointment", [key_of(booked)]), ("Patient", [patient])
        assert denied == [appointment, person, appointment, person, appointment]

        for caller in (
            practice.clinic.caller("ANALYST"),
            practice.clinic.caller("PHARMACIST"),
            practice.clinic.anonymous,
        ):
            refused = await caller.execute("query($id: ID!) { appointment(id: $id) { id } }", id=booked)
            assert refused["data"] == {"appointment": None}
            assert refused["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
            straight = await practice.clinic.entities("appointments", caller, "Appointment", [booked], "id reason")
            assert straight["data"]["_entities"] == [None]
        nurse = practice.clinic.caller("NURSE")
        seen = await nurse.data("query($id: ID!) { appointment(id: $id) { id reason } }", id=booked)
        assert seen == {"appointment": {"id": booked, "reason": None}}

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

    async def test_appointments_name_their_type(self, practice: Practice) -> None:
        patient, account = await practice.patient()
        await practice.booked(account, patient, at(3, 10))
        told: dict[str, Any] = {
            "patient_id": patient,
            "status": "COMPLETED",
            "starts_at": at(-9, 9),
            "occupied_from": at(-9, 9),
        }
        await practice.know(
            Appointment(**told, type_system="urn:elsewhere", type_code="consultation"), Appointment(**told)
        )
        query = "{ appointments { nodes { startsAt appointmentType { id minutes } } } }"
        with practice.clinic.statements("appointments") as statements:
            nodes = (await account.data(query))["appointments"]["nodes"]
        *recorded, booked = [node["appointmentType"] for node in nodes]
        assert (recorded, booked["minutes"], key_of(booked["id"])) == ([None, None], 30, UUID(practice.type))
        assert sum("appointment_type" in statement for statement in statements) == 1
