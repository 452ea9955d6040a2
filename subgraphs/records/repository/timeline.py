"""All that happened to patients, in the order of time, whatever kind of entry tells of it: their lists, as one."""

from shared.graph.interleaved import Interleaved
from subgraphs.records.repository import documents, entries

# Each list that is part of it, and its order: by a time, then by id.
TIMELINE = Interleaved(
    (
        (entries.ALLERGIES_OF_PATIENT, entries.ALLERGIES),
        (entries.CARE_PLANS_OF_PATIENT, entries.CARE_PLANS),
        (entries.CARE_TEAMS_OF_PATIENT, entries.CARE_TEAMS),
        (entries.CONDITIONS_OF_PATIENT, entries.CONDITIONS),
        (documents.DOCUMENTS_OF_PATIENT, documents.DOCUMENTS),
        (entries.ENCOUNTERS_OF_PATIENT, entries.BY_START),
        (entries.FAMILY_HISTORY_OF_PATIENT, entries.FAMILY_HISTORY),
        (entries.IMMUNIZATIONS_OF_PATIENT, entries.IMMUNIZATIONS),
        (entries.MEDICATION_OF_PATIENT, entries.MEDICATION_STATEMENTS),
        (entries.NOTES_OF_PATIENT, entries.NOTES),
        (entries.PROCEDURES_OF_PATIENT, entries.PROCEDURES),
        (entries.SOCIAL_HISTORY_OF_PATIENT, entries.SOCIAL_HISTORY),
        (entries.VITAL_SIGNS_OF_PATIENT, entries.VITAL_SIGNS),
    )
)
