"""Statements that read results, reports and notices."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, or_, select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.graph.context import Context
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import AnalysisStatus, NoticeStatus
from subgraphs.laboratory.models import (
    Analysis,
    CriticalAttempt,
    CriticalNotice,
    LabReport,
    LabResult,
    LabTest,
    OnCall,
)

VERSIONS = Order((col(LabResult.number), col(LabResult.id)), descending=True)
RESULTS = Order((col(LabResult.id),))
TREND = Order((col(LabResult.collected_at), col(LabResult.id)))
REPORTS = Order((col(LabReport.released_at), col(LabReport.id)), descending=True)
NOTICES = Order((col(CriticalNotice.id),))
ATTEMPTS = Order((col(CriticalAttempt.at), col(CriticalAttempt.id)))
_TOLD = (AnalysisStatus.VERIFIED, AnalysisStatus.RELEASED, AnalysisStatus.CORRECTED)


def _newest(principal: Principal) -> Select[LabResult]:
    """Of each analysis the version that stands, or of what was retracted the last one."""
    analyses = select(Analysis).where(
        col(Analysis.id) == col(LabResult.analysis_id), col(Analysis.shown_number) == col(LabResult.number)
    )
    return policy.lab_results(principal).where(analyses.with_only_columns(col(Analysis.id)).exists())


def _released(principal: Principal) -> Select[LabResult]:
    return _newest(principal).where(col(LabResult.released_at).is_not(None))


RESULTS_OF_ANALYSIS = ListOfEach(policy.lab_results, col(LabResult.analysis_id))
RESULTS_OF_ORDER = ListOfEach(_released, col(LabResult.lab_order_id))
REPORTS_OF_PATIENT = ListOfEach(policy.lab_reports, col(LabReport.patient_id))
ATTEMPTS_OF_NOTICE = ListOfEach(policy.critical_attempts, col(CriticalAttempt.critical_notice_id))


def trend(
    principal: Principal, patient_id: UUID, loinc: str, since: datetime | None, until: datetime | None
) -> Select[LabResult]:
    """A patient's results of one LOINC code that stand, of specimens that were collected in a period."""
    return trend_of_all(principal, loinc, since, until).where(col(LabResult.patient_id) == patient_id)


def trend_of_all(principal: Principal, loinc: str, since: datetime | None, until: datetime | None) -> Select[LabResult]:
    """The same of all patients."""
    tests = select(col(LabTest.id)).where(col(LabTest.id) == col(LabResult.lab_test_id), col(LabTest.loinc) == loinc)
    standing = select(col(Analysis.id)).where(
        col(Analysis.id) == col(LabResult.analysis_id),
        col(Analysis.shown_number) == col(LabResult.number),
        or_(*(col(Analysis.status) == status for status in _TOLD)),
    )
    statement = policy.lab_results(principal).where(tests.exists(), standing.exists())
    if since is not None:
        statement = statement.where(col(LabResult.collected_at) >= since)
    return statement if until is None else statement.where(col(LabResult.collected_at) < until)


def critical_notices(principal: Principal, open_: bool | None) -> Select[CriticalNotice]:
    """Those that nobody has acknowledged, those that somebody has, or all."""
    statement, status = policy.seen_notices(principal), col(CriticalNotice.status)
    if open_ is None:
        return statement
    return statement.where(status != NoticeStatus.ACKNOWLEDGED if open_ else status == NoticeStatus.ACKNOWLEDGED)


async def on_call(context: Context, laboratory_id: UUID) -> list[UUID]:
    """The accounts that are on call for a laboratory, in order."""
    listed = policy.on_call(context.principal).where(col(OnCall.laboratory_id) == laboratory_id)
    return [row.account_id for row in await context.fetch(listed.order_by(col(OnCall.position)))]


_KEYS = bindparam("keys", type_=ARRAY(Uuid))


def _reports(principal: Principal) -> Select[LabReport]:
    return policy.lab_reports(principal).where(col(LabReport.id) == any_(_KEYS))


def _notices(principal: Principal) -> Select[CriticalNotice]:
    return policy.seen_notices(principal).where(col(CriticalNotice.id) == any_(_KEYS))


def _analyses(principal: Principal) -> Select[Analysis]:
    return policy.analyses(principal, policy.EXAMINE).where(
        col(Analysis.id) == any_(_KEYS), col(Analysis.laboratory_id) == bindparam("laboratory", type_=Uuid)
    )


async def reports_by_key(context: Context, keys: Sequence[UUID]) -> Sequence[LabReport]:
    """Those with these keys that the caller may see now."""
    return await context.fetch(context.written(_reports), keys=list(keys))


async def notices_by_key(context: Context, keys: Sequence[UUID]) -> Sequence[CriticalNotice]:
    """Those with these keys that the caller may see now."""
    return await context.fetch(context.written(_notices), keys=list(keys))


async def analyses_by_key(context: Context, keys: Sequence[UUID], laboratory_id: UUID) -> Sequence[Analysis]:
    """Those of a laboratory with these keys that the caller may work on now."""
    return await context.fetch(context.written(_analyses), keys=list(keys), laboratory=laboratory_id)


def _opens(principal: Principal) -> Select[bool]:
    patient = bindparam("patient", type_=Uuid)
    return select(or_(policy.is_owner(principal, patient), policy.opens(principal, patient)).label("opens"))


async def may_follow(context: Context, patient_id: UUID) -> bool:
    """Whether the caller may open a patient's results now."""
    (opens,) = await context.fetch(context.written(_opens), patient=patient_id)
    return bool(opens)
