"""What else other systems tell of a patient's health, as the patient sees it."""

from typing import Any

from sqlalchemy import select

from shared.database.tables import PatientAccess
from subgraphs.records.models import CareTeam
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.importer.conftest import EXPORT, PRACTITIONER, Import, encounter
from tests.importer.record import HOSPITAL, bundle_of, clinical, concept, patient_key, seen
from tests.records.asking import clinician
from tests.records.conftest import Ward

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
AT = "2020-03-03T09:00:00+01:00"
WHOSE = {"reference": "Patient/patient"}


def immunization(key: str, **content: Any) -> dict[str, Any]:
    given = {"status": "completed", "vaccineCode": concept("140", "Influenza", "http://hl7.org/fhir/sid/cvx")}
    return clinical(
        "Immunization", key, **{"subject": None, "patient": WHOSE, "occurrenceDateTime": AT, **given, **content}
    )


async def test_vaccinations_and_procedures(clinic: Clinic, imports: Import) -> None:
    lines = [
        immunization(
            "given", lotNumber="L1", expirationDate="2021-01-31", protocolApplied=[{"doseNumberPositiveInt": 2}]
        ),
        immunization(
            "not",
            status="not-done",
            statusReason={"text": "Refused"},
            occurrenceDateTime=None,
            occurrenceString="2021?",
        ),
        immunization("wrong", status="entered-in-error"),
        clinical(
            "Procedure",
            "done",
            status="unknown",
            code=concept("80146002", "Appendectomy"),
            performedPeriod={"start": "2020-03-03", "end": "2020-03-05"},
            reasonReference=[{"reference": "Condition/x", "display": "Appendicitis"}, {"reference": "Condition/y"}],
            bodySite=[concept("66754008", "Appendix"), {"text": "Abdomen"}],
        ),
        clinical("Procedure", "planned", status="preparation", code=concept("80146002")),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert done.failures == []
    assert (done.counts("Immunization"), done.told("Immunization")) == (
        {"created": 2, "left out": 1},
        {
            "recorded: taken as when it was": 1,
            "recorded: taken as now, since it is not said": 1,
            "left out, since it is deleted or entered in error, and not known by an id of this source": 1,
        },
    )
    assert (done.counts("Procedure"), done.told("Procedure")) == (
        {"created": 1, "left out": 1},
        {
            "status: taken as COMPLETED, since it is not known": 1,
            "reasonReference: left out where it is not said what it leads to": 1,
            "bodySite: left out, but for the first": 1,
            "status: left out, since it has not begun": 1,
        },
    )
    asked = "code { code } status occurred lotNumber expires dose reasonNotDone note"
    vaccinations = {node["status"]: node for node in await seen(clinic, "immunizations", asked)}
    given = {"code": {"code": "140"}, "occurred": AT, "lotNumber": "L1", "expires": "2021-01-31", "dose": 2}
    assert vaccinations["COMPLETED"].items() >= given.items()
    refused = {"occurred": None, "reasonNotDone": "Refused", "note": "Occurrence: 2021?"}
    assert vaccinations["NOT_DONE"].items() >= refused.items()
    assert await seen(clinic, "procedures", "status performed bodySite { display } note") == [
        {
            "status": "COMPLETED",
            "performed": "2020-03-03",
            "bodySite": {"display": "Appendix"},
            "note": "Reason: Appendicitis",
        }
    ]
    again = await imports(bundle_of(*lines), HOSPITAL)
    assert (again.counts("Immunization"), again.counts("Procedure")) == (
        {"unchanged": 2, "left out": 1},
        {"unchanged": 1, "left out": 1},
    )


async def test_prescriptions_are_history(clinic: Clinic, imports: Import) -> None:
    dose = {"doseAndRate": [{"doseQuantity": {"value": 1.0, "unit": "tablet"}}], "asNeededBoolean": True}
    rhythm = {"timing": {"repeat": {"frequency": 2, "period": 1.0, "periodUnit": "d"}}}
    order: dict[str, Any] = {"intent": "order", "medicationCodeableConcept": concept("314076", "Lisinopril", RXNORM)}
    inner = {"resourceType": "Medication", "id": "m", "code": concept("1191", "Aspirin", RXNORM)}
    lines = [
        clinical("MedicationRequest", "a", status="stopped", authoredOn=AT, dosageInstruction=[dose | rhythm], **order),
        clinical("MedicationRequest", "b", status="active", **order | {"intent": "plan"}),
        clinical(
            "MedicationRequest",
            "c",
            status="active",
            authoredOn="2021",
            intent="order",
            contained=[inner],
            medicationReference={"reference": "#m"},
        ),
        clinical(
            "MedicationRequest", "e", status="active", intent="order", medicationReference={"reference": "Medication/e"}
        ),
        {"resourceType": "Medication", "id": "e", "code": concept("161", "Paracetamol", RXNORM)},
        clinical(
            "MedicationStatement",
            "d",
            status="completed",
            medicationReference={"reference": "Medication/x", "display": "Metformin"},
            effectivePeriod={"start": "2022-01", "end": "2022-02"},
            informationSource=WHOSE,
            dosage=[{"text": "One in the morning"}, {"text": "Two at night"}],
        ),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert done.failures == []
    assert done.counts("MedicationRequest") == {"created": 3, "left out": 1}
    assert done.told("MedicationRequest") == {
        "intent: left out, since nothing was ordered": 1,
    }
    asked = "code { code display } status source dosage since until"
    assert [list(node.values()) for node in await seen(clinic, "medications", asked)] == [
        [
            {"code": "314076", "display": "Lisinopril"},
            "STOPPED",
            "PRESCRIPTION",
            "1 tablet, 2 / 1 d, as needed",
            AT,
            None,
        ],
        [{"code": "1191", "display": "Aspirin"}, "ACTIVE", "PRESCRIPTION", None, "2021", None],
        [
            {"code": "as-text", "display": "Metformin"},
            "COMPLETED",
            "PATIENT",
            "One in the morning\nTwo at night",
            "2022-01",
            "2022-02",
        ],
        [{"code": "161", "display": "Paracetamol"}, "ACTIVE", "PRESCRIPTION", None, None, None],
    ]
    later = await imports(bundle_of(*[line for line in lines if line["resourceType"] == "MedicationRequest"]), HOSPITAL)
    assert later.counts("MedicationRequest") == {"unchanged": 3, "left out": 1}


def observation(key: str, category: str, code: str, **content: Any) -> dict[str, Any]:
    given = {"status": "final", "category": [concept(category)], "code": concept(code, system=LOINC)}
    return clinical("Observation", key, **{**given, "effectiveDateTime": AT, **content})


def amount(value: float, unit: str) -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "code": unit, "system": "http://unitsofmeasure.org"}}


async def test_vital_signs_and_social_history_are_taken_and_others_are_the_laboratorys(
    clinic: Clinic, imports: Import
) -> None:
    parts = [
        {"code": concept("8480-6", system=LOINC), **amount(120, "mm[Hg]")},
        {"code": concept("8462-4", system=LOINC), **amount(80, "mm[Hg]")},
        {"code": concept("8478-0", system=LOINC), **amount(93, "mm[Hg]")},
    ]
    smoker = concept("266919005", "Never smoked")
    lines = [
        observation("pressure", "vital-signs", "85354-9", component=parts),
        observation("weight", "vital-signs", "29463-7", effectiveDateTime="2021", **amount(150.5, "[lb_av]")),
        observation("pulse", "vital-signs", "8867-4", effectiveDateTime="2999-01-01T00:00:00Z", **amount(70, "/min")),
        observation("impossible", "vital-signs", "8867-4", **amount(7000, "/min")),
        observation("unit", "vital-signs", "8867-4", **amount(70, "kg")),
        observation("absent", "vital-signs", "8867-4", dataAbsentReason=concept("unknown")),
        observation("pain", "vital-signs", "72514-3", **amount(3, "{score}")),
        observation("sugar", "laboratory", "2339-0", **amount(90, "mg/dL")),
        observation("smoking", "social-history", "72166-2", valueCodeableConcept=smoker),
        observation("work", "social-history", "74165-2", valueString="Full time"),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert (done.failures, done.counts("Observation")) == ([], {"created": 5, "left out": 4, "elsewhere": 1})
    no_value = "left out, since it is no value in a unit of the vital sign that can be"
    assert done.told("Observation") == {
        "component: left out where it is no vital sign that is recorded here": 1,
        "effective: taken as noon of its first day, since its time is not known": 1,
        "effective: taken as now, since it is to come": 1,
        f"value: {no_value}": 3,
        "code: left out, since it is no vital sign that is recorded here": 1,
        "code: left out, but for those of its components": 1,
        "issued: taken as when it was": 5,
    }
    asked = "effectiveAt measurements { code { code } value unit }"
    pressure, weight, _ = await seen(clinic, "vitalSigns", asked)
    assert (pressure["effectiveAt"], weight["effectiveAt"]) == ("2020-03-03T08:00:00Z", "2021-01-01T12:00:00Z")
    assert [(each["code"]["code"], each["value"]) for each in pressure["measurements"]] == [
        ("8480-6", 120),
        ("8462-4", 80),
    ]
    assert (weight["measurements"][0]["value"], weight["measurements"][0]["unit"]) == (150.5, "[lb_av]")
    assert len(await seen(clinic, 'vitalSigns(code: "29463-7")', "id")) == 1, "found by its blind index"
    history = await seen(clinic, "socialHistory", "code { code } value { display } text observed")
    assert sorted((each["code"]["code"], each["text"]) for each in history) == [
        ("72166-2", None),
        ("74165-2", "Full time"),
    ]
    wrong = [line | {"status": "entered-in-error"} for line in (lines[0], lines[8])]
    assert (await imports(bundle_of(*wrong), HOSPITAL)).counts("Observation") == {"updated": 2}
    assert (len(await seen(clinic, "vitalSigns", "id")), len(await seen(clinic, "socialHistory", "id"))) == (2, 1)


async def test_entries_are_of_their_encounter_which_is_of_its_visit(clinic: Clinic, imports: Import) -> None:
    visit = encounter("visit", reasonCode=[concept("25064002", "Headache")]) | {"class": {"code": "AMB"}}
    of_visit = clinical(
        "Condition", "a", code=concept("25064002", "Headache"), encounter={"reference": "Encounter/visit"}
    )
    others = {name: lines for name, lines in EXPORT.items() if not name.startswith(("Encounter", "log"))}
    first = await imports(others | {"Condition.ndjson": [of_visit]}, HOSPITAL)
    assert first.told("Condition")["encounter: left out, since it leads to no Encounter that is known here"] == 1
    files = others | {
        "Encounter.ndjson": [visit, encounter("open", status="in-progress")],
        "Condition.ndjson": [of_visit],
    }
    second = await imports(files, HOSPITAL)
    assert (second.failures, second.counts("Condition")) == ([], {"updated": 1})
    assert second.told("Encounter (records)") == {
        "left out, since its visit was not taken over": 1,
        "reasonCode: taken in words, without its codes": 1,
    }
    assert second.done["Encounter"] == 2
    asked = "status kind reason startsAt appointment { status } practitioner { name { family } }"
    [node] = await seen(clinic, "conditions", f"encounter {{ {asked} }}")
    assert node["encounter"] == {
        "status": "FINISHED",
        "kind": "AMBULATORY",
        "reason": "Headache",
        "startsAt": "1995-01-11T23:11:26Z",
        "appointment": {"status": "COMPLETED"},
        "practitioner": {"name": {"family": "Reilly981"}},
    }
    third = await imports(files, HOSPITAL)
    assert [dict(row.counts) for row in third.summary.rows if row.resource_type == "Encounter"] == [
        {"unchanged": 1, "left out": 1}
    ] * 2
    wrong = {"resourceType": "Encounter", "id": "visit", "status": "entered-in-error"}
    await imports(others | {"Encounter.ndjson": [wrong], "Condition.ndjson": []}, HOSPITAL)
    assert await seen(clinic, "encounters", "id") == []


async def test_plans_and_teams_open_no_record(clinic: Clinic, imports: Import) -> None:
    member = {"member": {"reference": "Practitioner/doctor"}}
    plan = clinical(
        "CarePlan",
        "plan",
        status="active",
        intent="plan",
        category=[concept("assess-plan"), concept("384758001", "Self-care")],
        period={"start": "2020", "end": "2999"},
        activity=[{"detail": {"code": concept("58332002", "Education")}}],
        goal=[{"reference": "Goal/x", "display": "No cigarettes"}],
    )
    team = clinical("CareTeam", "team", status="active", participant=[member, {"member": WHOSE}], name="Asthma team")
    relative = clinical(
        "FamilyMemberHistory",
        "mother",
        subject=None,
        patient=WHOSE,
        status="completed",
        name="Eva",
        relationship=concept("NMTH"),
        deceasedString="in the war",
        condition=[{"code": concept("73211009", "Diabetes"), "onsetAge": {"value": 50, "code": "a"}}],
    )
    files = bundle_of(plan, team, relative) | {"Practitioner.ndjson": [PRACTITIONER]}
    done = await imports(files, HOSPITAL)
    assert done.failures == []
    assert done.told("CareTeam") == {"participant: left out where it leads to no Practitioner that is known here": 1}
    assert await seen(clinic, "carePlans", "title status goals activities since until") == [
        {
            "title": "Self-care",
            "status": "ACTIVE",
            "goals": ["No cigarettes"],
            "activities": ["Education"],
            "since": "2020",
            "until": "2999",
        }
    ]
    assert await seen(clinic, "careTeams", "name status members { name { family } }") == [
        {"name": "Asthma team", "status": "ACTIVE", "members": [{"name": {"family": "Reilly981"}}]}
    ]
    assert await seen(
        clinic, "familyHistory", "relationship deceased note conditions { code { display } onsetAge }"
    ) == [
        {
            "relationship": "MOTHER",
            "deceased": True,
            "note": "Death: in the war",
            "conditions": [{"code": {"display": "Diabetes"}, "onsetAge": 50}],
        }
    ]
    database = clinic.service("records").runtime.database
    async with stored(database) as session:
        assert (await session.scalars(select(PatientAccess))).all() == []
        key = (await session.scalars(select(CareTeam))).one().id
    doctor = await clinician(Ward(clinic), await patient_key(clinic))
    await doctor.did("updateCareTeam", id=f"CareTeam:{key}", version=1, status="ACTIVE")
    over = {**files, "clinical.ndjson": [team | {"status": "inactive"}]}
    assert (await imports(over, HOSPITAL)).counts("CareTeam") == {"updated": 1}
    async with stored(database) as session:
        held = [row.valid_until for row in await session.scalars(select(PatientAccess)) if row.basis == "CARE_TEAM"]
    assert len(held) == 1, "by the doctor's word"
    assert held[0] is not None, "until the source says that the team is no more"
