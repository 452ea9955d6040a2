"""Who is who: what an import makes one row of, and what it keeps apart."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.known import Source
from tests.harness.clinic import Clinic
from tests.importer.conftest import EXPORT, NPI, SYSTEM, Command, Import, databases, encounter, identifier, write
from tests.patients.conftest import merge

SSN = "http://hl7.org/fhir/sid/us-ssn"


def number(value: str, system: str = "urn:mr", code: str = "MR") -> dict[str, Any]:
    return {**identifier(value, system), "type": {"coding": [{"code": code}]}}


def person(kind: str, key: str | None, family: str, *numbers: dict[str, Any], **content: Any) -> dict[str, Any]:
    name = {"name": [{"family": family, "given": [f"{family}a"]}]}
    named = {"id": key} if key else {}
    return {"resourceType": kind, **named, "identifier": list(numbers), **name, **content}


def patient(key: str | None, family: str, *numbers: dict[str, Any], **content: Any) -> dict[str, Any]:
    return person("Patient", key, family, *numbers, **{"birthDate": "1980-05-04", **content})


async def families(clinic: Clinic, field: str = "patients") -> list[str]:
    nodes = (await clinic.caller("NURSE").data(f"{{ {field} {{ nodes {{ name {{ family }} }} }} }}"))[field]["nodes"]
    return [node["name"]["family"] for node in nodes]


DOUBTS = """{ patientsWithDuplicates { nodes {
    id version name { family } possibleDuplicates { id name { family } }
} } }"""


def name_of(node: dict[str, Any]) -> str:
    return str(node["name"]["family"])


@pytest.mark.parametrize(
    "shared",
    [
        number("999-99-9999", SSN, "SS"),
        number("unknown"),
        number(""),
        number("0000000"),
        number("MR 7"),
        number("4711", "urn:account", "AN"),
        number("F-12", "urn:insurer", "MB"),
        identifier("53004085616", "http://ns.electronichealth.net.au/id/abn"),
    ],
)
async def test_a_number_that_two_have_makes_them_not_one(clinic: Clinic, imports: Import, shared: Any) -> None:
    own = number("1", "urn:own", "MR")
    two = {"Patient.ndjson": [patient("a", "Albers", shared, own), patient("b", "Brandt", shared)]}
    assert (await imports(two)).counts("Patient") == {"created": 2}
    assert (await imports(two)).counts("Patient") == {"unchanged": 2}
    third = await imports({"Patient.ndjson": [patient("c", "Conrad", shared)]})
    assert third.counts("Patient") == {"created": 1}
    assert await families(clinic) == ["Albers", "Brandt", "Conrad"]


async def test_order_and_added_numbers_make_one_not_two(clinic: Clinic, imports: Import) -> None:
    first, second = number("1"), identifier("2", "urn:other")
    assert (await imports({"Patient.ndjson": [patient("a", "Albers", first, second)]})).counts("Patient") == {
        "created": 1
    }
    assert (await imports({"Patient.ndjson": [patient("a", "Albers", second, first)]})).counts("Patient") == {
        "unchanged": 1
    }
    more = [identifier("3", "urn:third"), second, first]
    assert (await imports({"Patient.ndjson": [patient("a", "Albers", *more)]})).counts("Patient") == {"updated": 1}
    bare = patient("a", "Albers", gender="female")
    assert (await imports({"Patient.ndjson": [bare]})).counts("Patient") == {"updated": 1}
    assert await families(clinic) == ["Albers"]


async def test_a_number_of_one_person_finds_them_from_another_system(clinic: Clinic, imports: Import) -> None:
    await imports({"Patient.ndjson": [patient("1", "Albers", number("4711"))]}, Source("clinic"))
    same = await imports({"Patient.ndjson": [patient("77", "Albers", number("4711"))]}, Source("laboratory"))
    assert (same.counts("Patient"), same.summary.doubtful.total()) == ({"unchanged": 1}, 0)
    visit = encounter("visit", subject={"reference": "Patient/77"})
    both = {name: lines for name, lines in EXPORT.items() if not name.startswith(("Patient", "Encounter"))}
    done = await imports({**both, "Patient.ndjson": [], "Encounter.ndjson": [visit]}, Source("laboratory"))
    assert done.failures == []

    other = await imports({"Patient.ndjson": [patient("1", "Conrad", number("9"))]}, Source("practice"))
    assert other.counts("Patient") == {"created": 1}
    unlike = patient("5", "Brandt", number("4711"), birthDate="1999-01-01")
    doubtful = await imports({"Patient.ndjson": [unlike]}, Source("registry"))
    assert (doubtful.counts("Patient"), doubtful.summary.doubtful["Patient"]) == ({"created": 1}, 1)
    again = await imports({"Patient.ndjson": [patient("78", "Albers", number("4711"))]}, Source("registry"))
    assert (again.counts("Patient"), again.summary.doubtful["Patient"]) == ({"created": 1}, 1)
    assert await families(clinic) == ["Albers", "Albers", "Brandt", "Conrad"]

    registrar = clinic.caller("RECEPTIONIST")
    nodes = (await registrar.data(DOUBTS))["patientsWithDuplicates"]["nodes"]
    assert [(name_of(node), sorted(map(name_of, node["possibleDuplicates"]))) for node in nodes] == [
        ("Albers", ["Albers", "Brandt"]),
        ("Albers", ["Albers", "Brandt"]),
        ("Brandt", ["Albers", "Albers"]),
    ]
    one, other, brandt = nodes
    await merge(registrar, one, other)
    nodes = (await registrar.data(DOUBTS))["patientsWithDuplicates"]["nodes"]
    assert {node["id"]: [each["id"] for each in node["possibleDuplicates"]] for node in nodes} == {
        one["id"]: [brandt["id"]],
        brandt["id"]: [one["id"]],
    }


async def test_a_number_of_very_many_makes_nobody_a_possible_duplicate(clinic: Clinic, imports: Import) -> None:
    people = [patient(f"{at}", f"Name{at}", number("4711"), birthDate=f"19{at:02}-01-01") for at in range(30, 60)]
    done = await imports({"Patient.ndjson": people}, Source("clinic"))
    assert (done.counts("Patient"), done.summary.doubtful["Patient"]) == ({"created": 30}, 30)
    assert (await clinic.caller("RECEPTIONIST").data(DOUBTS))["patientsWithDuplicates"]["nodes"] == []


async def test_kinds_that_identify_can_be_said(clinic: Clinic, imports: Import) -> None:
    insured = identifier("K123", "urn:health-card")
    await imports({"Patient.ndjson": [patient("1", "Albers", insured)]}, Source("clinic"))
    cards = Source("laboratory", frozenset({"urn:health-card"}))
    assert (await imports({"Patient.ndjson": [patient("2", "Albers", insured)]}, cards)).counts("Patient") == {
        "unchanged": 1
    }
    assert (await imports({"Patient.ndjson": [patient("3", "Albers", insured)]}, Source("other"))).counts(
        "Patient"
    ) == {"created": 1}


async def test_an_id_of_a_system_without_a_name_may_be_anothers(clinic: Clinic, imports: Import) -> None:
    await imports({"Patient.ndjson": [patient("1", "Albers", number("4711"))]})
    stranger = {"Patient.ndjson": [patient("1", "Brandt", number("5"), birthDate="1999-01-01")]}
    refused = await imports(stranger)
    assert [(failure.place.line, failure.cause) for failure in refused.failures] == [
        (1, "id: Its id is another's here: is it of another system, which --source would name?")
    ]
    assert (await imports(stranger, Source("practice"))).counts("Patient") == {"created": 1}
    assert await families(clinic) == ["Albers", "Brandt"]


async def test_without_an_id_only_an_own_number_identifies(clinic: Clinic, imports: Import) -> None:
    lines = [
        patient(None, "Albers", number("1")),
        patient(None, "Brandt", number("7")),
        patient(None, "Cho", number("7")),
    ]
    for outcome in ("created", "unchanged"):
        done = await imports({"Patient.ndjson": lines})
        assert done.counts("Patient") == {outcome: 1, "failed": 2}
    assert await families(clinic) == ["Albers"]


async def test_practitioners_share_a_provider_number_and_stay_two(clinic: Clinic, imports: Import) -> None:
    shared, own = identifier("9999900017", NPI), identifier("9999900025", NPI)
    people = [
        person("Practitioner", "a", "Albers", shared),
        person("Practitioner", "b", "Brandt", shared),
        person("Practitioner", "c", "Conrad", own),
    ]
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"identifier": shared},
        "specialty": [{"coding": [{"system": "urn:s", "code": "1"}]}],
    }
    done = await imports({"Practitioner.ndjson": people, "PractitionerRole.ndjson": [role]})
    assert (done.counts("Practitioner"), done.summary.doubtful["Practitioner"]) == ({"created": 3}, 2)
    assert done.counts("PractitionerRole") == {"failed": 1}
    practitioners = "{ practitioners { nodes { name { family } npi } } }"
    nodes = (await clinic.caller("NURSE").data(practitioners))["practitioners"]["nodes"]
    assert [(node["name"]["family"], node["npi"]) for node in nodes] == [
        ("Albers", None),
        ("Brandt", None),
        ("Conrad", "9999900025"),
    ]
    assert (await imports({"Practitioner.ndjson": people})).counts("Practitioner") == {"unchanged": 3}

    later = [person("Practitioner", "z", "Conrad", own), person("Practitioner", "y", "Unlike", identifier("1", NPI))]
    assert (await imports({"Practitioner.ndjson": later})).counts("Practitioner") == {"unchanged": 1, "created": 1}
    unlike = await imports({"Practitioner.ndjson": [person("Practitioner", "x", "Xu", own)]})
    assert (unlike.counts("Practitioner"), unlike.summary.doubtful["Practitioner"]) == ({"created": 1}, 1)


async def test_visits_of_one_account_are_visits(clinic: Clinic, imports: Import) -> None:
    account = number("A-1", "urn:account", "AN")
    visits = [encounter(key, identifier=[account]) for key in ("first", "second")]
    done = await imports({**EXPORT, "Encounter.000.ndjson": visits, "Encounter.001.ndjson": []})
    assert done.counts("Encounter") == {"created": 2}
    assert len(await clinic.published("appointments")) == 2


async def test_rows_known_by_the_key_of_earlier_versions_are_found(clinic: Clinic, imports: Import) -> None:
    people = [patient("a", "Albers", identifier("1", SYSTEM), number("4711")), patient("b", "Brandt")]
    await imports({"Patient.ndjson": people})
    connection = await asyncpg.connect(databases(clinic)["patients"])
    try:
        await connection.execute("DELETE FROM resource_key")
        await connection.execute(
            """
            INSERT INTO resource_key (resource_type, digest, row_id, kind)
            SELECT 'Patient', sha256(convert_to(CASE family WHEN 'Albers' THEN $1 ELSE 'Patient/b' END, 'UTF8')), id, 'first'
            FROM patient
            """,
            f"{SYSTEM}|1",
        )
    finally:
        await connection.close()
    people[0]["identifier"].reverse()
    for _ in range(2):
        assert (await imports({"Patient.ndjson": people}, Source("clinic"))).counts("Patient") == {"unchanged": 2}


async def test_the_command_names_the_system_and_counts_doubts(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"Patient.ndjson": [patient(key, key, number("4711")) for key in ("Albers", "Brandt")]})
    first = await command("--source", "clinic", "--identifies", "urn:health-card")
    assert first.exit_code == 0
    assert "In doubt, so each of them new: Patient 2." in first.output
    again = await command("--source", "clinic")
    assert "Nothing was new" in again.output
    assert "In doubt" not in again.output
