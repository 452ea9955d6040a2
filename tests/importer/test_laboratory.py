"""What laboratories of other systems have found becomes history beside this one's, and is in no other domain."""

from typing import Any

from shared.ids import global_id
from stack.importer.fhir import ELSEWHERE
from subgraphs.laboratory.fhir import KEPT_BY_RECORDS
from subgraphs.records.vital_signs import SIGNS
from tests.harness.clinic import Clinic
from tests.importer.conftest import Import, Imported
from tests.importer.laboratory import AT, LABORATORY, amount, coded, kind, report, result
from tests.importer.record import HOSPITAL, bundle_of, concept, patient_key, seen

VALUE = """display value comparator unit text flag intervals { low high text } code { code }"""
RESULT = f"""{VALUE} status effective issued comment collectedAt interpretations {{ code }} components {{ {VALUE} }}
  specimen {{ type {{ display }} number collected }} request {{ code {{ code }} requesterName }} members {{ display }}"""
HISTORY = f"""query($id: ID!) {{ patient(id: $id) {{ labHistory {{ totalCount nodes {{ at entry {{ __typename
  ... on ReceivedLabReport {{ status code {{ code }} issued conclusion performers results {{ display status }}
    vitalSigns {{ measurements {{ value }} }} }}
  ... on ReceivedLabResult {{ {RESULT} }} }} }} }} }} }}"""
TREND = """query($id: ID!, $loinc: String!, $from: DateTime) { patient(id: $id) { labTrend(loinc: $loinc, from: $from) {
  nodes { at entry { ... on ReceivedLabResult { display } } } } } }"""


async def history(clinic: Clinic) -> list[dict[str, Any]]:
    """What the patient sees, the newest first."""
    key = await patient_key(clinic)
    found = await clinic.caller("PATIENT", patient=key).data(HISTORY, id=global_id("Patient", key))
    listed = found["patient"]["labHistory"]
    assert listed["totalCount"] == len(listed["nodes"])
    return [each["entry"] for each in listed["nodes"]]


async def trend(clinic: Clinic, loinc: str, **limits: Any) -> list[str]:
    key = await patient_key(clinic)
    caller = clinic.caller("PATIENT", patient=key)
    found = await caller.data(TREND, id=global_id("Patient", key), loinc=loinc, **limits)
    return [each["entry"]["display"] for each in found["patient"]["labTrend"]["nodes"]]


def counts(done: Imported, name: str) -> dict[str, dict[str, int]]:
    """What became of a type's resources, by domain."""
    return {row.domain: dict(row.counts) for row in done.summary.rows if row.resource_type == name}


async def test_a_result_is_shown_as_it_came(clinic: Clinic, imports: Import) -> None:
    lines = [
        kind("Specimen", "s", type=coded("119364003", "Serum"), collection={"collectedDateTime": "2020-02"}),
        kind(
            "ServiceRequest",
            "r",
            status="completed",
            intent="order",
            code=coded("24323-8", "Panel"),
            requester={"display": "Dr. A"},
        ),
        result(
            "glucose",
            valueQuantity=amount(90.250, comparator="<"),
            referenceRange=[{"low": amount(70), "high": amount(110)}, {"text": "70-110 for adults"}],
            interpretation=[coded("H", "High", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")],
            specimen={"reference": "Specimen/s"},
            basedOn=[{"reference": "ServiceRequest/r"}],
            note=[{"text": "Fasting"}],
        ),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert (done.failures, counts(done, "Observation")) == (
        [],
        {"records": {ELSEWHERE: 1}, "laboratory": {"created": 1}},
    )
    (found,) = await history(clinic)
    assert found == {
        "__typename": "ReceivedLabResult",
        "display": "<90.25 mg/dL",
        "value": 90.25,
        "comparator": "LESS",
        "unit": "mg/dL",
        "text": None,
        "flag": "HIGH",
        "interpretations": [{"code": "H"}],
        "intervals": [
            {"low": 70, "high": 110, "text": None},
            {"low": None, "high": None, "text": "70-110 for adults"},
        ],
        "code": {"code": "2345-7"},
        "status": "FINAL",
        "effective": "2020-02-03T10:11:12+05:30",
        "collectedAt": "2020-02-03T04:41:12Z",
        "issued": None,
        "comment": "Fasting",
        "components": [],
        "specimen": {"type": {"display": "Serum here"}, "number": None, "collected": "2020-02"},
        "request": {"code": {"code": "24323-8"}, "requesterName": "Dr. A"},
        "members": [],
    }
    again = await imports(bundle_of(*lines), HOSPITAL)
    assert again.outcomes == {"unchanged", ELSEWHERE}


FOUND: list[tuple[dict[str, Any], str]] = [
    ({"valueCodeableConcept": concept("260373001", "Detected")}, "Detected"),
    ({"valueString": "Turbid"}, "Turbid"),
    ({"valueInteger": 7}, "7"),
    ({"valueBoolean": False}, "false"),
    ({"valueRange": {"low": amount(5), "high": amount(10)}}, "5 mg/dL - 10 mg/dL"),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128"),
    ({"valueQuantity": amount(1e300)}, "1E+300 mg/dL"),
    ({"dataAbsentReason": {"text": "Clotted"}}, "Clotted"),
]


async def test_each_kind_of_value_has_words(clinic: Clinic, imports: Import) -> None:
    labels = {"security": [{"code": "R"}]}
    secret = result("secret", "1-8", meta=labels, valueQuantity=amount(1))
    lines = [result(f"v-{at}", "1-8", effectiveDateTime=f"201{at}", **found) for at, (found, _) in enumerate(FOUND)]
    done = await imports(bundle_of(*lines, secret), HOSPITAL)
    assert (done.failures, counts(done, "Observation")["laboratory"]) == ([], {"created": len(FOUND) + 1})
    assert await trend(clinic, "1-8") == [display for _, display in FOUND], "its label keeps one from the patient"


async def test_reports_have_their_results_whenever_those_come(clinic: Clinic, imports: Import) -> None:
    panel = result("panel", "24323-8", "Panel", hasMember=[{"reference": "Observation/glucose"}])
    first = await imports(bundle_of(report("report", "panel", "glucose", conclusion="Well"), panel), HOSPITAL)
    assert first.told("DiagnosticReport") == {"result: kept until the Observation comes to which it leads": 1}
    (found,) = await history(clinic)
    assert [each["display"] for each in found["results"]] == [""], "one is there"
    second = await imports(bundle_of(result("glucose", valueQuantity=amount(90)), result("alone")), HOSPITAL)
    assert second.failures == []
    alone, found = sorted(await history(clinic), key=lambda each: str(each["__typename"]), reverse=True)
    assert (alone["__typename"], found["code"]) == ("ReceivedLabResult", {"code": "24323-8"})
    assert [each["display"] for each in found["results"]] == ["", "90 mg/dL"]
    assert (found["conclusion"], found["issued"], found["status"]) == ("Well", "2020-02-04T08:00:00+00:00", "FINAL")


async def test_the_source_says_how_far_a_result_is(clinic: Clinic, imports: Import) -> None:
    def said(status: str, value: float, version: int) -> dict[str, list[Any]]:
        meta = {"lastUpdated": f"2020-01-0{version}T00:00:00Z"}
        return bundle_of(result("a", status=status, valueQuantity=amount(value), meta=meta))

    async def shown() -> list[tuple[str, str]]:
        return [(each["status"], each["display"]) for each in await history(clinic)]

    await imports(said("preliminary", 1, 1), HOSPITAL)
    assert await shown() == [], "nobody has verified it"
    await imports(said("final", 2, 2), HOSPITAL)
    assert (await shown(), await trend(clinic, "2345-7")) == ([("FINAL", "2 mg/dL")], ["2 mg/dL"])
    await imports(said("corrected", 3, 4), HOSPITAL)
    late = await imports(said("amended", 9, 3), HOSPITAL)
    assert counts(late, "Observation")["laboratory"] == {"left out": 1}, "an older word comes later"
    assert await shown() == [("CORRECTED", "3 mg/dL")]
    gone = await imports(said("entered-in-error", 3, 5), HOSPITAL)
    assert counts(gone, "Observation") == {"records": {ELSEWHERE: 1}, "laboratory": {"updated": 1}}
    assert ([each for each, _ in await shown()], await trend(clinic, "2345-7")) == (["ENTERED_IN_ERROR"], [])
    await imports(said("final", 4, 6), HOSPITAL)
    assert await shown() == [("FINAL", "4 mg/dL")]


async def test_an_observation_is_in_one_domain(clinic: Clinic, imports: Import) -> None:
    assert set(SIGNS) == KEPT_BY_RECORDS
    creatinine = result("creatinine", "2160-0", "Creatinine", valueQuantity=amount(1.1))
    lines = [
        creatinine,
        result("smoking", category=[{"coding": [{"code": "social-history"}]}], valueString="Never"),
        result("survey", category=[{"coding": [{"code": "survey"}]}], valueInteger=3),
        result("named", category=[], valueQuantity=amount(5)),
        result(
            "sampled", category=[], specimen={"display": "Serum"}, valueQuantity=amount(6), effectiveDateTime="2021"
        ),
        result("whose", category=[], valueQuantity=amount(7)),
        report("report", "creatinine", "named"),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert counts(done, "Observation") == {
        "records": {"created": 2, "left out": 1, ELSEWHERE: 3},
        "laboratory": {"created": 2, "left out": 1, ELSEWHERE: 3},
    }
    sampled, found = await history(clinic)
    assert [each["display"] for each in found["results"]] == ["5 mg/dL"]
    assert found["vitalSigns"] == [{"measurements": [{"value": 1.1}]}], "the record keeps it"
    assert (sampled["display"], await trend(clinic, "2345-7")) == ("6 mg/dL", ["5 mg/dL", "6 mg/dL"])
    weight = result("named", "29463-7", "Weight", category=[], valueQuantity=amount(70, "kg"))
    moved = await imports(bundle_of(weight), HOSPITAL)
    assert counts(moved, "Observation") == {"records": {"created": 1}, "laboratory": {"updated": 1}}
    assert await trend(clinic, "2345-7") == ["6 mg/dL"], "what it was is taken back"
    assert len(await seen(clinic, "vitalSigns", "id")) == 2


async def test_components_are_of_the_trend(clinic: Clinic, imports: Import) -> None:
    parts = [{"code": coded("1558-6", "Fasting glucose"), "valueQuantity": amount(80)}]
    lines = [
        result("panel", component=parts, effectiveDateTime="2021"),
        result("one", "1558-6", valueQuantity=amount(70), effectiveDateTime="2020-05-01"),
        result("none", "1558-6", effectiveDateTime=None, status="cancelled"),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert done.told("Observation (laboratory)")["effective: is not known, so that it is listed as the oldest"] == 1
    panel, _, oldest = await history(clinic)
    assert ([each["display"] for each in panel["components"]], oldest["collectedAt"]) == (["80 mg/dL"], None)
    assert await trend(clinic, "1558-6") == ["70 mg/dL", ""]
    assert await trend(clinic, "1558-6", **{"from": "2020-12-31T00:00:00Z"}) == [""]


async def test_what_is_not_a_laboratorys_is_left_out(imports: Import) -> None:
    note = {"coding": [{"system": "http://loinc.org", "code": "34117-2"}]}
    secret = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}
    lines = [
        report("note", category=[note]),
        report("nothing", category=[]),
        kind("ServiceRequest", "x-ray", status="active", intent="order", code=coded("1", "X-ray", "urn:x")),
        kind("ServiceRequest", "plan", status="active", intent="plan", category=[LABORATORY]),
        result("focus", focus=[{"reference": "Patient/x"}]),
        result("secret", meta=secret),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert counts(done, "DiagnosticReport") == {"laboratory": {"left out": 2}}
    assert counts(done, "ServiceRequest") == {"laboratory": {"left out": 2}}
    assert counts(done, "Observation")["laboratory"] == {"created": 1, "left out": 1}


async def test_medication_that_was_given_is_in_the_record(clinic: Clinic, imports: Import) -> None:
    drug = {"resourceType": "Medication", "id": "drug", "code": concept("1", "A drug")}
    given = {"medicationReference": {"reference": "Medication/drug"}}
    lines = [
        drug,
        kind("MedicationAdministration", "a", status="completed", effectiveDateTime=AT, **given),
        kind("MedicationDispense", "b", status="completed", whenHandedOver="2020-05-01T10:00:00Z", **given),
        kind("MedicationDispense", "c", status="preparation", **given),
    ]
    done = await imports(bundle_of(*lines), HOSPITAL)
    assert counts(done, "MedicationAdministration") == {"records": {"created": 1}}
    assert counts(done, "MedicationDispense") == {"records": {"created": 1, "left out": 1}}
    found = await seen(clinic, "medications", "code { display } source status since")
    assert [(each["code"]["display"], each["source"], each["status"]) for each in found] == [
        ("A drug", "ADMINISTRATION", "COMPLETED"),
        ("A drug", "DISPENSE", "COMPLETED"),
    ]
    assert (await imports(bundle_of(*lines), HOSPITAL)).outcomes == {"unchanged", "left out"}
