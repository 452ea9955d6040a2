"""Counting stock: one counts, another approves, and what differs is moved."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import InvalidState, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.codes import CountStatus, MovementKind
from subgraphs.pharmacy.commands.stock import (
    ApproveStockCount,
    DiscardStockCount,
    StartStockCount,
    SubmitStockCount,
)
from subgraphs.pharmacy.commands.values import exact
from subgraphs.pharmacy.errors import COUNT_APPROVER, COUNT_EXISTS, COUNT_LOTS, STOCK_SHORT
from subgraphs.pharmacy.models import Lot, StockCount, StockCountLine
from subgraphs.pharmacy.service.ledger import hold, lots_of, place, plain, post, settle
from subgraphs.pharmacy.service.states import check, move


async def start(context: Context, command: StartStockCount) -> StockCount:
    """Begin to count the stock of a location, where nobody does so."""
    async with context.write() as work:
        await work.once(command)
        await work.find(policy.locations, command.location_id, scope=policy.STOCK_WRITE, lock=False)
        row = StockCount(location_id=command.location_id, started_by=work.principal.subject)
        work.session.add(row)
        try:
            await work.session.flush()
        except IntegrityError:
            raise InvalidState(COUNT_EXISTS) from None
        work.done(row.id)
    return row


async def submit(context: Context, command: SubmitStockCount) -> StockCount:
    """Enter what was found, beside what is on hand by the movements up to now."""
    async with context.write() as work:
        row = await work.find(policy.counts, command.id, scope=policy.STOCK_WRITE, version=command.version)
        check(work, row, CountStatus.SUBMITTED)
        counted = {each.lot_id: exact(each.counted) for each in command.lots}
        lots = await _held(work, row, await lots_of(work, counted))
        if len(lots) < len(counted):
            raise invalid("lots", COUNT_LOTS)
        for lot in lots:
            line = StockCountLine(count_id=row.id, lot_id=lot.id, counted=counted[lot.id], expected=lot.on_hand)
            work.session.add(line)
        row.status, row.submitted_by, row.submitted_at = CountStatus.SUBMITTED, work.principal.subject, utc_now()
    return row


async def approve(context: Context, command: ApproveStockCount) -> StockCount:
    """Move each lot by what differed when the count was submitted; what moved since then stays."""
    async with context.write() as work:
        await work.once(command)
        row = await work.find(policy.counts, command.id, scope=policy.STOCK_APPROVE, version=command.version)
        check(work, row, CountStatus.APPROVED)
        if work.principal.subject in (row.started_by, row.submitted_by):
            raise InvalidState(COUNT_APPROVER)
        of_count = select(StockCountLine).where(col(StockCountLine.count_id) == row.id)
        changes = {line.lot_id: line.counted - line.expected for line in await work.session.scalars(of_count)}
        differing = [lot for lot, change in changes.items() if change]
        found = await lots_of(work, differing)
        items = await hold(work, [place(lot) for lot in found]) if found else {}
        for lot in await lots_of(work, differing):
            if lot.on_hand + changes[lot.id] < lot.reserved:
                raise InvalidState(STOCK_SHORT, available=plain(lot.on_hand - lot.reserved))
            await post(work, lot, MovementKind.COUNTED, changes[lot.id], count_id=row.id)
        row.status, row.approved_by, row.approved_at = CountStatus.APPROVED, work.principal.subject, utc_now()
        await settle(work, items)
        work.done(row.id)
    return row


async def discard(context: Context, command: DiscardStockCount) -> StockCount:
    """Give a count up."""
    async with context.write() as work:
        row = await work.find(policy.counts, command.id, scope=policy.STOCK_WRITE, version=command.version)
        move(work, row, CountStatus.DISCARDED)
    return row


async def _held(work: UnitOfWork, row: StockCount, lots: Sequence[Lot]) -> list[Lot]:
    """Those of some lots that are at the location of a count, as they are until the end."""
    here = [lot for lot in lots if lot.location_id == row.location_id]
    await hold(work, [place(lot) for lot in here])
    return await lots_of(work, [lot.id for lot in here])
