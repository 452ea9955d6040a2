"""`caregraph import fhir`: what becomes of another system's export, and what of its errors."""

import codecs
from pathlib import Path
from typing import Any

import pytest

from stack.errors import StackError
from stack.importer.fhir import Listener, import_fhir
from stack.importer.files import survey
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.importer.conftest import (
    EXPORT,
    ORGANIZATION,
    PATIENT,
    PLACE,
    Command,
    Import,
    databases,
    encounter,
    identifier,
    resource,
    write,
)
from tests.patients.conftest import update

EVERYTHING = """{
    practitioners { nodes { name { text } npi roles { specialty { code } organization { name } location { name } } } }
    organizations { nodes { name phone address { line postalCode } } }
    locations { nodes { name timeZone active position { latitude } organization { name } } }
    patients { nodes {
        name { text given } otherNames { use name { text } } birthDate gender maritalStatus medicalRecordNumber
        contactPoints { system value use } addresses { address { line city postalCode country } }
        emergencyContacts { name relationship phone } communicationPreferences { language reminders }
        identifiers { system value type }
    } }
}"""


async def test_an_export_becomes_rows_of_the_domains(clinic: Clinic, imports: Import) -> None:
    done = await imports(EXPORT)
    assert done.failures == []
    assert done.counts("Location") == {"created": 2}
    assert done.counts("Encounter") == {"created": 2, "left out": 2}
    assert done.summary.homeless == {"Composition": 2}
    assert done.done == {"Organization": 1, "Location": 2, "Practitioner": 1, "PractitionerRole": 1} | {
        "Patient": 1,
        "Encounter": 4,
        "Composition": 2,
    }

    receptionist = clinic.caller("RECEPTIONIST")
    data = await receptionist.data(EVERYTHING)
    assert data["practitioners"]["nodes"] == [
        {
            "name": {"text": "Dr. Gabriel934 Reilly981"},
            "npi": "9999900017",
            "roles": [
                {
                    "specialty": {"code": "208D00000X"},
                    "organization": {"name": "Harbour Clinic"},
                    "location": {"name": "Harbour Clinic, east wing"},
                }
            ],
        }
    ]
    assert data["organizations"]["nodes"] == [
        {
            "name": "Harbour Clinic",
            "phone": "978-555-9781 Or 978-555-9782",
            "address": {"line": ["1 Quay"], "postalCode": None},
        }
    ]
    assert data["locations"]["nodes"] == [
        {"name": None, "timeZone": "UTC", "active": True, "position": None, "organization": None},
        {
            "name": "Harbour Clinic, east wing",
            "timeZone": "America/New_York",
            "active": True,
            "position": {"latitude": 42.4},
            "organization": {"name": "Harbour Clinic"},
        },
    ]
    [patient] = data["patients"]["nodes"]
    assert patient.pop("medicalRecordNumber")
    assert patient == {
        "name": {"text": "Mrs. Lindsey52 Kim7 Swaniawski813", "given": ["Lindsey52", "Kim7"]},
        "otherNames": [{"use": "MAIDEN", "name": {"text": "Lindsey52 Okon12"}}],
        "birthDate": "1994-03-25",
        "gender": "FEMALE",
        "maritalStatus": "MARRIED",
        "contactPoints": [
            {"system": "PHONE", "value": "617-555-0142 Or 617-555-0142", "use": "HOME"},
            {"system": "PHONE", "value": "+16175550143", "use": "MOBILE"},
        ],
        "addresses": [{"address": {"line": ["182 Mews"], "city": "Boston", "postalCode": None, "country": "US"}}],
        "emergencyContacts": [{"name": "Ada3 Okon12", "relationship": "PARENT", "phone": "+16175550144"}],
        "communicationPreferences": {"language": "es", "reminders": False},
        "identifiers": [
            {"system": "urn:example:clinic", "value": "patient", "type": None},
            {"system": "urn:ssn", "value": "999-67-8669", "type": "SS"},
        ],
    }
    registered = await clinic.published("patients")
    assert [(event.type, event.data.get("how"), event.data.get("language")) for event in registered] == [
        ("caregraph.patients.patient-registered.v1", "import", None),
        ("caregraph.patients.preferences-changed.v1", None, "es"),
    ]
    visits = [event.data for event in await clinic.published("appointments")]
    assert [visit["status"] for visit in visits] == ["COMPLETED", "CANCELLED"]
    assert visits[0]["startsAt"] == "1995-01-11T23:11:26Z"
    assert {visit["patientId"] for visit in visits} == {registered[0].data["patientId"]}


async def test_a_second_run_writes_only_what_has_changed(clinic: Clinic, imports: Import) -> None:
    await imports(EXPORT)
    events = {name: await clinic.published(name) for name in ("directory", "patients", "appointments")}
    again = await imports(EXPORT)
    assert again.outcomes == {"unchanged", "left out"}
    assert again.summary.written == 0
    for name, before in events.items():
        assert await clinic.published(name) == before

    receptionist = clinic.caller("RECEPTIONIST")
    [patient] = (await receptionist.data("{ patients { nodes { id version } } }"))["patients"]["nodes"]
    await update(receptionist, patient, contactPoints=[])
    assert (await imports(EXPORT)).outcomes == {"unchanged", "left out"}
    assert (await receptionist.data("{ patients { nodes { version } } }"))["patients"]["nodes"] == [{"version": 2}]

    moved = PATIENT | {"gender": "other", "identifier": [*PATIENT["identifier"], identifier("B7", "urn:insurer")]}
    changed = await imports({"Patient.ndjson": [moved], "Organization.ndjson": [ORGANIZATION | {"active": False}]})
    assert changed.counts("Patient") == {"updated": 1}
    assert changed.counts("Organization") == {"updated": 1}
    assert changed.counts("Encounter") == {"unchanged": 2, "left out": 2}
    event = (await clinic.published("patients"))[-1]
    assert (event.type, event.data["groups"]) == (
        "caregraph.patients.patient-changed.v1",
        ["demographics", "contact-points", "identifiers"],
    )


async def test_a_merged_patient_stays_merged(clinic: Clinic, imports: Import) -> None:
    await imports(EXPORT | {"Patient.ndjson": [PATIENT, resource("Patient", "twin", name=[{"text": "Uma Twin"}])]})
    clerk = clinic.caller("RECEPTIONIST")
    query = "query($search: String) { patients(search: $search) { nodes { id version } } }"
    [[own], [twin]] = [
        (await clerk.data(query, search=text))["patients"]["nodes"] for text in ("Lindsey52", "uma twin")
    ]
    merge = """mutation($input: MergePatientsInput!) { mergePatients(input: $input) { __typename } }"""
    keys = {"survivorId": twin["id"], "survivorVersion": 1, "duplicateId": own["id"], "duplicateVersion": 1}
    assert (await clerk.data(merge, input=keys))["mergePatients"] == {"__typename": "MergePatientsSuccess"}

    again = await imports({"Encounter.002.ndjson": [encounter("later")]})
    assert again.counts("Patient") == {"unchanged": 2}
    assert (await clinic.published("appointments"))[-1].data["patientId"] == str(key_of(twin["id"]))


async def test_a_broken_line_is_told_of_and_the_rest_goes_on(imports: Import) -> None:
    secret = "Swaniawski"
    nul = resource("Patient", "nul", name=[{"family": f"{secret}\x00"}])
    done = await imports(
        EXPORT
        | {
            "Location.1793491200000.ndjson": [
                PLACE,
                resource("Location", "off", name=secret, position={"latitude": 91, "longitude": 0}),
            ],
            "Patient.ndjson": [
                b'{"resourceType": "Patient", "name": [{"family": "Swaniawski"',
                b"",
                resource("Patient", "a", name=[{"family": [secret]}]),
                resource("Patient", "b", gender=secret, name=[{"family": "B"}]),
                {"resourceType": "Patient", "name": [{"family": secret}]},
                resource("Composition", "c"),
                nul,
                PATIENT,
            ],
            "Encounter.000.ndjson": [
                encounter("visit"),
                encounter("stranger", subject={"reference": "Patient/stranger"}),
                encounter("backwards", period={"start": "1995-01-11T18:11:26Z", "end": "1995-01-11T18:11:25Z"}),
                encounter("vague", period={"start": "1995", "end": "1994"}),
            ],
            "Encounter.001.ndjson": [],
        }
    )
    assert [(failure.place.file, failure.place.line, failure.cause) for failure in done.failures] == [
        ("Patient.ndjson", 1, "Input data was truncated"),
        ("Location.1793491200000.ndjson", 2, "position.latitude: It is 90.0 at most."),
        ("Patient.ndjson", 3, "name[0].family: This is no value of this field."),
        ("Patient.ndjson", 4, "gender: This is no value of this field."),
        ("Patient.ndjson", 7, "name[0].family: It holds a character that is no part of a text."),
        ("Patient.ndjson", 5, "id: It has neither an id nor an identifier that identifies."),
        ("Encounter.000.ndjson", 2, "subject: It leads to no Patient that is known here."),
        ("Encounter.000.ndjson", 3, "period.end: It has a start, as precise as it is known, and ends no earlier."),
        ("Encounter.000.ndjson", 4, "period.end: It has a start, as precise as it is known, and ends no earlier."),
    ]
    assert not any(secret in failure.cause for failure in done.failures)
    assert done.counts("Patient") == {"created": 1, "failed": 4}
    assert done.counts("Encounter") == {"created": 1, "failed": 3}
    assert (done.summary.unread, done.summary.failed) == (1, 9)
    assert done.summary.homeless["Composition"] == 3


async def test_no_line_ends_the_import(imports: Import) -> None:
    def line(key: str, raw: bytes = b"") -> bytes:
        return b'{"resourceType":"Patient","id":"%s","name":[{"family":"Swaniawski%s"}]}' % (key.encode(), raw)

    deep = b'{"resourceType":"Patient","id":"deep","contained":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    lines = [
        codecs.BOM_UTF8 + line("marked") + b"\r",
        line("latin", b"\xfc"),
        b'{"resourceType":"Patient","id":"aside","name":[{"family":"A"}],"text":"\xfc"}',
        b'{"id":"nothing","name":[{"family":"Swaniawski"}]}',
        b"Swaniawski",
        b"[]",
        deep,
        line("nul", b"\\u0000"),
        line("surrogate", b"\\ud800"),
        "\ufeff ".encode(),
        line("last").decode().encode("utf-16-le"),
        line("last"),
    ]
    early = encounter("early", period={"start": "0001-01-01T00:00:00+14:00", "end": "0001-01-02T00:00:00Z"})
    done = await imports(EXPORT | {"Patient.ndjson": [*lines, PATIENT], "Encounter.000.ndjson": [early]})
    assert [(failure.place.file, failure.place.line, failure.cause) for failure in done.failures] == [
        ("Patient.ndjson", 2, "byte 69 is not UTF-8"),
        ("Patient.ndjson", 3, "byte 72 is not UTF-8"),
        ("Patient.ndjson", 4, "resourceType: This is needed."),
        ("Patient.ndjson", 5, "JSON is malformed: invalid character (byte 0)"),
        ("Patient.ndjson", 6, "Expected `object`, got `array`"),
        ("Patient.ndjson", 7, "it is nested too deeply"),
        ("Patient.ndjson", 9, "Input data was truncated"),
        ("Patient.ndjson", 11, "JSON is malformed: object keys must be strings (byte 1)"),
        ("Patient.ndjson", 8, "name[0].family: It holds a character that is no part of a text."),
    ]
    assert done.counts("Encounter") == {"created": 2, "left out": 1}
    assert (done.counts("Patient"), done.summary.unread) == ({"created": 3, "failed": 1}, 8)


async def test_all_that_is_wrong_with_a_resource_is_told_at_once(imports: Import) -> None:
    secret = "Swaniawski" * 30
    wrong = {
        "Organization.ndjson": [resource("Organization", "o", address=[{"line": ["", "ok", secret], "city": secret}])],
        "Location.1793491200000.ndjson": [
            resource("Location", "l", name=secret, position={"latitude": 91, "longitude": 181})
        ],
        "Practitioner.ndjson": [
            resource(
                "Practitioner",
                "p",
                name=[{"use": "old", "family": "A"}, {"use": "official", "family": secret, "given": [secret]}],
            )
        ],
        "PractitionerRole.ndjson": [resource("PractitionerRole", "r", specialty=[{"text": "x"}])],
        "Patient.ndjson": [
            resource(
                "Patient",
                "a",
                gender=secret,
                birthDate="1700-01-01",
                deceasedDateTime="2200-01-01T00:00:00Z",
                name=[{"family": secret}, {"use": "maiden", "family": secret}],
                telecom=[{"system": "phone"}, {"system": "phone", "value": secret}],
                address=[{"line": ["1 Quay"]}, {"state": secret}],
                contact=[
                    {"name": {"text": "Ada"}, "telecom": [{"system": "fax"}, {"system": "phone", "value": secret}]}
                ],
            ),
            resource("Patient", "b", gender=7, name=[{"family": "B"}, {"family": [secret]}], birthDate=[]),
        ],
        "Encounter.000.ndjson": [encounter("e", subject=None, type=[], location=[], period={"start": "1995-13"})],
    }
    done = await imports(wrong)
    causes = {f"{failure.place.file.split('.')[0]} {failure.place.line}": failure.cause for failure in done.failures}
    assert {key: [part.split(": ")[0] for part in cause.split(". ")] for key, cause in causes.items()} == {
        "Organization 1": ["name", "address[0].line[2]", "address[0].city"],
        "Location 1": ["name", "position.latitude", "position.longitude"],
        "Practitioner 1": ["name[1].family", "name[1].given[0]"],
        "PractitionerRole 1": ["practitioner", "specialty"],
        "Patient 1": [
            "name[0].family",
            "name[1].family",
            "birthDate",
            "gender",
            "deceasedDateTime",
            "address[1].state",
            "telecom[1].value",
            "contact[0].telecom[1].value",
        ],
        "Patient 2": ["name[1].family", "gender", "birthDate"],
        "Encounter 1": ["subject", "period.start"],
    }
    assert secret not in str(causes)


async def test_a_roles_resource_is_what_it_says_now(clinic: Clinic, imports: Import) -> None:
    def role(key: str, *codes: str, of: str = "p") -> dict[str, Any]:
        coding = [{"system": "urn:s", "code": code} for code in codes]
        practitioner = {"reference": f"Practitioner/{of}"}
        return {
            "resourceType": "PractitionerRole",
            "id": key,
            "practitioner": practitioner,
            "specialty": [{"coding": coding}],
        }

    async def roles() -> dict[str, list[str]]:
        data = await clinic.caller("RECEPTIONIST").data(
            "{ practitioners { nodes { name { text } roles { specialty { code } } } } }"
        )
        return {
            node["name"]["text"]: sorted(each["specialty"]["code"] for each in node["roles"])
            for node in data["practitioners"]["nodes"]
        }

    async def changed() -> int:
        events = await clinic.published("directory")
        return sum(event.type == "caregraph.directory.practitioner-changed.v1" for event in events)

    people = [{"resourceType": "Practitioner", "id": key, "name": [{"family": key}]} for key in ("p", "q")]
    both = [role("r", "1", "2"), role("s", "2"), role("t", "3", of="q")]
    first = await imports({"Practitioner.ndjson": people, "PractitionerRole.ndjson": both})
    assert (first.counts("PractitionerRole"), await changed()) == ({"created": 2, "unchanged": 1}, 2)
    again = await imports({"PractitionerRole.ndjson": both})
    assert (again.counts("PractitionerRole"), await changed()) == ({"unchanged": 3}, 2)
    assert await roles() == {"p": ["1", "2"], "q": ["3"]}

    other = await imports({"PractitionerRole.ndjson": [role("r", "1", "4"), *both[1:]]})
    assert (other.counts("PractitionerRole"), await changed()) == ({"updated": 1, "unchanged": 2}, 3)
    assert await roles() == {"p": ["1", "2", "4"], "q": ["3"]}, "s says 2 as well"
    none = await imports({"PractitionerRole.ndjson": [role("r", "1"), role("s", "1"), both[2]]})
    assert (none.counts("PractitionerRole"), await roles()) == (
        {"updated": 2, "unchanged": 1},
        {"p": ["1"], "q": ["3"]},
    )
    stranger = await imports({"PractitionerRole.ndjson": [role("t", "9", of="p")]})
    assert [failure.cause.split(":")[0] for failure in stranger.failures] == ["id"], "another system's t, perhaps"


async def test_the_command_sums_up_and_says_by_its_status_whether_lines_failed(
    command: Command, tmp_path: Path
) -> None:
    write(tmp_path, EXPORT)
    first = await command()
    assert first.exit_code == 0
    assert ["Encounter", "appointments", "2", "0", "0", "0", "2", "0"] in [
        line.split() for line in first.output.splitlines()
    ]
    assert "Nothing is made of: Composition 2." in first.output
    second = await command()
    assert (second.exit_code, "Nothing was new" in second.output) == (0, True)
    write(tmp_path, {"Patient.ndjson": [b"{"]})
    third = await command()
    assert third.exit_code == 1
    assert "Patient.ndjson, line 1: Input data was truncated" in third.output
    assert "1 failed" in third.output  # the patient's visits refer to the earlier export


async def test_what_ends_an_import_is_said_in_a_line(clinic: Clinic, tmp_path: Path) -> None:
    listener = Listener(lambda *_: None, lambda _: None)
    with pytest.raises(StackError, match="holds no FHIR resources"):
        await import_fhir(survey(tmp_path), databases(clinic), listener)
    write(tmp_path, EXPORT)
    nowhere = databases(clinic) | {"patients": "postgresql://nobody@127.0.0.1:1/nothing"}
    with pytest.raises(StackError, match="stopped in patients"):
        await import_fhir(survey(tmp_path), nowhere, listener)
    wrong = databases(clinic) | {"patients": databases(clinic)["directory"]}
    with pytest.raises(StackError, match=r"UndefinedTableError.*caregraph migrate"):
        await import_fhir(survey(tmp_path), wrong, listener)
