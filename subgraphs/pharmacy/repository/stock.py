"""Statements that read stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.database.rows import grouped
from shared.graph.context import Context
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.codes import CountStatus, LotStatus
from subgraphs.pharmacy.models import (
    DispenseLot,
    Lot,
    Medication,
    StockCount,
    StockCountLine,
    StockItem,
    StockMovement,
)

ITEMS = Order((col(StockItem.medication_id), col(StockItem.id)))
LOTS = Order((col(Lot.expires_on), col(Lot.id)))
MOVEMENTS = Order((col(StockMovement.id),)).reverse
REGISTER = Order((col(StockMovement.medication_id), col(StockMovement.number), col(StockMovement.id)))
COUNTS = Order((col(StockCount.id),)).reverse
TRACE = Order((col(DispenseLot.id),))

LOTS_OF_ITEM = ListOfEach(policy.lots, col(Lot.item_id))

_COUNTS = bindparam("counts", type_=ARRAY(Uuid))
_EXPIRING = LotStatus.ACTIVE, LotStatus.QUARANTINED, LotStatus.EXPIRED


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Which movements are asked for; `since` is included, `until` is not."""

    lot_id: UUID | None = None
    location_id: UUID | None = None
    medication_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """WHERE, of what is asked for."""
        columns = {
            "lot_id": col(StockMovement.lot_id),
            "location_id": col(StockMovement.location_id),
            "medication_id": col(StockMovement.medication_id),
        }
        asked = {name: getattr(self, name) for name in columns}
        found: list[ColumnElement[bool]] = [columns[name] == key for name, key in asked.items() if key is not None]
        if self.since is not None:
            found.append(col(StockMovement.occurred_at) >= self.since)
        if self.until is not None:
            found.append(col(StockMovement.occurred_at) < self.until)
        return found


def stock(
    principal: Principal, location_id: UUID | None, below_minimum: bool | None, expires_before: date | None
) -> Select[StockItem]:
    """What is kept at a location, or everywhere; less than the minimum of it, or not; with something that expires early."""
    statement = policy.stock_items(principal)
    if location_id is not None:
        statement = statement.where(col(StockItem.location_id) == location_id)
    if below_minimum is not None:
        low = col(StockItem.low_since)
        statement = statement.where(low.is_not(None) if below_minimum else low.is_(None))
    if expires_before is not None:
        early = policy.lots(principal).where(
            col(Lot.on_hand) > 0, col(Lot.status).in_(_EXPIRING), col(Lot.expires_on) < expires_before
        )
        statement = statement.where(col(StockItem.id).in_(early.with_only_columns(col(Lot.item_id))))
    return statement


def movements(principal: Principal, wanted: MovementFilter) -> Select[StockMovement]:
    """Movements of stock that the caller keeps."""
    return policy.movements(principal).where(*wanted.conditions())


def register(principal: Principal, wanted: MovementFilter) -> Select[StockMovement]:
    """The movements of controlled medications alone."""
    controlled = policy.medications(principal).where(col(Medication.schedule).is_not(None))
    of_these = col(StockMovement.medication_id).in_(controlled.with_only_columns(col(Medication.id)))
    return movements(principal, wanted).where(of_these)


def counts(principal: Principal, location_id: UUID | None, status: Sequence[CountStatus] | None) -> Select[StockCount]:
    """The counts of a location, or of all; in some states."""
    statement = policy.counts(principal)
    if location_id is not None:
        statement = statement.where(col(StockCount.location_id) == location_id)
    return statement if status is None else statement.where(col(StockCount.status).in_(status))


async def count_lines(context: Context, keys: Sequence[UUID]) -> list[list[StockCountLine]]:
    """What was found by each of some counts."""
    rows = await context.fetch(context.written(_lines), counts=keys)
    return grouped(rows, attrgetter("count_id"), keys)


def _lines(principal: Principal) -> Select[StockCountLine]:
    mine = col(StockCountLine.count_id) == any_(_COUNTS)
    return policy.count_lines(principal).where(mine).order_by(col(StockCountLine.id))


def trace(principal: Principal, lot_id: UUID | None) -> Select[DispenseLot]:
    """Who was given a lot."""
    return policy.dispensed_lots(principal).where(col(DispenseLot.lot_id) == lot_id)
