"""Each sees of a patient what their work needs: no other value, and no trace of it by search, order, count or cursor."""

import base64
from typing import Any

from shared.ids import new_id
from shared.patient_access import Basis
from tests.harness.access import end, let
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.patients.conftest import JANE, PATIENT, named, register, update
from tests.patients.test_access import ids

ASKED = f"query($id: ID!) {{ patient(id: $id) {{ {PATIENT} registeredAt identifiers {{ value }} }} }}"
IDENTITY = {"id", "medicalRecordNumber", "name", "birthDate", "gender", "active"}
NUMBER = [{"system": "urn:ssn", "value": "999-12-3456"}]
LIST = "query($search: String) { patients(search: $search) { totalCount edges { cursor } nodes { name { family } } } }"


async def shown(caller: Caller, patient: dict[str, Any]) -> set[str]:
    """The fields of which the caller gets a value."""
    found = (await caller.data(ASKED, id=patient["id"]))["patient"] or {}
    return {name for name, value in found.items() if value not in (None, [])}


async def test_who_treats_sees_all_and_others_what_identifies(clinic: Clinic) -> None:
    patients, person = clinic.service("patients"), new_id()
    doctor, nurse = clinic.caller("DOCTOR", practitioner=person), clinic.caller("NURSE", subject=person)
    reception = clinic.caller("RECEPTIONIST")
    jane = (await register(reception, identifiers=NUMBER))["patient"]
    everything = await shown(reception, jane)
    assert everything > IDENTITY | {"otherNames", "contactPoints", "identifiers", "version"}
    assert await shown(doctor, jane) == await shown(nurse, jane) == IDENTITY
    assert (await update(doctor, jane, contactPoints=[]))["code"] == "NOT_FOUND"

    for basis, holder in ((Basis.APPOINTMENT, {"practitioner_id": person}), (Basis.EMERGENCY, {"account_id": person})):
        caller = doctor if "practitioner_id" in holder else nurse
        key = await let(patients, key_of(jane["id"]), basis, **holder)
        assert await shown(caller, jane) == everything
        changed = await update(caller, jane, contactPoints=[{"system": "EMAIL", "value": "j@example.com"}])
        jane = changed["patient"]
        await end(patients, key)
        assert await shown(caller, jane) == IDENTITY


async def test_what_is_not_shown_is_not_found_either(clinic: Clinic) -> None:
    person = new_id()
    doctor, reception = clinic.caller("DOCTOR", practitioner=person), clinic.caller("RECEPTIONIST")
    jane = (await register(reception, identifiers=NUMBER))["patient"]
    await register(reception, **named("Berg", "Ola"))
    for hidden in ("okonkwo", "Okonko", "999-12-3456", "6175550142"):
        assert (await doctor.data(LIST, search=hidden))["patients"]["totalCount"] == 0, hidden
    for told in ("dawson", "Dawsson", "jane", jane["medicalRecordNumber"]):
        assert await ids(doctor, search=told) == [jane["id"]], told
    listed = (await doctor.data(LIST))["patients"]
    assert (listed["totalCount"], len(listed["nodes"])) == (2, 2)
    assert not any(b"okonkwo" in base64.urlsafe_b64decode(edge["cursor"]) for edge in listed["edges"])
    await let(clinic.service("patients"), key_of(jane["id"]), practitioner_id=person)
    assert await ids(doctor, search="okonkwo") == await ids(doctor, search="999-12-3456") == [jane["id"]]


async def test_who_carries_out_orders_sees_those_patients_and_their_names(clinic: Clinic) -> None:
    patients, person = clinic.service("patients"), new_id()
    reception = clinic.caller("RECEPTIONIST")
    jane = (await register(reception))["patient"]
    await register(reception, **named("Berg", "Ola"))
    for role in ("PHARMACIST", "LAB_TECHNICIAN"):
        someone = clinic.caller(role, practitioner=person)
        assert await ids(someone) == []
        await let(patients, key_of(jane["id"]), practitioner_id=person)  # an appointment is no order
        assert await ids(someone) == []
        ordered = await let(patients, key_of(jane["id"]), Basis.ORDER, practitioner_id=person)
        assert await ids(someone) == await ids(someone, search="dawson") == [jane["id"]]
        assert await ids(someone, search=jane["medicalRecordNumber"]) == []
        (found,) = (await clinic.entities("patients", someone, "Patient", [jane["id"]], PATIENT))["data"]["_entities"]
        assert {name for name, value in found.items() if value is not None} == {"id", "name", "birthDate", "gender"}
        await end(patients, ordered)
        assert await ids(someone) == []


async def test_a_proxy_sees_the_minor_and_changes_nothing(clinic: Clinic) -> None:
    patients, proxy = clinic.service("patients"), new_id()
    parent, reception = clinic.caller("PATIENT", patient=proxy), clinic.caller("RECEPTIONIST")
    child = (await register(reception))["patient"]
    assert await shown(parent, child) == set()
    key = await let(patients, key_of(child["id"]), Basis.PROXY, proxy_id=proxy)
    assert await shown(parent, child) == await shown(reception, child)
    assert (await update(parent, child, addresses=[]))["code"] == "NOT_FOUND"
    await end(patients, key)
    assert await ids(parent) == []


async def test_extents_of_many_take_one_statement(clinic: Clinic) -> None:
    person = new_id()
    doctor, reception = clinic.caller("DOCTOR", practitioner=person), clinic.caller("RECEPTIONIST")
    known = [
        (await register(reception, **(named("Berg", f"Ola{number}") | _CONTACT)))["patient"] for number in range(4)
    ]
    await let(clinic.service("patients"), key_of(known[0]["id"]), practitioner_id=person)
    wanted = [each["id"] for each in known] + [new_id() for _ in range(96)]
    with clinic.statements("patients") as statements:
        answer = await clinic.entities("patients", doctor, "Patient", wanted, "name { text } contactPoints { value }")
    found = answer["data"]["_entities"]
    assert [each and bool(each["contactPoints"]) for each in found] == [True, False, False, False] + [None] * 96
    assert len(statements) == 1


_CONTACT = {"contactPoints": JANE["contactPoints"]}
