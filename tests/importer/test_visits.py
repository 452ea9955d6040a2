"""Encounters that say little, and references to what an export does not hold."""

from typing import Any

from shared.known import Source
from tests.harness.clinic import Clinic
from tests.importer.conftest import EXPORT, PRACTITIONER, ROLE, Import, encounter, identifier, resource

HOSPITAL = Source("hospital")
OTHERS = {name: lines for name, lines in EXPORT.items() if not name.startswith(("Encounter", "log"))}
VISITS = """{ appointments { nodes {
    status startsAt endsAt type { system code display } patient { name { family } }
    practitioner { id name { family } } location { id name } version
} } }"""


async def visits(clinic: Clinic) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await clinic.caller("NURSE").data(VISITS))["appointments"]["nodes"]
    return nodes


async def test_a_visit_without_all_the_rest_is_taken(clinic: Clinic, imports: Import) -> None:
    bare: dict[str, Any] = {
        "type": [],
        "participant": [],
        "location": [],
        "period": {"start": "2025-03-03T09:00:00+01:00"},
    }
    ambulatory: dict[str, Any] = {
        "class": {"code": "AMB", "display": "ambulatory"},
        "period": {"start": "2025-03-04T09:00:00Z"},
    }
    files = OTHERS | {"Encounter.ndjson": [encounter("bare", **bare), encounter("class", **bare | ambulatory)]}
    done = await imports(files, HOSPITAL)
    assert (done.failures, done.counts("Encounter")) == ([], {"created": 2})
    assert done.told("Encounter") == {}
    nothing, classed = await visits(clinic)
    assert nothing == {
        "status": "COMPLETED",
        "startsAt": "2025-03-03T08:00:00Z",
        "endsAt": None,
        "type": None,
        "patient": {"name": {"family": "Swaniawski813"}},
        "practitioner": None,
        "location": None,
        "version": 1,
    }
    code = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"}
    assert classed["type"] == code
    event = (await clinic.published("appointments"))[0]
    assert (event.type, event.data["practitionerId"]) == ("caregraph.appointments.appointment-recorded.v2", None)
    assert (await imports(files, HOSPITAL)).counts("Encounter") == {"unchanged": 2}


async def test_what_is_left_out_of_a_visit_is_told_and_counted(clinic: Clinic, imports: Import) -> None:
    instant = "2025-03-02T09:00:00Z"
    period = {"start": instant, "end": "2025-03-02"}
    lines = [
        encounter("text", type=[{"text": "Follow-up"}], period={"start": instant, "end": instant}),
        encounter("planned", status="planned"),
        encounter("arrived", status="arrived"),
        encounter("day", period=period, location=[{"location": {"reference": "#contained"}}]),
        encounter("relative", participant=[{"individual": {"reference": "RelatedPerson/x"}}], period=period),
    ]
    done = await imports(OTHERS | {"Encounter.ndjson": lines}, HOSPITAL)
    assert (done.failures, done.counts("Encounter")) == ([], {"created": 3, "left out": 2})
    assert done.told("Encounter") == {
        "type: left out, since it has no code with its system": 1,
        "status: left out, since it is not over": 2,
        "period.end: left out, since it has no time with its time zone": 2,
        "location: left out, since it leads to no Location that is known here": 1,
        "participant.individual: left out, since it leads to no Practitioner that is known here": 1,
    }
    assert {visit["status"] for visit in await visits(clinic)} == {"COMPLETED"}


async def test_a_role_leads_to_its_practitioner(clinic: Clinic, imports: Import) -> None:
    by_role: dict[str, Any] = {"participant": [{"individual": {"reference": "PractitionerRole/role"}}]}
    await imports(OTHERS, HOSPITAL)
    later: dict[str, list[Any]] = {name: [] for name in OTHERS} | {"Encounter.ndjson": [encounter("visit", **by_role)]}
    done = await imports(later, HOSPITAL)
    assert (done.failures, done.told("Encounter")) == ([], {})
    [visit] = await visits(clinic)
    assert visit["practitioner"]["name"] == {"family": "Reilly981"}


async def test_a_reference_is_kept_until_what_it_leads_to_comes(clinic: Clinic, imports: Import) -> None:
    references: dict[str, Any] = {
        "subject": {"reference": "https://ehr.example.org/fhir/Patient/patient/_history/3"},
        "participant": [{"individual": {"reference": "Practitioner/doctor"}}],
        "location": [{"location": {"reference": "Location/place"}}],
    }
    first = await imports({"Encounter.ndjson": [encounter("visit", **references)]}, HOSPITAL)
    assert (first.failures, first.counts("Encounter")) == ([], {"created": 1})
    assert first.told("Encounter") == {
        f"{path}: kept until the {kind} comes to which it leads": 1
        for path, kind in (
            ("subject", "Patient"),
            ("participant.individual", "Practitioner"),
            ("location", "Location"),
        )
    }
    second = await imports(OTHERS | {"Encounter.ndjson": []}, HOSPITAL)
    assert second.failures == []
    [visit] = await visits(clinic)
    assert (visit["patient"], visit["version"]) == ({"name": {"family": "Swaniawski813"}}, 1)
    assert visit["practitioner"]["name"] == {"family": "Reilly981"}
    assert visit["location"]["name"] == "Harbour Clinic, east wing"
    third = await imports({"Encounter.ndjson": [encounter("visit", **references)]}, HOSPITAL)
    assert (third.counts("Encounter"), third.told("Encounter")) == ({"unchanged": 1}, {})


async def test_who_was_here_before_is_found_once_they_are_known(clinic: Clinic, imports: Import) -> None:
    number = {**identifier("4711", "urn:mr"), "type": {"coding": [{"code": "MR"}]}}
    patient = resource("Patient", "1", identifier=[number], name=[{"family": "Albers"}])
    await imports({"Patient.ndjson": [patient]}, Source("clinic"))
    visit = encounter("visit", subject={"reference": "Patient/77"}, participant=[], location=[])
    await imports({"Patient.ndjson": [], "Encounter.ndjson": [visit]}, HOSPITAL)
    both = {"Patient.ndjson": [patient | {"id": "77"}], "Encounter.ndjson": [visit]}
    again = await imports(both, HOSPITAL)
    assert (again.counts("Patient"), again.counts("Encounter")) == ({"unchanged": 1}, {"updated": 1})
    assert [node["patient"] for node in await visits(clinic)] == [{"name": {"family": "Albers"}}]


async def test_a_source_without_a_name_awaits_nobody(imports: Import) -> None:
    done = await imports({**EXPORT, "Patient.ndjson": [], "Practitioner.ndjson": [PRACTITIONER], "x.ndjson": [ROLE]})
    assert {failure.cause for failure in done.failures} == {"subject: It leads to no Patient that is known here."}
