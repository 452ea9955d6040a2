"""Orders: from their draft to their end, with what is to be collected and examined for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import NOT_FOUND, InvalidState, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.check_digits import with_check_digit
from subgraphs.laboratory.codes import AnalysisStatus, OrderStatus, Priority, SpecimenStatus
from subgraphs.laboratory.commands.orders import CancelLabOrder, OrderLabTests, RejectLabOrder, SendLabOrder
from subgraphs.laboratory.errors import NOT_OFFERED, NOT_TREATING_PATIENT, ORDERER_NEEDED, RESULTS_THERE
from subgraphs.laboratory.events import LabOrdered, LabOrderEnded
from subgraphs.laboratory.facts import OrderFacts, SpecimenFacts
from subgraphs.laboratory.models import Analysis, LabOrder, LabPanel, LabTest, Location, PanelTest, Specimen
from subgraphs.laboratory.models.orders import NUMBER
from subgraphs.laboratory.service import lookups
from subgraphs.laboratory.service.states import move

RANKS = {priority: rank for rank, priority in enumerate(Priority)}
_NOT_BEGUN = (AnalysisStatus.PENDING, AnalysisStatus.IN_ANALYSIS, AnalysisStatus.CANCELLED)


async def order(context: Context, command: OrderLabTests) -> LabOrder:
    """Order tests for a patient whom something lets the caller see."""
    practitioner = command.practitioner_id or context.principal.practitioner
    if practitioner is None:
        raise InvalidState(ORDERER_NEEDED)
    if command.practitioner_id is not None:
        await lookups.check_practitioner(context, command.practitioner_id)
    person = await lookups.person(context, command.patient_id)
    async with context.write() as work:
        await work.once(command)
        patient = await work.survivor(command.patient_id)
        if not await work.session.scalar(select(policy.may_order(work.principal, patient))):
            work.recorder.denied("LabOrder", [patient])
            raise InvalidState(NOT_TREATING_PATIENT)
        laboratory = await work.session.get(Location, command.laboratory_id)
        if laboratory is None or not laboratory.active:
            raise invalid("laboratoryId", NOT_FOUND, resource="Location")
        row = LabOrder(
            number=await next_number(work),
            patient_id=patient,
            practitioner_id=practitioner,
            account_id=work.principal.subject,
            laboratory_id=laboratory.id,
            priority=command.priority,
            status=OrderStatus.DRAFT if command.draft else OrderStatus.ORDERED,
            ordered_at=None if command.draft else utc_now(),
            facts=Encrypted(OrderFacts(reason=command.reason, pregnant=command.pregnant, **person._asdict())),
        )
        work.session.add(row)
        await work.session.flush()
        await plan(work, row, await _tests(work, command))
        if not command.draft:
            await _tell(work, row)
        work.done(row.id)
    return row


async def follow_up(work: UnitOfWork, order: LabOrder) -> LabOrder:
    """Another order like one that is over, of whoever gave that one."""
    same = ("patient_id", "practitioner_id", "account_id", "laboratory_id", "priority")
    row = LabOrder(
        number=await next_number(work),
        status=OrderStatus.ORDERED,
        ordered_at=utc_now(),
        **{name: getattr(order, name) for name in same},
        facts=Encrypted(order.facts.value),
    )
    work.session.add(row)
    await work.session.flush()
    await _tell(work, row)
    return row


async def send(context: Context, command: SendLabOrder) -> LabOrder:
    """Let the laboratory see a draft, and carry it out."""
    async with context.write() as work:
        row = await work.find(policy.lab_orders, command.id, scope=policy.ORDER, version=command.version)
        move(work, row, OrderStatus.ORDERED)
        row.ordered_at = utc_now()
        analyses = await analyses_of(work, row)
        tests = await work.rows(LabTest, {each.lab_test_id for each in analyses}, lock=False)
        for each in analyses:
            each.due_at = _due(tests[each.lab_test_id], row.ordered_at)
        await _tell(work, row)
    return row


async def cancel(context: Context, command: CancelLabOrder) -> LabOrder:
    """Call an order off, as long as there are no results."""
    return await _end(context, command, OrderStatus.CANCELLED, policy.ORDER)


async def reject(context: Context, command: RejectLabOrder) -> LabOrder:
    """Refuse to carry an order out, as long as there are no results."""
    return await _end(context, command, OrderStatus.REJECTED, policy.EXAMINE)


async def _end(context: Context, command: CancelLabOrder | RejectLabOrder, status: OrderStatus, scope: str) -> LabOrder:
    async with context.write() as work:
        row = await work.find(policy.lab_orders, command.id, scope=scope, version=command.version)
        was_draft, analyses = row.status == OrderStatus.DRAFT, await analyses_of(work, row)
        if any(each.status not in _NOT_BEGUN for each in analyses):
            raise InvalidState(RESULTS_THERE)
        for each in analyses:
            if each.status != AnalysisStatus.CANCELLED:
                move(work, each, AnalysisStatus.CANCELLED)
        await dispose_unneeded(work, row, analyses)
        facts = msgspec.structs.replace(row.facts.value, end=command.reason, end_comment=command.comment)
        row.facts = Encrypted(facts)
        end(work, row, status, tell=not was_draft)
    return row


async def dispose_unneeded(work: UnitOfWork, order: LabOrder, analyses: Sequence[Analysis]) -> None:
    """Nobody need collect for analyses that were called off."""
    needed = {each.specimen_id for each in analyses if each.status != AnalysisStatus.CANCELLED}
    planned = select(Specimen).where(
        col(Specimen.lab_order_id) == order.id, col(Specimen.status) == SpecimenStatus.PLANNED
    )
    for specimen in await work.session.scalars(planned.with_for_update(key_share=True)):
        if specimen.id not in needed:
            move(work, specimen, SpecimenStatus.DISPOSED)
            specimen.ended_at = utc_now()


def end(work: UnitOfWork, row: LabOrder, status: OrderStatus, *, tell: bool = True) -> None:
    """Bring an order to its end; of a draft nobody has heard."""
    move(work, row, status)
    row.ended_at = utc_now()
    row.ordered_at = row.ordered_at or row.ended_at
    if tell:
        work.publish(LabOrderEnded(order_id=row.id, patient_id=row.patient_id, status=row.status))


async def hold(work: UnitOfWork, key: UUID) -> LabOrder:
    """Lock an order; whoever changes what is of one locks it first, so that nobody waits in a circle."""
    row = await work.session.get_one(LabOrder, key, with_for_update={"key_share": True}, populate_existing=True)
    await open_rows(work.keyring, [row])
    return row


async def analyses_of(work: UnitOfWork, order: LabOrder) -> Sequence[Analysis]:
    """The analyses of a locked order, locked."""
    mine = select(Analysis).where(col(Analysis.lab_order_id) == order.id).order_by(col(Analysis.id))
    rows = await work.session.scalars(mine.with_for_update(key_share=True).execution_options(populate_existing=True))
    return rows.all()


async def next_number(work: UnitOfWork) -> str:
    """A number that no other order or specimen has, with its check digit."""
    return with_check_digit(await work.session.scalar(select(NUMBER.next_value())) or 0)


async def plan(
    work: UnitOfWork, order: LabOrder, tests: Iterable[LabTest], specimens: Sequence[Specimen] = (), **fields: Any
) -> list[Analysis]:
    """What is examined for an order, and what is to be collected for that besides specimens that there are."""
    vessels = {(each.type, each.container): each for each in specimens}
    added = []
    for test in tests:
        kind = (test.specimen_type, test.container)
        if kind not in vessels:
            vessels[kind] = await plan_specimen(work, order, *kind)
        vessel = vessels[kind]
        row = Analysis(
            lab_order_id=order.id,
            patient_id=order.patient_id,
            laboratory_id=order.laboratory_id,
            lab_test_id=test.id,
            specimen_id=vessel.id,
            rank=RANKS[Priority(order.priority)],
            due_at=_due(test, order.ordered_at or utc_now()),
            collected_at=vessel.collected_at,
            received_at=vessel.received_at,
            **fields,
        )
        work.session.add(row)
        added.append(row)
    await work.session.flush()
    return added


async def plan_specimen(work: UnitOfWork, order: LabOrder, kind: str, container: str | None, **fields: Any) -> Specimen:
    """A specimen to collect."""
    row = Specimen(
        barcode=await next_number(work),
        lab_order_id=order.id,
        patient_id=order.patient_id,
        laboratory_id=order.laboratory_id,
        type=kind,
        container=container,
        **{"facts": Encrypted(SpecimenFacts())} | fields,
    )
    work.session.add(row)
    await work.session.flush()
    return row


def _due(test: LabTest, ordered_at: datetime) -> datetime:
    return ordered_at + timedelta(minutes=test.turnaround_minutes)


async def _tests(work: UnitOfWork, command: OrderLabTests) -> list[LabTest]:
    """The tests that are asked for, each once; raises InvalidInput where one is not offered."""
    panels = await work.rows(LabPanel, command.panel_ids, lock=False)
    if len(panels) < len(set(command.panel_ids)) or not all(each.active for each in panels.values()):
        raise invalid("panelIds", NOT_OFFERED)
    of_panels = select(PanelTest).where(col(PanelTest.lab_panel_id).in_(panels)).order_by(col(PanelTest.position))
    members = [each.lab_test_id for each in await work.session.scalars(of_panels)]
    keys = list(dict.fromkeys([*command.test_ids, *members]))
    found = await work.rows(LabTest, keys, lock=False)
    for path, asked in (("testIds", command.test_ids), ("panelIds", members)):
        if not all(key in found and found[key].active for key in asked):
            raise invalid(path, NOT_OFFERED)
    return [found[key] for key in keys]


async def _tell(work: UnitOfWork, row: LabOrder) -> None:
    treats = await work.session.scalar(select(policy.treats(work.principal, row.patient_id)))
    work.publish(
        LabOrdered(
            order_id=row.id,
            patient_id=row.patient_id,
            practitioner_id=row.practitioner_id if treats else None,
            laboratory_id=row.laboratory_id,
            priority=row.priority,
            ordered_at=row.ordered_at or utc_now(),
        )
    )
