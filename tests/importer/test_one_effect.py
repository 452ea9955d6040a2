"""The same facts tell the same and leave the same rows, whoever writes them: a mutation or an import."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from subgraphs.appointments.models import Appointment
from subgraphs.directory.models import Location, Organization, Practitioner, PractitionerRole
from subgraphs.patients.models import Patient, PatientIdentifier
from tests.appointments.conftest import Practice, answer, at, practice
from tests.appointments.test_booking import CHECK_IN, COMPLETE, begin, version_of
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.importer.conftest import EXPORT, Import, encounter
from tests.patients.conftest import register, update

__all__ = ["practice"]

NAME = {"family": "Muster", "given": ["Eva"]}
BORN = {"birthDate": "1980-01-01", "gender": "FEMALE"}
BARE: dict[str, Any] = {
    "demographics": {**NAME, **BORN},
    "addresses": [],
    "contactPoints": [],
    "emergencyContacts": [],
    "communicationPreferences": None,
}


def patient(**content: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "x",
        "name": [NAME],
        "birthDate": "1980-01-01",
        "gender": "female",
        **content,
    }


def language(code: str) -> dict[str, Any]:
    return {
        "communication": [{"preferred": True, "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}}]
    }


def preferences(code: str) -> dict[str, Any]:
    return {"communicationPreferences": {"language": code, "channels": [], "reminders": False}}


# What a mutation is given, and the same as a resource.
SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (preferences("de"), language("de")),
    ({"demographics": {**NAME, **BORN, "maritalStatus": "MARRIED"}}, {"maritalStatus": {"coding": [{"code": "M"}]}}),
    (
        {"contactPoints": [{"system": "EMAIL", "value": "eva@mail.example"}]},
        {"telecom": [{"system": "email", "value": "eva@mail.example"}]},
    ),
    ({"addresses": [{"address": {"line": ["1 Quay"]}}]}, {"address": [{"line": ["1 Quay"]}]}),
    (
        {"emergencyContacts": [{"name": "Ada", "relationship": "PARENT", "email": "ada@mail.example"}]},
        {
            "contact": [
                {
                    "name": {"text": "Ada"},
                    "relationship": [{"coding": [{"code": "PRN"}]}],
                    "telecom": [{"system": "email", "value": "ada@mail.example"}],
                }
            ]
        },
    ),
    (
        {"identifiers": [{"system": "urn:other", "value": "1", "type": None}]},
        {"identifier": [{"system": "urn:other", "value": "1"}]},
    ),
]
DEATH = ({"deceased": {"deceased": True, "at": "2020-01-01T00:00:00Z"}}, {"deceasedDateTime": "2020-01-01T00:00:00Z"})


async def told(clinic: Clinic, domain: str, *without: str) -> list[tuple[str, dict[str, Any]]]:
    """What was published, but for keys and for what tells who wrote and when."""
    apart = {"patientId", "registeredAt", "how", *without}
    return [
        (event.type, {name: value for name, value in event.data.items() if name not in apart})
        for event in await clinic.published(domain)
    ]


async def rows(clinic: Clinic, domain: str, kind: type[Any], *without: str) -> list[dict[str, Any]]:
    """A table's rows in order, but for keys, times of entry, and what says who wrote."""
    apart = {
        "id",
        "created_at",
        "updated_at",
        "patient_id",
        "practitioner_id",
        "medical_record_number",
        "source_digest",
    }
    async with stored(clinic.service(domain).runtime.database) as session:
        found = await session.scalars(select(kind).order_by(kind.created_at))
        return [row.model_dump(exclude=apart | {"sources", *without}) for row in found]


async def test_a_whole_patient_is_the_same_row(clinic: Clinic, imports: Import) -> None:
    changes: dict[str, Any] = {}
    content: dict[str, Any] = {}
    for each, same in SAME:
        changes |= each
        content |= same
    await register(clinic.caller("RECEPTIONIST"), **BARE | changes)
    await imports({"Patient.ndjson": [patient(**content)]})
    for kind in (Patient, PatientIdentifier):
        by_mutation, by_import = await rows(clinic, "patients", kind)
        assert by_import == by_mutation


@pytest.mark.parametrize(("changes", "content"), SAME)
async def test_registering(clinic: Clinic, imports: Import, changes: dict[str, Any], content: dict[str, Any]) -> None:
    created = await register(clinic.caller("RECEPTIONIST"), **BARE | changes)
    assert created["patient"]
    by_mutation = await told(clinic, "patients")
    assert (await imports({"Patient.ndjson": [patient(**content)]})).counts("Patient") == {"created": 1}
    assert (await told(clinic, "patients"))[len(by_mutation) :] == by_mutation


@pytest.mark.parametrize(("changes", "content"), [*SAME, DEATH])
async def test_changing(clinic: Clinic, imports: Import, changes: dict[str, Any], content: dict[str, Any]) -> None:
    clerk = clinic.caller("RECEPTIONIST")
    created = (await register(clerk, **BARE))["patient"]
    await imports({"Patient.ndjson": [patient()]})
    before = await told(clinic, "patients")
    assert (await update(clerk, created, **changes))["patient"]["version"] == 2
    by_mutation = (await told(clinic, "patients"))[len(before) :]
    assert by_mutation
    assert (await imports({"Patient.ndjson": [patient(**content)]})).counts("Patient") == {"updated": 1}
    assert (await told(clinic, "patients"))[len(before) + len(by_mutation) :] == by_mutation
    assert (await clerk.data("{ patients { nodes { version } } }"))["patients"]["nodes"] == [{"version": 2}] * 2


ADDRESS = {"line": ["1 Quay"]}

# A mutation of the directory with its input, and the same as a resource.
ENTRIES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Organization", {"name": "A", "address": ADDRESS}, {"name": "A", "address": [ADDRESS]}),
    ("Location", {"name": "A", "timeZone": "UTC", "address": ADDRESS}, {"name": "A", "address": ADDRESS}),
    ("Practitioner", {**NAME, "languages": [], "roles": []}, {"name": [NAME]}),
]


@pytest.mark.parametrize(("kind", "input", "content"), ENTRIES)
async def test_an_entry_of_the_directory(
    clinic: Clinic, imports: Import, kind: str, input: dict[str, Any], content: dict[str, Any]
) -> None:
    mutation = f"""mutation($input: Save{kind}Input!) {{ save{kind}(input: $input) {{
        ... on Save{kind}Success {{ {kind.lower()} {{ id version }} }} }} }}"""
    admin, keys = clinic.caller("ADMIN"), ("organizationId", "locationId", "practitionerId")
    [saved] = (await admin.data(mutation, input=input)).values()
    entry = saved[kind.lower()]
    await admin.data(mutation, input={**input, "active": False, **entry})
    by_mutation = await told(clinic, "directory", *keys)
    told_twice = 4 if kind == "Practitioner" else 2  # of whom is told as well what they practise
    assert len(by_mutation) == told_twice
    resource = {"resourceType": kind, "id": "x", **content}
    await imports({f"{kind}.ndjson": [resource]})
    await imports({f"{kind}.ndjson": [resource | {"active": False, "status": "inactive"}]})
    assert (await told(clinic, "directory", *keys))[told_twice:] == by_mutation
    table = {"Organization": Organization, "Location": Location, "Practitioner": Practitioner}[kind]
    of_mutation, of_import = await rows(clinic, "directory", table)
    assert of_import == of_mutation

    again = {**input, "active": False, "id": entry["id"], "version": 2}
    [unchanged] = (await admin.data(mutation, input=again)).values()
    assert unchanged[kind.lower()]["version"] == 2
    assert len(await told(clinic, "directory")) == 2 * told_twice, "what is so already is told to nobody"


async def test_a_practitioner_with_roles_is_the_same_rows(clinic: Clinic, imports: Import) -> None:
    coding = {"system": "urn:s", "code": "1", "display": "One"}
    input = {
        **NAME,
        "email": "eva@work.example",
        "languages": ["de"],
        "roles": [{"specialty": coding}, {"specialty": coding}],
    }
    mutation = """mutation($input: SavePractitionerInput!) { savePractitioner(input: $input) {
        ... on SavePractitionerSuccess { practitioner { version } } } }"""
    saved = await clinic.caller("ADMIN").data(mutation, input=input)
    assert saved["savePractitioner"]["practitioner"] == {"version": 1}
    telecom = [{"system": "email", "value": "eva@work.example"}]
    content = {"name": [NAME], "telecom": telecom, "communication": [{"coding": [{"code": "de"}]}]}
    role = {"practitioner": {"reference": "Practitioner/p"}, "specialty": [{"coding": [coding]}]}
    await imports(
        {
            "Practitioner.ndjson": [{"resourceType": "Practitioner", "id": "p", **content}],
            "PractitionerRole.ndjson": [{"resourceType": "PractitionerRole", "id": "r", **role}],
        }
    )
    for kind in (Practitioner, PractitionerRole):
        by_mutation, by_import = await rows(clinic, "directory", kind, "version")  # roles come apart from their person
        assert by_import == by_mutation


async def test_a_visit_is_the_same_row_and_the_same_facts(clinic: Clinic, imports: Import, practice: Practice) -> None:
    own, account = await practice.patient()
    booked = await practice.booked(account, own, at(2, 10))
    await begin(practice, booked, timedelta(minutes=-31))
    for mutation in (CHECK_IN, COMPLETE):
        booked = (await answer(practice.reception, mutation, **version_of(booked)))["appointment"]
    async with stored(clinic.service("appointments").runtime.database) as session:
        row = await session.get_one(Appointment, key_of(booked["id"]))
    coding = {"system": row.type_system, "code": row.type_code, "display": row.type_display}
    assert row.ends_at
    period = {"start": row.starts_at.isoformat(), "end": row.ends_at.isoformat()}
    visit = encounter("visit", type=[{"coding": [coding]}], period=period)
    done = await imports(EXPORT | {"Encounter.000.ndjson": [visit], "Encounter.001.ndjson": []})
    assert done.counts("Encounter") == {"created": 1}

    whose = ("location_id", "booked_at", "scheduled_at", "version")
    by_mutation, by_import = await rows(clinic, "appointments", Appointment, *whose)
    assert by_import == by_mutation
    apart = ("appointmentId", "practitionerId", "locationId", "bookedAt", "occurredAt")
    (kind, facts), (recorded, same) = (await told(clinic, "appointments", *apart))[-2:]
    assert (kind, recorded) == tuple(
        f"caregraph.appointments.appointment-{each}" for each in ("completed.v1", "recorded.v2")
    )
    assert same == facts


async def test_a_role_that_is_added_changes_its_practitioner(clinic: Clinic, imports: Import) -> None:
    practitioner = {"resourceType": "Practitioner", "id": "p", "name": [NAME]}
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/p"},
        "specialty": [{"coding": [{"system": "urn:s", "code": "1"}]}],
    }
    await imports({"Practitioner.ndjson": [practitioner], "PractitionerRole.ndjson": []})
    await imports({"PractitionerRole.ndjson": [role]})
    await imports({"PractitionerRole.ndjson": [role]})
    assert [event.type for event in await clinic.published("directory")] == [
        "caregraph.directory.practitioner-registered.v1",
        "caregraph.directory.practice-changed.v1",
        "caregraph.directory.practitioner-changed.v1",
        "caregraph.directory.practice-changed.v1",
    ]
    nodes = (await clinic.caller("NURSE").data("{ practitioners { nodes { version } } }"))["practitioners"]["nodes"]
    assert nodes == [{"version": 2}]
