"""Tables of the medical record, by concept."""

from subgraphs.records.models.access import (
    Account,
    CareRelation,
    EmergencyAccess,
    Patient,
    Proxy,
    RecordAccessRequest,
    WithheldSection,
)
from subgraphs.records.models.base import Model

__all__ = [
    "Account",
    "CareRelation",
    "EmergencyAccess",
    "Model",
    "Patient",
    "Proxy",
    "RecordAccessRequest",
    "WithheldSection",
]
