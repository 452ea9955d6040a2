"""Closed sets of codes of the medical record."""

from shared.codes import Code


class Section(Code, name="RecordSection"):
    """A part of the medical record that is opened, or withheld, as a whole."""

    CONDITIONS = "CONDITIONS", "Diagnoses and problems."
    ALLERGIES = "ALLERGIES", "Allergies and intolerances."
    MEDICATIONS = "MEDICATIONS", "Medication that was and is taken."
    IMMUNIZATIONS = "IMMUNIZATIONS", "Vaccinations that were given."
    VITAL_SIGNS = "VITAL_SIGNS", "Vital signs and the scores that are made of them."
    PROCEDURES = "PROCEDURES", "Procedures that were carried out."
    NOTES = "NOTES", "Encounters and clinical notes."
    DOCUMENTS = "DOCUMENTS", "Documents of all kinds, such as letters and findings."
    HISTORY = "HISTORY", "Family and social history."
    CARE_PLANS = "CARE_PLANS", "Care plans and care teams."
