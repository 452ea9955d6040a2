"""Entries of the record as resources of FHIR R4 (https://hl7.org/fhir/R4), as the International Patient Summary has them."""

from decimal import Decimal
from typing import Any

from shared.datatypes import AdministrativeGender
from subgraphs.records.coding import LOINC, SNOMED_CT, UCUM
from subgraphs.records.facts import Coded, Measurement
from subgraphs.records.models import (
    Allergy,
    CarePlan,
    Condition,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Procedure,
    SocialHistory,
    VitalSigns,
)
from subgraphs.records.vital_signs import CREATININE, DIASTOLIC, SIGNS, SYSTOLIC

Resource = dict[str, Any]

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_NO_KNOWN_ALLERGY = Coded(system=SNOMED_CT, code="716186003", display="No known allergy")
_UNKNOWN = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"},
    ]
}


def condition(row: Condition, patient: str) -> list[Resource]:
    """A Condition."""
    facts = row.facts.value
    return [
        _resource(
            "Condition",
            row,
            clinicalStatus=_term("condition-clinical", row.clinical_status),
            verificationStatus=_term("condition-ver-status", row.status),
            category=[_term("condition-category", facts.category)],
            severity=facts.severity and {"text": facts.severity.value},
            code=concept(facts.code),
            subject={"reference": patient},
            onsetDateTime=facts.onset,
            abatementDateTime=facts.abatement,
            recordedDate=row.recorded_at.isoformat(),
            note=_note(facts.note),
        )
    ]


def allergy(row: Allergy, patient: str) -> list[Resource]:
    """An AllergyIntolerance, or that none is known."""
    facts = row.facts.value
    reactions = [
        _without_nothing(
            manifestation=[concept(each.manifestation)],
            severity=each.severity and each.severity.value,
            onset=each.onset,
        )
        for each in facts.reactions
    ]
    return [
        _resource(
            "AllergyIntolerance",
            row,
            clinicalStatus=_term("allergyintolerance-clinical", row.clinical_status),
            verificationStatus=_term("allergyintolerance-verification", row.status),
            type=facts.type and facts.type.value,
            category=facts.category and [facts.category.value],
            criticality=facts.criticality and facts.criticality.value,
            code=concept(facts.code or _NO_KNOWN_ALLERGY),
            patient={"reference": patient},
            onsetDateTime=facts.onset,
            recordedDate=row.recorded_at.isoformat(),
            reaction=reactions,
            note=_note(facts.note),
        )
    ]


def medication_statement(row: MedicationStatement, patient: str) -> list[Resource]:
    """A MedicationStatement."""
    facts = row.facts.value
    period = _without_nothing(start=facts.since, end=facts.until)
    return [
        _resource(
            "MedicationStatement",
            row,
            status=_code(row.status),
            medicationCodeableConcept=concept(facts.code),
            subject={"reference": patient},
            effectivePeriod=period,
            _effectiveDateTime=None if period else _UNKNOWN,
            reasonCode=facts.reason and [{"text": facts.reason}],
            dosage=facts.dosage and [{"text": facts.dosage}],
            note=_note(facts.note),
        )
    ]


def immunization(row: Immunization, patient: str) -> list[Resource]:
    """An Immunization."""
    facts = row.facts.value
    return [
        _resource(
            "Immunization",
            row,
            status=_code(row.status),
            statusReason=facts.reason_not_done and {"text": facts.reason_not_done},
            vaccineCode=concept(facts.code),
            patient={"reference": patient},
            occurrenceDateTime=facts.occurred,
            lotNumber=facts.lot_number,
            expirationDate=facts.expires and facts.expires.isoformat(),
            site=facts.site and {"text": facts.site},
            protocolApplied=facts.dose and [{"doseNumberPositiveInt": facts.dose}],
            note=_note(facts.note),
        )
    ]


def procedure(row: Procedure, patient: str) -> list[Resource]:
    """A Procedure."""
    facts = row.facts.value
    return [
        _resource(
            "Procedure",
            row,
            status=_code(row.status),
            code=concept(facts.code),
            subject={"reference": patient},
            performedDateTime=None if facts.performed_until else facts.performed,
            performedPeriod=facts.performed_until
            and _without_nothing(start=facts.performed, end=facts.performed_until),
            _performedDateTime=None if facts.performed or facts.performed_until else _UNKNOWN,
            bodySite=facts.body_site and [concept(facts.body_site)],
            outcome=facts.outcome and {"text": facts.outcome},
            note=_note(facts.note),
        )
    ]


def vital_signs(row: VitalSigns, patient: str) -> list[Resource]:
    """Observations of the vital signs profile: one a measurement, but a panel of the two blood pressures."""
    measured = {each.code: each for each in row.facts.value.measurements}
    pressures = [measured.pop(code) for code in (SYSTOLIC, DIASTOLIC) if code in measured]
    single: list[tuple[str, Resource]] = [
        (code, {"code": _sign(code), "valueQuantity": _quantity(each)}) for code, each in measured.items()
    ]
    if pressures:
        panel = concept(Coded(system=LOINC, code="85354-9", display="Blood pressure panel with all children optional"))
        components = [{"code": _sign(each.code), "valueQuantity": _quantity(each)} for each in pressures]
        single.append(("85354-9", {"code": panel, "component": components}))
    return [
        _resource(
            "Observation",
            row,
            code,
            status="final",
            category=[_term("observation-category", "laboratory" if code in CREATININE else "vital-signs")],
            subject={"reference": patient},
            effectiveDateTime=row.effective_at.isoformat(),
            **values,
        )
        for code, values in single
    ]


def social_history(row: SocialHistory, patient: str) -> list[Resource]:
    """An Observation of how the patient lives."""
    facts = row.facts.value
    return [
        _resource(
            "Observation",
            row,
            status="final",
            category=[_term("observation-category", "social-history")],
            code=concept(facts.code),
            subject={"reference": patient},
            effectiveDateTime=facts.observed or row.recorded_at.isoformat(),
            valueCodeableConcept=facts.value and concept(facts.value),
            valueString=None if facts.value else facts.text,
        )
    ]


def family_history(row: FamilyHistory, patient: str) -> list[Resource]:
    """A FamilyMemberHistory."""
    facts = row.facts.value
    return [
        _resource(
            "FamilyMemberHistory",
            row,
            status="completed",
            patient={"reference": patient},
            relationship=_term("v3-RoleCode", facts.relationship, as_it_is=True),
            deceasedBoolean=facts.deceased,
            condition=[
                _without_nothing(
                    code=concept(each.code),
                    onsetAge=_years(each.onset_age),
                )
                for each in facts.conditions
            ],
            note=_note(facts.note),
        )
    ]


def care_plan(row: CarePlan, patient: str) -> list[Resource]:
    """A CarePlan."""
    facts = row.facts.value
    return [
        _resource(
            "CarePlan",
            row,
            status=_code(row.status),
            intent="plan",
            title=facts.title,
            description="\n".join(facts.goals),
            subject={"reference": patient},
            period=_without_nothing(start=facts.since, end=facts.until),
            activity=[{"detail": {"status": "unknown", "description": each}} for each in facts.activities],
            note=_note(facts.note),
        )
    ]


def person(key: str, name: str, birth_date: str | None, gender: AdministrativeGender | None) -> Resource:
    """The Patient."""
    return _without_nothing(
        resourceType="Patient",
        id=key,
        name=[{"text": name}],
        gender=gender and gender.value,
        birthDate=birth_date,
        _birthDate=None if birth_date else _UNKNOWN,
    )


def concept(code: Coded) -> Resource:
    """A CodeableConcept of one code."""
    coding = _without_nothing(system=code.system, code=code.code, display=code.display)
    return _without_nothing(coding=[coding], text=code.display)


def _resource(kind: str, row: Any, suffix: str = "", /, **elements: Any) -> Resource:
    key = f"{row.id}-{suffix}" if suffix else str(row.id)
    return _without_nothing(resourceType=kind, id=key, **elements)


def _without_nothing(**elements: Any) -> Resource:
    """Elements that have a value: FHIR knows no null and nothing that is empty."""
    return {name: value for name, value in elements.items() if value is False or value or value == 0}


def _term(system: str, code: str | None, *, as_it_is: bool = False) -> Resource | None:
    """A code of HL7's terminology."""
    if code is None:
        return None
    return {"coding": [{"system": f"{TERMINOLOGY}/{system}", "code": str(code) if as_it_is else _code(code)}]}


def _code(value: str) -> str:
    return str(value).lower().replace("_", "-")


def _note(text: str | None) -> list[Resource]:
    return [] if text is None else [{"text": text}]


def _sign(code: str) -> Resource:
    return concept(Coded(system=LOINC, code=code, display=SIGNS[code].display))


def _quantity(measured: Measurement) -> Resource:
    return {"value": _number(measured.value), "unit": measured.unit, "system": UCUM, "code": measured.unit}


def _years(value: int | None) -> Resource | None:
    return None if value is None else {"value": value, "unit": "years", "system": UCUM, "code": "a"}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
