"""What is read of a report to print it."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select
from sqlmodel import col

from shared.audit.recorder import Action
from shared.auth.principal import Principal
from shared.graph.context import Context
from subgraphs.laboratory import policy
from subgraphs.laboratory.models import Account, Analysis, LabOrder, LabReport, LabResult, LabTest, Location, Specimen
from subgraphs.laboratory.printing.report import Reported


def _released(principal: Principal) -> Select[LabResult]:
    return policy.lab_results(principal).where(
        col(LabResult.released_at).is_not(None),
        col(LabResult.lab_order_id) == any_(bindparam("orders", type_=ARRAY(Uuid))),
    )


async def released(context: Context, orders: list[UUID]) -> list[Sequence[LabResult]]:
    """All released versions of results that the caller may see, of each order."""
    rows = await context.fetch(context.written(_released), orders=orders)
    return [[row for row in rows if row.lab_order_id == key] for key in orders]


async def verifiers(context: Context, orders: list[UUID]) -> list[list[UUID]]:
    """The accounts that have verified released results of each order, without those that identity has never told of.

    Others' accounts may have verified what was imported, and nobody could name these.
    """
    loads = (context.load(released, key) for key in orders)
    found = [{row.verified_by for row in results if row.verified_by} for results in await asyncio.gather(*loads)]
    keys = bindparam("keys", type_=ARRAY(Uuid))
    known = select(col(Account.id)).where(col(Account.id) == any_(keys))
    accounts = await context.fetch(known, keys=list(set[UUID]().union(*found)))
    return [sorted(those.intersection(accounts)) for those in found]


async def reported(context: Context, report: LabReport) -> Reported | None:
    """What a report has that the caller may see, which is noted in the trail; None where its order is not theirs."""
    key, who = report.lab_order_id, context.principal
    orders = await context.fetch(policy.lab_orders(who).where(col(LabOrder.id) == key))
    if not orders:
        return None
    results = await context.load(released, key)
    analyses = policy.analyses(who).where(col(Analysis.lab_order_id) == key).order_by(col(Analysis.id))
    specimens = policy.specimens(who).where(col(Specimen.lab_order_id) == key).order_by(col(Specimen.id))
    rows = await context.fetch(analyses)
    tests = policy.lab_tests(who).where(col(LabTest.id).in_({row.lab_test_id for row in rows}))
    note_print(context, report)
    return Reported(
        report=report,
        order=orders[0],
        specimens=await context.fetch(specimens),
        analyses=rows,
        results=results,
        tests={row.id: row for row in await context.fetch(tests)},
    )


def _to_collect(principal: Principal) -> Select[UUID]:
    keys = bindparam("keys", type_=ARRAY(Uuid))
    mine = policy.specimens(principal, policy.COLLECT).where(col(Specimen.id) == any_(keys))
    return mine.with_only_columns(col(Specimen.id))


async def may_collect(context: Context, keys: list[UUID]) -> list[bool]:
    """Whether the caller may collect, or work on, each of some specimens."""
    found = set(await context.fetch(context.written(_to_collect), keys=keys))
    return [key in found for key in keys]


def note_print(context: Context, row: LabReport | Specimen) -> None:
    """Note that the caller takes something along on paper."""
    recorder = context.recorder
    kind = type(row).__name__
    recorder.add([recorder.entry(Action.EXECUTE, kind, [row.id], [row.patient_id], detail={"exported": "PDF"})])


async def zone_of(context: Context, laboratory_id: UUID) -> str:
    """The time zone of a laboratory."""
    (row,) = await context.fetch(select(Location).where(col(Location.id) == laboratory_id))
    return row.time_zone
