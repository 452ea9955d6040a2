"""Specimens: collected, carried, received, split, rejected and disposed of."""

from collections.abc import Sequence
from types import EllipsisType

import msgspec
from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import NOT_FOUND, InvalidState, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import (
    OPEN_ORDERS,
    RELEASED,
    AnalysisStatus,
    OrderStatus,
    SpecimenRejection,
    SpecimenStatus,
)
from subgraphs.laboratory.commands.orders import (
    CollectSpecimen,
    DisposeSpecimen,
    ReceiveSpecimen,
    RecordHandOver,
    RejectSpecimen,
    SplitSpecimen,
)
from subgraphs.laboratory.commands.values import SpecimenId
from subgraphs.laboratory.errors import RESULTS_THERE
from subgraphs.laboratory.events import SpecimenCollected, SpecimenRejected
from subgraphs.laboratory.models import Analysis, HandOver, LabOrder, Location, Specimen
from subgraphs.laboratory.service.orders import hold, plan_specimen
from subgraphs.laboratory.service.states import move, require

_ON_THE_WAY = (SpecimenStatus.COLLECTED, SpecimenStatus.IN_TRANSIT)
_THERE = (*_ON_THE_WAY, SpecimenStatus.RECEIVED)


async def collect(context: Context, command: CollectSpecimen) -> Specimen:
    """Note that a specimen was collected, and its analyses with it: from now on it is this patient's for good."""
    async with context.write() as work:
        order, row = await _hold(work, command.id, command.version, policy.COLLECT)
        require(order, *OPEN_ORDERS)
        move(work, row, SpecimenStatus.COLLECTED)
        row.collected_at, row.collector_id = command.collected_at or utc_now(), work.principal.subject
        row.facts = Encrypted(msgspec.structs.replace(row.facts.value, note=command.note))
        for each in await _analyses(work, row):
            each.collected_at = row.collected_at
        work.publish(SpecimenCollected(**_told(row)))
    return row


async def hand_over(context: Context, command: RecordHandOver) -> Specimen:
    """Note that the caller has taken a specimen over."""
    async with context.write() as work:
        await work.once(command)
        _, row = await _hold(work, command.specimen_id, ..., policy.COLLECT)
        require(row, *_THERE)
        if command.location_id and await work.session.get(Location, command.location_id) is None:
            raise invalid("locationId", NOT_FOUND, resource="Location")
        if row.status == SpecimenStatus.COLLECTED:
            move(work, row, SpecimenStatus.IN_TRANSIT)
        row.touch()
        work.session.add(
            HandOver(
                specimen_id=row.id,
                patient_id=row.patient_id,
                account_id=work.principal.subject,
                location_id=command.location_id,
                at=utc_now(),
            )
        )
        work.done(row.id)
    return row


async def receive(context: Context, command: ReceiveSpecimen) -> Specimen:
    """Note that a specimen has arrived; the order is in progress then."""
    async with context.write() as work:
        order, row = await _hold(work, command.id, command.version, policy.EXAMINE)
        require(order, *OPEN_ORDERS)
        move(work, row, SpecimenStatus.RECEIVED)
        # A collector's clock may be ahead.
        row.received_at = max(utc_now(), row.collected_at or utc_now())
        row.receiver_id = work.principal.subject
        for each in await _analyses(work, row):
            each.received_at = row.received_at
        if order.status == OrderStatus.ORDERED:
            move(work, order, OrderStatus.IN_PROGRESS)
    return row


async def split(context: Context, command: SplitSpecimen) -> Specimen:
    """Split a specimen into parts; its analyses are of the first one, until they are assigned otherwise."""
    async with context.write() as work:
        await work.once(command)
        order, row = await _hold(work, command.id, command.version, policy.EXAMINE)
        move(work, row, SpecimenStatus.ALIQUOTED)
        parts = []
        for _ in range(command.parts):
            part = await plan_specimen(
                work,
                order,
                row.type,
                row.container,
                status=SpecimenStatus.RECEIVED,
                parent_id=row.id,
                **{name: getattr(row, name) for name in ("collected_at", "collector_id", "received_at", "receiver_id")},
            )
            parts.append(part)
        for each in await _analyses(work, row):
            each.specimen_id = parts[0].id
        work.done(row.id)
    return row


async def reject(context: Context, command: RejectSpecimen) -> Specimen:
    """Refuse a specimen: what was to be examined of it, and of its parts, waits for another one."""
    async with context.write() as work:
        order, row = await _hold(work, command.id, command.version, policy.COLLECT)
        require(order, *OPEN_ORDERS)
        move(work, row, SpecimenStatus.REJECTED)
        now = utc_now()
        parts = await _parts(work, row)
        analyses = [each for vessel in (row, *parts) for each in await _analyses(work, vessel)]
        if any(each.status in RELEASED for each in analyses):
            raise InvalidState(RESULTS_THERE)
        for part in parts:
            if part.status == SpecimenStatus.RECEIVED:
                move(work, part, SpecimenStatus.DISPOSED)
                part.ended_at = now
        row.ended_at = now
        facts = msgspec.structs.replace(row.facts.value, rejection=command.reason, rejection_comment=command.comment)
        row.facts = Encrypted(facts)
        other = await plan_specimen(work, order, row.type, row.container, replaces_id=row.id)
        for each in analyses:
            if each.status not in (AnalysisStatus.PENDING, AnalysisStatus.CANCELLED):
                move(work, each, AnalysisStatus.PENDING)
            each.specimen_id, each.assignee_id, each.shown_number = other.id, None, 0
            each.collected_at = each.received_at = each.resulted_at = each.verified_at = None
        _tell_of_rejection(work, order, row, other, command.reason)
    return row


async def dispose(context: Context, command: DisposeSpecimen) -> Specimen:
    """Note that a specimen is no longer there."""
    async with context.write() as work:
        _, row = await _hold(work, command.id, command.version, policy.EXAMINE)
        move(work, row, SpecimenStatus.DISPOSED)
        row.ended_at = utc_now()
    return row


async def _hold(
    work: UnitOfWork, key: SpecimenId, version: int | EllipsisType, scope: str
) -> tuple[LabOrder, Specimen]:
    """A specimen and its order, locked; the order first."""
    found = await work.find(policy.specimens, key, scope=scope, lock=False)
    order = await hold(work, found.lab_order_id)
    return order, await work.find(policy.specimens, key, scope=scope, version=version)


async def _analyses(work: UnitOfWork, row: Specimen) -> Sequence[Analysis]:
    mine = select(Analysis).where(col(Analysis.specimen_id) == row.id).order_by(col(Analysis.id))
    return (await work.session.scalars(mine.with_for_update(key_share=True))).all()


async def _parts(work: UnitOfWork, row: Specimen) -> Sequence[Specimen]:
    parts = select(Specimen).where(col(Specimen.parent_id) == row.id).order_by(col(Specimen.id))
    return (await work.session.scalars(parts.with_for_update(key_share=True))).all()


def _tell_of_rejection(
    work: UnitOfWork, order: LabOrder, row: Specimen, other: Specimen, reason: SpecimenRejection
) -> None:
    work.publish(
        SpecimenRejected(
            **_told(row),
            practitioner_id=order.practitioner_id,
            told=[order.account_id],
            reason=reason,
            specimen_to_collect_id=other.id,
            rejected_at=row.ended_at or utc_now(),
        )
    )


def _told(row: Specimen) -> dict[str, object]:
    return {
        "specimen_id": row.id,
        "order_id": row.lab_order_id,
        "patient_id": row.patient_id,
        "laboratory_id": row.laboratory_id,
        "collected_at": row.collected_at,
        "collector_id": row.collector_id,
    }
