"""Stock in the graph."""

from datetime import date, datetime
from typing import Any

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity, listing_of_each, reference
from shared.graph.fields import from_row, guarded
from subgraphs.pharmacy import models, policy
from subgraphs.pharmacy.codes import CountStatus, LotStatus, MovementKind, StockReason
from subgraphs.pharmacy.repository import stock as repository
from subgraphs.pharmacy.types.catalogue import Medication
from subgraphs.pharmacy.types.stubs import Location, Patient, StaffMember


def _number(name: str, *, description: str) -> Any:
    def read(row: Any) -> float | None:
        value = getattr(row, name)
        return None if value is None else float(value)

    return from_row(read, description=description)


@entity(
    policy.lots,
    scopes=[[policy.STOCK_READ]],
    description="What is at a location of a medication that was made together and expires on the same day.",
)
class Lot(Entity[models.Lot]):
    location: Location | None = reference(Location, "location_id", description="The location where the lot is.")
    number: str | None = from_row("number", description="The number of the lot, as the label has it.")
    expires_on: date | None = from_row("expires_on", description="The last day on which the lot can be dispensed.")
    status: LotStatus | None = from_row(
        lambda row: LotStatus(row.status), description="Whether what is left of the lot can be dispensed."
    )
    received_at: datetime | None = from_row("received_at", description="When the lot was first delivered there.")
    on_hand: float | None = _number("on_hand", description="How much is there of the lot, in units of dispensing.")
    reserved: float | None = _number(
        "reserved", description="How much of what is there was prepared for patients, in units of dispensing."
    )
    returned: bool | None = from_row(
        "returned", description="Whether all that is there of the lot was brought back by patients."
    )
    version: int | None = from_row(
        "version",
        description="The version of the lot, which counts changes of its state; a change names the one it has read.",
    )

    @guarded(description="The medication that is kept.", scopes=[[policy.READ]])
    async def medication(self, info: Info) -> Medication | None:
        return await Medication.load(info.context, self.row.medication_id)


@entity(
    policy.stock_items,
    scopes=[[policy.STOCK_READ]],
    description="A medication that is kept at a location, and how much.",
)
class StockItem(Entity[models.StockItem]):
    location: Location | None = reference(Location, "location_id", description="The location where it is kept.")
    minimum: float | None = _number(
        "minimum",
        description="Of how much there is to be at least, in units of dispensing; null if it is not kept there any more.",
    )
    on_hand: float | None = _number("on_hand", description="How much is there, in units of dispensing, of all lots.")
    usable: float | None = _number(
        "usable",
        description="How much of what is there can be dispensed: neither expired, nor kept apart, nor called back.",
    )
    low_since: datetime | None = from_row(
        "low_since",
        description="Since when there is less than the minimum that can be dispensed; null if there is enough.",
    )
    out_since: datetime | None = from_row(
        "out_since", description="Since when there is nothing that can be dispensed; null if there is something."
    )
    version: int | None = from_row(
        "version", description="The version of the item, which counts changes of its minimum."
    )
    lots = listing_of_each(
        Lot,
        repository.LOTS_OF_ITEM,
        repository.LOTS,
        description="The lots of the medication at the location, the one that expires first before others.",
        scopes=[[policy.STOCK_READ]],
    )

    @guarded(description="The medication that is kept.", scopes=[[policy.READ]])
    async def medication(self, info: Info) -> Medication | None:
        return await Medication.load(info.context, self.row.medication_id)


@entity(
    policy.movements,
    scopes=[[policy.STOCK_WRITE]],
    description="A lot at a location became more or less; what has moved once is corrected by another movement only.",
)
class StockMovement(Entity[models.StockMovement]):
    kind: MovementKind | None = from_row(
        lambda row: MovementKind(row.kind), description="Why the stock became more or less."
    )
    quantity: float | None = _number(
        "quantity", description="By how much there is more, or less if it is negative, in units of dispensing."
    )
    number: int | None = from_row(
        "number", description="The number of the movement among those of the medication at the location, without gaps."
    )
    balance: float | None = _number(
        "balance", description="How much of the medication was at the location after the movement, of all lots."
    )
    occurred_at: datetime | None = from_row("occurred_at", description="When the stock moved.")
    recorded_at: datetime | None = from_row("created_at", description="When the movement was entered.")
    location: Location | None = reference(Location, "location_id", description="The location where the stock moved.")
    by: StaffMember | None = reference(StaffMember, "account_id", description="The person who moved the stock.")
    witness: StaffMember | None = reference(
        StaffMember, "witness_id", description="The second person, who was there; null if none was named."
    )
    reason: StockReason | None = from_row(
        lambda row: StockReason(row.reason) if row.reason else None,
        description="Why the stock was thrown away or corrected; null for other movements.",
    )

    @strawberry.field(description="The lot that moved.")
    async def lot(self, info: Info) -> Lot | None:
        return await Lot.load(info.context, self.row.lot_id)

    @guarded(description="The medication that is kept.", scopes=[[policy.READ]])
    async def medication(self, info: Info) -> Medication | None:
        return await Medication.load(info.context, self.row.medication_id)


@strawberry.type(description="What a count found of a lot.")
class StockCountLine:
    row: strawberry.Private[models.StockCountLine]

    counted: float = from_row(lambda row: float(row.counted), description="How much was found, in units of dispensing.")
    expected: float = from_row(
        lambda row: float(row.expected),
        description="How much was there by the movements when the count was submitted, in units of dispensing.",
    )

    @strawberry.field(description="The lot that was counted.")
    async def lot(self, info: Info) -> Lot | None:
        return await Lot.load(info.context, self.row.lot_id)


@entity(policy.counts, scopes=[[policy.STOCK_WRITE]], description="A count of the stock of a location.")
class StockCount(Entity[models.StockCount]):
    location: Location | None = reference(Location, "location_id", description="The location whose stock is counted.")
    status: CountStatus | None = from_row(
        lambda row: CountStatus(row.status), description="How far the count has come."
    )
    started_at: datetime | None = from_row("created_at", description="When the count was begun.")
    started_by: StaffMember | None = reference(
        StaffMember, "started_by", description="The person who has begun the count."
    )
    submitted_at: datetime | None = from_row(
        "submitted_at", description="When it was entered what was found; null until then."
    )
    submitted_by: StaffMember | None = reference(
        StaffMember, "submitted_by", description="The person who has entered what was found."
    )
    approved_at: datetime | None = from_row("approved_at", description="When the count was approved; null until then.")
    approved_by: StaffMember | None = reference(
        StaffMember, "approved_by", description="The person who has approved the count."
    )
    version: int | None = from_row(
        "version", description="The version of the count, which counts its changes; a change names the one it has read."
    )

    @strawberry.field(description="What was found of each lot; empty until that is submitted.")
    async def lines(self, info: Info) -> list[StockCountLine] | None:
        return [StockCountLine(row=row) for row in await info.context.load(repository.count_lines, self.row.id)]


@entity(
    policy.dispensed_lots,
    scopes=[[policy.DISPENSE]],
    description="What a patient was given of a lot, at one hand-over.",
)
class DispenseLot(Entity[models.DispenseLot]):
    patient: Patient | None = reference(Patient, "patient_id", description="The patient who was given it.")
    quantity: float | None = _number("quantity", description="How much the patient was given, in units of dispensing.")
    returned: float | None = _number("returned", description="How much of that the patient has brought back.")
    handed_over_at: datetime | None = from_row("created_at", description="When the patient was given it.")

    @strawberry.field(description="The lot that the patient was given something of.")
    async def lot(self, info: Info) -> Lot | None:
        return await Lot.load(info.context, self.row.lot_id)
