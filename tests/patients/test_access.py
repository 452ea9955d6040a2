"""A patient sees and changes only themselves, by whatever way they ask; staff see whom they look for."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from shared.audit.seal import verify
from shared.database.engine import Database
from shared.ids import global_id, new_id
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.patients.conftest import JANE, named, register, register_myself, update

ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { id } } }"


async def ids(caller: Caller, **arguments: str) -> list[str]:
    query = (
        "query($search: String, $birthDate: Date) { patients(search: $search, birthDate: $birthDate) { nodes { id } } }"
    )
    return [node["id"] for node in (await caller.data(query, **arguments))["patients"]["nodes"]]


async def test_another_patient_does_not_exist(clinic: Clinic) -> None:
    own, nurse = new_id(), clinic.caller("NURSE")
    jane = clinic.caller("PATIENT", patient=own)
    await register_myself(jane)
    other = (await register(nurse, **named("Berg", "Ola")))["patient"]

    query = "query($id: ID!) { a: patient(id: $id) { ...all } } fragment all on Patient { id name { text } addresses { use } }"
    assert (await jane.data(query, id=other["id"])) == {"a": None}
    assert await ids(jane) == [global_id("Patient", own)]
    assert await ids(jane, search="Berg") == []
    assert await ids(jane, search=other["medicalRecordNumber"]) == []
    answer = await clinic.entities("patients", jane, "Patient", [other["id"], own], "id birthDate")
    assert answer["data"]["_entities"] == [None, {"id": global_id("Patient", own), "birthDate": "1984-02-29"}]
    assert (await update(jane, other, contactPoints=[]))["code"] == "NOT_FOUND"
    assert (await clinic.entities("patients", clinic.anonymous, "Patient", [own], "id"))["data"]["_entities"] == [None]

    denied = [entry for entry in await clinic.audit("patients") if entry.outcome == "denied"]
    assert [(entry.resource, entry.resource_ids) for entry in denied] == [("Patient", [key_of(other["id"])])] * 3 + [
        ("Patient", [own])
    ]
    # Scopes of PATIENT do not make somebody staff who has another role too.
    both = clinic.caller("ANALYST", "PATIENT", patient=own)
    assert await ids(both) == [global_id("Patient", own)]


async def test_patients_change_their_own_record_except_what_only_staff_may(clinic: Clinic) -> None:
    own = new_id()
    jane = clinic.caller("PATIENT", patient=own)
    patient = (await register_myself(jane))["patient"]
    changed = (await update(jane, patient, contactPoints=[{"system": "SMS", "value": "+1 617 555 0199"}]))["patient"]
    assert changed["contactPoints"] == [{"system": "SMS", "value": "+16175550199", "use": None}]
    assert (changed["version"], changed["addresses"]) == (2, patient["addresses"])

    mutation = "mutation($input: UpdatePatientInput!) { updatePatient(input: $input) { __typename } }"
    forbidden: dict[str, Any]
    for forbidden in ({"identifiers": []}, {"deceased": {"deceased": True}}):
        answer = await jane.execute(mutation, input={"id": str(own), "version": 2, **forbidden})
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    merging = "mutation($input: MergePatientsInput!) { mergePatients(input: $input) { __typename } }"
    keys = {"survivorId": str(own), "survivorVersion": 2, "duplicateId": str(new_id()), "duplicateVersion": 1}
    answer = await jane.execute(merging, input=keys)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


async def test_staff_change_patients(clinic: Clinic) -> None:
    reception = clinic.caller("RECEPTIONIST")
    patient = (await register(reception))["patient"]
    changed = (
        await update(
            reception,
            patient,
            demographics=JANE["demographics"] | {"family": "Dawson-Reed", "otherNames": []},
            identifiers=[{"system": "urn:insurer", "value": "A1"}, {"system": "urn:insurer", "value": "A2"}],
            deceased={"deceased": True, "at": "2026-01-02T03:04:05Z"},
        )
    )["patient"]
    assert (changed["name"]["family"], changed["otherNames"]) == ("Dawson-Reed", [])
    assert (changed["deceased"], changed["deceasedAt"]) == (True, "2026-01-02T03:04:05Z")
    again = (await update(reception, changed, identifiers=[{"system": "urn:insurer", "value": "A2", "type": "MB"}]))[
        "patient"
    ]
    found = await reception.data(
        "query($id: ID!) { patient(id: $id) { identifiers { value type } } }", id=patient["id"]
    )
    assert found["patient"]["identifiers"] == [{"value": "A2", "type": "MB"}]

    late = await update(reception, patient, addresses=[])
    assert (late["code"], late["currentVersion"]) == ("VERSION_CONFLICT", 3)
    same = await update(
        reception, again, demographics=JANE["demographics"] | {"family": "Dawson-Reed", "otherNames": []}
    )
    assert same["patient"]["version"] == 3
    impossible = await update(reception, again, deceased={"deceased": False, "at": "2026-01-02T03:04:05Z"})
    assert impossible["fields"][0]["path"] == ["deceased", "at"]

    events = (await clinic.published("patients"))[2:]
    assert [(event.type.split(".")[2], event.data.get("groups")) for event in events] == [
        ("patient-changed", ["demographics", "deceased", "identifiers"]),
        ("preferences-changed", None),
        ("deceased-changed", None),
        ("patient-changed", ["identifiers"]),
    ]
    assert events[2].data["deceased"] is True
    assert events[1].data["reminders"] is False  # nobody reminds the dead


async def test_search(clinic: Clinic) -> None:
    nurse, reception = clinic.caller("NURSE"), clinic.caller("RECEPTIONIST")
    jane = (await register(reception))["patient"]
    numbered = [{"system": "urn:ssn", "value": "999-12-3456"}]
    ola = (await register(reception, **named("Bergström", "Ola"), identifiers=numbered))["patient"]
    assert await ids(nurse) == [ola["id"], jane["id"]]
    assert await ids(nurse, search="jane dawson") == [jane["id"]]
    assert await ids(nurse, search="Dawsson") == [jane["id"]]
    assert await ids(reception, search="okonkwo") == [jane["id"]]
    assert await ids(nurse, search="bergs") == [ola["id"]]
    assert await ids(nurse, search=ola["medicalRecordNumber"]) == [ola["id"]]
    assert await ids(reception, search=" 999-12-3456 ") == [ola["id"]]
    assert await ids(nurse, birthDate="1984-02-29") == [jane["id"]]
    assert await ids(nurse, search="%") == []
    page = (
        "query($after: String) { patients(first: 1, after: $after) { totalCount nodes { id } pageInfo { endCursor } } }"
    )
    first = (await nurse.data(page))["patients"]
    second = (await nurse.data(page, after=first["pageInfo"]["endCursor"]))["patients"]
    assert (first["totalCount"], first["nodes"], second["nodes"]) == (2, [{"id": ola["id"]}], [{"id": jane["id"]}])


async def test_many_entities_take_one_statement(clinic: Clinic) -> None:
    nurse = clinic.caller("NURSE")
    known = [(await register(nurse, **named("Berg", f"Ola{number}")))["patient"]["id"] for number in range(5)]
    unknown = [new_id() for _ in range(95)]
    wanted = known + [global_id("Patient", key) for key in unknown]
    with clinic.statements("patients") as statements:
        answer = await clinic.entities("patients", nurse, "Patient", wanted, "id name { text } addresses { use }")
    assert [entity and entity["id"] for entity in answer["data"]["_entities"]] == known + [None] * 95
    assert len(statements) == 1, statements  # the look-up, with the entries of what was read and what was denied
    database = clinic.service("patients").runtime.database
    await clinic.until(lambda: _all_sealed(database))
    found, missed = [entry for entry in await clinic.audit("patients") if entry.action == "read"][-2:]
    assert (found.outcome, set(found.resource_ids)) == ("success", set(map(key_of, known)))
    assert (missed.outcome, set(missed.resource_ids)) == ("denied", set(unknown))
    assert (set(found.patients), missed.patients, found.roles) == (set(found.resource_ids), [], ["NURSE"])


async def test_a_list_and_its_entry_are_one_statement(clinic: Clinic) -> None:
    nurse_id = new_id()
    nurse = clinic.caller("NURSE", subject=nurse_id)
    for given in ("Ola", "Anna", "Li"):
        await register(nurse, **named("Berg", given))
    with clinic.statements("patients") as statements:
        page = await nurse.data("{ patients(last: 2) { nodes { id name { given } } } }")
    assert [node["name"]["given"] for node in page["patients"]["nodes"]] == [["Li"], ["Ola"]]
    assert len(statements) == 1
    entry = (await clinic.audit("patients"))[-1]
    assert (entry.action, entry.resource, entry.actor) == ("read", "Patient", nurse_id)
    assert set(entry.resource_ids) >= {key_of(node["id"]) for node in page["patients"]["nodes"]}
    assert set(entry.patients) == set(entry.resource_ids)


async def _all_sealed(database: Database) -> bool:
    """Whether the trail is whole, and nothing waits to be sealed."""
    state = await verify(database, {})
    assert state.broken_at is None
    return state.unsealed == 0


@pytest.mark.parametrize("query", [ENTITIES, "{ patients(first: 1) { nodes { id } } }"])
async def test_nothing_is_read_that_cannot_be_entered_into_the_trail(clinic: Clinic, query: str) -> None:
    nurse = clinic.caller("NURSE")
    ola = (await register(nurse, **named("Berg", "Ola")))["patient"]
    variables = {"r": [{"__typename": "Patient", "id": ola["id"]}]}
    body = orjson.dumps({"query": query, "variables": variables if "$r" in query else {}})
    assert ola["id"] in (await clinic.post("patients", nurse, body)).text
    async with stored(clinic.service("patients").runtime.database) as session:
        await session.execute(text("ALTER TABLE audit_entry ADD CONSTRAINT full_disk CHECK (false) NOT VALID"))
    answer = (await clinic.post("patients", nurse, body)).json()
    assert not any((answer["data"] or {}).values())
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL_SERVER_ERROR"]
    assert str(key_of(ola["id"])) not in str(answer)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"query": 1}', 400),
        (b'{"query": "{ a: __typename", "variables": {}}', 200),
        (b'{"query": "query A { __typename } query B { __typename }"}', 200),
    ],
)
async def test_a_request_that_names_no_operation_is_told_so(clinic: Clinic, body: bytes, status: int) -> None:
    response = await clinic.post("patients", clinic.caller("NURSE"), body)
    assert response.status_code == status
    assert len(response.json()["errors"]) == 1 and response.json().get("data") is None
