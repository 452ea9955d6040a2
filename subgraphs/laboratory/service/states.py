"""What state of an order, a specimen, an analysis, a report and a notice leads to which, and who may bring that about.

The database refuses all other changes: a trigger of each table has the same pairs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from shared.auth.principal import Forbidden, Kind
from shared.errors import InvalidState
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory.codes import AnalysisStatus as A
from subgraphs.laboratory.codes import InboundStatus as M
from subgraphs.laboratory.codes import NoticeStatus as N
from subgraphs.laboratory.codes import OrderStatus as O
from subgraphs.laboratory.codes import ReportStatus as R
from subgraphs.laboratory.codes import SpecimenStatus as S
from subgraphs.laboratory.errors import LAB_STATUS
from subgraphs.laboratory.models import Analysis, CriticalNotice, InboundMessage, LabOrder, LabReport, Specimen
from subgraphs.laboratory.policy import ACKNOWLEDGE, COLLECT, EXAMINE, ORDER, VERIFY

Transitions = Mapping[tuple[str, str], frozenset[str]]
"""By from and to, the scopes of which one is needed."""


def _table(*rows: tuple[str, str, str]) -> Transitions:
    return MappingProxyType({(before, after): frozenset(scopes.split()) for before, after, scopes in rows})


ORDERS = _table(
    (O.DRAFT, O.ORDERED, ORDER),
    (O.DRAFT, O.CANCELLED, ORDER),
    (O.ORDERED, O.CANCELLED, ORDER),
    (O.IN_PROGRESS, O.CANCELLED, ORDER),
    (O.ORDERED, O.REJECTED, EXAMINE),
    (O.IN_PROGRESS, O.REJECTED, EXAMINE),
    (O.ORDERED, O.IN_PROGRESS, COLLECT),
    (O.IN_PROGRESS, O.COMPLETED, VERIFY),
)
SPECIMENS = _table(
    (S.PLANNED, S.COLLECTED, COLLECT),
    (S.PLANNED, S.DISPOSED, f"{ORDER} {EXAMINE}"),
    (S.COLLECTED, S.IN_TRANSIT, COLLECT),
    (S.COLLECTED, S.RECEIVED, EXAMINE),
    (S.IN_TRANSIT, S.RECEIVED, EXAMINE),
    (S.RECEIVED, S.ALIQUOTED, EXAMINE),
    (S.RECEIVED, S.DISPOSED, EXAMINE),
    (S.ALIQUOTED, S.DISPOSED, EXAMINE),
    (S.COLLECTED, S.REJECTED, COLLECT),
    (S.IN_TRANSIT, S.REJECTED, COLLECT),
    (S.RECEIVED, S.REJECTED, EXAMINE),
    (S.ALIQUOTED, S.REJECTED, EXAMINE),
)
ANALYSES = _table(
    (A.PENDING, A.IN_ANALYSIS, EXAMINE),
    (A.PENDING, A.RESULTED, EXAMINE),
    (A.IN_ANALYSIS, A.RESULTED, EXAMINE),
    (A.REPEAT, A.RESULTED, EXAMINE),
    (A.RESULTED, A.REPEAT, EXAMINE),
    (A.VERIFIED, A.REPEAT, EXAMINE),
    (A.RESULTED, A.VERIFIED, f"{VERIFY} {EXAMINE}"),  # who examines may bring about that a result verifies itself
    (A.VERIFIED, A.RELEASED, VERIFY),
    (A.RELEASED, A.CORRECTED, f"{VERIFY} {EXAMINE}"),
    (A.RELEASED, A.ENTERED_IN_ERROR, VERIFY),
    (A.CORRECTED, A.ENTERED_IN_ERROR, VERIFY),
    *((status, A.PENDING, EXAMINE) for status in (A.IN_ANALYSIS, A.RESULTED, A.REPEAT, A.VERIFIED)),
    *((status, A.CANCELLED, f"{ORDER} {EXAMINE}") for status in (A.PENDING, A.IN_ANALYSIS)),
)
MESSAGES = _table(
    (M.RECEIVED, M.APPLIED, EXAMINE),
    (M.RECEIVED, M.PARKED, EXAMINE),
    (M.PARKED, M.REPAIRED, EXAMINE),
    (M.PARKED, M.DISCARDED, EXAMINE),
)
REPORTS = _table(
    (R.PARTIAL, R.FINAL, VERIFY),
    (R.PARTIAL, R.CORRECTED, f"{VERIFY} {EXAMINE}"),
    (R.FINAL, R.CORRECTED, f"{VERIFY} {EXAMINE}"),
)
NOTICES = _table(
    (N.OPEN, N.ESCALATED, ""),  # by the clock alone
    (N.OPEN, N.ACKNOWLEDGED, ACKNOWLEDGE),
    (N.ESCALATED, N.ACKNOWLEDGED, ACKNOWLEDGE),
)
_OF: Mapping[type, Transitions] = {
    LabOrder: ORDERS,
    Specimen: SPECIMENS,
    Analysis: ANALYSES,
    LabReport: REPORTS,
    CriticalNotice: NOTICES,
    InboundMessage: MESSAGES,
}


def move(work: UnitOfWork, row: Any, status: str) -> None:
    """Bring a locked row into another state; raises InvalidState, and Forbidden."""
    scopes = _OF[type(row)].get((row.status, status))
    if scopes is None:
        raise InvalidState(LAB_STATUS, status=row.status)
    if work.principal.kind is not Kind.SERVICE and not any(map(work.principal.can, scopes)):
        raise Forbidden(" or ".join(sorted(scopes)))
    row.status = status


def require(row: Any, *statuses: str) -> None:
    """Raise InvalidState unless a row is in one of some states."""
    if row.status not in statuses:
        raise InvalidState(LAB_STATUS, status=row.status)
