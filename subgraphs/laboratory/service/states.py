"""What state of an order, a specimen, an analysis, a report and a notice leads to which, and who may bring that about."""

from shared.states import States, move, require
from subgraphs.laboratory.codes import AnalysisStatus as A
from subgraphs.laboratory.codes import InboundStatus as M
from subgraphs.laboratory.codes import NoticeStatus as N
from subgraphs.laboratory.codes import OrderStatus as O
from subgraphs.laboratory.codes import ReportStatus as R
from subgraphs.laboratory.codes import SpecimenStatus as S
from subgraphs.laboratory.errors import LAB_STATUS
from subgraphs.laboratory.models import Analysis, CriticalNotice, InboundMessage, LabOrder, LabReport, Specimen
from subgraphs.laboratory.policy import ACKNOWLEDGE, COLLECT, EXAMINE, ORDER, VERIFY

__all__ = ["move", "require"]  # from here, where the ways are said that they need

ORDERS = States(
    LabOrder,
    LAB_STATUS,
    (O.DRAFT, O.ORDERED, ORDER),
    (O.DRAFT, O.CANCELLED, ORDER),
    (O.ORDERED, O.CANCELLED, ORDER),
    (O.IN_PROGRESS, O.CANCELLED, ORDER),
    (O.ORDERED, O.REJECTED, EXAMINE),
    (O.IN_PROGRESS, O.REJECTED, EXAMINE),
    (O.ORDERED, O.IN_PROGRESS, COLLECT),
    (O.IN_PROGRESS, O.COMPLETED, VERIFY),
)
SPECIMENS = States(
    Specimen,
    LAB_STATUS,
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
ANALYSES = States(
    Analysis,
    LAB_STATUS,
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
MESSAGES = States(
    InboundMessage,
    LAB_STATUS,
    (M.RECEIVED, M.APPLIED, EXAMINE),
    (M.RECEIVED, M.PARKED, EXAMINE),
    (M.PARKED, M.REPAIRED, EXAMINE),
    (M.PARKED, M.DISCARDED, EXAMINE),
)
REPORTS = States(
    LabReport,
    LAB_STATUS,
    (R.PARTIAL, R.FINAL, VERIFY),
    (R.PARTIAL, R.CORRECTED, f"{VERIFY} {EXAMINE}"),
    (R.FINAL, R.CORRECTED, f"{VERIFY} {EXAMINE}"),
)
NOTICES = States(
    CriticalNotice,
    LAB_STATUS,
    (N.OPEN, N.ESCALATED, ""),  # by the clock alone
    (N.OPEN, N.ACKNOWLEDGED, ACKNOWLEDGE),
    (N.ESCALATED, N.ACKNOWLEDGED, ACKNOWLEDGE),
)
