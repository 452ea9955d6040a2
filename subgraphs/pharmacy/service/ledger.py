"""How stock is moved: items are locked in order, movements posted, and what follows from them told."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import InvalidState, not_found
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy.codes import LotStatus, MovementKind
from subgraphs.pharmacy.errors import LOT_STATUS
from subgraphs.pharmacy.events import StockLow, StockOutBegan, StockOutEnded
from subgraphs.pharmacy.models import Location, Lot, StockItem, StockMovement, StockReservation

Place = tuple[UUID, UUID]
"""A location and a medication, by their keys."""

_STEP = Decimal("0.001")


async def hold(work: UnitOfWork, places: Collection[Place], *, make: bool = False) -> dict[Place, StockItem]:
    """The items of these places, locked until the end in the order of their keys; with `make`, missing ones are made."""
    ordered = sorted(set(places))
    if make:
        rows = [
            StockItem(location_id=location, medication_id=medication).model_dump() for location, medication in ordered
        ]
        await work.session.execute(insert(StockItem).values(rows).on_conflict_do_nothing())
    keys = col(StockItem.location_id), col(StockItem.medication_id)
    statement = select(StockItem).where(tuple_(*keys).in_(ordered)).order_by(*keys).with_for_update()
    items = await work.session.scalars(statement.execution_options(populate_existing=True))
    return {place(item): item for item in items}


def place(row: StockItem | Lot) -> Place:
    """Where something is kept, and what."""
    return row.location_id, row.medication_id


async def lots_of(work: UnitOfWork, keys: Iterable[UUID]) -> list[Lot]:
    """Lots by their keys, as they are now; their items are locked."""
    statement = select(Lot).where(col(Lot.id).in_(list(keys))).order_by(col(Lot.id))
    return list((await work.session.scalars(statement.execution_options(populate_existing=True))).all())


async def today_at(work: UnitOfWork, location_id: UUID) -> date:
    """The day by the calendar of a location."""
    location = await work.session.get(Location, location_id)
    if location is None:
        raise not_found("Location")
    return datetime.now(ZoneInfo(location.time_zone)).date()


async def post(
    work: UnitOfWork, lot: Lot, kind: MovementKind, quantity: Decimal, occurred_at: datetime | None = None, **said: Any
) -> StockMovement:
    """Move stock of a lot, whose item is locked, by so much; `said` are other columns of the movement."""
    row = StockMovement(
        lot_id=lot.id,
        location_id=lot.location_id,
        medication_id=lot.medication_id,
        kind=kind,
        quantity=quantity.quantize(_STEP),
        occurred_at=occurred_at or utc_now(),
        account_id=work.principal.subject,
        **said,
    )
    work.session.add(row)
    await work.session.flush()
    await work.session.refresh(lot)
    return row


async def settle(work: UnitOfWork, items: Mapping[Place, StockItem]) -> None:
    """Reckon what can be dispensed of locked items, and tell what has run low or out, or is there again."""
    await work.session.flush()
    for item in items.values():
        await work.session.refresh(item)
        usable = select(func.coalesce(func.sum(col(Lot.on_hand)), 0)).where(
            col(Lot.item_id) == item.id,
            col(Lot.status) == LotStatus.ACTIVE,
            col(Lot.expires_on) >= await today_at(work, item.location_id),
        )
        item.usable = await work.session.scalar(usable) or Decimal(0)
        _tell(work, item)


def _tell(work: UnitOfWork, item: StockItem) -> None:
    now, kept = utc_now(), item.minimum is not None
    low, out = kept and item.usable < (item.minimum or 0), kept and item.usable == 0
    told = {
        "stock_item_id": item.id,
        "location_id": item.location_id,
        "medication_id": item.medication_id,
        "occurred_at": now,
    }
    if low and item.low_since is None:
        work.publish(StockLow(**told))
    if out and item.out_since is None:
        work.publish(StockOutBegan(**told))
    if not out and item.out_since is not None:
        work.publish(StockOutEnded(**told))
    item.low_since = (item.low_since or now) if low else None
    item.out_since = (item.out_since or now) if out else None


async def free(work: UnitOfWork, lots: Collection[Lot]) -> None:
    """Free all that is reserved for whoever was to get something of these lots: what is left of it would be too little."""
    theirs = select(col(StockReservation.dispense_id)).where(col(StockReservation.lot_id).in_([lot.id for lot in lots]))
    await work.session.flush()
    await work.session.execute(delete(StockReservation).where(col(StockReservation.dispense_id).in_(theirs)))


def check_status(lot: Lot, *allowed: LotStatus) -> None:
    """Refuse a lot that is in none of these states."""
    if lot.status not in allowed:
        raise InvalidState(LOT_STATUS, status=lot.status)


def plain(quantity: Decimal) -> str:
    """A quantity as people read it, without zeros at its end."""
    return f"{quantity.normalize():f}"
