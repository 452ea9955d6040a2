"""Two records of one person become one."""

import asyncio
from typing import Any

from shared.ids import new_id
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.patients.conftest import JANE, merge, named, register, register_myself

DUPLICATES = "{ patientsWithDuplicates { nodes { id possibleDuplicates { id } } } }"


async def test_duplicates_are_found(clinic: Clinic) -> None:
    receptionist = clinic.caller("RECEPTIONIST")
    jane = (await register(receptionist))["patient"]
    misspelt = (await register(receptionist, demographics=JANE["demographics"] | {"family": "Dawsen"}))["patient"]
    await register(receptionist, demographics=JANE["demographics"] | {"birthDate": "1984-02-28"})
    await register(receptionist, **named("Berg", "Ola", birthDate="1984-02-29"))
    found = (await receptionist.data(DUPLICATES))["patientsWithDuplicates"]["nodes"]
    assert found == [
        {"id": misspelt["id"], "possibleDuplicates": [{"id": jane["id"]}]},
        {"id": jane["id"], "possibleDuplicates": [{"id": misspelt["id"]}]},
    ]
    answer = await clinic.caller("NURSE").execute("{ patients { nodes { id possibleDuplicates { id } } } }")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}

    await merge(receptionist, jane, misspelt)
    assert (await receptionist.data(DUPLICATES))["patientsWithDuplicates"]["nodes"] == []


async def possible(caller: Caller, patient: dict[str, Any]) -> set[str]:
    query = "query($id: ID!) { patient(id: $id) { possibleDuplicates { id } } }"
    return {each["id"] for each in (await caller.data(query, id=patient["id"]))["patient"]["possibleDuplicates"]}


NOTHING: dict[str, Any] = {"contactPoints": [], "addresses": []}
BORN = {"birthDate": "1990-06-05"}
SWAPPED = {"birthDate": "1990-05-06"}
SSN = {"system": "urn:ssn", "value": "999-12-3456", "type": "SS"}
MEMBER = {"system": "urn:insurer", "value": "F1", "type": "MB"}
AT_HOME = {"contactPoints": [], "addresses": JANE["addresses"]}
BY_PHONE = {"contactPoints": [{"system": "PHONE", "value": "+1 617 555 0142"}], "addresses": []}
ANNA = named("Müller", "Anna", **BORN)


PAIRS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    (ANNA, named("Mueller", "ANNA", **BORN), True),
    (ANNA, named("Anna", "Müller", **BORN), True),
    (ANNA, named("Müller", "Anna Maria", **BORN), True),
    (ANNA, named("Müller", "A.", **BORN), True),
    (ANNA, named("Muler", "Anna", **BORN), True),
    (named("山田", "太郎"), named("山田太郎"), True),
    (ANNA, named("Müller", "Anna", **SWAPPED), True),
    (ANNA, named("Müller", "Lena", **SWAPPED), False),
    (ANNA, named("Müller", "Anna", birthDate="1990-06-06"), False),
    (named("Berg", "Ola", birthDate="1990-06-15"), named("Berg", "Ola", birthDate="1990-06-16"), False),
    (ANNA, named("Müller", "Lena", **BORN), False),
    (ANNA | AT_HOME, named("Müller", "Lena", **BORN) | AT_HOME, False),
    (named("Christodoulopoulou", "Anna"), named("Christodoulopoulou", "Eleni"), False),
    (named("山田", "太郎"), named("山田", "次郎"), False),
    (ANNA | AT_HOME, named("Sørensen", "Anna", **BORN) | AT_HOME, True),
    (ANNA | BY_PHONE, named("Sørensen", "Anna", **BORN) | BY_PHONE, True),
    (ANNA, named("Sørensen", "Anna", **BORN), False),
    (ANNA | AT_HOME, named("Sørensen", "Anna", **SWAPPED) | AT_HOME, False),
    (ANNA | {"identifiers": [SSN]}, named("Berg", "Ola") | {"identifiers": [SSN]}, True),
    (ANNA | {"identifiers": [SSN]}, named("Berg", "Ola") | {"identifiers": [SSN | {"system": "urn:us-ssn"}]}, True),
    (ANNA | {"identifiers": [SSN]}, named("Berg", "Ola") | {"identifiers": [SSN | {"value": "1"}]}, False),
    (ANNA | {"identifiers": [MEMBER]}, named("Müller", "Ola") | {"identifiers": [MEMBER]}, False),
]


def _born_in(year: int, patient: dict[str, Any]) -> dict[str, Any]:
    born = patient["demographics"]["birthDate"]
    return patient | {"demographics": patient["demographics"] | {"birthDate": f"{year}{born[4:]}"}}


async def test_who_may_be_one(clinic: Clinic) -> None:
    clerk = clinic.caller("RECEPTIONIST")
    for year, (one, other, may_be) in enumerate(PAIRS, 1950):
        pair = [(await register(clerk, **_born_in(year, NOTHING | each)))["patient"] for each in (one, other)]
        found = [await possible(clerk, each) for each in pair]
        assert [pair[1]["id"] in found[0], pair[0]["id"] in found[1]] == [may_be] * 2, (one, other)


async def test_the_survivor_stands_for_both(clinic: Clinic) -> None:
    receptionist, key = clinic.caller("RECEPTIONIST"), new_id()
    account = clinic.caller("PATIENT", patient=key)
    own = (await register_myself(account))["patient"]
    kept = (
        await register(
            receptionist,
            **named("Dawson", "Jane", birthDate="1984-02-29"),
            addresses=[],
            contactPoints=[{"system": "PHONE", "value": "+16175550142", "use": "MOBILE"}],
            communicationPreferences=None,
            identifiers=[{"system": "urn:ssn", "value": "1"}],
        )
    )["patient"]
    older = (await register(receptionist, identifiers=[{"system": "urn:ssn", "value": "1"}]))["patient"]
    own = (await merge(receptionist, own, older))["patient"]
    survivor = (await merge(receptionist, kept, own))["patient"]

    assert survivor["addresses"] == own["addresses"]
    assert survivor["contactPoints"] == own["contactPoints"]
    assert survivor["maritalStatus"] == "MARRIED"
    assert survivor["communicationPreferences"] == {
        "language": "en-US",
        "channels": ["EMAIL", "SMS"],
        "reminders": False,
    }
    assert {item["value"] for item in survivor["identifiers"]} == {
        "1",
        own["medicalRecordNumber"],
        older["medicalRecordNumber"],
    }
    query = "query($id: ID!) { patient(id: $id) { id active mergedInto { id } } }"
    for merged in (own, older):
        found = await receptionist.data(query, id=merged["id"])
        assert found["patient"] == {
            "id": merged["id"],
            "active": False,
            "mergedInto": {"id": kept["id"]},
        }
        search = "query($search: String) { patients(search: $search) { nodes { id } } }"
        by_number = await receptionist.data(search, search=merged["medicalRecordNumber"])
        assert by_number["patients"]["nodes"] == [{"id": kept["id"]}]
    assert (await account.data("{ myPatient { id } }"))["myPatient"]["id"] == kept["id"]

    events = [event.data for event in await clinic.published("patients") if "merged" in event.type]
    assert events == [
        {"patientId": str(key_of(own["id"])), "mergedPatientId": str(key_of(older["id"]))},
        {"patientId": str(key_of(kept["id"])), "mergedPatientId": str(key_of(own["id"]))},
    ]
    merges = [entry for entry in await clinic.audit("patients") if entry.resource == "mergePatients"]
    assert [set(entry.patients) for entry in merges] == [
        {key_of(own["id"]), key_of(older["id"])},
        {key_of(kept["id"]), key_of(own["id"])},
    ]


async def test_what_cannot_be_merged(clinic: Clinic) -> None:
    receptionist = clinic.caller("RECEPTIONIST")
    one = (await register(receptionist))["patient"]
    two = (await register(receptionist))["patient"]
    three = (await register(receptionist))["patient"]
    same = await merge(receptionist, one, one | {"id": str(key_of(one["id"])).upper()})
    assert same["fields"] == [{"path": ["duplicateId"], "code": "SAME_PATIENT"}]
    assert (await merge(receptionist, one, two | {"id": str(new_id())}))["code"] == "NOT_FOUND"
    assert (await merge(receptionist, one, two | {"version": 7}))["code"] == "VERSION_CONFLICT"
    # Each into the other at once: one of them is first.
    outcomes = await asyncio.gather(merge(receptionist, one, two), merge(receptionist, two, one))
    assert sorted("patient" in outcome for outcome in outcomes) == [False, True]
    survivor = next(outcome["patient"] for outcome in outcomes if "patient" in outcome)
    gone = (one if survivor["id"] == two["id"] else two) | {"version": 2}
    assert (await merge(receptionist, three, gone))["code"] == "MERGED_AWAY"
