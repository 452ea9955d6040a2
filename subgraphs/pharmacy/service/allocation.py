"""Stock for dispensings: reserved first expired first out, handed over, freed, taken back.

All of these are parts of the unit of work of whoever dispenses. Each locks the item of the medication at the location until
the end, so that what is found of its lots is so: as lots that are locked are not skipped, who asks is never told that there
is nothing where there is, and the lot that expires first goes first even where many ask at once.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import InvalidState, not_found
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.codes import LotStatus, MovementKind
from subgraphs.pharmacy.errors import LOT_EXPIRED, NOTHING_RESERVED, OUT_OF_STOCK, RETURNED_TOO_MUCH, OutOfStock
from subgraphs.pharmacy.models import DispenseLot, Lot, StockItem, StockReservation
from subgraphs.pharmacy.service.ledger import Place, check_status, hold, lots_of, place, plain, post, settle, today_at

_BATCH = 200
_STAYS = LotStatus.RECALLED, LotStatus.EXPIRED

Allocation = list[tuple[UUID, Decimal]]
"""Keys of lots, and how much of each."""


async def reserve(
    work: UnitOfWork, location_id: UUID, medication_id: UUID, quantity: Decimal, *, dispense_id: UUID
) -> Allocation:
    """Keep so much of a medication at a location for a dispensing; raises OutOfStock if there is less.

    One dispensing reserves once, until what it has is freed or handed over.
    """
    await hold(work, [(location_id, medication_id)])
    today = await today_at(work, location_id)
    usable = select(Lot).where(
        col(Lot.location_id) == location_id,
        col(Lot.medication_id) == medication_id,
        col(Lot.status) == LotStatus.ACTIVE,
        col(Lot.expires_on) >= today,
        col(Lot.on_hand) > col(Lot.reserved),
    )
    in_order = usable.order_by(col(Lot.expires_on), col(Lot.received_at), col(Lot.id))
    lots = (await work.session.scalars(in_order.execution_options(populate_existing=True))).all()
    available = sum((lot.on_hand - lot.reserved for lot in lots), Decimal(0))
    if available < quantity:
        raise OutOfStock(OUT_OF_STOCK, available=plain(available))
    found = _first_out(lots, quantity)
    work.session.add_all(StockReservation(dispense_id=dispense_id, lot_id=lot, quantity=part) for lot, part in found)
    await work.session.flush()
    return found


def _first_out(lots: Sequence[Lot], quantity: Decimal) -> Allocation:
    found: Allocation = []
    for lot in lots:
        part = min(quantity, lot.on_hand - lot.reserved)
        if part > 0:
            found.append((lot.id, part))
            quantity -= part
    return found


async def hand_out(
    work: UnitOfWork, dispense_id: UUID, *, patient_id: UUID, witness_id: UUID | None = None
) -> Allocation:
    """Hand what is reserved for a dispensing over to a patient: of which lots how much.

    `witness_id` is the account of the second person, where there is one. Raises InvalidState if nothing is reserved any more,
    since time was over or a lot was kept apart, and of what has expired meanwhile.
    """
    items, rows = await _hold_reserved(work, [dispense_id])
    if not rows:
        raise InvalidState(NOTHING_RESERVED)
    lots = {lot.id: lot for lot in await lots_of(work, [row.lot_id for row in rows])}
    await _delete(work, rows)
    for row in rows:
        lot = lots[row.lot_id]
        check_status(lot, LotStatus.ACTIVE)
        if lot.expires_on < await today_at(work, lot.location_id):
            raise InvalidState(LOT_EXPIRED)
        await post(work, lot, MovementKind.DISPENSED, -row.quantity, dispense_id=dispense_id, witness_id=witness_id)
        given = DispenseLot(
            dispense_id=dispense_id,
            lot_id=lot.id,
            location_id=lot.location_id,
            patient_id=patient_id,
            quantity=row.quantity,
        )
        work.session.add(given)
    await settle(work, items)
    return [(row.lot_id, row.quantity) for row in rows]


async def release(work: UnitOfWork, dispense_id: UUID) -> None:
    """Free what is reserved for a dispensing, if anything is."""
    _, rows = await _hold_reserved(work, [dispense_id])
    await _delete(work, rows)


async def take_back(work: UnitOfWork, dispense_id: UUID, lot_id: UUID, quantity: Decimal) -> None:
    """Take back so much of what was handed over of a lot; raises InvalidState if the patient has not so much of it.

    It is kept apart from what is left of the lot: how it was stored meanwhile, nobody here has seen.
    """
    lot = await work.session.get(Lot, lot_id)
    if lot is None:
        raise not_found("Lot")
    items = await hold(work, [place(lot)])
    mine = col(DispenseLot.dispense_id) == dispense_id, col(DispenseLot.lot_id) == lot_id
    row = await work.session.scalar(select(DispenseLot).where(*mine).with_for_update())
    if row is None or quantity > row.quantity - row.returned:
        left = row.quantity - row.returned if row else Decimal(0)
        raise InvalidState(RETURNED_TOO_MUCH, available=plain(left))
    row.returned += quantity
    apart = await _kept_apart(work, lot)
    await post(work, apart, MovementKind.RETURNED, quantity, dispense_id=dispense_id)
    await settle(work, items)


async def _kept_apart(work: UnitOfWork, lot: Lot) -> Lot:
    """Where what comes back of a lot is kept: called back or expired as the lot is, else in quarantine. Its item is locked."""
    await work.session.refresh(lot)
    status = lot.status if lot.status in _STAYS else LotStatus.QUARANTINED
    mine = select(Lot).where(
        col(Lot.item_id) == lot.item_id,
        col(Lot.number) == lot.number,
        col(Lot.returned).is_(True),
        col(Lot.status) == status,
    )
    found = await work.session.scalar(mine.order_by(col(Lot.id)).limit(1).execution_options(populate_existing=True))
    if found is not None:
        return found
    same = {"item_id", "location_id", "medication_id", "number", "expires_on", "received_at"}
    made = Lot(**lot.model_dump(include=same), status=status, returned=True)
    work.session.add(made)
    await work.session.flush()
    return made


async def free_old(work: UnitOfWork, minutes: int) -> int:
    """Free what was reserved so long ago; how many reservations there were."""
    old = select(col(StockReservation.dispense_id)).where(
        col(StockReservation.created_at) < utc_now() - timedelta(minutes=minutes)
    )
    dispenses = (await work.session.scalars(old.order_by(col(StockReservation.created_at)).limit(_BATCH))).all()
    _, rows = await _hold_reserved(work, dispenses)
    await _delete(work, rows)
    return len(rows)


async def _hold_reserved(
    work: UnitOfWork, dispenses: Sequence[UUID]
) -> tuple[dict[Place, StockItem], Sequence[StockReservation]]:
    """What is reserved for dispensings, and its items, which are locked."""
    theirs = col(StockReservation.dispense_id).in_(dispenses)
    lots = select(Lot).join(StockReservation, col(StockReservation.lot_id) == col(Lot.id)).where(theirs)
    places = [place(lot) for lot in (await work.session.scalars(lots)).all()]
    if not places:
        return {}, []
    items = await hold(work, places)
    rows = select(StockReservation).where(theirs).order_by(col(StockReservation.id))
    return items, (await work.session.scalars(rows)).all()


async def _delete(work: UnitOfWork, rows: Sequence[StockReservation]) -> None:
    keys = [row.id for row in rows]
    await work.session.execute(delete(StockReservation).where(col(StockReservation.id).in_(keys)))
