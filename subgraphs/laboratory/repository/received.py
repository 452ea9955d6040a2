"""Statements that read what laboratories of other systems have found, and lists that have it beside this one's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, any_, literal
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.graph.context import Context
from shared.graph.interleaved import Interleaved
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import STANDING, ReceivedStatus
from subgraphs.laboratory.models import LabResult, ReceivedLabReport, ReceivedLabResult
from subgraphs.laboratory.models.received import ANALYTE
from subgraphs.laboratory.repository import results

_COUNTED = (*STANDING, ReceivedStatus.PRELIMINARY, ReceivedStatus.UNKNOWN)

_REPORTS = Order((col(ReceivedLabReport.at), col(ReceivedLabReport.id)), descending=True)
_RESULTS = Order((col(ReceivedLabResult.at), col(ReceivedLabResult.id)), descending=True)


def _alone(principal: Principal) -> Select[ReceivedLabResult]:
    """Results that no report has which the caller may see."""
    reports = policy.received_reports(principal).where(
        col(ReceivedLabReport.result_ids).op("@>")(array([col(ReceivedLabResult.id)]))
    )
    inside = reports.with_only_columns(col(ReceivedLabReport.id)).correlate_except(ReceivedLabReport)
    return policy.received_results(principal).where(~inside.exists())


def _own(
    principal: Principal, loinc: str, _: bytes, since: datetime | None, until: datetime | None
) -> Select[LabResult]:
    return results.trend_of_all(principal, loinc, since, until)


def _others(
    principal: Principal, _: str, analyte: bytes, since: datetime | None, until: datetime | None
) -> Select[ReceivedLabResult]:
    """Results of an analyte, or with a component that is one, that stand."""
    statement = policy.received_results(principal).where(
        literal(analyte) == any_(col(ReceivedLabResult.analytes)), col(ReceivedLabResult.status).in_(_COUNTED)
    )
    if since is not None:
        statement = statement.where(col(ReceivedLabResult.at) >= since)
    return statement if until is None else statement.where(col(ReceivedLabResult.at) < until)


HISTORY = Interleaved(
    (
        (results.REPORTS_OF_PATIENT, results.REPORTS),
        (ListOfEach(policy.received_reports, col(ReceivedLabReport.patient_id)), _REPORTS),
        (ListOfEach(_alone, col(ReceivedLabResult.patient_id)), _RESULTS),
    )
)
"""All reports on a patient, and results that are in none, the newest first."""

TREND = Interleaved(
    (
        (ListOfEach(_own, col(LabResult.patient_id)), results.TREND),
        (ListOfEach(_others, col(ReceivedLabResult.patient_id)), _RESULTS.reverse),
    ),
    descending=False,
)
"""All results of an analyte, by when the specimens were collected."""


async def analytes(context: Context, loincs: Sequence[str]) -> list[bytes]:
    """The blind indexes of LOINC codes."""
    async with context.write() as work:
        return await work.blind_indexes([(ANALYTE, each) for each in loincs])


async def results_of(context: Context, lists: Sequence[tuple[UUID, ...]]) -> list[list[ReceivedLabResult]]:
    """Of each list of keys the results that the caller may see, in its order."""
    keys = {key for each in lists for key in each}
    statement = policy.received_results(context.principal).where(col(ReceivedLabResult.id).in_(keys))
    found = {row.id: row for row in await context.fetch(statement)} if keys else {}
    return [[found[key] for key in each if key in found] for each in lists]
