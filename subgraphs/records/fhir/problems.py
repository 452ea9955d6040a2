"""FHIR R4 Condition, AllergyIntolerance and FamilyMemberHistory."""

from shared import fhir
from shared.fhir import CodeableConcept, LeftOut, Period, Reference, Retracted, Tell
from shared.known import References
from subgraphs.records.codes import (
    AllergyCategory,
    AllergyClinicalStatus,
    AllergyCriticality,
    AllergyType,
    AllergyVerification,
    ConditionCategory,
    ConditionClinicalStatus,
    ConditionSeverity,
    ConditionVerification,
    EntryStatus,
    FamilyRelationship,
    ReactionSeverity,
)
from subgraphs.records.coding import SNOMED_CT
from subgraphs.records.commands.received import ReceivedEntry
from subgraphs.records.facts import (
    AllergyFacts,
    ConditionFacts,
    FamilyCondition,
    FamilyHistoryFacts,
    Reaction,
)
from subgraphs.records.fhir import reading
from subgraphs.records.fhir.reading import Annotation, Quantity, Range, coded, known_code, labelled, when

IN_ERROR = "entered-in-error"

_CONDITION_STATUS = {status.value.lower(): status for status in ConditionClinicalStatus}
_CONDITION_VERIFICATION = {
    status.value.lower(): status
    for status in ConditionVerification
    if status is not ConditionVerification.ENTERED_IN_ERROR
}
_CATEGORIES = {category.value: category for category in ConditionCategory} | {
    "health-concern": ConditionCategory.PROBLEM,
    "problem": ConditionCategory.PROBLEM,
    "diagnosis": ConditionCategory.DIAGNOSIS,
    "75326-9": ConditionCategory.PROBLEM,
}
# https://hl7.org/fhir/R4/valueset-condition-severity.html, and LOINC's answers, as International Patient Summaries have them
_SEVERITIES = {severity.value: severity for severity in ConditionSeverity} | {
    "255604002": ConditionSeverity.MILD,
    "6736007": ConditionSeverity.MODERATE,
    "24484000": ConditionSeverity.SEVERE,
    "la6752-5": ConditionSeverity.MILD,
    "la6751-7": ConditionSeverity.MODERATE,
    "la6750-9": ConditionSeverity.SEVERE,
}

_ALLERGY_STATUS = {status.value.lower(): status for status in AllergyClinicalStatus}
_ALLERGY_VERIFICATION = {
    status.value.lower(): status for status in AllergyVerification if status is not AllergyVerification.ENTERED_IN_ERROR
}
# https://hl7.org/fhir/R4/allergyintolerance.html#9.1.2.3: that no allergies are known at all, and of one kind.
_NONE_KNOWN = "716186003"
_NONE_OF_A_KIND = {"409137002", "429625007", "428607008"}

# HL7's v3 RoleCode and SNOMED CT, by what is kept apart here.
_RELATIVES = {
    FamilyRelationship.MOTHER: "mth nmth nmthf gestm stpmth adoptm mthfost 72705000 mother",
    FamilyRelationship.FATHER: "fth nfth nfthf stpfth adoptf fthfost 66839005 father",
    FamilyRelationship.SISTER: "sis nsis hsis stpsis twinsis ftwinsis itwinsis 27733009 sister",
    FamilyRelationship.BROTHER: "bro nbro hbro stpbro twinbro ftwinbro itwinbro 70924004 brother",
    FamilyRelationship.DAUGHTER: "dauc dau stpdau dauadopt daufost 66089001 daughter",
    FamilyRelationship.SON: "sonc son stpson sonadopt sonfost 65616008 son",
    FamilyRelationship.GRANDMOTHER: "grmth mgrmth pgrmth 113157001 grandmother",
    FamilyRelationship.GRANDFATHER: "grfth mgrfth pgrfth 34871008 grandfather",
    FamilyRelationship.AUNT: "aunt maunt paunt 25211005 aunt",
    FamilyRelationship.UNCLE: "uncle muncle puncle 38048003 uncle",
}
_RELATIONSHIPS = {code: relationship for relationship, codes in _RELATIVES.items() for code in codes.split()}


class Condition(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/condition.html."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: list[CodeableConcept] = []
    severity: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str | None = None
    onset_age: Quantity | None = None
    onset_period: Period | None = None
    onset_range: Range | None = None
    onset_string: str | None = None
    abatement_date_time: str | None = None
    abatement_age: Quantity | None = None
    abatement_period: Period | None = None
    abatement_range: Range | None = None
    abatement_string: str | None = None
    recorded_date: str | None = None
    note: list[Annotation] = []


def read_condition(resource: Condition, references: References) -> ReceivedEntry:
    """What is told of a diagnosis or problem."""
    tell = references.tell
    _refuse_errors(resource.verification_status)
    onset = reading.began("onset", resource.onset_date_time, resource.onset_period, tell)
    abatement = reading.began("abatement", resource.abatement_date_time, resource.abatement_period, tell)
    onset_said = resource.onset_age or resource.onset_range or resource.onset_string
    abated = resource.abatement_age or resource.abatement_range or resource.abatement_string
    has_abated = bool(abatement or abated)
    verification = reading.code_among(resource.verification_status, _CONDITION_VERIFICATION)
    if verification is None:
        tell("verificationStatus", "taken as unconfirmed, since none is given that is known")
    return ReceivedEntry(
        patient_id=reading.patient(references, "subject", resource.subject),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.recorded("recordedDate", resource.recorded_date, tell, resource.onset_date_time),
        status=verification or ConditionVerification.UNCONFIRMED,
        clinical_status=_condition_status(resource.clinical_status, tell, has_abated=has_abated),
        facts=ConditionFacts(
            code=coded("code", resource.code, tell),
            category=_category(resource, tell),
            severity=_severity(resource.severity, tell),
            onset=onset,
            abatement=abatement,
            note=reading.notes(
                "note", resource.note, tell, labelled("Onset", onset_said), labelled("Abatement", abated)
            ),
        ),
    )


def _refuse_errors(status: CodeableConcept | None) -> None:
    if reading.code_among(status, {IN_ERROR: True}):
        raise Retracted


def _condition_status(concept: CodeableConcept | None, tell: Tell, *, has_abated: bool) -> ConditionClinicalStatus:
    found = reading.code_among(concept, _CONDITION_STATUS)
    if found is not None:
        return found
    taken = ConditionClinicalStatus.RESOLVED if has_abated else ConditionClinicalStatus.ACTIVE
    tell("clinicalStatus", f"taken as {taken.value.lower()}, since none is given that is known")
    return taken


def _category(resource: Condition, tell: Tell) -> ConditionCategory:
    found = [reading.code_among(concept, _CATEGORIES) for concept in resource.category]
    known = next(filter(None, found), None)
    if known is None:
        known = ConditionCategory.DIAGNOSIS if resource.encounter else ConditionCategory.PROBLEM
        tell(
            "category",
            "taken as a diagnosis if it is of an encounter, else as a problem, since none is given that is known",
        )
    elif len(found) > 1:
        tell("category", "left out, but for the first that is known")
    return known


def _severity(concept: CodeableConcept | None, tell: Tell) -> ConditionSeverity | None:
    found = reading.code_among(concept, _SEVERITIES)
    if concept and found is None:
        tell("severity", "left out, since it is none that is known")
    return found


class AllergyReaction(fhir.Element, frozen=True):
    """AllergyIntolerance.reaction."""

    manifestation: list[CodeableConcept] = []
    severity: str | None = None
    onset: str | None = None
    description: str | None = None
    note: list[Annotation] = []


class AllergyIntolerance(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/allergyintolerance.html."""

    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    type: str | None = None
    category: list[str | None] = []
    criticality: str | None = None
    code: CodeableConcept | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str | None = None
    onset_age: Quantity | None = None
    onset_period: Period | None = None
    onset_range: Range | None = None
    onset_string: str | None = None
    recorded_date: str | None = None
    note: list[Annotation] = []
    reaction: list[AllergyReaction] = []


def read_allergy(resource: AllergyIntolerance, references: References) -> ReceivedEntry:
    """What is told of an allergy, or that none is known."""
    tell = references.tell
    _refuse_errors(resource.verification_status)
    codes = {coding.code for coding in resource.code.coding if coding.system == SNOMED_CT} if resource.code else set()
    if codes & _NONE_OF_A_KIND:
        raise LeftOut("code: left out, since that no allergies of one kind are known is not recorded")
    none_known = _NONE_KNOWN in codes
    clinical = reading.code_among(resource.clinical_status, _ALLERGY_STATUS)
    if clinical is None:
        clinical = AllergyClinicalStatus.ACTIVE
        tell("clinicalStatus", "taken as active, since none is given that is known")
    verification = reading.code_among(resource.verification_status, _ALLERGY_VERIFICATION)
    if verification is None:
        verification = AllergyVerification.UNCONFIRMED
        tell("verificationStatus", "taken as unconfirmed, since none is given that is known")
    return ReceivedEntry(
        patient_id=reading.patient(references, "patient", resource.patient),
        encounter_id=reading.encounter(references, resource.encounter),
        recorded_at=reading.recorded("recordedDate", resource.recorded_date, tell, resource.onset_date_time),
        status=verification,
        clinical_status=clinical,
        none_known=none_known,
        facts=AllergyFacts(note=reading.notes("note", resource.note, tell)) if none_known else _allergy(resource, tell),
    )


def _allergy(resource: AllergyIntolerance, tell: Tell) -> AllergyFacts:
    categories = [each for each in resource.category if each]
    if len(categories) > 1:
        tell("category", "left out, but for the first")
    onset_said = resource.onset_age or resource.onset_range or resource.onset_string
    if any(not each.manifestation and (each.severity or each.onset) for each in resource.reaction):
        tell("reaction", "left out where it does not say what happened, but for its description")
    described = (text for each in resource.reaction for text in (each.description, *(note.text for note in each.note)))
    return AllergyFacts(
        code=coded("code", resource.code, tell),
        type=known_code(AllergyType, "type", resource.type, tell),
        category=known_code(AllergyCategory, "category", next(iter(categories), None), tell),
        criticality=known_code(AllergyCriticality, "criticality", resource.criticality, tell),
        reactions=tuple(_reactions(resource, tell)),
        onset=reading.began("onset", resource.onset_date_time, resource.onset_period, tell),
        note=reading.notes("note", resource.note, tell, labelled("Onset", onset_said), *described),
    )


def _reactions(resource: AllergyIntolerance, tell: Tell) -> list[Reaction]:
    return [
        Reaction(
            manifestation=coded("reaction.manifestation", manifestation, tell),
            severity=known_code(ReactionSeverity, "reaction.severity", each.severity, tell),
            onset=when("reaction.onset", each.onset, tell),
        )
        for each in resource.reaction
        for manifestation in each.manifestation
    ]


class FamilyMemberCondition(fhir.Element, frozen=True):
    """FamilyMemberHistory.condition."""

    code: CodeableConcept | None = None
    outcome: CodeableConcept | None = None
    onset_age: Quantity | None = None
    onset_range: Range | None = None
    onset_string: str | None = None
    note: list[Annotation] = []


class FamilyMemberHistory(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/familymemberhistory.html."""

    status: str = ""
    patient: Reference | None = None
    date: str | None = None
    name: str | None = None
    relationship: CodeableConcept | None = None
    deceased_boolean: bool | None = None
    deceased_age: Quantity | None = None
    deceased_range: Range | None = None
    deceased_date: str | None = None
    deceased_string: str | None = None
    note: list[Annotation] = []
    condition: list[FamilyMemberCondition] = []


def read_family_history(resource: FamilyMemberHistory, references: References) -> ReceivedEntry:
    """What is told of the health of a relative, who has no name here."""
    tell = references.tell
    if resource.status == IN_ERROR:
        raise Retracted
    relationship = reading.code_among(resource.relationship, _RELATIONSHIPS)
    relative = None
    if relationship is None:
        relationship = FamilyRelationship.OTHER
        relative = reading.named("relationship", [resource.relationship], tell)
    if resource.name:
        tell("name", "left out, since relatives are not named here")
    if resource.status != "completed":
        tell("status", "left out, though not all of it is known")
    death = resource.deceased_age or resource.deceased_range or resource.deceased_date or resource.deceased_string
    onsets = (labelled(_of(each), each.onset_range or each.onset_string) for each in resource.condition)
    outcomes = (labelled(_of(each), reading.words(each.outcome)) for each in resource.condition)
    noted = (note.text for each in resource.condition for note in each.note)
    if any(each.outcome and each.outcome.coding for each in resource.condition):
        tell("condition.outcome", "taken in words, without its codes")
    return ReceivedEntry(
        patient_id=reading.patient(references, "patient", resource.patient),
        recorded_at=reading.recorded("date", resource.date, tell),
        status=EntryStatus.RECORDED,
        facts=FamilyHistoryFacts(
            relationship=relationship,
            conditions=tuple(
                FamilyCondition(code=coded("condition.code", each.code, tell), onset_age=_years(each.onset_age, tell))
                for each in resource.condition
            ),
            deceased=True if death else resource.deceased_boolean,
            note=reading.notes(
                "note",
                resource.note,
                tell,
                labelled("Relationship", relative),
                labelled("Death", death),
                *onsets,
                *outcomes,
                *noted,
            ),
        ),
    )


def _of(condition: FamilyMemberCondition) -> str:
    return reading.words(condition.code) or ""


def _years(age: Quantity | None, tell: Tell) -> int | None:
    """An age in whole years; less than one is 0."""
    if age is None or age.value is None:
        return None
    if age.comparator:
        tell("condition.onsetAge.comparator", "left out")
    per_year = {"a": 1, "mo": 12, "wk": 52, "d": 365}.get(age.code or age.unit or "a")
    if per_year is None:
        tell("condition.onsetAge", "left out, since its unit is no time")
        return None
    return int(age.value / per_year)
