"""Tables of who may open a patient's record. What is decided is in `patient_access`, as every service has it."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Index, String, UniqueConstraint
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited
from subgraphs.records.codes import Section
from subgraphs.records.models.base import Model


class Patient(Model, table=True):
    """What must be known here of a patient: that they are registered."""

    __tablename__ = "patient"


class Account(Model, table=True):
    """What must be known here of an account: whose it is, and what it may do."""

    __tablename__ = "account"

    patient_id: UUID | None = Field(default=None, index=True)
    practitioner_id: UUID | None = Field(default=None, index=True)
    enabled: bool
    scopes: list[str] = Field(sa_type=ARRAY(String))


class CareRelation(Model, table=True):
    """What a row of `patient_access`, which has the same key, comes from: an appointment, an encounter, an order, a team."""

    __tablename__ = "care_relation"
    __table_args__ = (Index("care_relation_source_idx", "source_id", "basis"),)

    source_id: UUID
    basis: str


class WithheldSection(Audited, Model, table=True):
    """A section of the record that a patient withholds from all but themselves; only an emergency opens it."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "withheld_section"
    __table_args__ = (UniqueConstraint("patient_id", "section"), one_of("section", Section))

    patient_id: UUID
    section: str
