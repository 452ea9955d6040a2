"""Asking for stock, and moving it."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import key_of
from shared.graph.mutations import mutation
from subgraphs.pharmacy import models
from subgraphs.pharmacy.codes import CountStatus
from subgraphs.pharmacy.commands.stock import (
    AdjustStock,
    ApproveStockCount,
    ChangeLotStatus,
    DiscardStockCount,
    ReceiveStock,
    SaveStockMinimum,
    StartStockCount,
    SubmitStockCount,
    TransferStock,
    WasteStock,
)
from subgraphs.pharmacy.policy import DISPENSE, STOCK_APPROVE, STOCK_READ, STOCK_WRITE
from subgraphs.pharmacy.repository import stock as repository
from subgraphs.pharmacy.repository.stock import MovementFilter
from subgraphs.pharmacy.service import counts, lots, stock
from subgraphs.pharmacy.types.stock import DispenseLot, Lot, StockCount, StockItem, StockMovement

AtLocation = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what is at the location with this id; absent: at every location."),
]
OfMedication = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what is of the medication with this id; absent: of every medication."),
]
OfLot = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only movements of the lot with this id; absent: of every lot."),
]
BelowMinimum = Annotated[
    bool | None,
    strawberry.argument(description="Only what there is less of than its minimum, or only what there is enough of."),
]
ExpiresBefore = Annotated[
    date | None, strawberry.argument(description="Only what has a lot, not used up, that expires before this day.")
]
Since = Annotated[
    datetime | None,
    strawberry.argument(
        name="from", description="Only movements at this time or after it; absent: from the first one."
    ),
]
Until = Annotated[
    datetime | None,
    strawberry.argument(name="to", description="Only movements before this time; absent: to the last one."),
]
Statuses = Annotated[
    list[CountStatus] | None,
    strawberry.argument(description="Only counts that are in one of these states; absent: in any."),
]

_MOVES = [NotFound, InvalidState]
_STEPS = [NotFound, InvalidState, VersionConflict]


@strawberry.type
class StockQuery:
    stock_item = by_key(
        StockItem,
        description="What is kept at a location of a medication, by its id; null if there is none that the caller may see.",
        scopes=[[STOCK_READ]],
    )
    lot = by_key(
        Lot, description="The lot with an id; null if there is none that the caller may see.", scopes=[[STOCK_READ]]
    )
    stock_count = by_key(
        StockCount,
        description="The count of stock with an id; null if there is none that the caller may see.",
        scopes=[[STOCK_WRITE]],
    )

    @listing(StockItem, repository.ITEMS, description="The medications that are kept where.", scopes=[[STOCK_READ]])
    async def stock(
        self,
        info: Info,
        location_id: AtLocation = None,
        below_minimum: BelowMinimum = None,
        expires_before: ExpiresBefore = None,
    ) -> Select[models.StockItem]:
        location = key_of(location_id, "Location")
        return repository.stock(info.context.principal, location, below_minimum, expires_before)

    @listing(
        StockMovement,
        repository.MOVEMENTS,
        description="The movements of the stock that the caller keeps, the newest first.",
        scopes=[[STOCK_WRITE]],
    )
    async def stock_movements(
        self,
        info: Info,
        lot_id: OfLot = None,
        location_id: AtLocation = None,
        medication_id: OfMedication = None,
        since: Since = None,
        until: Until = None,
    ) -> Select[models.StockMovement]:
        keys = key_of(lot_id, "Lot"), key_of(location_id, "Location"), key_of(medication_id, "Medication")
        return repository.movements(info.context.principal, MovementFilter(*keys, since, until))

    @listing(
        StockMovement,
        repository.REGISTER,
        description="The register of controlled medications: each movement with its number and the running count.",
        scopes=[[STOCK_WRITE]],
    )
    async def controlled_register(
        self,
        info: Info,
        location_id: AtLocation = None,
        medication_id: OfMedication = None,
        since: Since = None,
        until: Until = None,
    ) -> Select[models.StockMovement]:
        keys = key_of(location_id, "Location"), key_of(medication_id, "Medication")
        return repository.register(info.context.principal, MovementFilter(None, *keys, since, until))

    @listing(
        StockCount,
        repository.COUNTS,
        description="The counts of the stock that the caller keeps, the newest first.",
        scopes=[[STOCK_WRITE]],
    )
    async def stock_counts(
        self, info: Info, location_id: AtLocation = None, status: Statuses = None
    ) -> Select[models.StockCount]:
        return repository.counts(info.context.principal, key_of(location_id, "Location"), status)

    @listing(
        DispenseLot,
        repository.TRACE,
        description="Who was given something of a lot where the caller dispenses, the first one first.",
        scopes=[[DISPENSE]],
    )
    async def lot_trace(
        self,
        info: Info,
        lot_id: Annotated[strawberry.ID, strawberry.argument(description="The id of the lot.")],
    ) -> Select[models.DispenseLot]:
        return repository.trace(info.context.principal, key_of(lot_id, "Lot"))


@strawberry.type
class StockMutation:
    @mutation(
        description="Say how much of a medication is kept at a location at least.",
        scopes=[[STOCK_WRITE]],
        errors=[NotFound],
    )
    async def save_stock_minimum(self, info: Info, input: SaveStockMinimum) -> StockItem:
        return StockItem.of(await stock.save_minimum(info.context, input))

    @mutation(description="Enter a delivery of a lot of a medication.", scopes=[[STOCK_WRITE]], errors=_MOVES)
    async def receive_stock(self, info: Info, input: ReceiveStock) -> StockMovement:
        return StockMovement.of(await stock.receive(info.context, input))

    @mutation(description="Correct how much there is of a lot.", scopes=[[STOCK_WRITE]], errors=_MOVES)
    async def adjust_stock(self, info: Info, input: AdjustStock) -> StockMovement:
        return StockMovement.of(await stock.adjust(info.context, input))

    @mutation(description="Throw something of a lot away.", scopes=[[STOCK_WRITE]], errors=_MOVES)
    async def waste_stock(self, info: Info, input: WasteStock) -> StockMovement:
        return StockMovement.of(await stock.waste(info.context, input))

    @mutation(
        description="Take something of a lot to another location; the movement from there is the answer's.",
        scopes=[[STOCK_WRITE]],
        errors=_MOVES,
    )
    async def transfer_stock(self, info: Info, input: TransferStock) -> StockMovement:
        return StockMovement.of(await stock.transfer(info.context, input))

    @mutation(
        description="Keep a lot apart, so that nothing of it is dispensed.", scopes=[[STOCK_WRITE]], errors=_STEPS
    )
    async def quarantine_lot(self, info: Info, input: ChangeLotStatus) -> Lot:
        return Lot.of(await lots.quarantine(info.context, input))

    @mutation(description="Let a lot be dispensed again that was kept apart.", scopes=[[STOCK_APPROVE]], errors=_STEPS)
    async def release_lot(self, info: Info, input: ChangeLotStatus) -> Lot:
        return Lot.of(await lots.release(info.context, input))

    @mutation(
        description="Call a lot back at all locations; patients who were given something of it are told.",
        scopes=[[STOCK_APPROVE]],
        errors=_STEPS,
    )
    async def recall_lot(self, info: Info, input: ChangeLotStatus) -> Lot:
        return Lot.of(await lots.recall(info.context, input))

    @mutation(description="Begin to count the stock of a location.", scopes=[[STOCK_WRITE]], errors=_MOVES)
    async def start_stock_count(self, info: Info, input: StartStockCount) -> StockCount:
        return StockCount.of(await counts.start(info.context, input))

    @mutation(description="Enter what was found by a count.", scopes=[[STOCK_WRITE]], errors=_STEPS)
    async def submit_stock_count(self, info: Info, input: SubmitStockCount) -> StockCount:
        return StockCount.of(await counts.submit(info.context, input))

    @mutation(
        description="Make what somebody else has counted the stock of the location.",
        scopes=[[STOCK_APPROVE]],
        errors=_STEPS,
    )
    async def approve_stock_count(self, info: Info, input: ApproveStockCount) -> StockCount:
        return StockCount.of(await counts.approve(info.context, input))

    @mutation(description="Give a count up, which changes nothing then.", scopes=[[STOCK_WRITE]], errors=_STEPS)
    async def discard_stock_count(self, info: Info, input: DiscardStockCount) -> StockCount:
        return StockCount.of(await counts.discard(info.context, input))
