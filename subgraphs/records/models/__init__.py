"""Tables of the medical record, by concept."""

from typing import Any

from subgraphs.records.codes import Section
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
    "SECTION_OF",
    "Account",
    "CareRelation",
    "EmergencyAccess",
    "Model",
    "Patient",
    "Proxy",
    "RecordAccessRequest",
    "WithheldSection",
]


def _sections() -> dict[str, Section]:
    mappers: Any = Model._sa_registry.mappers
    found = {each.class_.__name__: getattr(each.class_, "section", None) for each in mappers}
    return {name: section for name, section in found.items() if isinstance(section, Section)}


SECTION_OF = _sections()
"""The section of the record that entries are of, by the names of their models, as the audit trail has them."""
