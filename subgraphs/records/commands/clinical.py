"""What the use cases of a patient's health are asked to record, and to change."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from shared.commands import Command, Repeatable
from shared.ids import parse_id
from shared.values import INVALID_ID, PastTime, Text, id_of, wrong
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
    EntryKind,
    FamilyRelationship,
    ImmunizationStatus,
    MedicationSource,
    MedicationStatus,
    ProcedureStatus,
    ReactionSeverity,
)
from subgraphs.records.commands.access import PatientId
from subgraphs.records.commands.values import (
    SEVERAL,
    ClinicalCode,
    EncounterId,
    Narrative,
    PractitionerId,
    Title,
    Versioned,
    When,
)
from subgraphs.records.errors import (
    HISTORY_VALUE,
    MARK_AS_ERROR,
    REFUTED_STATUS,
    SIGN_LIMIT,
    SIGN_REPEATED,
    SIGN_UNIT,
    SIGN_UNKNOWN,
)
from subgraphs.records.vital_signs import SIGNS, canonical, is_possible

S = TypeVar("S", bound=str)


def _standing(value: S) -> S:
    if value == "ENTERED_IN_ERROR":
        raise wrong(MARK_AS_ERROR)
    return value


_STANDS = AfterValidator(_standing)
_SEVERAL = Field(max_length=SEVERAL)
Texts = Annotated[list[Text], _SEVERAL]


class RecordEntry(Repeatable):
    """Something to record of a patient."""

    patient_id: PatientId = Field(description="The id of the patient.")
    encounter_id: EncounterId | None = Field(
        None, description="The id of the encounter during which it is recorded, if it is during one."
    )


class RecordCondition(RecordEntry):
    """A diagnosis or problem of a patient."""

    code: ClinicalCode = Field(description="The diagnosis or problem, such as a billable code of ICD-10-CM.")
    category: ConditionCategory = Field(
        ConditionCategory.PROBLEM, description="What the condition is recorded as, such as a problem."
    )
    clinical_status: ConditionClinicalStatus = Field(
        ConditionClinicalStatus.ACTIVE, description="Whether the patient has the condition now."
    )
    verification: Annotated[ConditionVerification, _STANDS] = Field(
        ConditionVerification.CONFIRMED, description="How sure it is that the patient has the condition."
    )
    severity: ConditionSeverity | None = Field(None, description="How severe the condition is.")
    onset: When | None = Field(None, description="When the condition began, such as 1980, 1980-05 or 1980-05-17.")
    abatement: When | None = Field(None, description="When the condition ended, as precise as that is known.")
    note: Narrative | None = Field(None, description="What else there is to say.")


class UpdateCondition(Versioned):
    """Changes to a condition; what is absent stays as it is."""

    id: Annotated[UUID, id_of("Condition")] = Field(description="The id of the condition.")
    clinical_status: ConditionClinicalStatus | None = Field(
        None, description="Whether the patient has the condition now; absent: as before."
    )
    verification: Annotated[ConditionVerification, _STANDS] | None = Field(
        None, description="How sure it is that the patient has the condition; absent: as before."
    )
    severity: ConditionSeverity | None = Field(None, description="How severe the condition is; absent: as before.")
    abatement: When | None = Field(None, description="When the condition ended; absent: as before.")
    note: Narrative | None = Field(None, description="What else there is to say; absent: as before.")


class AllergyReaction(Command):
    """What happened to a patient by a substance."""

    manifestation: ClinicalCode = Field(description="What happened, such as a rash, as a code.")
    severity: ReactionSeverity | None = Field(None, description="How severe the reaction was.")
    onset: When | None = Field(None, description="When the reaction happened, as precise as that is known.")


class RecordAllergy(RecordEntry):
    """A substance that a patient does not tolerate; that no allergies are known is no longer asserted then."""

    code: ClinicalCode = Field(description="The substance, as a code, such as of RxNorm or SNOMED CT.")
    type: AllergyType | None = Field(None, description="By what mechanism the patient reacts.")
    category: AllergyCategory | None = Field(None, description="What kind of substance it is.")
    criticality: AllergyCriticality | None = Field(None, description="What harm a future reaction may do.")
    verification: Annotated[AllergyVerification, _STANDS] = Field(
        AllergyVerification.UNCONFIRMED, description="How sure it is that the patient has the allergy."
    )
    reactions: Annotated[list[AllergyReaction], _SEVERAL] = Field([], description="What has happened so far.")
    onset: When | None = Field(None, description="Since when the patient has the allergy.")
    note: Narrative | None = Field(None, description="What else there is to say.")

    @field_validator("verification")
    @classmethod
    def _active(cls, value: AllergyVerification) -> AllergyVerification:
        if value is AllergyVerification.REFUTED:
            raise wrong(REFUTED_STATUS)
        return value


class UpdateAllergy(Versioned):
    """Changes to an allergy; what is absent stays as it is."""

    id: Annotated[UUID, id_of("Allergy")] = Field(description="The id of the allergy.")
    clinical_status: AllergyClinicalStatus | None = Field(
        None, description="Whether the patient has the allergy now; absent: as before."
    )
    verification: Annotated[AllergyVerification, _STANDS] | None = Field(
        None, description="How sure it is that the patient has the allergy; absent: as before."
    )
    criticality: AllergyCriticality | None = Field(
        None, description="What harm a future reaction may do; absent: as before."
    )
    reactions: Annotated[list[AllergyReaction], _SEVERAL] | None = Field(
        None, description="All that has happened so far; absent: as before."
    )
    note: Narrative | None = Field(None, description="What else there is to say; absent: as before.")


class RecordNoKnownAllergies(RecordEntry):
    """The statement that no allergies of a patient are known, after somebody has asked."""


class Measurement(Command):
    """A vital sign."""

    code: str = Field(description="What was measured, as a LOINC code, such as 8867-4 for the heart rate.")
    value: float = Field(description="The value in the unit.", ge=-1000, le=1_000_000, allow_inf_nan=False)
    unit: str = Field(description="The unit of the value, a code of UCUM, such as /min, Cel, mm[Hg] or kg.")

    @field_validator("code")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in SIGNS:
            raise wrong(SIGN_UNKNOWN)
        return value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        sign = SIGNS[self.code]
        value = canonical(self.code, Decimal(str(self.value)), self.unit)
        if value is None:
            raise wrong(SIGN_UNIT, units=", ".join(sign.units))
        if not is_possible(self.code, value):
            raise wrong(SIGN_LIMIT, unit=sign.unit, minimum=sign.hard[0], maximum=sign.hard[1])
        return self


class RecordVitalSigns(RecordEntry):
    """What was measured at one time."""

    effective_at: PastTime | None = Field(None, description="When it was measured; absent: now.")
    measurements: Annotated[list[Measurement], Field(min_length=1, max_length=SEVERAL)] = Field(
        description="What was measured, each vital sign once."
    )
    consciousness: ConsciousnessLevel | None = Field(None, description="How conscious the patient was.")
    oxygen: bool = Field(False, description="Whether the patient was given oxygen.")
    hypercapnic: bool = Field(
        False, description="Whether the patient's oxygen saturation is to be 88 to 92 % (scale 2 of NEWS2)."
    )
    note: Narrative | None = Field(None, description="What else there is to say.")

    @field_validator("measurements")
    @classmethod
    def _once(cls, value: list[Measurement]) -> list[Measurement]:
        if len({each.code for each in value}) < len(value):
            raise wrong(SIGN_REPEATED)
        return value


class RecordImmunization(RecordEntry):
    """A vaccination that was given, or was not."""

    code: ClinicalCode = Field(description="The vaccine, such as a code of CVX.")
    status: Annotated[ImmunizationStatus, _STANDS] = Field(
        ImmunizationStatus.COMPLETED, description="Whether the vaccination was given."
    )
    occurred: When = Field(description="When the vaccination was given, such as 1980, 1980-05 or 1980-05-17.")
    lot_number: Text | None = Field(None, description="The number of the vaccine's lot.")
    expires: date | None = Field(None, description="The last day on which the vaccine can be used.")
    site: Text | None = Field(None, description="Where on the body the vaccine was given.")
    dose: int | None = Field(None, description="Which dose of the series it was.", ge=1, le=50)
    reason_not_done: Narrative | None = Field(None, description="Why the vaccination was not given.")
    note: Narrative | None = Field(None, description="What else there is to say.")


class RecordProcedure(RecordEntry):
    """A procedure of a patient."""

    code: ClinicalCode = Field(description="What is done, as a code.")
    status: Annotated[ProcedureStatus, _STANDS] = Field(
        ProcedureStatus.COMPLETED, description="How far the procedure has come."
    )
    performed: When | None = Field(None, description="When the procedure was carried out.")
    body_site: ClinicalCode | None = Field(None, description="Where on the body the procedure was carried out.")
    outcome: Narrative | None = Field(None, description="What came of the procedure.")
    note: Narrative | None = Field(None, description="What else there is to say.")


class UpdateProcedure(Versioned):
    """Changes to a procedure; what is absent stays as it is."""

    id: Annotated[UUID, id_of("Procedure")] = Field(description="The id of the procedure.")
    status: Annotated[ProcedureStatus, _STANDS] | None = Field(
        None, description="How far the procedure has come; absent: as before."
    )
    outcome: Narrative | None = Field(None, description="What came of the procedure; absent: as before.")


class RecordMedicationStatement(RecordEntry):
    """Medication that a patient took or takes, by somebody's word."""

    code: ClinicalCode = Field(description="The medication, such as a code of RxNorm.")
    status: Annotated[MedicationStatus, _STANDS] = Field(
        MedicationStatus.ACTIVE, description="Whether the patient takes the medication."
    )
    source: MedicationSource = Field(description="Who says so.")
    dosage: Narrative | None = Field(None, description="How the medication is taken.")
    since: When | None = Field(None, description="Since when the patient takes the medication.")
    until: When | None = Field(None, description="Until when the patient took the medication.")
    reason: Narrative | None = Field(None, description="Why the patient takes the medication.")
    note: Narrative | None = Field(None, description="What else there is to say.")


class UpdateMedicationStatement(Versioned):
    """Changes to medication that a patient takes; what is absent stays as it is."""

    id: Annotated[UUID, id_of("MedicationStatement")] = Field(description="The id of the medication statement.")
    status: Annotated[MedicationStatus, _STANDS] | None = Field(
        None, description="Whether the patient takes the medication; absent: as before."
    )
    dosage: Narrative | None = Field(None, description="How the medication is taken; absent: as before.")
    until: When | None = Field(None, description="Until when the patient took the medication; absent: as before.")


class RelativesCondition(Command):
    """A condition of a relative."""

    code: ClinicalCode = Field(description="The condition, as a code.")
    onset_age: int | None = Field(None, description="At what age it began, in years.", ge=0, le=130)


class RecordFamilyHistory(RecordEntry):
    """The health of a relative of a patient."""

    relationship: FamilyRelationship = Field(description="What the relative is to the patient.")
    conditions: Annotated[list[RelativesCondition], _SEVERAL] = Field([], description="What the relative had or has.")
    deceased: bool | None = Field(None, description="Whether the relative has died; absent where that is not known.")
    note: Narrative | None = Field(None, description="What else there is to say.")


class RecordSocialHistory(RecordEntry):
    """How a patient lives, such as whether they smoke."""

    code: ClinicalCode = Field(description="What is said, such as 72166-2 of LOINC for smoking.")
    value: ClinicalCode | None = Field(None, description="How it is, as a code.")
    text: Narrative | None = Field(None, description="How it is, in words.")
    observed: When | None = Field(None, description="When it was so.")

    @model_validator(mode="after")
    def _says(self) -> Self:
        if self.value is None and self.text is None:
            raise wrong(HISTORY_VALUE)
        return self


class RecordCarePlan(RecordEntry):
    """What is planned for a patient."""

    title: Title = Field(description="What the care plan is about.")
    goals: Texts = Field([], description="What is to be reached.")
    activities: Texts = Field([], description="What is to be done.")
    since: When | None = Field(None, description="Since when the care plan is followed.")
    note: Narrative | None = Field(None, description="What else there is to say.")


class UpdateCarePlan(Versioned):
    """Changes to a care plan; what is absent stays as it is."""

    id: Annotated[UUID, id_of("CarePlan")] = Field(description="The id of the care plan.")
    status: Annotated[CarePlanStatus, _STANDS] | None = Field(
        None, description="Whether the care plan is followed; absent: as before."
    )
    goals: Texts | None = Field(None, description="All that is to be reached; absent: as before.")
    activities: Texts | None = Field(None, description="All that is to be done; absent: as before.")
    until: When | None = Field(None, description="Until when the care plan was followed; absent: as before.")


class RecordCareTeam(RecordEntry):
    """Practitioners who look after a patient together, and may open the record while they do."""

    name: Title = Field(description="What the care team is called.")
    reason: Narrative | None = Field(None, description="Why the patient is looked after by a team.")
    member_ids: Annotated[list[PractitionerId], Field(min_length=1, max_length=SEVERAL)] = Field(
        description="The ids of the practitioners of the care team."
    )


class UpdateCareTeam(Versioned):
    """Changes to a care team; what is absent stays as it is."""

    id: Annotated[UUID, id_of("CareTeam")] = Field(description="The id of the care team.")
    status: Annotated[CareTeamStatus, _STANDS] | None = Field(
        None, description="Whether the care team looks after the patient; absent: as before."
    )
    member_ids: Annotated[list[PractitionerId], Field(min_length=1, max_length=SEVERAL)] | None = Field(
        None, description="The ids of all practitioners of the care team; absent: as before."
    )


class MarkEnteredInError(Versioned):
    """An entry of the record that was a mistake: it stays, and says so."""

    kind: EntryKind = Field(description="What kind of entry it is.")
    id: UUID = Field(description="The id of the entry.")
    reason: Narrative = Field(description="Why the entry was a mistake.")

    @field_validator("id", mode="before")
    @classmethod
    def _of_its_kind(cls, value: object, info: ValidationInfo) -> object:
        data: Mapping[str, object] = info.data
        key = parse_id(str(value), str(data.get("kind")))
        if key is None:
            raise wrong(INVALID_ID, resource=data.get("kind"))
        return key
