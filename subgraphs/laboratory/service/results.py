"""Results: entered or received, verified by a second person, released, and corrected by a new version that keeps the old."""

from collections.abc import Sequence
from datetime import timedelta
from types import EllipsisType
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import NOT_FOUND, InvalidState, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import (
    CRITICAL,
    OPEN_ORDERS,
    UNDER_WAY,
    AnalysisStatus,
    OrderStatus,
    ReportStatus,
    SpecimenStatus,
)
from subgraphs.laboratory.commands.results import (
    AssignAnalysis,
    CancelAnalysis,
    CorrectResult,
    EnterResult,
    Observed,
    ReleaseReport,
    RepeatAnalysis,
    RetractResult,
    VerifyResult,
)
from subgraphs.laboratory.errors import (
    LAST_ANALYSIS,
    NOTHING_TO_RELEASE,
    NOTHING_TO_VERIFY,
    OTHER_SPECIMEN,
    OWN_RESULT,
    SPECIMEN_NEEDED,
)
from subgraphs.laboratory.events import (
    AnalysisReleased,
    ReportCorrected,
    ReportReleased,
    ResultVerified,
    TestsPerformed,
)
from subgraphs.laboratory.facts import ResultFacts
from subgraphs.laboratory.models import (
    Analysis,
    Analyzer,
    LabOrder,
    LabReport,
    LabResult,
    LabTest,
    Specimen,
)
from subgraphs.laboratory.service import critical
from subgraphs.laboratory.service.observing import collected, observe, verifies_itself
from subgraphs.laboratory.service.orders import analyses_of, dispose_unneeded, end, hold
from subgraphs.laboratory.service.quality import in_control, require_control
from subgraphs.laboratory.service.reflexes import reflex
from subgraphs.laboratory.service.states import move, require

_CORRECTABLE = (AnalysisStatus.RELEASED, AnalysisStatus.CORRECTED)


async def assign(context: Context, command: AssignAnalysis) -> Analysis:
    """Let the caller carry an analysis out."""
    async with context.write() as work:
        order, row = await hold_analysis(work, command.id, command.version, policy.EXAMINE)
        require(order, *OPEN_ORDERS)
        if row.received_at is None:
            raise InvalidState(SPECIMEN_NEEDED)
        if command.specimen_id is not None:
            await _take_part(work, row, command.specimen_id)
        move(work, row, AnalysisStatus.IN_ANALYSIS)
        row.assignee_id = work.principal.subject
    return row


async def _take_part(work: UnitOfWork, row: Analysis, key: UUID) -> None:
    """Examine another part of the specimen that an analysis is of."""
    now, part = await work.session.get_one(Specimen, row.specimen_id), await work.session.get(Specimen, key)
    whole = (part.id, part.parent_id) if part is not None and part.status == SpecimenStatus.RECEIVED else ()
    if not {now.id, now.parent_id}.difference([None]).intersection(whole):
        raise invalid("specimenId", OTHER_SPECIMEN)
    row.specimen_id = key


async def cancel(context: Context, command: CancelAnalysis) -> Analysis:
    """Note that an analysis is not carried out; an order of which all else is released is complete then."""
    async with context.write() as work:
        order, row = await hold_analysis(work, command.id, command.version, policy.EXAMINE)
        require(order, *OPEN_ORDERS)
        move(work, row, AnalysisStatus.CANCELLED)
        row.cancellation = Encrypted(command.reason)
        analyses = await analyses_of(work, order)
        if all(each.status == AnalysisStatus.CANCELLED for each in analyses):
            raise InvalidState(LAST_ANALYSIS)
        await dispose_unneeded(work, order, analyses)
        if not any(each.status in UNDER_WAY for each in analyses):
            await _report(work, order, analyses)
    return row


async def enter(context: Context, command: EnterResult) -> Analysis:
    """Enter the result of an analysis whose specimen is there."""
    async with context.write() as work:
        order, row = await hold_analysis(work, command.id, command.version, policy.EXAMINE)
        await record(work, order, row, command)
    return row


async def record(
    work: UnitOfWork, order: LabOrder, row: Analysis, observed: Observed, *, final: bool = True
) -> LabResult:
    """Note what was found in an analysis, both locked, whoever has brought it; raises InvalidInput and InvalidState.

    What is not final does not verify itself.
    """
    require(order, *OPEN_ORDERS)
    require(row, AnalysisStatus.PENDING, AnalysisStatus.IN_ANALYSIS, AnalysisStatus.REPEAT)
    if row.received_at is None:
        raise InvalidState(SPECIMEN_NEEDED)
    test = await work.session.get_one(LabTest, row.lab_test_id)
    made = await _version(work, order, row, observed, await observe(work, order, row, test, observed))
    move(work, row, AnalysisStatus.RESULTED)
    row.resulted_at = made.entered_at
    await work.session.flush()
    await _judge(work, order, row, test, made, final=final)
    return made


async def repeat(context: Context, command: RepeatAnalysis) -> Analysis:
    """Carry an analysis out again, before its result is released."""
    async with context.write() as work:
        _, row = await hold_analysis(work, command.id, command.version, policy.EXAMINE)
        begin_again(work, row)
    return row


def begin_again(work: UnitOfWork, row: Analysis) -> None:
    """Let a locked analysis be carried out again; raises InvalidState."""
    move(work, row, AnalysisStatus.REPEAT)
    row.resulted_at = row.verified_at = None
    row.shown_number = 0


async def verify(context: Context, command: VerifyResult) -> Analysis:
    """Verify the newest result of an analysis; of a correction, release it."""
    async with context.write() as work:
        order, row = await hold_analysis(work, command.id, command.version, policy.VERIFY)
        newest = await version_of(work, row, row.result_number)
        if (
            newest is None
            or newest.verified_at is not None
            or row.status not in (AnalysisStatus.RESULTED, *_CORRECTABLE)
        ):
            raise InvalidState(NOTHING_TO_VERIFY)
        if newest.entered_by == work.principal.subject:
            raise InvalidState(OWN_RESULT)
        await require_control(work, newest.analyzer_id, row.lab_test_id)
        newest.verified_by = work.principal.subject
        await _verified(work, order, row, newest)
    return row


async def release(context: Context, command: ReleaseReport) -> LabReport:
    """Release all verified results of an order: its patient sees them, at once or from their day on."""
    async with context.write() as work:
        order = await work.find(policy.lab_orders, command.id, scope=policy.VERIFY, version=command.version)
        require(order, *OPEN_ORDERS)
        analyses = await analyses_of(work, order)
        ready = [each for each in analyses if each.status == AnalysisStatus.VERIFIED]
        if not ready:
            raise InvalidState(NOTHING_TO_RELEASE)
        tests = await work.rows(LabTest, {each.lab_test_id for each in ready}, lock=False)
        for each in ready:
            await _release(work, order, each, tests[each.lab_test_id])
        order.touch()
        row = await _report(work, order, analyses)
        codes = [code for each in ready if (code := tests[each.lab_test_id].charge_code)]
        work.publish(ReportReleased(status=row.status, **_told(order, row)))
        work.publish(TestsPerformed(order_id=order.id, patient_id=order.patient_id, charge_codes=codes))
    return row


async def correct(context: Context, command: CorrectResult) -> Analysis:
    """Enter what a released result should have been; it takes its place when somebody else has verified it."""
    async with context.write() as work:
        order, row = await hold_analysis(work, command.id, command.version, policy.EXAMINE)
        await record_correction(work, order, row, command, command.reason)
    return row


async def record_correction(
    work: UnitOfWork, order: LabOrder, row: Analysis, observed: Observed, reason: str
) -> LabResult:
    """Note what a released result should have been, both locked, whoever has brought it."""
    require(row, *_CORRECTABLE)
    test = await work.session.get_one(LabTest, row.lab_test_id)
    replaced = await version_of(work, row, row.shown_number)
    facts = await observe(work, order, row, test, observed, reason)
    made = await _version(work, order, row, observed, facts, replaced)
    await _judge(work, order, row, test, made)
    return made


async def retract(context: Context, command: RetractResult) -> Analysis:
    """Say of a released result that it was a mistake; it stays to be seen as such."""
    async with context.write() as work:
        order, row = await hold_analysis(work, command.id, command.version, policy.VERIFY)
        await record_retraction(work, order, row, command.reason)
    return row


async def record_retraction(work: UnitOfWork, order: LabOrder, row: Analysis, reason: str) -> None:
    """Note that a released result was a mistake, both locked, whoever says so; raises InvalidState."""
    move(work, row, AnalysisStatus.ENTERED_IN_ERROR)
    row.retraction = Encrypted(reason)
    await _correct_report(work, order)


async def hold_analysis(
    work: UnitOfWork, key: UUID, version: int | EllipsisType, scope: str
) -> tuple[LabOrder, Analysis]:
    """An analysis and its order, locked; the order first."""
    found = await work.find(policy.analyses, key, scope=scope, lock=False)
    order = await hold(work, found.lab_order_id)
    return order, await work.find(policy.analyses, key, scope=scope, version=version)


async def version_of(work: UnitOfWork, row: Analysis, number: int) -> LabResult | None:
    """A version of an analysis's result, if there is one."""
    mine = select(LabResult).where(col(LabResult.analysis_id) == row.id, col(LabResult.number) == number)
    found: LabResult | None = await work.session.scalar(mine)
    await open_rows(work.keyring, [found] if found else [])
    return found


async def _version(
    work: UnitOfWork,
    order: LabOrder,
    row: Analysis,
    observed: Observed,
    facts: ResultFacts,
    replaced: LabResult | None = None,
) -> LabResult:
    """The next version of a result; whoever ordered is told in the same transaction if it is critical."""
    if observed.analyzer_id is not None:
        analyzer = await work.session.get(Analyzer, observed.analyzer_id)
        if analyzer is None or analyzer.laboratory_id != row.laboratory_id:
            raise invalid("analyzerId", NOT_FOUND, resource="Analyzer")
    row.result_number += 1
    made = LabResult(
        analysis_id=row.id,
        lab_order_id=order.id,
        lab_test_id=row.lab_test_id,
        patient_id=order.patient_id,
        number=row.result_number,
        collected_at=collected(row),
        analyzer_id=observed.analyzer_id,
        entered_by=work.principal.subject,
        entered_at=max(utc_now(), row.received_at or utc_now()),
        replaces_id=replaced.id if replaced else None,
        facts=Encrypted(facts),
    )
    work.session.add(made)
    await work.session.flush()
    return made


async def _judge(
    work: UnitOfWork, order: LabOrder, row: Analysis, test: LabTest, made: LabResult, *, final: bool = True
) -> None:
    facts = made.facts.value
    if facts.flag in CRITICAL:
        await critical.raise_notice(work, order, made)
    if final and verifies_itself(test, facts) and await in_control(work, made.analyzer_id, test.id):
        made.auto_verified = True
        await _verified(work, order, row, made)


async def _verified(work: UnitOfWork, order: LabOrder, row: Analysis, made: LabResult) -> None:
    """Note that a version is verified; that of a released result takes its place at once."""
    made.verified_at = max(utc_now(), made.entered_at)
    row.shown_number = made.number
    await reflex(work, order, row, made.facts.value)
    if row.status == AnalysisStatus.RESULTED:
        move(work, row, AnalysisStatus.VERIFIED)
        row.verified_at = made.verified_at
    else:
        if row.status == AnalysisStatus.RELEASED:
            move(work, row, AnalysisStatus.CORRECTED)
        made.released_at = made.verified_at
        made.visible_at = max(made.released_at, row.visible_at or made.released_at)
        await _correct_report(work, order)
    await work.session.flush()
    work.publish(
        ResultVerified(
            result_id=made.id,
            analysis_id=row.id,
            order_id=order.id,
            patient_id=order.patient_id,
            laboratory_id=order.laboratory_id,
            auto_verified=made.auto_verified,
        )
    )


async def _release(work: UnitOfWork, order: LabOrder, row: Analysis, test: LabTest) -> None:
    made = await version_of(work, row, row.shown_number)
    if made is None:
        raise InvalidState(NOTHING_TO_RELEASE)
    await require_control(work, made.analyzer_id, row.lab_test_id)
    row.released_at = made.released_at = max(utc_now(), row.verified_at or utc_now())
    row.visible_at = made.visible_at = made.released_at + timedelta(days=test.delay_days)
    move(work, row, AnalysisStatus.RELEASED)
    work.publish(
        AnalysisReleased(
            analysis_id=row.id,
            order_id=order.id,
            laboratory_id=order.laboratory_id,
            lab_test_id=test.id,
            priority=order.priority,
            target_minutes=test.turnaround_minutes,
            ordered_at=order.ordered_at or row.released_at,
            collected_at=row.collected_at,
            received_at=row.received_at,
            resulted_at=row.resulted_at,
            verified_at=row.verified_at,
            released_at=row.released_at,
        )
    )


async def _report(work: UnitOfWork, order: LabOrder, analyses: Sequence[Analysis]) -> LabReport:
    """The report of an order of which something was released; the order is over if nothing is under way."""
    is_final = not any(each.status in UNDER_WAY for each in analyses)
    row = await _report_of(work, order)
    if row is None:
        row = LabReport(
            lab_order_id=order.id,
            patient_id=order.patient_id,
            laboratory_id=order.laboratory_id,
            status=ReportStatus.FINAL if is_final else ReportStatus.PARTIAL,
            released_at=utc_now(),
        )
        work.session.add(row)
    else:
        row.touch()
        if is_final and row.status == ReportStatus.PARTIAL:
            move(work, row, ReportStatus.FINAL)
    if is_final:
        end(work, order, OrderStatus.COMPLETED)
    await work.session.flush()
    return row


async def _correct_report(work: UnitOfWork, order: LabOrder) -> None:
    row = await _report_of(work, order)
    if row is None:
        raise InvalidState(NOTHING_TO_RELEASE)
    if row.status != ReportStatus.CORRECTED:
        move(work, row, ReportStatus.CORRECTED)
    row.corrected_at = utc_now()
    row.touch()
    order.touch()
    work.publish(ReportCorrected(corrected_at=row.corrected_at, **_told(order, row)))


async def _report_of(work: UnitOfWork, order: LabOrder) -> LabReport | None:
    mine = select(LabReport).where(col(LabReport.lab_order_id) == order.id)
    found: LabReport | None = await work.session.scalar(mine.with_for_update(key_share=True))
    return found


def _told(order: LabOrder, row: LabReport) -> dict[str, UUID]:
    return {
        "report_id": row.id,
        "order_id": order.id,
        "patient_id": order.patient_id,
        "laboratory_id": order.laboratory_id,
        "account_id": order.account_id,
    }
