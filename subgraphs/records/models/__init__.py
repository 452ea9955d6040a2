"""Tables of the medical record, by concept."""

from subgraphs.records.models.access import Account, CareRelation, Patient, RecordAccessRequest, WithheldSection
from subgraphs.records.models.base import Model

__all__ = ["Account", "CareRelation", "Model", "Patient", "RecordAccessRequest", "WithheldSection"]
