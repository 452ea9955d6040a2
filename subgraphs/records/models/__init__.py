"""Tables of the medical record, by concept."""

from typing import Any

from subgraphs.records.codes import Section
from subgraphs.records.models.access import (
    Account,
    CareRelation,
    Disclosure,
    EmergencyAccess,
    Patient,
    Proxy,
    RecordAccessRequest,
    UncountedDay,
    WithheldSection,
)
from subgraphs.records.models.base import Model
from subgraphs.records.models.clinical import (
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    FamilyHistory,
    Immunization,
    Medication,
    MedicationStatement,
    Procedure,
    SocialHistory,
    VitalSigns,
)
from subgraphs.records.models.documents import Document, DocumentContent
from subgraphs.records.models.encounters import Addendum, Encounter, Note, NoteVersion
from subgraphs.records.models.entries import Entry

# All that is of one patient, and follows them when they turn out to be another.
ENTRIES = (
    Addendum,
    Allergy,
    CarePlan,
    CareTeam,
    Condition,
    Document,
    DocumentContent,
    Encounter,
    FamilyHistory,
    Immunization,
    MedicationStatement,
    Note,
    NoteVersion,
    Procedure,
    SocialHistory,
    VitalSigns,
)

__all__ = [
    "ENTRIES",
    "SECTION_OF",
    "Account",
    "Addendum",
    "Allergy",
    "CarePlan",
    "CareRelation",
    "CareTeam",
    "Condition",
    "Disclosure",
    "Document",
    "DocumentContent",
    "EmergencyAccess",
    "Encounter",
    "Entry",
    "FamilyHistory",
    "Immunization",
    "Medication",
    "MedicationStatement",
    "Model",
    "Note",
    "NoteVersion",
    "Patient",
    "Procedure",
    "Proxy",
    "RecordAccessRequest",
    "SocialHistory",
    "UncountedDay",
    "VitalSigns",
    "WithheldSection",
]


def _sections() -> dict[str, Section]:
    mappers: Any = Model._sa_registry.mappers
    found = {each.class_.__name__: getattr(each.class_, "section", None) for each in mappers}
    return {name: section for name, section in found.items() if isinstance(section, Section)}


SECTION_OF = _sections()
"""The section of the record that entries are of, by the names of their models, as the audit trail has them."""
