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
