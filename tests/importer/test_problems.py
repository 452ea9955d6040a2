"""Conditions and allergies of other systems, as the patient sees them."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from shared.database.tables import PatientAccess
from subgraphs.records.models import Condition
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.importer.conftest import Import
from tests.importer.record import HOSPITAL, ICD, SCT, bundle_of, clinical, concept, patient_key, seen, status
from tests.records.asking import clinician
from tests.records.conftest import Ward

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CONDITION = "code { system code display } clinicalStatus verification category severity onset abatement note version"
ALLERGY = """code { system code display } noneKnown type category criticality clinicalStatus verification onset note
    reactions { manifestation { code display } severity onset }"""

CONFIRMED: dict[str, Any] = {
    "clinicalStatus": status("active"),
    "verificationStatus": status("confirmed"),
    "category": [status("problem-list-item")],
    "recordedDate": "2020-01-01T10:00:00Z",
}
ASTHMA = concept("195967001", "Asthma")


def condition(key: str, **content: Any) -> dict[str, Any]:
    return clinical("Condition", key, **{"code": ASTHMA, **CONFIRMED, **content})


def allergy(key: str, **content: Any) -> dict[str, Any]:
    given = {name: value for name, value in CONFIRMED.items() if name != "category"}
    return clinical(
        "AllergyIntolerance", key, subject=None, patient={"reference": "Patient/patient"}, **given | content
    )


async def test_a_condition_is_what_its_source_says(clinic: Clinic, imports: Import) -> None:
    full = condition(
        "full",
        clinicalStatus=status("resolved"),
        severity=concept("24484000", "Severe"),
        onsetDateTime="1976-01",
        abatementDateTime="1980-05-17T23:58:16-05:00",
        note=[{"text": "Since childhood."}, {"text": "Better\u202e now."}],
    )
    files = bundle_of(full)
    done = await imports(files, HOSPITAL)
    assert (done.failures, done.counts("Condition")) == ([], {"created": 1})
    assert done.told("Condition") == {
        "note: taken without characters that are not shown": 1,
    }
    assert await seen(clinic, "conditions", CONDITION) == [
        {
            "code": {"system": SCT, "code": "195967001", "display": "Asthma"},
            "clinicalStatus": "RESOLVED",
            "verification": "CONFIRMED",
            "category": "PROBLEM",
            "severity": "SEVERE",
            "onset": "1976-01",
            "abatement": "1980-05-17T23:58:16-05:00",
            "note": "Since childhood.\nBetter now.",
            "version": 1,
        }
    ]
    assert (await imports(files, HOSPITAL)).counts("Condition") == {"unchanged": 1}
    event, _ = await clinic.published("records")
    assert (event.type, event.data["resource"]) == ("caregraph.records.entry-recorded.v1", "Condition")
    async with stored(clinic.service("records").runtime.database) as session:
        assert (await session.scalars(select(PatientAccess))).all() == [], "who imports treats nobody"
        assert b"Asthma" not in ((await session.scalars(select(col(Condition.facts)))).one().ciphertext or b"")


async def test_codes_are_taken_as_they_come(clinic: Clinic, imports: Import) -> None:
    many = {"coding": [{"code": "x"}, *concept("1", "?")["coding"], *concept("J45.909", "Asthma", ICD)["coding"]]}
    lines = [
        condition("best", code=many, recordedDate="2020-01-01"),
        condition("header", code=concept("J45", "Asthma", ICD), recordedDate="2020-01-02"),
        condition("unknown", code=concept("ab", "Own", "urn:own"), recordedDate="2020-01-03"),
        condition("text", code={"text": "Asthma since school"}, recordedDate="2020-01-04"),
        condition("nothing", code=None, recordedDate="2020-01-05"),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert (done.failures, done.counts("Condition")) == ([], {"created": 5})
    assert [node["code"] for node in await seen(clinic, "conditions", "code { system code display }")] == [
        {"system": ICD, "code": "J45.909", "display": "Asthma"},
        {"system": ICD, "code": "J45", "display": "Asthma"},
        {"system": "urn:own", "code": "ab", "display": "Own"},
        {"system": ABSENT, "code": "as-text", "display": "Asthma since school"},
        {"system": ABSENT, "code": "unknown", "display": None},
    ]
    assert done.told("Condition") == {
        "recordedDate: taken as noon of its first day": 5,
        "code.coding: left out, but for one of several": 1,
        "code.coding: left out where it has no code with its system": 1,
        "code.coding: kept as it is, though nothing can be coded by it": 1,
        "code: taken in words, since it has no code": 1,
        "code: is unknown, since it says nothing": 1,
    }


async def test_what_a_condition_does_not_say_is_told(clinic: Clinic, imports: Import) -> None:
    bare = dict.fromkeys(("clinicalStatus", "verificationStatus", "category"))
    lines = [
        condition("bare", **bare, onsetString="as a child", abatementString="long ago"),
        condition("ahead", onsetDateTime="2999-01-01", recordedDate="2999-01-01T00:00:00Z", severity={"text": "so so"}),
        condition("later", encounter={"reference": "Encounter/none"}, onsetAge={"value": 12, "code": "a"}),
        condition("group", subject={"reference": "Group/1"}),
        condition("nobody", subject=None),
        condition("old", assertedDate="2020-01-01"),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert done.counts("Condition") == {"created": 3, "left out": 1, "failed": 2}
    assert [failure.cause for failure in done.failures] == [
        "subject: It leads to no Patient that is known here.",
        "assertedDate: It is of FHIR STU3; what is taken is FHIR R4.",
    ]
    assert done.told("Condition") == {
        "clinicalStatus: taken as resolved, since none is given that is known": 1,
        "verificationStatus: taken as unconfirmed, since none is given that is known": 1,
        "category: taken as a diagnosis if it is of an encounter, else as a problem, since none is given that is known": 1,
        "onset: left out, since it is to come": 1,
        "recordedDate: taken as now, since it is to come": 1,
        "severity: left out, since it is none that is known": 1,
        "encounter: left out, since it leads to no Encounter that is known here": 1,
        "subject: left out, since it is about no patient": 1,
    }
    nodes = {node["note"]: node for node in await seen(clinic, "conditions", CONDITION)}
    assert nodes.keys() == {"Onset: as a child\nAbatement: long ago", "Onset: 12 a", None}
    assert nodes["Onset: as a child\nAbatement: long ago"]["clinicalStatus"] == "RESOLVED"


async def test_what_was_changed_here_stays_until_its_source_says_something_new(clinic: Clinic, imports: Import) -> None:
    first, second = condition("a", recordedDate="2020-01-01"), condition("b", recordedDate="2020-01-02")
    await imports(bundle_of(first, second), HOSPITAL)
    doctor = await clinician(Ward(clinic), await patient_key(clinic))
    one, other = await seen(clinic, "conditions", "id version")
    await doctor.did("updateCondition", **one, clinicalStatus="RESOLVED")
    await doctor.did("markEnteredInError", **other, kind="CONDITION", reason="Somebody else's.")
    assert (await imports(bundle_of(first, second), HOSPITAL)).counts("Condition") == {"unchanged": 2}
    assert await seen(clinic, "conditions", "clinicalStatus version") == [{"clinicalStatus": "RESOLVED", "version": 2}]
    again = await imports(bundle_of(first | {"onsetDateTime": "2019"}, second | {"onsetDateTime": "2019"}), HOSPITAL)
    assert again.counts("Condition") == {"updated": 1, "unchanged": 1}
    assert again.told("Condition") == {
        "status: left out, since it was marked as entered by mistake here": 1,
        "recordedDate: taken as noon of its first day": 2,
    }
    asked = "clinicalStatus onset version"
    assert await seen(clinic, "conditions", asked) == [{"clinicalStatus": "ACTIVE", "onset": "2019", "version": 3}]


async def test_what_its_source_takes_back_is_a_mistake(clinic: Clinic, imports: Import) -> None:
    await imports(bundle_of(condition("a"), allergy("b")), HOSPITAL)
    wrong = {"verificationStatus": status("entered-in-error"), "clinicalStatus": None}
    deletion = {"request": {"method": "DELETE", "url": "AllergyIntolerance/b"}}
    taken_back = bundle_of(
        condition("a", **wrong), condition("never", **wrong), {"resourceType": "Bundle", "entry": [deletion]}
    )
    for outcome in ("updated", "unchanged"):
        done = await imports(taken_back, HOSPITAL)
        assert (done.failures, done.counts("AllergyIntolerance")) == ([], {outcome: 1})
        assert done.counts("Condition") == {outcome: 1, "left out": 1}
    assert (await seen(clinic, "conditions", "id"), await seen(clinic, "allergies", "id")) == ([], [])
    last = (await clinic.published("records"))[-1]
    assert (last.type, last.data["status"]) == ("caregraph.records.entry-changed.v1", "ENTERED_IN_ERROR")
    assert (await imports(bundle_of(condition("a")), HOSPITAL)).counts("Condition") == {"updated": 1}
    assert len(await seen(clinic, "conditions", "id")) == 1


async def test_statistics_are_told_of_what_is_imported_once(clinic: Clinic, imports: Import) -> None:
    local = concept("Jane's cough", "Cough", "urn:clinic")
    files = bundle_of(condition("asthma"), condition("other", code=local), allergy("penicillin"))
    await imports(files, HOSPITAL)
    await imports(files, HOSPITAL)
    wrong = {"verificationStatus": status("entered-in-error"), "clinicalStatus": None}
    await imports(bundle_of(condition("asthma", **wrong)), HOSPITAL)
    told = [event for event in await clinic.published("records") if event.source == "/problems"]
    kinds = [event.type.split(".")[2] for event in told]
    assert sorted(kinds[:2]) == ["problem-recorded", "problem-retracted"]
    assert kinds[2:] == ["problem-retracted"]
    recorded = told[kinds.index("problem-recorded")]
    assert (recorded.data["code"], recorded.data["month"]) == ("195967001", "2020-01")
    assert told[2].subject == recorded.subject
    assert "Jane" not in repr(told)


async def test_ids_of_a_source_without_a_name_count_with_the_patient(imports: Import) -> None:
    assert (await imports(bundle_of(condition("a")))).counts("Condition") == {"created": 1}
    assert (await imports(bundle_of(condition("a")))).counts("Condition") == {"unchanged": 1}
    never = await imports(bundle_of(condition("c", id=None)))
    assert [failure.cause.split(":")[0] for failure in never.failures] == ["id"]


async def test_an_allergy_is_what_its_source_says(clinic: Clinic, imports: Import) -> None:
    full = allergy(
        "full",
        code=concept("1191", "Aspirin", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        type="allergy",
        category=["medication", "food"],
        criticality="high",
        onsetDateTime="2001",
        reaction=[
            {
                "manifestation": [concept("271807003", "Rash"), {"text": "Itching"}],
                "severity": "mild",
                "onset": "2001-05",
            }
        ],
        lastOccurrence="2010-01-01",
    )
    done = await imports(bundle_of(full), HOSPITAL)
    assert (done.failures, done.counts("AllergyIntolerance")) == ([], {"created": 1})
    assert done.told("AllergyIntolerance") == {
        "category: left out, but for the first": 1,
        "reaction.manifestation: taken in words, since it has no code": 1,
        "lastOccurrence: left out": 1,
    }
    [node] = await seen(clinic, "allergies", ALLERGY)
    assert node["reactions"] == [
        {"manifestation": {"code": "271807003", "display": "Rash"}, "severity": "MILD", "onset": "2001-05"},
        {"manifestation": {"code": "as-text", "display": "Itching"}, "severity": "MILD", "onset": "2001-05"},
    ]
    assert (node["code"]["code"], node["criticality"], node["category"]) == ("1191", "HIGH", "MEDICATION")
    assert (node["clinicalStatus"], node["verification"], node["onset"]) == ("ACTIVE", "CONFIRMED", "2001")


async def test_no_two_active_allergies_are_to_one_substance(clinic: Clinic, imports: Import) -> None:
    none = allergy("none", code=concept("716186003", "No known allergy"))
    done = await imports(bundle_of(none, allergy("kind", code=concept("409137002", "No known drug allergy"))), HOSPITAL)
    assert done.counts("AllergyIntolerance") == {"created": 1, "left out": 1}
    assert [node["noneKnown"] for node in await seen(clinic, "allergies(active: true)", "noneKnown")] == [True]
    nuts, fish = ({"text": text} for text in ("Nuts", "Fish"))
    lines = [none, allergy("one", code=nuts), allergy("two", code=nuts), allergy("three", code=fish)]
    repeated = "clinicalStatus: taken as inactive, since the patient has this allergy already, or has some after all"
    for counts in ({"unchanged": 1, "created": 3}, {"unchanged": 4}):
        done = await imports(bundle_of(*lines), HOSPITAL)
        assert (done.counts("AllergyIntolerance"), done.told("AllergyIntolerance")[repeated]) == (counts, 1)
        active = await seen(clinic, "allergies(active: true)", "code { display }")
        assert sorted(node["code"]["display"] for node in active) == ["Fish", "Nuts"]
    ended = allergy("one", code=nuts, clinicalStatus=status("resolved"))
    done = await imports(bundle_of(none, ended, *lines[2:]), HOSPITAL)
    assert (done.failures, done.counts("AllergyIntolerance")) == ([], {"unchanged": 2, "updated": 2})
    assert len(await seen(clinic, "allergies(active: true)", "id")) == 2, "the other one is active now"
    assert await seen(clinic, "allergies(active: true)", "noneKnown") == [{"noneKnown": False}] * 2
