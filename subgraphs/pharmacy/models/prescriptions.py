"""Tables of prescriptions."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.pharmacy.dosage.facts import Dosage
from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.models.catalogue import QUANTITY
from subgraphs.pharmacy.states import PrescriptionStatus


class PrescriptionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a prescription says. `name` is what the medication was called when it was written.

    `code` is what the patient shows at a pharmacy; there is none before it is signed.
    """

    name: str
    dosages: tuple[Dosage, ...]
    indication: str | None = None
    notes: str | None = None
    code: str | None = None


class Prescription(Audited, Model, table=True):
    """A medication that a practitioner prescribes. The database refuses each change of status that `states` has not.

    `quantity` is of a fill; `authorised_quantity` of all fills, of which `dispensed_quantity` was handed over, and
    `prepared_quantity` is set apart. `held_status` is where it is on hold. `practitioner_id` is who is to sign, then who has
    signed; `replaces_id` is what it was written in place of, `based_on_id` what it goes on with here,
    `statement_id` in the patient's record.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "prescription"
    __table_args__ = (
        one_of("status", PrescriptionStatus),
        CheckConstraint(
            "quantity > 0 AND refills >= 0 AND authorised_quantity = quantity * (refills + 1)", name="quantity"
        ),
        CheckConstraint(
            "dispensed_quantity >= 0 AND prepared_quantity >= 0"
            " AND dispensed_quantity + prepared_quantity <= authorised_quantity",
            name="dispensed",
        ),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        CheckConstraint("(status = 'ON_HOLD') = (held_status IS NOT NULL)", name="held"),
        CheckConstraint(
            "status IN ('DRAFT', 'CANCELLED', 'ENTERED_IN_ERROR') OR (signed_at IS NOT NULL AND signed_by IS NOT NULL)",
            name="signed",
        ),
        Index("prescription_patient_idx", "patient_id", "id"),
        Index("prescription_location_idx", "location_id", "status", "id"),
        Index("prescription_practitioner_idx", "practitioner_id", "id"),
        Index("prescription_valid_until_idx", "valid_until"),
        Index("prescription_code_key", "code_digest", unique=True),
    )

    patient_id: UUID
    medication_id: UUID = Field(foreign_key="medication.id", index=True)
    practitioner_id: UUID
    location_id: UUID | None = Field(default=None, foreign_key="location.id")
    account_id: UUID  # who has written it
    status: str
    held_status: str | None = None
    schedule: str | None = None  # the medication's, when it was signed
    quantity: Decimal = Field(sa_type=QUANTITY)
    refills: int = 0
    authorised_quantity: Decimal = Field(sa_type=QUANTITY)
    dispensed_quantity: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
    prepared_quantity: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
    valid_from: date
    valid_until: date
    replaces_id: UUID | None = Field(default=None, foreign_key="prescription.id")
    based_on_id: UUID | None = Field(default=None, foreign_key="prescription.id")
    statement_id: UUID | None = None
    signed_at: datetime | None = timestamp(default=None, nullable=True)
    signed_by: UUID | None = None
    verified_at: datetime | None = timestamp(default=None, nullable=True)
    verified_by: UUID | None = None
    ended_at: datetime | None = timestamp(default=None, nullable=True)
    recheck_needed: bool = False  # what is known of the patient has changed since it was checked
    unchecked: bool = False  # it was signed in an emergency, without a check
    code_digest: bytes | None = Field(default=None, sa_type=LargeBinary)  # a blind index of the presentation code
    facts: Encrypted[PrescriptionFacts] = encrypted(PrescriptionFacts)


class PrescriptionChange(Audited, Part, table=True):
    """That a prescription has got a status, by whom, when and why; none of the service itself is anybody's."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "prescription_change"
    __table_args__ = (
        one_of("status", PrescriptionStatus),
        Index("prescription_change_prescription_idx", "prescription_id", "id"),
    )

    prescription_id: UUID = Field(foreign_key="prescription.id")
    patient_id: UUID
    status: str
    account_id: UUID | None = None
    practitioner_id: UUID | None = None
    reason: Encrypted[str] | None = encrypted(str, nullable=True)
