"""Receiving stock, correcting it, throwing it away, and taking it elsewhere."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import NOT_FOUND, InvalidState, invalid
from shared.graph.context import Context
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.codes import LotStatus, MovementKind
from subgraphs.pharmacy.commands.stock import (
    AdjustStock,
    ChangeOfLot,
    ReceiveStock,
    SaveStockMinimum,
    TransferStock,
    WasteStock,
)
from subgraphs.pharmacy.commands.values import exact
from subgraphs.pharmacy.errors import (
    BEFORE_RECEIPT,
    LOT_EXPIRED,
    LOT_NUMBER_EXPIRY,
    LOT_RECALLED,
    MEDICATION_INACTIVE,
    PACK_UNKNOWN,
    SAME_LOCATION,
    STOCK_SHORT,
    WITNESS,
)
from subgraphs.pharmacy.events import StockWasted
from subgraphs.pharmacy.models import Account, Location, Lot, Medication, MedicationPack, StockItem, StockMovement
from subgraphs.pharmacy.models.stock import LOT_EXPIRY
from subgraphs.pharmacy.service.ledger import check_status, hold, lots_of, place, plain, post, settle, today_at

_OPEN = LotStatus.ACTIVE, LotStatus.DEPLETED


async def save_minimum(context: Context, command: SaveStockMinimum) -> StockItem:
    """Say how much of a medication is kept at a location, or that it is not kept there."""
    async with context.write() as work:
        await work.find(policy.locations, command.location_id, scope=policy.STOCK_WRITE, lock=False)
        await _medication(work, command.medication_id)
        items = await hold(work, [(command.location_id, command.medication_id)], make=True)
        (row,) = items.values()
        row.minimum = None if command.minimum is None else exact(command.minimum)
        await settle(work, items)
    return row


async def receive(context: Context, command: ReceiveStock) -> StockMovement:
    """Enter a delivery, into the lot of its number at the location, which is made if it is new."""
    async with context.write() as work:
        await work.once(command)
        await work.find(policy.locations, command.location_id, scope=policy.STOCK_WRITE, lock=False)
        medication = await _medication(work, command.medication_id)
        if not medication.active:
            raise invalid("medicationId", MEDICATION_INACTIVE)
        quantity = await _units(work, command)
        if command.expires_on < await today_at(work, command.location_id):
            raise invalid("expiresOn", LOT_EXPIRED)
        items = await hold(work, [(command.location_id, command.medication_id)], make=True)
        (item,) = items.values()
        moved = command.occurred_at or utc_now()
        lot = await _lot(work, item, command.lot_number, command.expires_on, moved)
        movement = await post(work, lot, MovementKind.RECEIVED, quantity, _time(lot, moved))
        await settle(work, items)
        work.done(movement.id)
    return movement


async def adjust(context: Context, command: AdjustStock) -> StockMovement:
    """Correct how much there is of a lot."""
    return await _change(context, command, MovementKind.ADJUSTED, exact(command.change))


async def waste(context: Context, command: WasteStock) -> StockMovement:
    """Throw something of a lot away, in whatever state it is."""
    return await _change(context, command, MovementKind.WASTED, -exact(command.quantity))


async def transfer(context: Context, command: TransferStock) -> StockMovement:
    """Take something of a lot to another location; the movement from here is what came of it."""
    async with context.write() as work:
        await work.once(command)
        key = await work.find(policy.lots, command.lot_id, scope=policy.STOCK_WRITE, lock=False)
        target = await work.session.get(Location, command.to_location_id)
        if target is None or not target.active:
            raise invalid("toLocationId", NOT_FOUND, resource="Location")
        if target.id == key.location_id:
            raise invalid("toLocationId", SAME_LOCATION)
        await _medication(work, key.medication_id)
        items = await hold(work, [place(key), (target.id, key.medication_id)], make=True)
        (lot,) = await lots_of(work, [key.id])
        check_status(lot, LotStatus.ACTIVE)
        moved, quantity, transfer_id = _time(lot, command.occurred_at), exact(command.quantity), new_id()
        _check_free(lot, quantity)
        there = await _lot(work, items[target.id, lot.medication_id], lot.number, lot.expires_on, moved)
        _time(there, moved)
        movement = await post(work, lot, MovementKind.TRANSFER_OUT, -quantity, moved, transfer_id=transfer_id)
        await post(work, there, MovementKind.TRANSFER_IN, quantity, moved, transfer_id=transfer_id)
        await settle(work, items)
        work.done(movement.id)
    return movement


async def _change(context: Context, command: ChangeOfLot, kind: MovementKind, quantity: Decimal) -> StockMovement:
    async with context.write() as work:
        await work.once(command)
        key = await work.find(policy.lots, command.lot_id, scope=policy.STOCK_WRITE, lock=False)
        items = await hold(work, [place(key)])
        (lot,) = await lots_of(work, [key.id])
        await _check_witness(work, lot, command.witness_id, needed=quantity < 0)
        if quantity < 0:
            _check_free(lot, -quantity)
        said = {"reason": command.reason, "witness_id": command.witness_id}
        movement = await post(work, lot, kind, quantity, _time(lot, command.occurred_at), **said)
        if kind is MovementKind.WASTED:
            work.publish(_wasted(movement))
        await settle(work, items)
        work.done(movement.id)
    return movement


def _wasted(movement: StockMovement) -> StockWasted:
    return StockWasted(
        stock_movement_id=movement.id,
        location_id=movement.location_id,
        medication_id=movement.medication_id,
        quantity=-movement.quantity,
        reason=movement.reason or "",
        occurred_at=movement.occurred_at,
    )


async def _check_witness(work: UnitOfWork, lot: Lot, witness_id: UUID | None, *, needed: bool) -> None:
    """Whoever takes from what is controlled is seen by somebody else who keeps the stock of the location."""
    if witness_id is None:
        medication = await work.session.get_one(Medication, lot.medication_id)
        if needed and medication.schedule is not None:
            raise invalid("witnessId", WITNESS)
        return
    witness = await work.session.get(Account, witness_id)
    if (
        witness is None
        or witness_id == work.principal.subject
        or not witness.enabled
        or policy.STOCK_WRITE not in witness.scopes
        or (policy.STOCK_ADMINISTER not in witness.scopes and lot.location_id not in witness.location_ids)
    ):
        raise invalid("witnessId", WITNESS)


async def _medication(work: UnitOfWork, key: UUID) -> Medication:
    """A medication, whose unit and recalled lots nobody changes until the end."""
    row = await work.session.get(Medication, key, with_for_update={"read": True})
    if row is None:
        raise invalid("medicationId", NOT_FOUND, resource="Medication")
    return row


async def _units(work: UnitOfWork, command: ReceiveStock) -> Decimal:
    """What is delivered, in the medication's unit."""
    if command.pack is None:
        return exact(command.quantity)
    pack = select(col(MedicationPack.units)).where(
        col(MedicationPack.medication_id) == command.medication_id, col(MedicationPack.name) == command.pack
    )
    units = await work.session.scalar(pack)
    if units is None:
        raise invalid("pack", PACK_UNKNOWN)
    return units * exact(command.quantity)


async def _lot(work: UnitOfWork, item: StockItem, number: str, expires_on: date, received_at: datetime) -> Lot:
    """The lot of a label at a locked item; a new one if there is none. What was called back anywhere comes nowhere."""
    alike = select(Lot).where(col(Lot.medication_id) == item.medication_id, col(Lot.number) == number)
    rows = (await work.session.scalars(alike.execution_options(populate_existing=True))).all()
    for row in rows:
        if row.expires_on != expires_on:
            raise invalid("expiresOn", LOT_NUMBER_EXPIRY)
        if row.status == LotStatus.RECALLED:
            raise InvalidState(LOT_RECALLED)
    here = next((row for row in rows if row.item_id == item.id and not row.returned), None)
    if here is not None:
        check_status(here, *_OPEN)
        return here
    made = Lot(
        item_id=item.id,
        location_id=item.location_id,
        medication_id=item.medication_id,
        number=number,
        expires_on=expires_on,
        received_at=received_at,
    )
    work.session.add(made)
    try:
        await work.session.flush()
    except IntegrityError as error:
        if LOT_EXPIRY not in str(error.orig):
            raise
        raise invalid("expiresOn", LOT_NUMBER_EXPIRY) from None
    return made


def _time(lot: Lot, occurred_at: datetime | None) -> datetime:
    moved = occurred_at or utc_now()
    if moved < lot.received_at:
        raise invalid("occurredAt", BEFORE_RECEIPT, time=lot.received_at.isoformat(timespec="minutes"))
    return moved


def _check_free(lot: Lot, quantity: Decimal) -> None:
    if quantity > lot.on_hand - lot.reserved:
        raise InvalidState(STOCK_SHORT, available=plain(lot.on_hand - lot.reserved))
