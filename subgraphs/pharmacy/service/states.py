"""What status of a prescription and all that is of it, of a lot and of a count leads to which, and by whom."""

from shared.states import States, check, move, require
from subgraphs.pharmacy.codes import CountStatus, LotStatus
from subgraphs.pharmacy.errors import (
    ALERT_STATUS,
    COUNT_STATUS,
    DISPENSE_STATUS,
    LOT_STATUS,
    PRESCRIPTION_STATUS,
    REFILL_STATUS,
)
from subgraphs.pharmacy.models import Dispense, Lot, Prescription, RefillRequest, SafetyAlert, StockCount
from subgraphs.pharmacy.policy import (
    DISPENSE,
    PRESCRIPTION_WRITE,
    REFILL,
    SIGN,
    STOCK_APPROVE,
    STOCK_WRITE,
)
from subgraphs.pharmacy.states import ACTIVE, IN_HAND, OPEN
from subgraphs.pharmacy.states import AlertStatus as A
from subgraphs.pharmacy.states import DispenseStatus as D
from subgraphs.pharmacy.states import PrescriptionStatus as P
from subgraphs.pharmacy.states import RefillStatus as R

__all__ = ["check", "move", "require"]  # from here, where the ways are said that they need

_WHO_CHECKS = f"{PRESCRIPTION_WRITE} {SIGN} {DISPENSE}"

PRESCRIPTIONS = States(
    Prescription,
    PRESCRIPTION_STATUS,
    (P.DRAFT, P.SIGNED, SIGN),
    (P.DRAFT, P.CANCELLED, PRESCRIPTION_WRITE),
    (P.SIGNED, P.VERIFIED, DISPENSE),
    (P.VERIFIED, P.PARTIALLY_DISPENSED, DISPENSE),
    (P.VERIFIED, P.COMPLETED, DISPENSE),
    (P.PARTIALLY_DISPENSED, P.COMPLETED, DISPENSE),
    # Something has come back to stock.
    (P.COMPLETED, P.PARTIALLY_DISPENSED, DISPENSE),
    (P.COMPLETED, P.VERIFIED, DISPENSE),
    (P.PARTIALLY_DISPENSED, P.VERIFIED, DISPENSE),
    *((status, P.ON_HOLD, f"{SIGN} {DISPENSE}") for status in ACTIVE),
    *((P.ON_HOLD, status, SIGN) for status in ACTIVE),
    *((status, P.STOPPED, SIGN) for status in OPEN),
    *((status, P.CANCELLED, SIGN) for status in (P.SIGNED, P.VERIFIED, P.ON_HOLD)),
    *((status, P.EXPIRED, "") for status in OPEN),
    *((status, P.ENTERED_IN_ERROR, SIGN) for status in (P.DRAFT, *OPEN)),
)
DISPENSES = States(
    Dispense,
    DISPENSE_STATUS,
    (D.PREPARATION, D.READY, DISPENSE),
    (D.PREPARATION, D.ON_HOLD, DISPENSE),
    (D.READY, D.ON_HOLD, DISPENSE),
    (D.ON_HOLD, D.PREPARATION, DISPENSE),
    (D.READY, D.HANDED_OVER, DISPENSE),
    (D.HANDED_OVER, D.RETURNED_TO_STOCK, DISPENSE),
    *((status, D.RETURNED_TO_STOCK, DISPENSE) for status in IN_HAND),
    *((status, D.DECLINED, f"{DISPENSE} {PRESCRIPTION_WRITE} {SIGN}") for status in IN_HAND),
)
REFILLS = States(
    RefillRequest,
    REFILL_STATUS,
    (R.REQUESTED, R.APPROVED, SIGN),
    (R.REQUESTED, R.DENIED, SIGN),
    (R.REQUESTED, R.WITHDRAWN, REFILL),
)
ALERTS = States(
    SafetyAlert,
    ALERT_STATUS,
    (A.RAISED, A.OVERRIDDEN, SIGN),
    (A.RAISED, A.AVOIDED, f"{PRESCRIPTION_WRITE} {SIGN}"),
    (A.RAISED, A.SUPERSEDED, _WHO_CHECKS),
    (A.SUPERSEDED, A.RAISED, _WHO_CHECKS),
)
# The database depletes lots, and undoes that.
LOTS = States(
    Lot,
    LOT_STATUS,
    (LotStatus.ACTIVE, LotStatus.QUARANTINED, STOCK_WRITE),
    (LotStatus.QUARANTINED, LotStatus.ACTIVE, STOCK_APPROVE),
    (LotStatus.ACTIVE, LotStatus.DEPLETED, ""),
    (LotStatus.DEPLETED, LotStatus.ACTIVE, ""),
    *((status, LotStatus.EXPIRED, "") for status in (LotStatus.ACTIVE, LotStatus.QUARANTINED)),
    *((status, LotStatus.RECALLED, STOCK_APPROVE) for status in LotStatus if status is not LotStatus.RECALLED),
)
COUNTS = States(
    StockCount,
    COUNT_STATUS,
    (CountStatus.OPEN, CountStatus.SUBMITTED, STOCK_WRITE),
    (CountStatus.OPEN, CountStatus.DISCARDED, STOCK_WRITE),
    (CountStatus.SUBMITTED, CountStatus.APPROVED, STOCK_APPROVE),
    (CountStatus.SUBMITTED, CountStatus.DISCARDED, STOCK_APPROVE),
)
