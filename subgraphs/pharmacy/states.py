"""The states of prescriptions, of what is dispensed of them, and of findings."""

from collections.abc import Mapping

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


_S = PrescriptionStatus
ACTIVE = (_S.SIGNED, _S.VERIFIED, _S.PARTIALLY_DISPENSED)
"""Those in which the patient takes what is prescribed, or is about to."""
OPEN = (*ACTIVE, _S.ON_HOLD)
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
IN_HAND = (_D.PREPARATION, _D.READY, _D.ON_HOLD)
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
