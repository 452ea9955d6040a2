"""Why a patient comes is for those who treat them; all staff see who comes when, and where."""

from typing import Any
from uuid import UUID

from shared.ids import new_id
from shared.patient_access import Basis
from tests.appointments.conftest import Practice, answer, at, change
from tests.harness.access import end, let
from tests.harness.caller import Caller
from tests.harness.ids import key_of

REASON = "My knee hurts."
CANCEL = change("CancelAppointment", "appointment { status reason }", versioned=True)
LISTS = """query($id: ID!) {
  appointment(id: $id) { status reason } appointments { totalCount nodes { status reason } }
  node(id: $id) { ... on Appointment { status reason } }
}"""
OF_PATIENT = "appointments { nodes { reason } } upcomingAppointments { totalCount nodes { reason } }"


async def reasons(practice: Practice, caller: Caller, patient: UUID, booked: dict[str, Any]) -> set[str | None]:
    """What the caller is told by all routes, of an appointment that each of them shows."""
    data = await caller.data(LISTS, id=booked["id"])
    (listed,) = data["appointments"]["nodes"]
    assert data["appointments"]["totalCount"] == 1
    assert data["appointment"]["status"] == listed["status"] == data["node"]["status"] == "BOOKED"
    found = {data["appointment"]["reason"], listed["reason"], data["node"]["reason"]}
    for kind, key, asked in (
        ("Patient", patient, OF_PATIENT),
        ("Practitioner", practice.practitioner, "appointments { nodes { reason } }"),
    ):
        (entity,) = (await practice.clinic.entities("appointments", caller, kind, [key], asked))["data"]["_entities"]
        found |= {node["reason"] for each in entity.values() for node in each["nodes"]}
    return found


async def test_who_treats_reads_why_a_patient_comes(practice: Practice) -> None:
    clinic, appointments, person = practice.clinic, practice.clinic.service("appointments"), new_id()
    patient, owner = await practice.patient()
    booked = await practice.booked(owner, patient, at(3, 10), reason=REASON)
    assert booked["reason"] == REASON
    doctor = clinic.caller("DOCTOR", practitioner=practice.practitioner)
    assert await reasons(practice, owner, patient, booked) == {REASON}
    assert await reasons(practice, doctor, patient, booked) == {REASON}
    nurse = clinic.caller("NURSE", subject=person)
    for caller in (nurse, practice.reception, clinic.caller("ADMIN"), clinic.caller("DOCTOR", practitioner=new_id())):
        assert await reasons(practice, caller, patient, booked) == {None}
    key = await let(appointments, patient, Basis.EMERGENCY, account_id=person)
    assert await reasons(practice, nurse, patient, booked) == {REASON}
    await end(appointments, key)
    assert await reasons(practice, nurse, patient, booked) == {None}


async def test_a_change_tells_no_reason_either(practice: Practice) -> None:
    patient, owner = await practice.patient()
    by_patient = await practice.booked(owner, patient, at(3, 10), reason=REASON)
    input = {"id": by_patient["id"], "version": by_patient["version"], "reason": "PATIENT_REQUEST"}
    cancelled = await answer(practice.reception, CANCEL, **input)
    assert cancelled["appointment"] == {"status": "CANCELLED", "reason": None}
    by_reception = await practice.booked(practice.reception, patient, at(3, 11), reason=REASON)
    assert by_reception["reason"] is None


async def test_a_proxy_sees_a_minors_appointments(practice: Practice) -> None:
    clinic, proxy = practice.clinic, new_id()
    child, owner = await practice.patient()
    booked = await practice.booked(owner, child, at(3, 10), reason=REASON)
    parent = clinic.caller("PATIENT", patient=proxy)
    key = await let(clinic.service("appointments"), child, Basis.PROXY, proxy_id=proxy)
    assert await reasons(practice, parent, child, booked) == {REASON}
    assert (await answer(parent, CANCEL, id=booked["id"], version=1, reason="OTHER"))["code"] == "NOT_FOUND"
    await end(clinic.service("appointments"), key)
    assert (await parent.data("{ appointments { totalCount } }"))["appointments"]["totalCount"] == 0
    (gone,) = (await clinic.entities("appointments", parent, "Patient", [child], OF_PATIENT))["data"]["_entities"]
    assert gone == {"appointments": None, "upcomingAppointments": None}


async def test_reasons_of_many_take_one_statement(practice: Practice) -> None:
    person = new_id()
    doctor = practice.clinic.caller("DOCTOR", practitioner=person)
    known = []
    for hour in (9, 10, 11):
        patient, owner = await practice.patient()
        known.append((patient, key_of((await practice.booked(owner, patient, at(3, hour), reason=REASON))["id"])))
    await let(practice.clinic.service("appointments"), known[0][0], practitioner_id=person)
    wanted = [key for _, key in known] + [new_id() for _ in range(97)]
    with practice.clinic.statements("appointments") as statements:
        got = await practice.clinic.entities("appointments", doctor, "Appointment", wanted, "reason")
    assert got["data"]["_entities"][:4] == [{"reason": REASON}, {"reason": None}, {"reason": None}, None]
    assert len([each for each in statements if "data_key" not in each]) == 1, statements
