"""Asking for prescriptions, and what is done with them."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotChecked, NotFound, SecondFactorNeeded, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import bounded, key_of, query
from shared.graph.mutations import mutation
from subgraphs.pharmacy import models
from subgraphs.pharmacy.commands.prescriptions import (
    CancelPrescription,
    DraftPrescription,
    HoldPrescription,
    MarkPrescriptionEnteredInError,
    ReceivePrescription,
    ResumePrescription,
    ReturnToPrescriber,
    RevisePrescription,
    SignPrescription,
    StopPrescription,
    VerifyPrescription,
)
from subgraphs.pharmacy.errors import LicenceInvalid, SafetyCheckUnavailable
from subgraphs.pharmacy.policy import DISPENSE, PRESCRIPTION_READ, PRESCRIPTION_WRITE, SIGN
from subgraphs.pharmacy.refusals import SafetyAlertsOpen
from subgraphs.pharmacy.repository import prescriptions as repository
from subgraphs.pharmacy.service import prescriptions as service
from subgraphs.pharmacy.states import PrescriptionStatus
from subgraphs.pharmacy.types.prescriptions import Prescription

_LONGEST_CODE = 100

Statuses = Annotated[
    list[PrescriptionStatus] | None,
    strawberry.argument(description="The states of those that are asked for; absent: all."),
]
Queued = Annotated[
    list[PrescriptionStatus] | None,
    strawberry.argument(description="The states of those that are asked for; absent: all that may be dispensed."),
]
OfPatient = Annotated[
    strawberry.ID | None, strawberry.argument(description="The id of the patient whose they are; absent: of all.")
]
AtLocation = Annotated[strawberry.ID, strawberry.argument(description="The id of the pharmacy.")]
Code = Annotated[str, bounded("The code that the patient shows.", _LONGEST_CODE)]


@strawberry.type
class PrescriptionQuery:
    prescription = by_key(
        Prescription,
        description="The prescription with an id; null if there is none that the caller may see.",
        scopes=[[PRESCRIPTION_READ]],
    )

    @listing(
        Prescription,
        repository.PRESCRIPTIONS,
        description="The prescriptions that the caller may see, the newest first.",
        scopes=[[PRESCRIPTION_READ]],
    )
    async def prescriptions(
        self, info: Info, patient_id: OfPatient = None, status: Statuses = None
    ) -> Select[models.Prescription]:
        return repository.prescriptions(info.context.principal, key_of(patient_id, "Patient"), status)

    @listing(
        Prescription,
        repository.QUEUE,
        description="The prescriptions that are to be dispensed at a pharmacy of the caller's, the first signed one first.",
        scopes=[[DISPENSE]],
    )
    async def pharmacy_queue(
        self, info: Info, location_id: AtLocation, status: Queued = None
    ) -> Select[models.Prescription]:
        return repository.queue(info.context.principal, key_of(location_id, "Location"), status)

    @query(
        description="The prescription whose presentation code a patient shows; null if there is none that may be dispensed.",
        scopes=[[DISPENSE]],
    )
    async def prescription_by_code(self, info: Info, code: Code) -> Prescription | None:
        row = await repository.presented(info.context, code)
        return None if row is None else Prescription.of(row)


@strawberry.type
class PrescriptionMutation:
    @mutation(
        description="Write a prescription, which holds once a prescriber signs it.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotChecked, NotFound],
    )
    async def draft_prescription(self, info: Info, input: DraftPrescription) -> Prescription:
        return Prescription.of(await service.draft(info.context, input))

    @mutation(
        description="Write a prescription in place of another one, which ends.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def revise_prescription(self, info: Info, input: RevisePrescription) -> Prescription:
        return Prescription.of(await service.revise(info.context, input))

    @mutation(
        description="Sign a prescription as it was read.",
        scopes=[[SIGN]],
        errors=[
            InvalidState,
            LicenceInvalid,
            NotChecked,
            NotFound,
            SafetyAlertsOpen,
            SafetyCheckUnavailable,
            SecondFactorNeeded,
            VersionConflict,
        ],
    )
    async def sign_prescription(self, info: Info, input: SignPrescription) -> Prescription:
        return Prescription.of(await service.sign(info.context, input))

    @mutation(
        description="Find that a prescription can be dispensed.",
        scopes=[[DISPENSE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def verify_prescription(self, info: Info, input: VerifyPrescription) -> Prescription:
        return Prescription.of(await service.verify(info.context, input))

    @mutation(
        description="Take a prescription that is presented by its code to a pharmacy of the caller's.",
        scopes=[[DISPENSE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def receive_prescription(self, info: Info, input: ReceivePrescription) -> Prescription:
        return Prescription.of(await service.receive(info.context, input))

    @mutation(
        description="Let nothing of a prescription be dispensed for the time being.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def hold_prescription(self, info: Info, input: HoldPrescription) -> Prescription:
        return Prescription.of(await service.change(info.context, input, PrescriptionStatus.ON_HOLD))

    @mutation(
        description="Let a prescription go on where it was held.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def resume_prescription(self, info: Info, input: ResumePrescription) -> Prescription:
        return Prescription.of(await service.resume(info.context, input))

    @mutation(
        description="End a prescription.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def stop_prescription(self, info: Info, input: StopPrescription) -> Prescription:
        return Prescription.of(await service.change(info.context, input, PrescriptionStatus.STOPPED))

    @mutation(
        description="Withdraw a prescription before anything was dispensed.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def cancel_prescription(self, info: Info, input: CancelPrescription) -> Prescription:
        return Prescription.of(await service.change(info.context, input, PrescriptionStatus.CANCELLED))

    @mutation(
        description="Say of a prescription of which nothing was dispensed that it was a mistake.",
        scopes=[[PRESCRIPTION_WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def mark_prescription_entered_in_error(
        self, info: Info, input: MarkPrescriptionEnteredInError
    ) -> Prescription:
        return Prescription.of(await service.change(info.context, input, PrescriptionStatus.ENTERED_IN_ERROR))

    @mutation(
        description="Ask the prescriber about a prescription that cannot be dispensed as it is; it is on hold meanwhile.",
        scopes=[[DISPENSE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def return_to_prescriber(self, info: Info, input: ReturnToPrescriber) -> Prescription:
        return Prescription.of(await service.change(info.context, input, PrescriptionStatus.ON_HOLD, DISPENSE))
