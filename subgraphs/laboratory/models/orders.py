"""Tables of orders, of what is collected for them, and of what is examined."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Sequence, text
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.laboratory.codes import (
    AnalysisStatus,
    OrderStatus,
    Priority,
    SpecimenStatus,
    SpecimenType,
)
from subgraphs.laboratory.facts import OrderFacts, SpecimenFacts
from subgraphs.laboratory.models.base import Model

NUMBER = Sequence("lab_number", metadata=Model.metadata)
"""What numbers of orders and specimens are made of."""


class Location(Model, table=True):
    """What must be known here of a location, such as a laboratory."""

    __tablename__ = "location"

    time_zone: str
    active: bool = True


class LabOrder(Model, Audited, table=True):
    """Tests that somebody asks a laboratory to carry out for a patient. `number` is what others name it by.

    `practitioner_id` has ordered, by `account_id`. The database refuses each change of status that `service/states.py` has
    not, and another patient.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "lab_order"
    __table_args__ = (
        one_of("status", OrderStatus),
        one_of("priority", Priority),
        CheckConstraint("(status = 'DRAFT') = (ordered_at IS NULL)", name="ordered"),
        CheckConstraint("(status IN ('COMPLETED', 'CANCELLED', 'REJECTED')) = (ended_at IS NOT NULL)", name="ended"),
        Index("lab_order_patient_idx", "patient_id", "id"),
        Index("lab_order_laboratory_idx", "laboratory_id", "id"),
        Index("lab_order_practitioner_idx", "practitioner_id", "id"),
    )

    number: str = Field(unique=True)
    patient_id: UUID
    practitioner_id: UUID
    account_id: UUID
    laboratory_id: UUID = Field(foreign_key="location.id")
    priority: str
    status: str
    ordered_at: datetime | None = timestamp(default=None, nullable=True)
    ended_at: datetime | None = timestamp(default=None, nullable=True)
    facts: Encrypted[OrderFacts] = encrypted(OrderFacts)


class Specimen(Model, Audited, table=True):
    """What is collected of a patient for an order. `replaces_id` is the rejected one, `parent_id` the one it is a part of."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "specimen"
    __table_args__ = (
        one_of("type", SpecimenType),
        one_of("status", SpecimenStatus),
        CheckConstraint("collected_at <= received_at", name="times"),
        CheckConstraint("collected_at <= updated_at + interval '5 minutes'", name="collection"),
        CheckConstraint("(status = 'PLANNED') <= (collected_at IS NULL)", name="planned"),
        CheckConstraint("status IN ('PLANNED', 'DISPOSED', 'REJECTED') OR collected_at IS NOT NULL", name="collected"),
        CheckConstraint("status NOT IN ('RECEIVED', 'ALIQUOTED') OR received_at IS NOT NULL", name="received"),
        Index("specimen_order_idx", "lab_order_id", "id"),
        Index("specimen_patient_idx", "patient_id", "id"),
    )

    barcode: str = Field(unique=True)
    lab_order_id: UUID = Field(foreign_key="lab_order.id")
    patient_id: UUID
    laboratory_id: UUID = Field(foreign_key="location.id")
    type: str
    container: str | None = None
    status: str = SpecimenStatus.PLANNED
    collected_at: datetime | None = timestamp(default=None, nullable=True)
    collector_id: UUID | None = None  # an account
    received_at: datetime | None = timestamp(default=None, nullable=True)
    receiver_id: UUID | None = None  # an account
    ended_at: datetime | None = timestamp(default=None, nullable=True)
    replaces_id: UUID | None = Field(default=None, foreign_key="specimen.id", unique=True)
    parent_id: UUID | None = Field(default=None, foreign_key="specimen.id", index=True)
    facts: Encrypted[SpecimenFacts] = encrypted(SpecimenFacts)


class HandOver(Model, Audited, table=True):
    """Somebody took a specimen over, perhaps at a location. Rows are only ever added."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "hand_over"
    __table_args__ = (Index("hand_over_specimen_idx", "specimen_id", "at", "id"),)

    specimen_id: UUID = Field(foreign_key="specimen.id")
    patient_id: UUID
    account_id: UUID
    location_id: UUID | None = Field(default=None, foreign_key="location.id")
    at: datetime = timestamp()


class Analysis(Model, Audited, table=True):
    """A test that is carried out for an order. `rank` is its order's priority as a number, by which worklists are ordered.

    `result_number` is that of the newest version of its result, `shown_number` that of the newest verified one, 0 while there
    is none. `visible_at` is from when on the patient may see a released one. `collected_at` and `received_at` are its
    specimen's. `reflex_of_id` is the analysis whose result has added it.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "analysis"
    __table_args__ = (
        one_of("status", AnalysisStatus),
        CheckConstraint(
            "collected_at <= received_at AND received_at <= resulted_at AND resulted_at <= verified_at"
            " AND verified_at <= released_at",
            name="times",
        ),
        CheckConstraint(
            "status NOT IN ('RESULTED', 'VERIFIED', 'RELEASED', 'CORRECTED', 'ENTERED_IN_ERROR')"
            " OR (result_number > 0 AND num_nulls(collected_at, received_at, resulted_at) = 0)",
            name="resulted",
        ),
        CheckConstraint(
            "status NOT IN ('VERIFIED', 'RELEASED', 'CORRECTED', 'ENTERED_IN_ERROR') OR verified_at IS NOT NULL",
            name="verified",
        ),
        CheckConstraint(
            "(status IN ('RELEASED', 'CORRECTED', 'ENTERED_IN_ERROR')) = (released_at IS NOT NULL)", name="released"
        ),
        Index("analysis_order_idx", "lab_order_id", "id"),
        Index("analysis_patient_idx", "patient_id", "lab_test_id", "id"),
        Index("analysis_specimen_idx", "specimen_id"),
        Index(
            "analysis_worklist_idx",
            "laboratory_id",
            "rank",
            "due_at",
            "id",
            postgresql_where=text("status IN ('PENDING', 'IN_ANALYSIS', 'RESULTED', 'REPEAT', 'VERIFIED')"),
        ),
    )

    lab_order_id: UUID = Field(foreign_key="lab_order.id")
    patient_id: UUID
    laboratory_id: UUID = Field(foreign_key="location.id")
    lab_test_id: UUID = Field(foreign_key="lab_test.id", index=True)
    specimen_id: UUID | None = Field(default=None, foreign_key="specimen.id")
    status: str = AnalysisStatus.PENDING
    rank: int
    due_at: datetime = timestamp()
    assignee_id: UUID | None = None  # an account
    result_number: int = 0
    shown_number: int = 0
    reflex_of_id: UUID | None = Field(default=None, foreign_key="analysis.id", index=True)
    collected_at: datetime | None = timestamp(default=None, nullable=True)
    received_at: datetime | None = timestamp(default=None, nullable=True)
    resulted_at: datetime | None = timestamp(default=None, nullable=True)
    verified_at: datetime | None = timestamp(default=None, nullable=True)
    released_at: datetime | None = timestamp(default=None, nullable=True)
    visible_at: datetime | None = timestamp(default=None, nullable=True)
    retraction: Encrypted[str] | None = encrypted(str, nullable=True)  # why the released result was a mistake
    cancellation: Encrypted[str] | None = encrypted(str, nullable=True)  # why it is not carried out
