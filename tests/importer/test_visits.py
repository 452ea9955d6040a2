"""Encounters that say little, and references to what an export does not hold."""

from typing import Any

from shared.known import Source
from tests.harness.clinic import Clinic
from tests.importer.conftest import EXPORT, NPI, PRACTITIONER, ROLE, Import, encounter, identifier, resource
from tests.importer.record import seen

HOSPITAL = Source("hospital")
OTHERS = {name: lines for name, lines in EXPORT.items() if not name.startswith(("Encounter", "log"))}
VISITS = """{ appointments { nodes {
    status startsAt endsAt partialStart partialEnd type { system code display } patient { name { family } }
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
        "partialStart": None,
        "partialEnd": None,
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
    period = {"start": instant, "end": "2025-03-02T09:30:00"}
    lines = [
        encounter("text", type=[{"text": "Follow-up"}], period={"start": instant, "end": instant}),
        encounter("planned", status="planned"),
        encounter("whenever", status="cancelled", period={}),
        encounter("arrived", status="arrived"),
        encounter("day", period=period, location=[{"location": {"reference": "#contained"}}]),
        encounter("relative", participant=[{"individual": {"reference": "RelatedPerson/x"}}], period=period),
    ]
    done = await imports(OTHERS | {"Encounter.ndjson": lines}, HOSPITAL)
    assert (done.failures, done.counts("Encounter")) == ([], {"created": 3, "left out": 3})
    assert done.told("Encounter") == {
        "type: left out, since it has no code with its system": 1,
        "status: left out, since it is not over": 2,
        "period: left out, since it does not say when it was": 1,
        "period.end: taken as a day, since its time has no time zone, or is none": 2,
        "location: left out, since it leads to no Location that is known here": 1,
        "participant.individual: left out, since it leads to no Practitioner that is known here": 1,
        "participant: left out, but for one practitioner": 2,
    }
    assert {visit["status"] for visit in await visits(clinic)} == {"COMPLETED"}


async def test_a_visit_is_known_as_precisely_as_its_source_knows_it(clinic: Clinic, imports: Import) -> None:
    times = [
        {"start": "2019"},
        {"start": "2021-02", "end": "2021-03"},
        {"start": "2025-03-03T23:30:00-05:00", "end": "2025-03-03"},
        {"start": "2025-03-04", "end": "2025-03-04"},
        {"start": "2025-03-05", "end": "2025-03-05T09:00:00+01:00"},
    ]
    wrong = [{"start": "2025-03-04", "end": "2025-03-03"}, {"start": "2025-02-30"}, {"start": "soon"}]
    lines = [encounter(str(number), period=period) for number, period in enumerate([*times, *wrong, {"start": "2199"}])]
    done = await imports(OTHERS | {"Encounter.ndjson": lines}, HOSPITAL)
    assert done.counts("Encounter") == {"created": 5, "failed": 3, "left out": 1}
    assert [failure.cause.split(":")[0] for failure in done.failures] == ["period.end", "period.start", "period.start"]
    known = [
        (None, "2019", None, None),
        (None, "2021-02", None, "2021-03"),
        ("2025-03-04T04:30:00Z", None, None, "2025-03-03"),
        (None, "2025-03-04", None, "2025-03-04"),
        (None, "2025-03-05", "2025-03-05T08:00:00Z", None),
    ]
    assert [
        (visit["startsAt"], visit["partialStart"], visit["endsAt"], visit["partialEnd"])
        for visit in await visits(clinic)
    ] == known
    asked = "startsAt partialStart endsAt partialEnd"
    assert [tuple(node.values()) for node in await seen(clinic, "encounters", asked)] == known, "in the record as well"
    events = await clinic.published("appointments")
    assert [event.data["startsAt"] for event in events][:2] == ["2019-01-01T12:00:00Z", "2021-02-01T12:00:00Z"]
    assert (await imports(OTHERS | {"Encounter.ndjson": lines}, HOSPITAL)).counts("Encounter")["unchanged"] == 5


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


async def test_who_is_known_by_a_number_alone_is_awaited_as_well(clinic: Clinic, imports: Import) -> None:
    number = {**identifier("4711", "urn:mr"), "type": {"coding": [{"code": "MR"}]}}
    references: dict[str, Any] = {
        "subject": {"type": "Patient", "identifier": number},
        "participant": [{"individual": {"reference": f"Practitioner?identifier={NPI}|9999900017"}}],
        "location": [],
    }
    lines = [encounter("visit", **references), encounter("other", **references)]
    for source in (Source(), Source("laboratory")):
        first = await imports({"Encounter.ndjson": lines}, source)
        assert first.failures == []
        assert set(first.told("Encounter")) == {
            "subject: kept until the Patient comes to which it leads",
            "participant.individual: kept until the Practitioner comes to which it leads",
        }
    patient = resource("Patient", "1", identifier=[number], name=[{"family": "Albers"}])
    people: dict[str, list[Any]] = {"Patient.ndjson": [patient], "Practitioner.ndjson": [PRACTITIONER]}
    for outcome in ("created", "unchanged"):
        done = await imports(people | {"Encounter.ndjson": []}, HOSPITAL)
        assert (done.counts("Patient"), done.counts("Practitioner")) == ({outcome: 1}, {outcome: 1})
    seen = await visits(clinic)
    assert [visit["patient"] for visit in seen] == [{"name": {"family": "Albers"}}] * len(seen)
    assert {visit["practitioner"]["name"]["family"] for visit in seen} == {"Reilly981"}
    again = await imports({"Encounter.ndjson": lines}, Source("laboratory"))
    assert (again.counts("Encounter"), again.told("Encounter")) == ({"unchanged": 2}, {})


async def test_a_number_that_does_not_identify_awaits_nobody(imports: Import) -> None:
    account = {**identifier("7", "urn:account"), "type": {"coding": [{"code": "AN"}]}}
    lines = [encounter("visit", subject={"identifier": account}, participant=[], location=[])]
    done = await imports({"Encounter.ndjson": lines}, HOSPITAL)
    assert [failure.cause for failure in done.failures] == ["subject: It leads to no Patient that is known here."]
