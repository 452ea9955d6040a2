"""Safety checks: asked for, and what they find overridden."""

import strawberry

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.mutations import mutation
from subgraphs.pharmacy.commands.alerts import CheckPrescription, OverrideAlert
from subgraphs.pharmacy.errors import SafetyCheckUnavailable
from subgraphs.pharmacy.policy import DISPENSE, PRESCRIPTION_WRITE, SIGN
from subgraphs.pharmacy.service import screening as service
from subgraphs.pharmacy.types.alerts import SafetyAlert
from subgraphs.pharmacy.types.prescriptions import Prescription


@strawberry.type
class AlertMutation:
    @mutation(
        description="Check the safety of a prescription, with all that the patient takes and has; see its `alerts`.",
        scopes=[[PRESCRIPTION_WRITE], [DISPENSE]],
        errors=[NotFound, SafetyCheckUnavailable],
    )
    async def check_prescription(self, info: Info, input: CheckPrescription) -> Prescription:
        return Prescription.of(await service.screen(info.context, input))

    @mutation(
        description="Prescribe in spite of a finding of a safety check.",
        scopes=[[SIGN]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def override_alert(self, info: Info, input: OverrideAlert) -> SafetyAlert:
        return SafetyAlert.of(await service.override_one(info.context, input))
