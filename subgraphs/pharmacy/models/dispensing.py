"""Tables of what is dispensed of prescriptions, and of patients' requests for more."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.pharmacy.models.base import Model
from subgraphs.pharmacy.models.catalogue import QUANTITY
from subgraphs.pharmacy.states import DispenseStatus, RefillStatus


class Dispense(Audited, Model, table=True):
    """Some of what is prescribed, set apart for the patient and handed over. Stock is reserved and moved by its id.

    `prepared_by` and `handed_over_by` are accounts. Of what is controlled they are two, which the database sees to.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "dispense"
    __table_args__ = (
        one_of("status", DispenseStatus),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(handed_over_at IS NULL) = (handed_over_by IS NULL)", name="handed_over"),
        CheckConstraint("status <> 'HANDED_OVER' OR handed_over_at IS NOT NULL", name="has"),
        CheckConstraint("NOT controlled OR handed_over_by <> prepared_by", name="two_persons"),
        Index("dispense_prescription_idx", "prescription_id", "id"),
        Index("dispense_location_idx", "location_id", "status", "id"),
    )

    prescription_id: UUID = Field(foreign_key="prescription.id")
    patient_id: UUID = Field(index=True)
    medication_id: UUID = Field(foreign_key="medication.id", index=True)
    location_id: UUID = Field(foreign_key="location.id")
    status: str
    quantity: Decimal = Field(sa_type=QUANTITY)
    controlled: bool = False
    prepared_by: UUID
    ready_at: datetime | None = timestamp(default=None, nullable=True)
    handed_over_at: datetime | None = timestamp(default=None, nullable=True)
    handed_over_by: UUID | None = None
    reason: Encrypted[str] | None = encrypted(str, nullable=True)  # why it is on hold, declined or has come back


class RefillRequest(Audited, Model, table=True):
    """A patient's request for more of what was prescribed, to the prescriber; one waits for its answer at a time."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "refill_request"
    __table_args__ = (
        one_of("status", RefillStatus),
        CheckConstraint("(status = 'APPROVED') = (renewal_id IS NOT NULL)", name="approved"),
        Index(
            "refill_request_waiting_key",
            "prescription_id",
            unique=True,
            postgresql_where=text("status = 'REQUESTED'"),
        ),
        Index("refill_request_practitioner_idx", "practitioner_id", "status", "id"),
        Index("refill_request_patient_idx", "patient_id", "id"),
    )

    prescription_id: UUID = Field(foreign_key="prescription.id")
    patient_id: UUID
    practitioner_id: UUID
    account_id: UUID
    status: str
    note: Encrypted[str] | None = encrypted(str, nullable=True)
    answer: Encrypted[str] | None = encrypted(str, nullable=True)
    decided_by: UUID | None = None
    decided_at: datetime | None = timestamp(default=None, nullable=True)
    renewal_id: UUID | None = Field(default=None, foreign_key="prescription.id")
