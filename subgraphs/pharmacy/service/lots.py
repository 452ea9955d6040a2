"""The states of lots: kept apart, released, called back, expired."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Date, cast, func, select
from sqlmodel import col

from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.codes import LotStatus
from subgraphs.pharmacy.commands.stock import ChangeLotStatus
from subgraphs.pharmacy.errors import LOT_EXPIRED
from subgraphs.pharmacy.events import LotExpired, LotExpiring, LotFacts, LotRecalled, LotRecalledForPatient
from subgraphs.pharmacy.models import DispenseLot, Location, Lot, Medication
from subgraphs.pharmacy.service.ledger import free, hold, lots_of, place, settle, today_at
from subgraphs.pharmacy.service.states import LOTS, check

_BATCH = 200
_TODAY = cast(func.timezone(col(Location.time_zone), func.now()), Date)


async def quarantine(context: Context, command: ChangeLotStatus) -> Lot:
    """Keep a lot apart; what was reserved of it is free, and has to be prepared again of others."""
    return await _move(context, command, LotStatus.QUARANTINED, policy.STOCK_WRITE)


async def release(context: Context, command: ChangeLotStatus) -> Lot:
    """Let a lot be dispensed again that was kept apart."""
    return await _move(context, command, LotStatus.ACTIVE, policy.STOCK_APPROVE)


async def recall(context: Context, command: ChangeLotStatus) -> Lot:
    """Call a lot back wherever it is or was, and tell of each patient who was given something of it."""
    async with context.write() as work:
        row = await work.find(policy.lots, command.id, scope=policy.STOCK_APPROVE, version=command.version, lock=False)
        check(work, row, LotStatus.RECALLED)
        # Nobody receives it meanwhile elsewhere.
        await work.session.get(Medication, row.medication_id, with_for_update={"key_share": True})
        alike = select(Lot).where(col(Lot.medication_id) == row.medication_id, col(Lot.number) == row.number)
        found = (await work.session.scalars(alike)).all()
        items = await hold(work, [place(lot) for lot in found])
        lots = [lot for lot in await lots_of(work, [lot.id for lot in found]) if lot.status != LotStatus.RECALLED]
        await free(work, lots)
        for lot in lots:
            lot.status = LotStatus.RECALLED
            if not lot.returned:  # of which there is another one there
                work.publish(LotRecalled(**_facts(lot)))
        await _tell_patients(work, lots)
        await settle(work, items)
    return row


async def _move(context: Context, command: ChangeLotStatus, status: LotStatus, scope: str) -> Lot:
    async with context.write() as work:
        key = await work.find(policy.lots, command.id, scope=scope, version=command.version, lock=False)
        items = await hold(work, [place(key)])
        row = await work.find(policy.lots, command.id, scope=scope, version=command.version)
        check(work, row, status)
        if status is LotStatus.ACTIVE and row.expires_on < await today_at(work, row.location_id):
            raise InvalidState(LOT_EXPIRED)
        if status is not LotStatus.ACTIVE:
            await free(work, [row])
        row.status = status
        await settle(work, items)
        await work.session.refresh(row)
    return row


async def _tell_patients(work: UnitOfWork, lots: Sequence[Lot]) -> None:
    """One event for each patient and lot, whatever they have brought back."""
    medications = {lot.id: lot.medication_id for lot in lots}
    given = select(DispenseLot).where(col(DispenseLot.lot_id).in_(medications)).order_by(col(DispenseLot.id))
    rows = (await work.session.scalars(given)).all()
    for patient_id, lot_id, location_id in dict.fromkeys((row.patient_id, row.lot_id, row.location_id) for row in rows):
        work.publish(
            LotRecalledForPatient(
                patient_id=patient_id, lot_id=lot_id, location_id=location_id, medication_id=medications[lot_id]
            )
        )


def _facts(lot: Lot) -> dict[str, object]:
    return {name: getattr(lot, "id" if name == "lot_id" else name) for name in LotFacts.model_fields}


async def expire(work: UnitOfWork) -> int:
    """Let lots expire whose last day is over at their location; how many there were at most."""
    due = select(Lot).join(Location, col(Location.id) == col(Lot.location_id))
    open_ = [before for before, to in LOTS.ways if to is LotStatus.EXPIRED]
    due = due.where(col(Lot.status).in_(open_), col(Lot.expires_on) < _TODAY).order_by(col(Lot.id)).limit(_BATCH)
    found = (await work.session.scalars(due)).all()
    items = await hold(work, [place(lot) for lot in found]) if found else {}
    lots = [lot for lot in await lots_of(work, [lot.id for lot in found]) if lot.status in open_]
    await free(work, lots)
    for lot in lots:
        lot.status = LotStatus.EXPIRED
        work.publish(LotExpired(**_facts(lot)))
    await settle(work, items)
    return len(found)


async def warn(work: UnitOfWork, days: int) -> int:
    """Tell of lots of which something is left and which expire in so many days or less, once of each."""
    soon = select(Lot).join(Location, col(Location.id) == col(Lot.location_id))
    soon = soon.where(
        col(Lot.status).in_((LotStatus.ACTIVE, LotStatus.QUARANTINED)),
        col(Lot.on_hand) > 0,
        col(Lot.warned).is_(False),
        col(Lot.expires_on) >= _TODAY,
        col(Lot.expires_on) <= _TODAY + timedelta(days=days),
    )
    rows = await work.session.scalars(
        soon.order_by(col(Lot.id)).limit(_BATCH).with_for_update(of=Lot, key_share=True, skip_locked=True)
    )
    found = rows.all()
    for lot in found:
        lot.warned = True
        work.publish(LotExpiring(**_facts(lot)))
    return len(found)
