"""What the tests of patients share."""

from typing import Any

import pytest

from tests.harness.caller import Caller

JANE: dict[str, Any] = {
    "demographics": {
        "family": "Dawson",
        "given": ["Jane", "Ruth"],
        "birthDate": "1984-02-29",
        "gender": "FEMALE",
        "maritalStatus": "MARRIED",
        "otherNames": [{"use": "MAIDEN", "family": "Okonkwo", "given": ["Jane"]}],
    },
    "addresses": [
        {
            "use": "HOME",
            "address": {
                "line": ["12 Mill Lane"],
                "city": "Boston",
                "state": "MA",
                "postalCode": "02115",
                "country": "US",
            },
        }
    ],
    "contactPoints": [
        {"system": "PHONE", "use": "MOBILE", "value": "(617) 555-0142"},
        {"system": "EMAIL", "value": "Jane.Dawson@EXAMPLE.com"},
    ],
    "emergencyContacts": [{"name": "Ade Okonkwo", "relationship": "SIBLING", "phone": "+44 20 7946 0018"}],
    "communicationPreferences": {"language": "en-US", "channels": ["EMAIL", "SMS"], "reminders": True},
}

PATIENT = """
    id version active medicalRecordNumber name { text family given } otherNames { use name { family } } birthDate gender
    maritalStatus deceased deceasedAt contactPoints { system value use }
    addresses { use address { line city state postalCode country } }
    emergencyContacts { name relationship phone email }
    communicationPreferences { language channels reminders } mergedInto { id }
"""
PROBLEMS = "... on InvalidInput { code fields { path code } } ... on UserError { code message }"


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("patients",)


async def register(caller: Caller, **changes: Any) -> dict[str, Any]:
    """Enter a patient; what came of it."""
    query = f"""mutation($input: RegisterPatientInput!) {{ registerPatient(input: $input) {{
        ... on RegisterPatientSuccess {{ patient {{ {PATIENT} }} }} {PROBLEMS} }} }}"""
    return dict((await caller.data(query, input=JANE | changes))["registerPatient"])


async def register_myself(caller: Caller, **changes: Any) -> dict[str, Any]:
    """Enter the caller; what came of it."""
    query = f"""mutation($input: RegisterMyselfInput!) {{ registerMyself(input: $input) {{
        ... on RegisterMyselfSuccess {{ patient {{ {PATIENT} }} }} {PROBLEMS} }} }}"""
    return dict((await caller.data(query, input=JANE | changes))["registerMyself"])


async def update(caller: Caller, patient: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Change a patient; what came of it."""
    query = f"""mutation($input: UpdatePatientInput!) {{ updatePatient(input: $input) {{
        ... on UpdatePatientSuccess {{ patient {{ {PATIENT} }} }} {PROBLEMS}
        ... on VersionConflict {{ currentVersion }} }} }}"""
    key = {"id": patient["id"], "version": patient["version"]}
    return dict((await caller.data(query, input=key | changes))["updatePatient"])


async def merge(caller: Caller, survivor: dict[str, Any], duplicate: dict[str, Any]) -> dict[str, Any]:
    """Merge two patients; what came of it."""
    query = f"""mutation($input: MergePatientsInput!) {{ mergePatients(input: $input) {{
        ... on MergePatientsSuccess {{ patient {{ {PATIENT} identifiers {{ system value type }} }} }} {PROBLEMS}
        ... on VersionConflict {{ currentVersion }} }} }}"""
    keys = {
        "survivorId": survivor["id"],
        "survivorVersion": survivor["version"],
        "duplicateId": duplicate["id"],
        "duplicateVersion": duplicate["version"],
    }
    return dict((await caller.data(query, input=keys))["mergePatients"])


def named(family: str, *given: str, **changes: Any) -> dict[str, Any]:
    """Demographics of someone else."""
    plain = {"birthDate": "1990-06-15", "gender": "UNKNOWN"}
    return {"demographics": {"family": family, "given": list(given), **plain, **changes}}
