"""The states of prescriptions and dispenses, and which leads to which, by whom."""

from collections.abc import Mapping
from enum import StrEnum

from shared.codes import Code


class PrescriptionStatus(Code):
    """How far a prescription has come."""

    DRAFT = "DRAFT", "The prescription is being written, and holds for nobody (FHIR `draft`)."
    SIGNED = "SIGNED", "A prescriber has signed the prescription (FHIR `active`)."
    VERIFIED = "VERIFIED", "A pharmacist has found that the prescription can be dispensed (FHIR `active`)."
    PARTIALLY_DISPENSED = "PARTIALLY_DISPENSED", "The patient has some of what is prescribed (FHIR `active`)."
    COMPLETED = "COMPLETED", "The patient has all of what is prescribed (FHIR `completed`)."
    ON_HOLD = "ON_HOLD", "Nothing is dispensed until a prescriber lets it go on (FHIR `on-hold`)."
    STOPPED = "STOPPED", "A prescriber has ended the prescription (FHIR `stopped`)."
    CANCELLED = "CANCELLED", "The prescription was withdrawn before anything was dispensed (FHIR `cancelled`)."
    EXPIRED = "EXPIRED", "The last day on which something could be dispensed is over (FHIR `stopped`)."
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR", "The prescription was a mistake (FHIR `entered-in-error`)."


# https://hl7.org/fhir/R4/valueset-medicationrequest-status.html
FHIR_STATUS: Mapping[PrescriptionStatus, str] = {
    PrescriptionStatus.DRAFT: "draft",
    PrescriptionStatus.SIGNED: "active",
    PrescriptionStatus.VERIFIED: "active",
    PrescriptionStatus.PARTIALLY_DISPENSED: "active",
    PrescriptionStatus.COMPLETED: "completed",
    PrescriptionStatus.ON_HOLD: "on-hold",
    PrescriptionStatus.STOPPED: "stopped",
    PrescriptionStatus.CANCELLED: "cancelled",
    PrescriptionStatus.EXPIRED: "stopped",
    PrescriptionStatus.ENTERED_IN_ERROR: "entered-in-error",
}


class Actor(StrEnum):
    """Who changes a status, by their scope: whoever writes, prescribers, pharmacists; or the service by the clock."""

    WRITER = "prescription:write"
    PRESCRIBER = "prescription:sign"
    PHARMACIST = "prescription:dispense"
    SYSTEM = "system"


class Extra(StrEnum):
    """What a change of status needs besides."""

    UNTOUCHED = "UNTOUCHED"  # nothing of it was dispensed, or is being prepared
    WHERE_IT_WAS = "WHERE_IT_WAS"  # it was held there
    CAME_BACK = "CAME_BACK"  # something that was dispensed has come back to stock


_S = PrescriptionStatus
ACTIVE = (_S.SIGNED, _S.VERIFIED, _S.PARTIALLY_DISPENSED)
"""Those in which the patient takes what is prescribed, or is about to."""
OPEN = (*ACTIVE, _S.ON_HOLD)
_PRESCRIBER, _PHARMACIST = frozenset({Actor.PRESCRIBER}), frozenset({Actor.PHARMACIST})

Rule = tuple[frozenset[Actor], Extra | None]

# Who can bring a prescription from which status into which; the database's trigger refuses all other changes.
TRANSITIONS: Mapping[tuple[PrescriptionStatus, PrescriptionStatus], Rule] = {
    (_S.DRAFT, _S.SIGNED): (_PRESCRIBER, None),
    (_S.DRAFT, _S.CANCELLED): (frozenset({Actor.WRITER}), Extra.UNTOUCHED),
    (_S.SIGNED, _S.VERIFIED): (_PHARMACIST, None),
    (_S.VERIFIED, _S.PARTIALLY_DISPENSED): (_PHARMACIST, None),
    (_S.VERIFIED, _S.COMPLETED): (_PHARMACIST, None),
    (_S.PARTIALLY_DISPENSED, _S.COMPLETED): (_PHARMACIST, None),
    (_S.COMPLETED, _S.PARTIALLY_DISPENSED): (_PHARMACIST, Extra.CAME_BACK),
    (_S.COMPLETED, _S.VERIFIED): (_PHARMACIST, Extra.CAME_BACK),
    (_S.PARTIALLY_DISPENSED, _S.VERIFIED): (_PHARMACIST, Extra.CAME_BACK),
    **{(status, _S.ON_HOLD): (_PRESCRIBER | _PHARMACIST, None) for status in ACTIVE},
    **{(_S.ON_HOLD, status): (_PRESCRIBER, Extra.WHERE_IT_WAS) for status in ACTIVE},
    **{(status, _S.STOPPED): (_PRESCRIBER, None) for status in OPEN},
    **{(status, _S.CANCELLED): (_PRESCRIBER, Extra.UNTOUCHED) for status in (_S.SIGNED, _S.VERIFIED, _S.ON_HOLD)},
    **{(status, _S.EXPIRED): (frozenset({Actor.SYSTEM}), None) for status in OPEN},
    **{(status, _S.ENTERED_IN_ERROR): (_PRESCRIBER, Extra.UNTOUCHED) for status in (_S.DRAFT, *OPEN)},
}

DISPENSABLE = (_S.VERIFIED, _S.PARTIALLY_DISPENSED)


class DispenseStatus(Code):
    """How far it has come that something is dispensed."""

    PREPARATION = "PREPARATION", "What is dispensed is taken from the shelf and labelled (FHIR `preparation`)."
    READY = "READY", "What is dispensed is ready for the patient to pick up (FHIR `in-progress`)."
    HANDED_OVER = "HANDED_OVER", "The patient, or somebody for them, has what is dispensed (FHIR `completed`)."
    RETURNED_TO_STOCK = "RETURNED_TO_STOCK", "What was dispensed has come back to stock (FHIR `cancelled`)."
    ON_HOLD = "ON_HOLD", "What is dispensed is laid aside for the time being (FHIR `on-hold`)."
    DECLINED = "DECLINED", "What was set apart is not dispensed after all (FHIR `declined`)."


# https://hl7.org/fhir/R4/valueset-medicationdispense-status.html
FHIR_DISPENSE_STATUS: Mapping[DispenseStatus, str] = {
    DispenseStatus.PREPARATION: "preparation",
    DispenseStatus.READY: "in-progress",
    DispenseStatus.HANDED_OVER: "completed",
    DispenseStatus.RETURNED_TO_STOCK: "cancelled",
    DispenseStatus.ON_HOLD: "on-hold",
    DispenseStatus.DECLINED: "declined",
}

_D = DispenseStatus
_IN_HAND = (_D.PREPARATION, _D.READY, _D.ON_HOLD)

# By pharmacists alone.
DISPENSE_TRANSITIONS: frozenset[tuple[DispenseStatus, DispenseStatus]] = frozenset(
    {
        (_D.PREPARATION, _D.READY),
        (_D.PREPARATION, _D.ON_HOLD),
        (_D.READY, _D.ON_HOLD),
        (_D.ON_HOLD, _D.PREPARATION),
        (_D.READY, _D.HANDED_OVER),
        (_D.HANDED_OVER, _D.RETURNED_TO_STOCK),
        *((status, _D.RETURNED_TO_STOCK) for status in _IN_HAND),
        *((status, _D.DECLINED) for status in _IN_HAND),
    }
)

IN_HAND = _IN_HAND
"""Those in which something is set apart for the patient."""


class RefillStatus(Code, name="RefillRequestStatus"):
    """What became of a patient's request for more of what was prescribed."""

    REQUESTED = "REQUESTED", "The prescriber has not decided yet."
    APPROVED = "APPROVED", "There is a new prescription for it, which the prescriber signs."
    DENIED = "DENIED", "The prescriber has said no."
    WITHDRAWN = "WITHDRAWN", "The patient has withdrawn the request."


class AlertStatus(Code, name="SafetyAlertStatus"):
    """What became of a finding of a safety check."""

    RAISED = "RAISED", "Nobody has done anything about it yet."
    OVERRIDDEN = "OVERRIDDEN", "A prescriber knows of it, and prescribes nevertheless."
    AVOIDED = "AVOIDED", "What was to be prescribed was not."
    SUPERSEDED = "SUPERSEDED", "A later check did not find it any more."


# The database's trigger refuses all other changes.
ALERT_TRANSITIONS: frozenset[tuple[AlertStatus, AlertStatus]] = frozenset(
    {
        (AlertStatus.RAISED, AlertStatus.OVERRIDDEN),
        (AlertStatus.RAISED, AlertStatus.AVOIDED),
        (AlertStatus.RAISED, AlertStatus.SUPERSEDED),
        (AlertStatus.SUPERSEDED, AlertStatus.RAISED),
    }
)


class OverrideReason(Code):
    """Why something is prescribed in spite of what a safety check has found."""

    BENEFIT_OUTWEIGHS_RISK = "BENEFIT_OUTWEIGHS_RISK", "The patient gains more by it than they risk."
    TOLERATED_BEFORE = "TOLERATED_BEFORE", "The patient has tolerated it before."
    MONITORED = "MONITORED", "The patient is watched for what may happen."
    NO_ALTERNATIVE = "NO_ALTERNATIVE", "There is nothing else to prescribe."
    DOSE_ADJUSTED = "DOSE_ADJUSTED", "The dose takes account of it."
    NOT_APPLICABLE = "NOT_APPLICABLE", "What was found does not hold for the patient."
    OTHER = "OTHER", "There is another reason, which the comment says."


class CheckOccasion(Code, name="SafetyCheckOccasion"):
    """What a safety check was made for."""

    CHECK = "CHECK", "Somebody has asked for it."
    SIGNATURE = "SIGNATURE", "A prescription was to be signed."
    DISPENSE = "DISPENSE", "Something was to be dispensed."
