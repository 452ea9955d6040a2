"""Resources of laboratories, and of medication that was given, with all that they can say."""

from typing import Any

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
LABORATORY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}
SECTION = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "CH"}]}
AT, THEN = "2020-02-03T10:11:12+05:30", {"start": "2020-01-02T10:00:00+01:00", "end": "2020-01-02T11:30:00+01:00"}
SUBJECT = {"subject": {"reference": "Patient/patient"}}
NOTES = [{"text": "A note."}, {"text": "Another."}]
WHO = [{"reference": "Practitioner/p", "display": "Dr. A"}, {"reference": "Organization/o", "display": "A laboratory"}]


def coded(code: str, name: str, system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": name}], "text": f"{name} here"}


def amount(value: float, unit: str = "mg/dL", **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": f"{unit} as shown", "system": UCUM, "code": unit, **more}


def kind(name: str, key: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": name, "id": key, **SUBJECT, **content}


def result(key: str, code: str = "2345-7", name: str = "Glucose", **content: Any) -> dict[str, Any]:
    given = {"status": "final", "category": [LABORATORY], "code": coded(code, name), "effectiveDateTime": AT}
    return {key: value for key, value in kind("Observation", key, **given | content).items() if value is not None}


def report(key: str, *results: str, **content: Any) -> dict[str, Any]:
    given = {
        "status": "final",
        "category": [SECTION],
        "code": coded("24323-8", "Metabolic panel"),
        "effectiveDateTime": "2020-02-03",
        "issued": "2020-02-04T08:00:00Z",
        "result": [{"reference": f"Observation/{each}"} for each in results],
    }
    return kind("DiagnosticReport", key, **given | content)


CONTAINED: dict[str, Any] = {
    "medicationReference": {"reference": "#m", "display": "Pills"},
    "contained": [{"resourceType": "Medication", "id": "m"}],
}
_RANGE = {
    "low": amount(70),
    "high": amount(110),
    "type": coded("normal", "Normal", "urn:x"),
    "appliesTo": [coded("248153007", "Men", "http://snomed.info/sct")],
    "text": "70 to 110",
}
_FOUND: list[dict[str, Any]] = [
    {"valueQuantity": amount(90.25, comparator="<"), "referenceRange": [_RANGE]},
    {"valueQuantity": amount(90.25, comparator="~"), "referenceRange": [_RANGE | {"low": amount(1, "g/L")}]},
    {"valueQuantity": amount(1e300)},
    {"valueCodeableConcept": coded("260373001", "Detected", "http://snomed.info/sct")},
    {"valueCodeableConcept": {"text": "A word", "coding": [{"display": "Another word"}]}},
    {"valueString": "Turbid"},
    {"valueBoolean": True},
    {"valueInteger": 7},
    {"valueRange": {"low": amount(5), "high": amount(10)}},
    {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}},
    {"valueTime": "10:00:00"},
    {"valueDateTime": AT},
    {"valuePeriod": THEN},
    {"dataAbsentReason": coded("not-performed", "Not done", "urn:absent"), "effectiveInstant": AT},
]
RICH: list[dict[str, Any]] = [
    *(
        result(
            "glucose",
            effectiveDateTime=None if "effectiveInstant" in found else AT,
            issued=AT,
            performer=WHO,
            specimen={"reference": "Specimen/s"},
            basedOn=[{"reference": "ServiceRequest/r"}, {"reference": "ServiceRequest/q"}],
            bodySite=coded("368208006", "Left arm", "http://snomed.info/sct"),
            method=coded("1", "By hand", "urn:x"),
            note=NOTES,
            interpretation=[coded("H", "High", "urn:x"), coded("W", "Worse", "urn:x")],
            hasMember=[{"reference": "Observation/member"}],
            component=[{"code": coded("1558-6", "Fasting glucose"), **found}],
            **found,
        )
        for found in _FOUND
    ),
    result("panel", effectiveDateTime=None, effectivePeriod=THEN, status="unheard of"),
    result("other", focus=[{"reference": "Patient/x"}]),
    report(
        "report",
        "glucose",
        performer=WHO,
        resultsInterpreter=[{"reference": "Practitioner/q", "display": "Dr. B"}],
        specimen=[{"reference": "Specimen/s"}],
        basedOn=[{"reference": "ServiceRequest/r"}],
        conclusion="All is well.",
        conclusionCode=[coded("17621005", "Normal", "http://snomed.info/sct")],
    ),
    report("period", effectiveDateTime=None, effectivePeriod=THEN),
    kind(
        "Specimen",
        "s",
        status="available",
        accessionIdentifier={"system": "urn:lab", "value": "A-17", "type": {"text": "ACSN"}},
        type=coded("119364003", "Serum", "http://snomed.info/sct"),
        receivedTime=AT,
        collection={"collectedPeriod": THEN, "bodySite": coded("1", "Arm", "urn:x")},
        note=NOTES,
    ),
    kind("Specimen", "t", collection={"collectedDateTime": AT}),
    kind(
        "ServiceRequest",
        "r",
        status="active",
        intent="order",
        doNotPerform=False,
        category=[coded("108252007", "Laboratory procedure", "http://snomed.info/sct")],
        priority="urgent",
        code=coded("24323-8", "Metabolic panel"),
        authoredOn=AT,
        requester={"reference": "Practitioner/p", "display": "Dr. A"},
        reasonCode=[coded("1", "Fatigue", "urn:x")],
        reasonReference=[{"reference": "Condition/c", "display": "Diabetes"}],
        specimen=[{"reference": "Specimen/s"}],
        note=NOTES,
    ),
    *(
        kind(
            name,
            "given",
            status="completed",
            medicationCodeableConcept=None if "contained" in more else coded("1", "A drug", "urn:x"),
            context={"reference": "Encounter/e"},
            reasonCode=[coded("1", "Fatigue", "urn:x")],
            reasonReference=[{"reference": "Condition/c", "display": "Diabetes"}],
            note=NOTES,
            **more,
        )
        for name, more in (
            (
                "MedicationAdministration",
                {
                    "effectiveDateTime": AT,
                    "statusReason": [coded("1", "Asked for", "urn:x")],
                    "dosage": {
                        "text": "Slowly",
                        "site": coded("1", "Arm", "urn:x"),
                        "route": coded("1", "Vein", "urn:x"),
                        "method": coded("1", "Push", "urn:x"),
                        "dose": {"value": 5, "unit": "mg"},
                        "rateRatio": {
                            "numerator": {"value": 1, "unit": "mg"},
                            "denominator": {"value": 2, "unit": "h"},
                        },
                        "rateQuantity": {"value": 3, "unit": "mL/h"},
                    },
                },
            ),
            ("MedicationAdministration", {"effectivePeriod": THEN} | CONTAINED),
            ("MedicationDispense", {"whenPrepared": AT} | CONTAINED),
            (
                "MedicationDispense",
                {
                    "quantity": {"value": 30, "unit": "tablets"},
                    "daysSupply": {"value": 10, "unit": "days"},
                    "whenPrepared": "2020-02-03T10:00:00Z",
                    "whenHandedOver": AT,
                    "dosageInstruction": [{"text": "One a day"}],
                },
            ),
        )
    ),
]
