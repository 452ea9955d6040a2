"""Closed sets of codes of pharmacy."""

from shared.codes import Code


class ControlledSchedule(Code):
    """How strictly a medication is controlled (United States, 21 CFR 1308)."""

    II = "II", "High potential for abuse; dispensed under the strictest control, without refills."
    III = "III", "Moderate potential for abuse."
    IV = "IV", "Low potential for abuse."
    V = "V", "The lowest potential for abuse of what is controlled."


class DispensingUnit(Code):
    """What a medication is counted in where it is stored and dispensed."""

    TABLET = "TABLET", "One tablet, of whatever kind."
    CAPSULE = "CAPSULE", "One capsule, of whatever kind."
    MILLILITRE = "MILLILITRE", "One millilitre, such as of a solution."
    GRAM = "GRAM", "One gram, such as of an ointment."
    VIAL = "VIAL", "One vial, such as of a powder for injection."
    SYRINGE = "SYRINGE", "One prefilled syringe, pen or auto-injector."
    PATCH = "PATCH", "One transdermal patch."
    SUPPOSITORY = "SUPPOSITORY", "One suppository, of whatever kind."
    DOSE = "DOSE", "One dose of a device that measures doses, such as an inhaler or a spray."
    PIECE = "PIECE", "One piece of what is none of these, such as an implant or a pack for a whole cycle."


class LotStatus(Code):
    """Whether what is left of a lot can be dispensed."""

    ACTIVE = "ACTIVE", "The lot is dispensed from until its expiry date is over."
    QUARANTINED = "QUARANTINED", "The lot is kept apart until it is released, or not."
    EXPIRED = "EXPIRED", "The expiry date of the lot is over."
    RECALLED = "RECALLED", "The lot was called back, wherever it is."
    DEPLETED = "DEPLETED", "Nothing is left of the lot."


class MovementKind(Code, name="StockMovementKind"):
    """Why the stock of a lot became more or less."""

    RECEIVED = "RECEIVED", "The stock was delivered."
    DISPENSED = "DISPENSED", "The stock was handed over to a patient."
    RETURNED = "RETURNED", "The stock came back from a patient."
    ADJUSTED = "ADJUSTED", "The stock was corrected."
    WASTED = "WASTED", "The stock was thrown away."
    TRANSFER_OUT = "TRANSFER_OUT", "The stock went to another location."
    TRANSFER_IN = "TRANSFER_IN", "The stock came from another location."
    COUNTED = "COUNTED", "The stock was found to differ by a count."


class StockReason(Code):
    """Why stock was thrown away or corrected."""

    EXPIRED = "EXPIRED", "The expiry date of the stock is over."
    DAMAGED = "DAMAGED", "The stock was damaged or contaminated."
    RECALLED = "RECALLED", "The stock was called back."
    NOT_COLLECTED = "NOT_COLLECTED", "The stock was prepared for a patient, and nobody came for it."
    LOST = "LOST", "The stock is missing."
    FOUND = "FOUND", "The stock was found again."
    ENTRY_ERROR = "ENTRY_ERROR", "The stock was entered wrongly."
    OTHER = "OTHER", "The stock changed for another reason than all of these."


class CountStatus(Code, name="StockCountStatus"):
    """How far a count of stock has come."""

    OPEN = "OPEN", "The stock is being counted."
    SUBMITTED = "SUBMITTED", "The stock was counted, and somebody else has to approve the count."
    APPROVED = "APPROVED", "The count was approved, and the stock is what was counted."
    DISCARDED = "DISCARDED", "The count was given up, and has changed nothing."
