"""What is dispensed, and requests for more, in the graph."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity, reference
from shared.graph.fields import from_row
from subgraphs.pharmacy import models, policy
from subgraphs.pharmacy.states import DispenseStatus, RefillStatus
from subgraphs.pharmacy.types.stubs import Location, Patient, Practitioner, StaffMember

if TYPE_CHECKING:
    from subgraphs.pharmacy.types.prescriptions import Prescription

OfPrescription = Annotated["Prescription", strawberry.lazy("subgraphs.pharmacy.types.prescriptions")]

_VERSION = "The version, which counts changes; a change names the one that it has read."


async def _prescription(info: Info, key: object) -> OfPrescription | None:
    from subgraphs.pharmacy.types.prescriptions import Prescription

    return await Prescription.load(info.context, key)  # type: ignore[arg-type]  # a key, if there is one


@entity(
    policy.dispenses,
    scopes=[[policy.PRESCRIPTION_READ]],
    description="Some of what is prescribed, set apart for the patient and handed over (FHIR MedicationDispense).",
)
class Dispense(Entity[models.Dispense]):
    status: DispenseStatus | None = from_row("status", description="How far it has come.")
    quantity: float | None = from_row(
        lambda row: float(row.quantity), description="How much it is, in the medication's unit of dispensing."
    )
    prepared_at: datetime | None = from_row("created_at", description="When it was set apart.")
    prepared_by: StaffMember | None = reference(
        StaffMember, "prepared_by", description="The person who has set it apart."
    )
    ready_at: datetime | None = from_row("ready_at", description="Since when it is ready; null before that.")
    handed_over_at: datetime | None = from_row(
        "handed_over_at", description="When it was handed over; null before that."
    )
    handed_over_by: StaffMember | None = reference(
        StaffMember, "handed_over_by", description="The person who has handed it over; null before that."
    )
    reason: str | None = from_row(
        lambda row: row.reason and row.reason.value,
        description="Why it is on hold, was declined or has come back; null where that was not said.",
    )
    location: Location | None = reference(Location, "location_id", description="The pharmacy where it is dispensed.")
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom it is for.")
    version: int | None = from_row("version", description=_VERSION)

    @strawberry.field(description="The prescription that it is dispensed of.")
    async def prescription(self, info: Info) -> OfPrescription | None:
        return await _prescription(info, self.row.prescription_id)


@entity(
    policy.refill_requests,
    scopes=[[policy.PRESCRIPTION_READ]],
    description="A patient's request to the prescriber for more of what was prescribed.",
)
class RefillRequest(Entity[models.RefillRequest]):
    status: RefillStatus | None = from_row("status", description="What became of the request.")
    note: str | None = from_row(
        lambda row: row.note and row.note.value, description="What the patient has said; null where there is nothing."
    )
    answer: str | None = from_row(
        lambda row: row.answer and row.answer.value,
        description="What the prescriber has said; null where there is nothing.",
    )
    requested_at: datetime | None = from_row("created_at", description="When the patient has asked.")
    decided_at: datetime | None = from_row("decided_at", description="When the request was answered; null before that.")
    decided_by: StaffMember | None = reference(
        StaffMember, "decided_by", description="The person who has answered; null before that."
    )
    patient: Patient | None = reference(Patient, "patient_id", description="The patient who asks, or is asked for.")
    prescriber: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who is asked."
    )
    version: int | None = from_row("version", description=_VERSION)

    @strawberry.field(description="The prescription of which there is to be more.")
    async def prescription(self, info: Info) -> OfPrescription | None:
        return await _prescription(info, self.row.prescription_id)

    @strawberry.field(
        description="The prescription that was drafted for it; null unless it was approved, and then signed."
    )
    async def renewal(self, info: Info) -> OfPrescription | None:
        return await _prescription(info, self.row.renewal_id)
