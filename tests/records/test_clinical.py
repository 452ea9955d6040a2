"""What is recorded of a patient's health: what is taken and refused, who sees it, and what becomes of mistakes."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.encryption import Encrypted
from shared.ids import new_id
from shared.patient_access import Basis
from subgraphs.records.codes import ConditionCategory, ConditionVerification, Section
from subgraphs.records.consumers import PatientMerged
from subgraphs.records.facts import Coded, ConditionFacts
from subgraphs.records.models import Condition
from tests.harness.access import withheld
from tests.harness.paging import walk
from tests.harness.repeating import check_repeating
from tests.records.asking import Clinician, clinician, happened, of, visited
from tests.records.conftest import COLLEAGUE, Ward
from tests.records.test_encounters import start

ICD, SNOMED, LOINC = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct", "http://loinc.org"
CVX = "http://hl7.org/fhir/sid/cvx"
DIABETES = {"system": ICD, "code": "E11.9", "display": "Type 2 diabetes mellitus without complications"}
PENICILLIN = {"system": SNOMED, "code": "764146007", "display": "Penicillin"}
RASH = {"system": SNOMED, "code": "271807003", "display": "Rash"}
WELL = {
    "8867-4": (72, "/min"),
    "9279-1": (16, "/min"),
    "8310-5": (98.6, "[degF]"),
    "8480-6": (122, "mm[Hg]"),
    "8462-4": (78, "mm[Hg]"),
    "59408-5": (97, "%"),
    "29463-7": (80, "kg"),
    "8302-2": (180, "cm"),
}
# A command of each kind of entry, and another one under the same key.
RECORDED: dict[str, tuple[str, dict[str, Any]]] = {
    "recordCondition": ("Condition", {"code": DIABETES}),
    "recordAllergy": ("Allergy", {"code": PENICILLIN, "reactions": [{"manifestation": RASH, "severity": "MILD"}]}),
    "recordNoKnownAllergies": ("Allergy", {}),
    "recordVitalSigns": ("VitalSigns", {"measurements": [{"code": "8867-4", "value": 72, "unit": "/min"}]}),
    "recordImmunization": (
        "Immunization",
        {"code": {"system": CVX, "code": "140", "display": "Influenza"}, "occurred": "2024-10", "dose": 1},
    ),
    "recordProcedure": ("Procedure", {"code": {"system": SNOMED, "code": "80146002", "display": "Appendectomy"}}),
    "recordMedicationStatement": ("MedicationStatement", {"code": PENICILLIN, "source": "PATIENT", "since": "2019"}),
    "recordFamilyHistory": ("FamilyHistory", {"relationship": "MOTHER", "conditions": [{"code": DIABETES}]}),
    "recordSocialHistory": (
        "SocialHistory",
        {"code": {"system": LOINC, "code": "72166-2", "display": "Tobacco smoking status"}, "text": "Never smoked."},
    ),
    "recordCarePlan": ("CarePlan", {"title": "Diabetes", "goals": ["HbA1c below 7 %"], "activities": ["Walk."]}),
    "recordCareTeam": ("CareTeam", {"name": "Diabetes team", "memberIds": [of("Practitioner", COLLEAGUE)]}),
}
LISTS = {
    "Condition": "conditions { nodes { id code { code display } clinicalStatus verification category } }",
    "Allergy": "allergies { nodes { id noneKnown clinicalStatus reactions { severity manifestation { code } } } }",
    "VitalSigns": "vitalSigns { nodes { id measurements { code { code display } value unit unusual } } }",
    "Immunization": "immunizations { nodes { id code { code } occurred dose status } }",
    "Procedure": "procedures { nodes { id code { code } status } }",
    "MedicationStatement": "medications { nodes { id code { code } source since status } }",
    "FamilyHistory": "familyHistory { nodes { id relationship conditions { code { code } onsetAge } } }",
    "SocialHistory": "socialHistory { nodes { id text value { code } } }",
    "CarePlan": "carePlans { nodes { id title goals activities status } }",
    "CareTeam": "careTeams { nodes { id name members { id } status } }",
}
SECTIONS = {
    "CarePlan": Section.CARE_PLANS,
    "CareTeam": Section.CARE_PLANS,
    "Condition": Section.CONDITIONS,
    "Allergy": Section.ALLERGIES,
    "VitalSigns": Section.VITAL_SIGNS,
    "Immunization": Section.IMMUNIZATIONS,
    "Procedure": Section.PROCEDURES,
    "MedicationStatement": Section.MEDICATIONS,
    "FamilyHistory": Section.HISTORY,
    "SocialHistory": Section.HISTORY,
}


def field(kind: str) -> str:
    """Of a success, such as `careTeam`."""
    return f"{kind[0].lower()}{kind[1:]}"


async def record(who: Clinician, patient: UUID, name: str, asked: str = "id version", **fields: Any) -> dict[str, Any]:
    """A new entry, by its mutation."""
    kind, given = RECORDED[name]
    return await who.did(name, f"{field(kind)} {{ {asked} }}", **{"patientId": of("Patient", patient)} | given | fields)


async def refused(who: Clinician, patient: UUID, name: str, **fields: Any) -> list[tuple[str, str]]:
    """What is wrong with an entry: paths and codes."""
    payload = await who.does(name, **{"patientId": of("Patient", patient)} | RECORDED[name][1] | fields)
    assert payload["__typename"] == "InvalidInput", payload
    return [(".".join(each["path"]), each["code"]) for each in payload["fields"]]


async def lists(ward: Ward, who: Any, patient: UUID) -> dict[str, list[Any]] | None:
    """All lists of a patient's record, by their types."""
    asked = f"record {{ {' '.join(LISTS.values())} }}"
    answer = await ward.clinic.entities("records", who, "Patient", [of("Patient", patient)], asked)
    assert not answer.get("errors"), answer
    found = answer["data"]["_entities"][0]["record"]
    return found and {kind: found[asked.split()[0]]["nodes"] for kind, asked in LISTS.items()}


@pytest.mark.parametrize("name", RECORDED)
async def test_an_entry_is_recorded_once_and_seen_in_its_section(ward: Ward, name: str) -> None:
    patient, jane = await ward.patient()
    doctor, stranger = await clinician(ward, patient), await clinician(ward)
    kind, given = RECORDED[name]

    async def entries() -> int:
        return (await happened(ward)).count("entry-recorded")

    whole = {"patientId": of("Patient", patient)} | given
    other = {"encounterId": of("Encounter", new_id())}
    made = await check_repeating(doctor.caller, name, f"{field(kind)} {{ id }}", whole, other, entries)
    key = made[field(kind)]["id"]
    assert await entries() == 1

    mine = await lists(ward, jane, patient)
    assert mine is not None
    assert [each["id"] for each in mine[kind]] == [key]
    assert await lists(ward, doctor.caller, patient) == mine
    assert await lists(ward, stranger.caller, patient) is None
    assert (await stranger.does(name, **whole))["__typename"] == "NotFound"

    await ward.know(withheld(patient, SECTIONS[kind]))
    rescuer = await clinician(ward, patient, basis=Basis.EMERGENCY)
    hidden = await lists(ward, doctor.caller, patient)
    assert hidden is not None
    assert hidden[kind] == []
    assert (await doctor.does(name, **whole))["code"] == "SECTION_CLOSED"  # and not what else would tell what is in it
    assert await lists(ward, rescuer.caller, patient) == mine
    told = [event for event in await ward.clinic.published("records") if event.source == "/records"]
    assert "E11.9" not in repr(told) and "764146007" not in repr(told)


@pytest.mark.parametrize("name", RECORDED)
async def test_a_mistake_stays_says_so_and_is_left_out_of_lists(ward: Ward, name: str) -> None:
    patient, jane = await ward.patient()
    doctor = await clinician(ward, patient)
    kind, _ = RECORDED[name]
    made = await record(doctor, patient, name)
    enum = {"VitalSigns": "VITAL_SIGNS", "CarePlan": "CARE_PLAN", "CareTeam": "CARE_TEAM"} | {
        each: "".join(
            f"_{letter}" if letter.isupper() and place else letter for place, letter in enumerate(each)
        ).upper()
        for each in SECTIONS
    }
    given = {"kind": enum[kind], "id": made["id"], "version": made["version"], "reason": "Another patient's."}
    await doctor.does("markEnteredInError", "id version", **given)
    again = await doctor.does("markEnteredInError", "id version", **given | {"version": made["version"] + 1})
    assert (again["__typename"], again["code"]) == ("InvalidState", "ENTRY_RETRACTED")
    seen = await lists(ward, jane, patient)
    assert seen is not None
    assert seen[kind] == []
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ enteredInError retraction }} }} }}"
    assert (await jane.data(query, id=made["id"]))["node"] == {
        "enteredInError": True,
        "retraction": "Another patient's.",
    }
    assert await happened(ward) == ["entry-recorded", "entry-changed"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ({"system": ICD, "code": "E11", "display": "x"}, "CODE_IS_HEADER"),
        ({"system": ICD, "code": "E11.99", "display": "x"}, "CODE_UNKNOWN"),
        ({"system": SNOMED, "code": "44054007", "display": "x"}, "CODE_UNKNOWN"),
    ],
)
async def test_a_code_is_one_of_its_system_and_no_header(ward: Ward, code: dict[str, str], problem: str) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    assert await refused(doctor, patient, "recordCondition", code=code) == [("code", problem)]


@pytest.mark.parametrize("onset", ["2999", "2026-13", "2025-02-30", "1849", "yesterday", "2024-1-1", "٢٠٢٤"])
async def test_a_date_is_as_precise_as_it_is_known_and_none_to_come(ward: Ward, onset: str) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    assert await refused(doctor, patient, "recordCondition", onset=onset) == [("onset", "CLINICAL_DATE")]
    for good in ("1980", "1980-05", "1980-05-17"):
        assert (await record(doctor, patient, "recordCondition", "onset", onset=good))["onset"] == good


async def test_a_condition_is_resolved_refuted_and_has_no_clinical_status_as_a_mistake(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    asked = "condition { version clinicalStatus verification abatement onset note }"
    made = await record(doctor, patient, "recordCondition", onset="2001", note="Told by phone.")
    given = {"id": made["id"], "clinicalStatus": "RESOLVED", "abatement": "2020-06"}
    done = await doctor.did("updateCondition", asked, version=1, **given)
    assert done == {
        "version": 2,
        "clinicalStatus": "RESOLVED",
        "verification": "CONFIRMED",
        "abatement": "2020-06",
        "onset": "2001",
        "note": "Told by phone.",
    }
    stale = await doctor.does("updateCondition", asked, version=1, **given)
    assert (stale["__typename"], stale["currentVersion"]) == ("VersionConflict", 2)
    wrong = await doctor.does("updateCondition", version=2, id=made["id"], verification="ENTERED_IN_ERROR")
    assert [each["code"] for each in wrong["fields"]] == ["MARK_AS_ERROR"]
    await doctor.does("markEnteredInError", "id", kind="CONDITION", id=made["id"], version=2, reason="Wrong patient.")
    with pytest.raises(DBAPIError, match="condition_clinical_check"):
        await execute(ward, "UPDATE condition SET clinical_status = 'ACTIVE'")


async def execute(ward: Ward, statement: str) -> None:
    """Written out, beside the service."""
    async with ward.database.engine.begin() as connection:
        await connection.execute(text(statement))


@pytest.mark.own_clinic
async def test_an_active_allergy_is_unique_and_excludes_that_none_is_known(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    none = await record(doctor, patient, "recordNoKnownAllergies", "id clinicalStatus noneKnown")
    assert none["noneKnown"]
    whole = {"patientId": of("Patient", patient)}
    assert (await doctor.does("recordNoKnownAllergies", **whole))["code"] == "ALLERGY_KNOWN"
    given = whole | RECORDED["recordAllergy"][1]
    payloads = await asyncio.gather(*(doctor.does("recordAllergy", **given) for _ in range(10)))
    assert sorted(each.get("code", "") for each in payloads) == [""] + ["ALLERGY_KNOWN"] * 9
    assert (await doctor.does("recordNoKnownAllergies", **whole))["code"] == "ALLERGIES_KNOWN"
    seen = await lists(ward, doctor.caller, patient)
    assert seen is not None
    states = {each["noneKnown"]: (each["id"], each["clinicalStatus"]) for each in seen["Allergy"]}
    assert (states[True][1], states[False][1]) == ("INACTIVE", "ACTIVE")
    again = await doctor.does("updateAllergy", id=states[True][0], version=2, clinicalStatus="ACTIVE")
    assert again["code"] == "ALLERGIES_KNOWN"
    with pytest.raises(DBAPIError, match="allergy_none_known_excl"):
        await execute(ward, "UPDATE allergy SET clinical_status = 'ACTIVE'")
    await doctor.did("updateAllergy", id=states[False][0], version=1, clinicalStatus="RESOLVED")
    await record(doctor, patient, "recordAllergy")
    with pytest.raises(DBAPIError, match="allergy_substance_key"):
        await execute(ward, "UPDATE allergy SET clinical_status = 'ACTIVE' WHERE NOT none_known")
    other, _ = await ward.patient()
    await ward.let(other, practitioner_id=doctor.practitioner)
    await record(doctor, other, "recordAllergy")


def measured(**changes: tuple[float, str]) -> list[dict[str, Any]]:
    """All vital signs, with some other ones, by their codes without the hyphen."""
    signs = WELL | {f"{code[1:-1]}-{code[-1]}": value for code, value in changes.items()}
    return [{"code": code, "value": value, "unit": unit} for code, (value, unit) in signs.items()]


async def test_vital_signs_give_scores_and_what_is_urgent_is_told(ward: Ward) -> None:
    patient, jane = await ward.patient()
    nurse = await clinician(ward, patient, "NURSE")
    score = "earlyWarningScore { name aggregate risk parameters { name points value } }"
    asked = f"id bodyMassIndex {score} measurements {{ code {{ code }} value unit unusual }}"
    well = await record(nurse, patient, "recordVitalSigns", asked, measurements=measured(), consciousness="ALERT")
    assert well["bodyMassIndex"] == 24.7
    assert (well["earlyWarningScore"]["aggregate"], well["earlyWarningScore"]["risk"]) == (0, "LOW")
    assert well["earlyWarningScore"]["name"] == "NEWS2 2017"
    temperature = next(each for each in well["measurements"] if each["code"]["code"] == "8310-5")
    assert (temperature["value"], temperature["unit"], temperature["unusual"]) == (98.6, "[degF]", False)
    assert "early-warning-raised" not in await happened(ward)
    ill = measured(_88674=(131, "/min"))
    urgent = await record(nurse, patient, "recordVitalSigns", asked, measurements=ill, consciousness="ALERT")
    assert (urgent["earlyWarningScore"]["aggregate"], urgent["earlyWarningScore"]["risk"]) == (3, "LOW_MEDIUM")
    assert (await happened(ward)).count("early-warning-raised") == 1
    pulse = {"measurements": [{"code": "8867-4", "value": 25, "unit": "/min"}]}
    slow = await record(nurse, patient, "recordVitalSigns", asked, **pulse)
    assert (slow["measurements"][0]["unusual"], slow["earlyWarningScore"], slow["bodyMassIndex"]) == (True, None, None)
    query = "query($code: String) { myRecord { vitalSigns(code: $code) { totalCount nodes { id } } } }"
    counts = [
        (await jane.data(query, code=code))["myRecord"]["vitalSigns"]["totalCount"]
        for code in (None, "8867-4", "29463-7", "none")
    ]
    assert counts == [3, 3, 2, 0]


@pytest.mark.parametrize(
    ("sign", "path", "problem"),
    [
        ({"code": "8867-4", "value": 501, "unit": "/min"}, "measurements.0", "SIGN_LIMIT"),
        ({"code": "8867-4", "value": 72, "unit": "kg"}, "measurements.0", "SIGN_UNIT"),
        ({"code": "8867-5", "value": 72, "unit": "/min"}, "measurements.0.code", "SIGN_UNKNOWN"),
        ({"code": "8310-5", "value": 125, "unit": "[degF]"}, "measurements.0", "SIGN_LIMIT"),
    ],
)
async def test_a_vital_sign_that_cannot_be_is_refused(
    ward: Ward, sign: dict[str, Any], path: str, problem: str
) -> None:
    patient, _ = await ward.patient()
    nurse = await clinician(ward, patient, "NURSE")
    assert await refused(nurse, patient, "recordVitalSigns", measurements=[sign]) == [(path, problem)]


async def test_a_care_team_lets_its_members_open_the_record_as_long_as_it_is_active(ward: Ward) -> None:
    patient, _ = await ward.patient()
    doctor, first, second = await clinician(ward, patient), await clinician(ward), await clinician(ward)
    ids = [of("Practitioner", each.practitioner) for each in (first, second)]
    team = await record(doctor, patient, "recordCareTeam", memberIds=ids)
    assert await lists(ward, second.caller, patient) is not None
    await doctor.did("updateCareTeam", id=team["id"], version=1, memberIds=ids[:1])
    assert [await lists(ward, each.caller, patient) is not None for each in (first, second)] == [True, False]
    await doctor.did("updateCareTeam", id=team["id"], version=2, status="INACTIVE")
    assert await lists(ward, first.caller, patient) is None
    guest = await clinician(ward, patient, basis=Basis.GRANT)
    given = {"patientId": of("Patient", patient), "name": "x", "memberIds": ids}
    assert (await guest.does("recordCareTeam", **given))["code"] == "NOT_TREATING"


async def test_nothing_is_recorded_in_a_locked_encounter_or_another_patients(ward: Ward) -> None:
    patient, _ = await ward.patient()
    other, _ = await ward.patient()
    doctor = await clinician(ward, patient)
    await ward.let(other, practitioner_id=doctor.practitioner)
    encounter = await start(doctor, patient)
    made = await record(doctor, patient, "recordCondition", "encounter { id }", encounterId=encounter["id"])
    assert made["encounter"] == {"id": encounter["id"]}
    await doctor.did("finishEncounter", id=encounter["id"], version=1)
    for whose, code in ((patient, "ENCOUNTER_LOCKED"), (other, "NOT_FOUND")):
        given = {"patientId": of("Patient", whose), "code": DIABETES, "encounterId": encounter["id"]}
        assert (await doctor.does("recordCondition", **given))["code"] == code
    for table in ("condition", "vital_signs", "procedure"):
        with pytest.raises(DBAPIError, match="locked"):
            await execute(
                ward,
                f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(null::{table}, jsonb_build_object("  # noqa: S608
                f"'encounter_id', (SELECT id FROM encounter)))",
            )


async def test_two_patients_who_were_one_have_one_list_of_allergies(ward: Ward) -> None:
    (merged, _), (survivor, jane) = await ward.patient(), await ward.patient()
    doctor = await clinician(ward, merged)
    await ward.let(survivor, practitioner_id=doctor.practitioner)
    latex = {"system": SNOMED, "code": "111088007", "display": "Latex"}
    for whose, code in ((merged, PENICILLIN), (survivor, PENICILLIN), (merged, latex)):
        await record(doctor, whose, "recordAllergy", code=code)
    third, _ = await ward.patient()
    await ward.let(third, practitioner_id=doctor.practitioner)
    await record(doctor, third, "recordNoKnownAllergies")
    await doctor.did("writeNote", patientId=of("Patient", merged), type="PROGRESS", title="x", content="y")
    for duplicate in (merged, third):
        await ward.hear(PatientMerged(patient_id=survivor, merged_patient_id=duplicate))
    seen = await lists(ward, jane, survivor)
    assert seen is not None
    states = sorted((each["noneKnown"], each["clinicalStatus"]) for each in seen["Allergy"])
    assert states == [(False, "ACTIVE"), (False, "ACTIVE"), (False, "INACTIVE"), (True, "INACTIVE")]
    again = {"patientId": of("Patient", survivor), "code": latex}
    assert (await doctor.does("recordAllergy", **again))["code"] == "ALLERGY_KNOWN"


async def test_a_hundred_conditions_and_the_records_of_ten_patients_take_a_statement_a_list(ward: Ward) -> None:
    patients = [(await ward.patient())[0] for _ in range(10)]
    doctor = await clinician(ward)
    facts = ConditionFacts(code=Coded(system=ICD, code="E11.9", display="Diabetes"), category=ConditionCategory.PROBLEM)
    rows = [
        Condition(
            patient_id=patients[place % 10],
            status=ConditionVerification.CONFIRMED,
            clinical_status="ACTIVE",
            facts=Encrypted(facts),
        )
        for place in range(100)
    ]
    await ward.know(*rows)
    for patient in patients:
        await ward.let(patient, practitioner_id=doctor.practitioner)
    ids = [of("Condition", row.id) for row in rows]
    await ward.clinic.entities("records", doctor.caller, "Condition", ids, "note")  # the patients' keys are open then
    with ward.clinic.statements("records") as statements:
        answer = await ward.clinic.entities("records", doctor.caller, "Condition", ids, "id code { code } onset")
    assert [each["code"]["code"] for each in answer["data"]["_entities"]] == ["E11.9"] * 100
    assert len(statements) == 1
    ids = [of("Patient", each) for each in patients]
    asked = f"record {{ {' '.join(LISTS.values())} }}"
    with ward.clinic.statements("records") as statements:
        answer = await ward.clinic.entities("records", doctor.caller, "Patient", ids, asked)
    assert [len(each["record"]["conditions"]["nodes"]) for each in answer["data"]["_entities"]] == [10] * 10
    assert len(statements) == 1 + len(LISTS)


async def test_what_holds_now_can_be_asked_for_alone(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor = await clinician(ward, patient)
    for name in ("recordCondition", "recordMedicationStatement", "recordAllergy"):
        await record(doctor, patient, name)
    await record(doctor, patient, "recordCondition", clinicalStatus="RESOLVED")
    await record(doctor, patient, "recordMedicationStatement", status="STOPPED")
    asked = " ".join(f"{name}(active: true) {{ totalCount }}" for name in ("conditions", "medications", "allergies"))
    seen = (await jane.data(f"{{ myRecord {{ {asked} }} }}"))["myRecord"]
    assert seen == {name: {"totalCount": 1} for name in ("conditions", "medications", "allergies")}
    assert await refused(doctor, patient, "recordAllergy", verification="REFUTED") == [
        ("verification", "REFUTED_STATUS")
    ]


async def test_the_timeline_has_entries_of_all_kinds_by_time_as_far_as_each_may_be_seen(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor = await clinician(ward, patient)
    await visited(doctor, patient)
    names = [name for name in RECORDED if name != "recordNoKnownAllergies"]
    for name in names:
        await record(doctor, patient, name)
    asked = "timeline(ARGUMENTS) { totalCount nodes { at entry { __typename id } } INFO }"
    query = f"{{ myRecord {{ {asked} }} }}"
    seen = await walk(jane, query, size=50)
    kinds = [each["entry"]["__typename"] for each in seen]
    assert kinds == [RECORDED[name][0] for name in reversed(names)] + ["Note", "Encounter"]
    for size in (1, 5, 6):
        assert await walk(jane, query, size=size) == await walk(jane, query, size=size, backward=True) == seen
    for table in ("condition", "allergy", "procedure", "care_plan"):
        await execute(ward, f"UPDATE {table} SET recorded_at = '2026-01-01' WHERE patient_id = '{patient}'")  # noqa: S608 - names of tables
    alike = await walk(jane, query, size=50)
    assert {each["entry"]["__typename"] for each in alike[-4:]} == {"Condition", "Allergy", "Procedure", "CarePlan"}
    for size in (1, 3):
        assert await walk(jane, query, size=size) == await walk(jane, query, size=size, backward=True) == alike

    await ward.know(withheld(patient, Section.NOTES))
    other = await clinician(ward, patient)
    part = "record { timeline(first: 50) { totalCount nodes { entry { __typename } } } }"
    with ward.clinic.statements("records") as statements:
        answer = await ward.clinic.entities("records", other.caller, "Patient", [of("Patient", patient)], part)
    assert len(statements) == 1 + 2 * 13
    hidden = answer["data"]["_entities"][0]["record"]["timeline"]
    assert hidden["totalCount"] == len(hidden["nodes"]) == len(names)
    wrong = '{ myRecord { timeline(after: "x") { totalCount } } }'
    assert (await jane.execute(wrong))["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_summary_has_what_holds_now_and_what_was_last(ward: Ward) -> None:
    patient, jane = await ward.patient()
    doctor = await clinician(ward, patient)
    visit = await start(doctor, patient)
    plan = {"patientId": of("Patient", patient), "kind": "VIRTUAL", "startsAt": "2030-01-01T10:00:00Z"}
    await doctor.did("planEncounter", **plan)
    for name in ("recordCondition", "recordMedicationStatement", "recordNoKnownAllergies", "recordVitalSigns"):
        await record(doctor, patient, name)
    await record(doctor, patient, "recordCondition", clinicalStatus="RESOLVED")
    await record(doctor, patient, "recordMedicationStatement", status="STOPPED")
    last = await record(doctor, patient, "recordVitalSigns")
    lists = ("conditions", "medications", "allergies")
    asked = f"""summary {{ {" ".join(f"{name} {{ totalCount }}" for name in lists)} allergies {{ nodes {{ noneKnown }} }}
        vitalSigns {{ id earlyWarningScore {{ aggregate }} }} lastEncounter {{ id }} }}"""
    seen = (await jane.data(f"{{ myRecord {{ {asked} }} }}"))["myRecord"]["summary"]
    assert [seen[name]["totalCount"] for name in lists] == [1, 1, 1]
    assert seen["allergies"]["nodes"] == [{"noneKnown": True}]
    assert (seen["vitalSigns"]["id"], seen["lastEncounter"]) == (last["id"], {"id": visit["id"]})
