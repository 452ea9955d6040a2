"""Closed sets of codes of the safety check."""

from shared.codes import Code


class SafetyRule(Code):
    """What a safety check looks for."""

    NOT_CHECKED = "NOT_CHECKED", "What could not be checked, since too little is known of it."
    ALLERGY = "ALLERGY", "A drug, or one of its kind, that the patient is allergic to."
    DUPLICATE = "DUPLICATE", "Two drugs with one ingredient, or of one group, at the same time."
    INTERACTION = "INTERACTION", "Two drugs that do harm together."
    DOSE = "DOSE", "More of a drug than is given to somebody of this age and weight."
    RENAL = "RENAL", "A drug that the kidneys do not excrete fast enough."
    PREGNANCY = "PREGNANCY", "A drug that harms an unborn child."
    AGE = "AGE", "A drug that people of this age are not given, or with care."


class SafetySeverity(Code):
    """What a finding of the safety check asks of who prescribes, from the most to the least."""

    INTERRUPTS = "INTERRUPTS", "A finding without whose override, with a reason, nothing is signed or handed out."
    WARNS = "WARNS", "A finding that is shown before signing, which goes on."
    INFORMS = "INFORMS", "A finding that can be looked up, and interrupts nobody."


def is_graver(one: SafetySeverity, other: SafetySeverity) -> bool:
    """Whether the one asks for more than the other."""
    order = list(SafetySeverity)
    return order.index(one) < order.index(other)
