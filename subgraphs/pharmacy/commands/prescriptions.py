"""What is asked of prescriptions."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.commands import Command, Repeatable
from shared.values import LongText, OptionalText, id_of, wrong
from subgraphs.pharmacy.commands.alerts import Override
from subgraphs.pharmacy.commands.dosage import DosageEntry
from subgraphs.pharmacy.commands.values import LocationId, MedicationId, Quantity
from subgraphs.pharmacy.errors import DAYS_REVERSED

PatientId = Annotated[UUID, id_of("Patient")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]
PrescriptionId = Annotated[UUID, id_of("Prescription")]
StatementId = Annotated[UUID, id_of("MedicationStatement")]

_VERSION = "The version that the client has read."
_ID = "The id of the prescription."


class Prescribed(Command):
    """What is prescribed."""

    medication_id: MedicationId = Field(description="The id of the medication.")
    dosages: Annotated[list[DosageEntry], Field(min_length=1, max_length=5)] = Field(
        description="How the medication is taken; several dosages follow each other."
    )
    quantity: Quantity = Field(description="How much is dispensed for a fill, in the medication's unit of dispensing.")
    refills: int = Field(0, ge=0, le=99, description="How many fills there may be after the first one.")
    indication: OptionalText = Field(None, description="What the medication is for, in words that the patient reads.")
    notes: LongText | None = Field(None, description="What the pharmacist is to know.")
    location_id: LocationId | None = Field(
        None, description="The id of the pharmacy; absent where the patient chooses it by the presentation code."
    )
    valid_from: date | None = Field(None, description="The first day on which it may be dispensed; absent: today.")
    valid_until: date | None = Field(
        None,
        description="The last day on which it may be dispensed; absent: a year later, of schedules II to V half of one.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise wrong(DAYS_REVERSED)
        return self


class DraftPrescription(Prescribed, Repeatable):
    """A prescription to write, which holds once a prescriber signs it."""

    patient_id: PatientId = Field(description="The id of the patient.")
    practitioner_id: PractitionerId | None = Field(
        None, description="The id of the practitioner who is to sign; absent: the caller."
    )
    based_on_id: StatementId | None = Field(
        None,
        description="The id of the medication in the patient's record, such as an imported one, that it goes on with.",
    )


class RevisePrescription(Prescribed, Repeatable):
    """A prescription to write in place of another one, which is stopped."""

    id: PrescriptionId = Field(description="The id of the prescription that is replaced.")
    version: int = Field(description=_VERSION)
    reason: LongText = Field(description="Why the prescription is replaced.")


class ChangePrescription(Command):
    """A prescription that is changed, at the version that was read."""

    id: PrescriptionId = Field(description=_ID)
    version: int = Field(description=_VERSION)


class SignPrescription(ChangePrescription, Repeatable):
    """A draft that a prescriber signs as it was read."""

    overrides: Annotated[list[Override], Field(max_length=50)] = Field(
        [], description="The findings of its safety check in spite of which it is signed."
    )
    emergency_reason: LongText | None = Field(
        None, description="Why it is signed although its safety cannot be checked, should that be so."
    )


class VerifyPrescription(ChangePrescription):
    """A prescription that a pharmacist finds fit to be dispensed."""


class _WithReason(ChangePrescription):
    reason: LongText = Field(description="Why that is so; the patient reads it too.")


class HoldPrescription(_WithReason):
    """A prescription of which nothing is dispensed for the time being."""


class ResumePrescription(ChangePrescription):
    """A prescription that goes on where it was held."""


class StopPrescription(_WithReason):
    """A prescription that a prescriber ends."""


class CancelPrescription(_WithReason):
    """A prescription that is withdrawn before anything was dispensed."""


class ReturnToPrescriber(_WithReason):
    """A prescription that a pharmacist cannot dispense as it is."""


class MarkPrescriptionEnteredInError(_WithReason):
    """A prescription that was a mistake, and of which nothing was dispensed."""


class ReceivePrescription(ChangePrescription):
    """A prescription that is presented by its code at a pharmacy of the caller's."""

    code: str = Field(min_length=1, max_length=100, description="The presentation code, as the patient shows it.")
    location_id: LocationId = Field(description="The id of the pharmacy.")
