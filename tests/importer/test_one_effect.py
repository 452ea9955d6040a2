"""The same facts tell the same, whoever writes them: a mutation or an import."""

from typing import Any

import pytest

from tests.harness.clinic import Clinic
from tests.importer.conftest import Import
from tests.patients.conftest import register, update

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
    assert len(by_mutation) == 2
    resource = {"resourceType": kind, "id": "x", **content}
    await imports({f"{kind}.ndjson": [resource]})
    await imports({f"{kind}.ndjson": [resource | {"active": False, "status": "inactive"}]})
    assert (await told(clinic, "directory", *keys))[2:] == by_mutation


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
        "caregraph.directory.practitioner-changed.v1",
    ]
    nodes = (await clinic.caller("NURSE").data("{ practitioners { nodes { version } } }"))["practitioners"]["nodes"]
    assert nodes == [{"version": 2}]
