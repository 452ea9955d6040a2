"""Entering patients, by staff and by themselves."""

import asyncio

import pytest

from shared.ids import global_id, new_id
from subgraphs.patients.numbers import check_digit
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.patients.conftest import JANE, merge, named, register, register_myself, update


async def test_staff_enter_a_patient(clinic: Clinic) -> None:
    receptionist = clinic.caller("RECEPTIONIST")
    patient = (await register(receptionist, identifiers=[{"system": "urn:ssn", "value": "999-12-3456", "type": "SS"}]))[
        "patient"
    ]
    assert patient["name"] == {"text": "Jane Ruth Dawson", "family": "Dawson", "given": ["Jane", "Ruth"]}
    assert patient["otherNames"] == [{"use": "MAIDEN", "name": {"family": "Okonkwo"}}]
    assert (patient["birthDate"], patient["gender"], patient["maritalStatus"]) == ("1984-02-29", "FEMALE", "MARRIED")
    assert patient["contactPoints"] == [
        {"system": "PHONE", "value": "+16175550142", "use": "MOBILE"},
        {"system": "EMAIL", "value": "Jane.Dawson@example.com", "use": None},
    ]
    assert patient["addresses"][0]["address"]["postalCode"] == "02115"
    assert patient["emergencyContacts"] == [
        {"name": "Ade Okonkwo", "relationship": "SIBLING", "phone": "+442079460018", "email": None}
    ]
    assert patient["communicationPreferences"] == JANE["communicationPreferences"]
    found = await receptionist.data(
        "query($id: ID!) { patient(id: $id) { id identifiers { value type } } }", id=patient["id"]
    )
    assert found["patient"]["identifiers"] == [{"value": "999-12-3456", "type": "SS"}]

    number = patient["medicalRecordNumber"]
    assert number[-1] == str(check_digit(int(number[:-1])))
    assert (await register(receptionist, **named("Berg", "Ola")))["patient"]["medicalRecordNumber"] != number

    events = await clinic.published("patients")
    assert [event.type.removeprefix("caregraph.patients.") for event in events] == [
        "patient-registered.v1",
        "preferences-changed.v1",
    ] * 2
    assert events[0].data["how"] == "staff"
    assert events[1].data == {
        "patientId": str(key_of(patient["id"])),
        "language": "en-US",
        "channels": ["email", "sms"],
        "reminders": True,
    }
    assert not any("Dawson" in event.encode().decode() for event in events)
    created = [entry for entry in await clinic.audit("patients") if entry.action == "create"]
    assert created[0].patients == [key_of(patient["id"])]


async def test_patients_enter_themselves_once_under_their_accounts_key(clinic: Clinic) -> None:
    key = new_id()
    jane = clinic.caller("PATIENT", patient=key)
    assert (await jane.data("{ myPatient { id } }"))["myPatient"] is None
    outcomes = await asyncio.gather(*(register_myself(jane) for _ in range(3)))
    assert sorted("patient" in outcome for outcome in outcomes) == [False, False, True]
    assert {outcome.get("code") for outcome in outcomes} == {None, "ALREADY_REGISTERED"}
    assert (await jane.data("{ myPatient { id name { family } } }"))["myPatient"] == {
        "id": global_id("Patient", key),
        "name": {"family": "Dawson"},
    }
    registered = [event for event in await clinic.published("patients") if "registered" in event.type]
    assert [(event.data["patientId"], event.data["how"]) for event in registered] == [(str(key), "self")]


async def test_who_may_enter_whom(clinic: Clinic) -> None:
    refused = await register_myself(clinic.caller("NURSE"))
    assert refused["code"] == "NOT_A_PATIENT"

    mutation = "mutation($input: RegisterPatientInput!) { registerPatient(input: $input) { __typename } }"
    by_patient = await clinic.caller("PATIENT", patient=new_id()).execute(mutation, input=JANE)
    assert by_patient["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    by_pharmacist = await clinic.caller("PHARMACIST").execute(mutation, input=JANE)
    assert by_pharmacist["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    by_nobody = await clinic.anonymous.execute(mutation, input=JANE)
    assert by_nobody["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert await clinic.published("patients") == []
    denied = [entry for entry in await clinic.audit("patients") if entry.outcome == "denied"]
    assert [entry.resource for entry in denied] == ["registerPatient"]


async def test_all_that_is_wrong_is_said_at_once(clinic: Clinic) -> None:
    wrong = {
        **named(" ", "x" * 81, birthDate="2299-01-01"),
        "addresses": [{"address": {"country": "Germany"}}],
        "contactPoints": [
            {"system": "PHONE", "value": "call me"},
            {"system": "EMAIL", "value": "nobody"},
            {"system": "URL", "value": ""},
        ],
        "emergencyContacts": [{"name": "Ade", "relationship": "FRIEND"}],
        "communicationPreferences": {"language": "English", "channels": ["SMS", "SMS"], "reminders": False},
    }
    outcome = await register(clinic.caller("NURSE"), **wrong)
    assert outcome["code"] == "INVALID_INPUT"
    assert {".".join(field["path"]) for field in outcome["fields"]} == {
        "demographics.family",
        "demographics.given.0",
        "demographics.birthDate",
        "addresses.0.address.country",
        "contactPoints.0.value",
        "contactPoints.1.value",
        "contactPoints.2.value",
        "emergencyContacts.0",
        "communicationPreferences.language",
        "communicationPreferences.channels",
    }
    assert await clinic.published("patients") == []


@pytest.mark.parametrize(("number", "digit"), [(7992739871, 3), (0, 0), (453201511283036, 6)])
def test_check_digit(number: int, digit: int) -> None:
    assert check_digit(number) == digit


async def test_problems_are_said_in_the_clients_language(clinic: Clinic) -> None:
    nurse = clinic.caller("NURSE").with_headers(**{"accept-language": "fr;q=0.9, de-AT, en;q=0.5"})
    query = """mutation($input: RegisterPatientInput!) { registerPatient(input: $input) {
        ... on InvalidInput { message fields { code message parameters { name value } } } } }"""
    answer = await nurse.data(query, input=JANE | named("x" * 81, "Ola"))
    assert answer["registerPatient"] == {
        "message": "Die Eingabe ist nicht zulässig.",
        "fields": [
            {
                "code": "TEXT_LENGTH",
                "message": "1 bis 80 Zeichen.",
                "parameters": [{"name": "minimum", "value": "1"}, {"name": "maximum", "value": "80"}],
            }
        ],
    }


async def test_a_birth_may_be_known_in_part_or_not_at_all(clinic: Clinic) -> None:
    clerk = clinic.caller("RECEPTIONIST")
    query = "query($id: ID!) { patient(id: $id) { birthDate partialBirthDate } }"
    births: list[dict[str, str | None]] = [{"birthDate": None}, {"birthDate": None, "partialBirthDate": "1980-05"}]
    for known in births:
        patient = (await register(clerk, **named("Berg", "Ola", **known)))["patient"]
        data = await clerk.data(query, id=patient["id"])
        assert data["patient"] == {"partialBirthDate": None, **known}
    await update(clerk, patient, **named("Berg", "Ola", birthDate="1980-05-04"))
    data = await clerk.data(query, id=patient["id"])
    assert data["patient"] == {"birthDate": "1980-05-04", "partialBirthDate": None}
    for wrong in ("1980-13", "80", "2299", "1980-05-04"):
        refused = await register(clerk, **named("Berg", "Ola", birthDate=None, partialBirthDate=wrong))
        assert [field["path"] for field in refused["fields"]] == [["demographics", "partialBirthDate"]]
    both = await register(clerk, **named("Berg", "Ola", partialBirthDate="1980"))
    assert [field["path"] for field in both["fields"]] == [["demographics", "partialBirthDate"]]


async def test_a_merged_birth_is_known_as_far_as_either_was(clinic: Clinic) -> None:
    clerk = clinic.caller("RECEPTIONIST")
    query = "query($id: ID!) { patient(id: $id) { birthDate partialBirthDate } }"
    year, day = {"birthDate": None, "partialBirthDate": "1980"}, {"birthDate": "1980-05-04", "partialBirthDate": None}
    nothing = {"birthDate": None, "partialBirthDate": None}
    for survivor, duplicate, merged in ((year, day, day), (day, year, day), (nothing, year, year)):
        pair = [(await register(clerk, **named("Berg", "Ola", **each)))["patient"] for each in (survivor, duplicate)]
        await merge(clerk, *pair)
        assert (await clerk.data(query, id=pair[0]["id"]))["patient"] == merged
