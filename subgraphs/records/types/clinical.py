"""GraphQL types of what the record says of a patient's health."""

from datetime import date, datetime
from functools import cache

import strawberry

from shared.graph.datatypes import Coding
from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row
from subgraphs.records import facts, models, policy
from subgraphs.records.codes import (
    AllergyCategory,
    AllergyClinicalStatus,
    AllergyCriticality,
    AllergyType,
    AllergyVerification,
    CarePlanStatus,
    CareTeamStatus,
    ConditionCategory,
    ConditionClinicalStatus,
    ConditionSeverity,
    ConditionVerification,
    ConsciousnessLevel,
    EarlyWarningRisk,
    EntryStatus,
    FamilyRelationship,
    ImmunizationStatus,
    MedicationSource,
    MedicationStatus,
    ProcedureStatus,
    ReactionSeverity,
)
from subgraphs.records.coding import LOINC
from subgraphs.records.early_warning import body_mass_index, early_warning
from subgraphs.records.types.entries import RecordEntry
from subgraphs.records.types.said import said
from subgraphs.records.types.stubs import Practitioner
from subgraphs.records.vital_signs import SIGNS, canonical, is_unusual


@strawberry.type(description="What happened to a patient by a substance (FHIR AllergyIntolerance.reaction).")
class Reaction:
    manifestation: Coding = strawberry.field(description="What happened, such as a rash, as a code.")
    severity: ReactionSeverity | None = strawberry.field(
        description="How severe the reaction was; null where that was not said."
    )
    onset: str | None = strawberry.field(description="When the reaction happened; null where that is not known.")


@strawberry.type(description="A condition of a relative (FHIR FamilyMemberHistory.condition).")
class RelativesCondition:
    code: Coding = strawberry.field(description="The condition, as a code.")
    onset_age: int | None = strawberry.field(
        description="At what age the condition began, in years; null where that is not known."
    )


@cache
def _sign(code: str) -> Coding:
    return Coding(system=LOINC, code=code, display=SIGNS[code].display)


def _unusual(row: facts.Measurement) -> bool:
    value = canonical(row.code, row.value, row.unit)
    return value is not None and is_unusual(row.code, value)


@strawberry.type(description="A vital sign that was measured, with its LOINC code and its unit of UCUM.")
class Measurement:
    row: strawberry.Private[facts.Measurement]
    code: Coding = from_row(lambda row: _sign(row.code), description="What was measured, as a LOINC code.")
    value: float = from_row(lambda row: float(row.value), description="The value in the unit, as it was measured.")
    unit: str = from_row("unit", description="The unit of the value, a code of UCUM.")
    unusual: bool = from_row(_unusual, description="Whether the value is so rare that it is worth a second look.")


@strawberry.type(description="A parameter of a score, and the points that it gives.")
class ScoreParameter:
    name: str = strawberry.field(description="The name of the parameter, such as `pulse`.")
    points: int = strawberry.field(description="The points that the parameter gives.")
    value: str = strawberry.field(description="What the points are given for, as text.")


@strawberry.type(
    description="A National Early Warning Score 2 (Royal College of Physicians 2017), with what it is made of."
)
class EarlyWarningScore:
    name: str = strawberry.field(description="The name and version of the score.")
    aggregate: int = strawberry.field(description="The sum of all points, 0 to 20.")
    risk: EarlyWarningRisk = strawberry.field(description="How urgent a response is.")
    parameters: list[ScoreParameter] = strawberry.field(description="The parameters, each with its points.")


def _measurements(row: models.VitalSigns) -> list[Measurement]:
    return [Measurement(row=each) for each in row.facts.value.measurements]


def _body_mass_index(row: models.VitalSigns) -> float | None:
    index = body_mass_index(row.facts.value)
    return None if index is None else float(index)


def _early_warning_score(row: models.VitalSigns) -> EarlyWarningScore | None:
    score = early_warning(row.facts.value)
    if score is None:
        return None
    parameters = [
        ScoreParameter(name=name, points=points, value=str(getattr(score.inputs, name)))
        for name, points in score.points.items()
    ]
    risk = EarlyWarningRisk(score.risk.value)
    return EarlyWarningScore(name=score.name, aggregate=score.aggregate, risk=risk, parameters=parameters)


def _members(row: models.CareTeam) -> list[Practitioner]:
    return [member for key in row.member_ids if (member := Practitioner.of(key))]


@entity(
    policy.conditions,
    scopes=policy.READS_SAFETY,
    description="A diagnosis or problem of a patient (FHIR Condition).",
)
class Condition(Entity[models.Condition], RecordEntry):
    code: Coding | None = said("code", description="The diagnosis or problem, as a code.")
    category: ConditionCategory | None = said(
        "category", description="What the condition is recorded as, such as a problem."
    )
    clinical_status: ConditionClinicalStatus | None = from_row(
        "clinical_status", description="Whether the patient has the condition now; null if it was entered by mistake."
    )
    verification: ConditionVerification | None = from_row(
        "status", description="How sure it is that the patient has the condition."
    )
    severity: ConditionSeverity | None = said(
        "severity", description="How severe the condition is; null where that was not said."
    )
    onset: str | None = said(
        "onset", description="When the condition began, a year, month, day or time; null where that is not known."
    )
    abatement: str | None = said(
        "abatement", description="When the condition ended, a year, month, day or time; null where that is not known."
    )
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.allergies,
    scopes=policy.READS_SAFETY,
    description="A substance that a patient does not tolerate, or the statement that none is known (FHIR AllergyIntolerance).",
)
class Allergy(Entity[models.Allergy], RecordEntry):
    code: Coding | None = said("code", description="The substance, as a code; null if no allergies are known.")
    none_known: bool | None = from_row(
        "none_known", description="Whether this is the statement that no allergies are known."
    )
    type: AllergyType | None = said(
        "type", description="By what mechanism the patient reacts; null where that is not known."
    )
    category: AllergyCategory | None = said(
        "category", description="What kind of substance it is; null where that was not said."
    )
    criticality: AllergyCriticality | None = said(
        "criticality", description="What harm a future reaction may do; null where that was not said."
    )
    clinical_status: AllergyClinicalStatus | None = from_row(
        "clinical_status", description="Whether the patient has the allergy now; null if it was entered by mistake."
    )
    verification: AllergyVerification | None = from_row(
        "status", description="How sure it is that the patient has the allergy."
    )
    reactions: list[Reaction] | None = said("reactions", description="What has happened so far.")
    onset: str | None = said(
        "onset", description="Since when the patient has the allergy; null where that is not known."
    )
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.vital_signs,
    scopes=policy.READS_SAFETY,
    description="What was measured of a patient at one time (FHIR Observation, vital-signs).",
)
class VitalSigns(Entity[models.VitalSigns], RecordEntry):
    status: EntryStatus | None = from_row("status", description="Whether the vital signs hold.")
    effective_at: datetime | None = from_row("effective_at", description="When the vital signs were measured.")
    measurements: list[Measurement] | None = from_row(
        _measurements, description="What was measured, each vital sign once."
    )
    consciousness: ConsciousnessLevel | None = said(
        "consciousness", description="How conscious the patient was; null where that was not said."
    )
    oxygen: bool | None = said("oxygen", description="Whether the patient was given oxygen.")
    hypercapnic: bool | None = said(
        "hypercapnic", description="Whether the oxygen saturation is to be 88 to 92 % (scale 2 of NEWS2)."
    )
    body_mass_index: float | None = from_row(
        _body_mass_index, description="The body mass index in kg/m2; null unless weight and height were measured."
    )
    early_warning_score: EarlyWarningScore | None = from_row(
        _early_warning_score,
        description="NEWS2, for patients of 16 years and older; null unless all that it is made of was measured.",
    )
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.immunizations,
    scopes=[[policy.READ]],
    description="A vaccination that was given to a patient, or was not (FHIR Immunization).",
)
class Immunization(Entity[models.Immunization], RecordEntry):
    code: Coding | None = said("code", description="The vaccine, as a code.")
    status: ImmunizationStatus | None = from_row("status", description="Whether the vaccination was given.")
    occurred: str | None = said(
        "occurred",
        description="When the vaccination was given, a year, month, day or time; null where that is not known.",
    )
    lot_number: str | None = said(
        "lot_number", description="The number of the vaccine's lot; null where that is not known."
    )
    expires: date | None = said(
        "expires", description="The last day on which the vaccine can be used; null where that is not known."
    )
    site: str | None = said(
        "site", description="Where on the body the vaccine was given; null where that was not said."
    )
    dose: int | None = said("dose", description="Which dose of the series it was; null where that is not known.")
    reason_not_done: str | None = said(
        "reason_not_done", description="Why the vaccination was not given; null where it was, or that was not said."
    )
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.procedures,
    scopes=[[policy.READ]],
    description="Something that is done for a patient, such as an operation (FHIR Procedure).",
)
class Procedure(Entity[models.Procedure], RecordEntry):
    code: Coding | None = said("code", description="What is done, as a code.")
    status: ProcedureStatus | None = from_row("status", description="How far the procedure has come.")
    performed: str | None = said(
        "performed", description="When the procedure was carried out; null where that is not known."
    )
    performed_until: str | None = said(
        "performed_until", description="When the procedure ended; null where that is not known."
    )
    body_site: Coding | None = said(
        "body_site", description="Where on the body the procedure was carried out; null where that was not said."
    )
    outcome: str | None = said("outcome", description="What came of the procedure; null where that was not said.")
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.medication_statements,
    scopes=policy.READS_SAFETY,
    description="Medication that a patient took or takes, by somebody's word (FHIR MedicationStatement).",
)
class MedicationStatement(Entity[models.MedicationStatement], RecordEntry):
    code: Coding | None = said("code", description="The medication, as a code.")
    status: MedicationStatus | None = from_row("status", description="Whether the patient takes the medication.")
    source: MedicationSource | None = said("source", description="Who says that the patient takes the medication.")
    dosage: str | None = said("dosage", description="How the medication is taken; null where that was not said.")
    since: str | None = said(
        "since", description="Since when the patient takes the medication; null where that is not known."
    )
    until: str | None = said(
        "until", description="Until when the patient took the medication; null where that is not known."
    )
    reason: str | None = said(
        "reason", description="Why the patient takes the medication; null where that was not said."
    )
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.family_history,
    scopes=[[policy.READ]],
    description="The health of a relative of a patient (FHIR FamilyMemberHistory).",
)
class FamilyHistory(Entity[models.FamilyHistory], RecordEntry):
    status: EntryStatus | None = from_row("status", description="Whether the entry holds.")
    relationship: FamilyRelationship | None = said("relationship", description="What the relative is to the patient.")
    conditions: list[RelativesCondition] | None = said("conditions", description="What the relative had or has.")
    deceased: bool | None = said("deceased", description="Whether the relative has died; null where that is not known.")
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.social_history,
    scopes=[[policy.READ]],
    description="How a patient lives, such as whether they smoke (FHIR Observation, social-history).",
)
class SocialHistory(Entity[models.SocialHistory], RecordEntry):
    status: EntryStatus | None = from_row("status", description="Whether the entry holds.")
    code: Coding | None = said("code", description="What is said, as a code.")
    value: Coding | None = said("value", description="How it is, as a code; null where it is said in words only.")
    text: str | None = said("text", description="How it is, in words; null where it is said by a code only.")
    observed: str | None = said("observed", description="When it was so; null where that was not said.")


@entity(
    policy.care_plans,
    scopes=[[policy.READ]],
    description="What is planned for a patient (FHIR CarePlan).",
)
class CarePlan(Entity[models.CarePlan], RecordEntry):
    status: CarePlanStatus | None = from_row("status", description="Whether the care plan is followed.")
    title: str | None = said("title", description="What the care plan is about.")
    goals: list[str] | None = said("goals", description="What is to be reached.")
    activities: list[str] | None = said("activities", description="What is to be done.")
    since: str | None = said("since", description="Since when the care plan is followed; null where that is not known.")
    until: str | None = said("until", description="Until when the care plan was followed; null while it is.")
    note: str | None = said("note", description="What else there is to say; null where there is nothing.")


@entity(
    policy.care_teams,
    scopes=[[policy.READ]],
    description="Practitioners who look after a patient together, and may open the record (FHIR CareTeam).",
)
class CareTeam(Entity[models.CareTeam], RecordEntry):
    status: CareTeamStatus | None = from_row("status", description="Whether the care team looks after the patient.")
    name: str | None = said("name", description="What the care team is called.")
    reason: str | None = said(
        "reason", description="Why the patient is looked after by a team; null where that was not said."
    )
    members: list[Practitioner] | None = from_row(_members, description="The practitioners of the care team.")
