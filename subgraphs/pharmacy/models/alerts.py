"""Tables of safety checks, and of what they have found."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.safety import SafetySeverity
from subgraphs.pharmacy.states import AlertStatus, CheckOccasion, OverrideReason


class SafetyCheckFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was checked with: the ids of prescriptions and of entries of the record, each with its version after an @."""

    inputs: tuple[str, ...]


class SafetyCheck(Audited, Part, table=True):
    """That a prescription was checked, when and by whom, with what knowledge and which inputs."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "safety_check"
    __table_args__ = (
        one_of("occasion", CheckOccasion),
        Index("safety_check_prescription_idx", "prescription_id", "id"),
    )

    prescription_id: UUID = Field(foreign_key="prescription.id")
    patient_id: UUID
    account_id: UUID
    occasion: str
    knowledge_version: str
    facts: Encrypted[SafetyCheckFacts] = encrypted(SafetyCheckFacts)


class SafetyAlertFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a check has found, as the finding has it, which its `code` tells; `comment` is why it was overridden."""

    code: str
    parameters: dict[str, str]
    explanation: str | None = None
    row: str
    source: str
    met: tuple[str, ...] = ()
    comment: str | None = None


class SafetyAlert(Audited, Model, table=True):
    """What a check has found of a prescription. One that is overridden is so for its digest, with whatever prescription.

    `digest` is a blind index of the patient and the finding's fingerprint.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "safety_alert"
    __table_args__ = (
        one_of("severity", SafetySeverity),
        one_of("status", AlertStatus),
        one_of("override_reason", OverrideReason),
        CheckConstraint(
            "(status = 'OVERRIDDEN') <= (num_nulls(override_reason, overridden_by, overridden_at) = 0)", name="override"
        ),
        Index("safety_alert_prescription_key", "prescription_id", "digest", unique=True),
        Index("safety_alert_digest_idx", "digest"),
    )

    prescription_id: UUID = Field(foreign_key="prescription.id")
    patient_id: UUID
    check_id: UUID = Field(foreign_key="safety_check.id")
    severity: str
    status: str
    digest: bytes = Field(sa_type=LargeBinary)
    override_reason: str | None = None
    overridden_by: UUID | None = None
    overridden_at: datetime | None = timestamp(default=None, nullable=True)
    facts: Encrypted[SafetyAlertFacts] = encrypted(SafetyAlertFacts)
