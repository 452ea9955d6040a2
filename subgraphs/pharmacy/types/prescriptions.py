"""Prescriptions in the graph."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from shared.auth.principal import Kind
from shared.graph.context import Info
from shared.graph.entities import Entity, entity, listing_of_each, reference
from shared.graph.fields import from_row
from subgraphs.pharmacy import models, policy
from subgraphs.pharmacy.dosage.sentence import sentences
from subgraphs.pharmacy.images import drawn
from subgraphs.pharmacy.quantities import refills_left
from subgraphs.pharmacy.repository import prescriptions as repository
from subgraphs.pharmacy.states import PrescriptionStatus
from subgraphs.pharmacy.types.alerts import SafetyAlert
from subgraphs.pharmacy.types.catalogue import Medication
from subgraphs.pharmacy.types.dispensing import Dispense
from subgraphs.pharmacy.types.dosage import Dosage
from subgraphs.pharmacy.types.stubs import Location, MedicationStatement, Patient, Practitioner, StaffMember


@entity(
    policy.prescription_changes,
    scopes=[[policy.PRESCRIPTION_READ]],
    description="A change of a prescription's status: who has made it, and when.",
)
class PrescriptionChange(Entity[models.PrescriptionChange]):
    status: PrescriptionStatus | None = from_row("status", description="The status that the prescription got.")
    changed_at: datetime | None = from_row("created_at", description="When the status was changed.")
    reason: str | None = from_row(
        lambda row: row.reason and row.reason.value, description="Why it was changed; null where that was not said."
    )
    staff_member: StaffMember | None = reference(
        StaffMember, "account_id", description="The person who has changed it; null where it was so by itself."
    )
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who has changed it; null if it was none."
    )


def _number(name: str, description: str) -> float | None:
    def read(row: models.Prescription) -> float:
        value: Decimal = getattr(row, name)
        return float(value)

    return from_row(read, description=description)  # type: ignore[no-any-return]  # a field


def _fact(name: str, description: str) -> str | None:
    return from_row(f"facts.value.{name}", description=description)  # type: ignore[no-any-return]  # a field


@entity(
    policy.prescriptions,
    scopes=[[policy.PRESCRIPTION_READ]],
    description="A medication that a practitioner prescribes for a patient (FHIR MedicationRequest).",
)
class Prescription(Entity[models.Prescription]):
    status: PrescriptionStatus | None = from_row("status", description="How far the prescription has come.")
    name: str | None = _fact("name", "The name of the medication, as it was when it was prescribed.")
    indication: str | None = _fact("indication", "What the medication is for; null where that was not said.")
    notes: str | None = _fact("notes", "What the pharmacist is to know; null where there is nothing.")
    quantity: float | None = _number("quantity", "How much is dispensed for a fill, in the unit of dispensing.")
    refills: int | None = from_row("refills", description="How many fills there may be after the first one.")
    refills_left: int | None = from_row(
        lambda row: refills_left(row.quantity, row.refills, row.dispensed_quantity),
        description="How many whole fills are left after the one that is under way.",
    )
    authorised_quantity: float | None = _number(
        "authorised_quantity", "How much is dispensed for all fills at most, in the unit of dispensing."
    )
    dispensed_quantity: float | None = _number(
        "dispensed_quantity", "How much the patient has got, in the unit of dispensing."
    )
    prepared_quantity: float | None = _number(
        "prepared_quantity", "How much is set apart for the patient, in the unit of dispensing."
    )
    valid_from: date | None = from_row("valid_from", description="The first day on which it may be dispensed.")
    valid_until: date | None = from_row("valid_until", description="The last day on which it may be dispensed.")
    signed_at: datetime | None = from_row("signed_at", description="When it was signed; null before that.")
    verified_at: datetime | None = from_row(
        "verified_at", description="When a pharmacist has verified it; null before that."
    )
    ended_at: datetime | None = from_row(
        "ended_at", description="Since when nothing more is dispensed of it; null while something may be."
    )
    recheck_needed: bool | None = from_row(
        "recheck_needed", description="Whether what is known of the patient has changed since it was checked."
    )
    unchecked: bool | None = from_row(
        "unchecked", description="Whether it was signed in an emergency, without a check of its safety."
    )
    version: int | None = from_row(
        "version",
        description="The version of the prescription, which counts its changes; a change names the one that it has read.",
    )
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom it is for.")
    prescriber: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who has signed it, or of a draft is to sign."
    )
    location: Location | None = reference(
        Location, "location_id", description="The pharmacy; null until the patient has presented it at one."
    )
    based_on_record: MedicationStatement | None = reference(
        MedicationStatement,
        "statement_id",
        description="The medication in the patient's record that it goes on with; null where there is none.",
    )
    changes = listing_of_each(
        PrescriptionChange,
        repository.CHANGES_OF_PRESCRIPTION,
        repository.CHANGES,
        description="What became of the prescription, the oldest change first.",
        scopes=[[policy.PRESCRIPTION_READ]],
    )

    dispenses = listing_of_each(
        Dispense,
        repository.DISPENSES_OF_PRESCRIPTION,
        repository.DISPENSES,
        description="What was set apart and handed over of the prescription, the newest first.",
        scopes=[[policy.PRESCRIPTION_READ]],
    )
    alerts = listing_of_each(
        SafetyAlert,
        repository.ALERTS_OF_PRESCRIPTION,
        repository.ALERTS,
        description="What safety checks have found of the prescription, for those who prescribe and dispense.",
        scopes=[[policy.PRESCRIPTION_READ]],
    )

    @strawberry.field(description="How the medication is taken; several dosages follow each other.")
    def dosages(self) -> list[Dosage] | None:
        return [Dosage.of(each) for each in self.row.facts.value.dosages]

    @strawberry.field(description="How the medication is taken, in sentences in the language of `Accept-Language`.")
    def dosage_text(self, info: Info) -> str | None:
        return sentences(self.row.facts.value.dosages, info.context.language)

    @strawberry.field(description="The medication that is prescribed.")
    async def medication(self, info: Info) -> Medication | None:
        return await Medication.load(info.context, self.row.medication_id)

    @strawberry.field(description="The prescription that it was written in place of; null where there is none.")
    async def replaces(self, info: Info) -> "Prescription | None":
        return await Prescription.load(info.context, self.row.replaces_id)

    @strawberry.field(description="The prescription that it goes on with; null where there is none.")
    async def based_on(self, info: Info) -> "Prescription | None":
        return await Prescription.load(info.context, self.row.based_on_id)

    @strawberry.field(
        description="The code by which a pharmacy takes it, which patients and prescribers show; null for others."
    )
    def presentation_code(self, info: Info) -> str | None:
        principal = info.context.principal
        shows = principal.kind is Kind.PATIENT or principal.is_staff(policy.PRESCRIPTION_WRITE)
        return self.row.facts.value.code if shows else None

    @strawberry.field(
        description=(
            "The code by which a pharmacy takes it as a QR code, which patients show: SVG in a `data:` URI, as images take it; "
            "null for others."
        )
    )
    def presentation_image(self, info: Info) -> str | None:
        code = self.row.facts.value.code
        return drawn(code) if code and info.context.principal.kind is Kind.PATIENT else None
