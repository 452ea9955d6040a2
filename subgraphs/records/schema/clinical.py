"""What the record says of a patient's health."""

import strawberry

from shared.errors import InvalidState, NotChecked, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.mutations import mutation
from shared.ids import global_id
from subgraphs.records import models, policy
from subgraphs.records.codes import CarePlanStatus
from subgraphs.records.commands.clinical import (
    MarkEnteredInError,
    RecordAllergy,
    RecordCarePlan,
    RecordCareTeam,
    RecordCondition,
    RecordFamilyHistory,
    RecordImmunization,
    RecordMedicationStatement,
    RecordNoKnownAllergies,
    RecordProcedure,
    RecordSocialHistory,
    RecordVitalSigns,
    UpdateAllergy,
    UpdateCarePlan,
    UpdateCareTeam,
    UpdateCondition,
    UpdateMedicationStatement,
    UpdateProcedure,
)
from subgraphs.records.policy import WRITE
from subgraphs.records.service import allergies, clinical, entries
from subgraphs.records.types.clinical import (
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Procedure,
    SocialHistory,
    VitalSigns,
)


@strawberry.type(description="The success of `markEnteredInError`, and what it was done to.")
class MarkEnteredInErrorSuccess:
    id: strawberry.ID = strawberry.field(description="The id of the entry that was a mistake.")
    version: int = strawberry.field(description="The version that the entry has now.")


@strawberry.type
class ClinicalMutation:
    @mutation(
        description="Record a diagnosis or problem of a patient.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_condition(self, info: Info, input: RecordCondition) -> Condition:
        return Condition.of(await clinical.record_condition(info.context, input))

    @mutation(
        description="Change a condition: whether the patient has it, and how sure that is.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound, VersionConflict],
    )
    async def update_condition(self, info: Info, input: UpdateCondition) -> Condition:
        return Condition.of(await clinical.update_condition(info.context, input))

    @mutation(
        description="Record an allergy; that none is known is no longer asserted then.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_allergy(self, info: Info, input: RecordAllergy) -> Allergy:
        return Allergy.of(await allergies.record_allergy(info.context, input))

    @mutation(
        description="Change an allergy: whether the patient has it, and how sure that is.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound, VersionConflict],
    )
    async def update_allergy(self, info: Info, input: UpdateAllergy) -> Allergy:
        return Allergy.of(await allergies.update_allergy(info.context, input))

    @mutation(
        description="Record that no allergies of a patient are known.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound],
    )
    async def record_no_known_allergies(self, info: Info, input: RecordNoKnownAllergies) -> Allergy:
        return Allergy.of(await allergies.record_no_known_allergies(info.context, input))

    @mutation(
        description="Record what was measured of a patient at one time.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_vital_signs(self, info: Info, input: RecordVitalSigns) -> VitalSigns:
        return VitalSigns.of(await clinical.record_vital_signs(info.context, input))

    @mutation(
        description="Record a vaccination.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_immunization(self, info: Info, input: RecordImmunization) -> Immunization:
        return Immunization.of(await entries.record(info.context, models.Immunization, input))

    @mutation(
        description="Record a procedure.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_procedure(self, info: Info, input: RecordProcedure) -> Procedure:
        return Procedure.of(await entries.record(info.context, models.Procedure, input))

    @mutation(
        description="Change how far a procedure has come.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound, VersionConflict],
    )
    async def update_procedure(self, info: Info, input: UpdateProcedure) -> Procedure:
        return Procedure.of(await entries.update(info.context, policy.procedures, input))

    @mutation(
        description="Record medication that a patient took or takes.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_medication_statement(self, info: Info, input: RecordMedicationStatement) -> MedicationStatement:
        return MedicationStatement.of(await entries.record(info.context, models.MedicationStatement, input))

    @mutation(
        description="Change whether and how a patient takes medication.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound, VersionConflict],
    )
    async def update_medication_statement(self, info: Info, input: UpdateMedicationStatement) -> MedicationStatement:
        return MedicationStatement.of(await entries.update(info.context, policy.medication_statements, input))

    @mutation(
        description="Record the health of a relative.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_family_history(self, info: Info, input: RecordFamilyHistory) -> FamilyHistory:
        return FamilyHistory.of(await entries.record(info.context, models.FamilyHistory, input))

    @mutation(
        description="Record how a patient lives.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_social_history(self, info: Info, input: RecordSocialHistory) -> SocialHistory:
        return SocialHistory.of(await entries.record(info.context, models.SocialHistory, input))

    @mutation(
        description="Record what is planned for a patient.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_care_plan(self, info: Info, input: RecordCarePlan) -> CarePlan:
        return CarePlan.of(await entries.record(info.context, models.CarePlan, input, status=CarePlanStatus.ACTIVE))

    @mutation(
        description="Change a care plan.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound, VersionConflict],
    )
    async def update_care_plan(self, info: Info, input: UpdateCarePlan) -> CarePlan:
        return CarePlan.of(await entries.update(info.context, policy.care_plans, input))

    @mutation(
        description="Let practitioners look after a patient together; they may open the record.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def record_care_team(self, info: Info, input: RecordCareTeam) -> CareTeam:
        return CareTeam.of(await clinical.record_care_team(info.context, input))

    @mutation(
        description="Change a care team, and so who may open the record.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotChecked, NotFound, VersionConflict],
    )
    async def update_care_team(self, info: Info, input: UpdateCareTeam) -> CareTeam:
        return CareTeam.of(await clinical.update_care_team(info.context, input))

    @mutation(
        description="Let an entry of the record say that it was a mistake; it stays, and is left out of lists.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def mark_entered_in_error(self, info: Info, input: MarkEnteredInError) -> MarkEnteredInErrorSuccess:
        row = await clinical.mark_entered_in_error(info.context, input)
        return MarkEnteredInErrorSuccess(id=strawberry.ID(global_id(input.kind, row.id)), version=row.version)
