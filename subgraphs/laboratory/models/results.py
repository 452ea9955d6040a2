"""Tables of results, of reports, and of notices of what is critical."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, String, UniqueConstraint, Uuid, text
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.laboratory.codes import NoticeStatus, ReportStatus
from subgraphs.laboratory.facts import NoticeFacts, ResultFacts
from subgraphs.laboratory.models.base import Model


class Account(Model, table=True):
    """What must be known here of an account: its roles, by which administrators are found."""

    __tablename__ = "account"

    enabled: bool = True
    roles: list[str] = Field(default_factory=list, sa_type=ARRAY(String))


class OnCall(Model, table=True):
    """An account that is told of a laboratory's critical results when nobody acknowledges them, at its place in the list."""

    __tablename__ = "on_call"
    __table_args__ = (UniqueConstraint("laboratory_id", "position"), UniqueConstraint("laboratory_id", "account_id"))

    laboratory_id: UUID = Field(foreign_key="location.id")
    account_id: UUID
    position: int


class LabResult(Model, Audited, table=True):
    """A version of an analysis's result. What it says never changes; once it is released, nothing of it does.

    `analyzer_id` is what has measured it. `entered_by` and `verified_by` are accounts, two of them unless it has verified
    itself. `replaces_id` is the released version that it corrects. From `visible_at` on the patient sees it.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "lab_result"
    __table_args__ = (
        UniqueConstraint("analysis_id", "number"),
        CheckConstraint("verified_by <> entered_by", name="verifier"),
        CheckConstraint("verified_at IS NULL OR verified_by IS NOT NULL OR auto_verified", name="verified"),
        CheckConstraint("released_at IS NULL OR verified_at IS NOT NULL", name="released"),
        CheckConstraint("(released_at IS NULL) = (visible_at IS NULL)", name="visible"),
        CheckConstraint(
            "collected_at <= entered_at AND entered_at <= verified_at AND verified_at <= released_at"
            " AND released_at <= visible_at",
            name="times",
        ),
        Index("lab_result_order_idx", "lab_order_id", "id"),
        Index("lab_result_trend_idx", "patient_id", "lab_test_id", "collected_at", "id"),
    )

    analysis_id: UUID = Field(foreign_key="analysis.id")
    lab_order_id: UUID = Field(foreign_key="lab_order.id")
    lab_test_id: UUID = Field(foreign_key="lab_test.id")
    patient_id: UUID
    number: int
    collected_at: datetime = timestamp()
    analyzer_id: UUID | None = Field(default=None, foreign_key="analyzer.id")
    entered_by: UUID
    entered_at: datetime = timestamp()
    verified_by: UUID | None = None
    auto_verified: bool = False
    verified_at: datetime | None = timestamp(default=None, nullable=True)
    released_at: datetime | None = timestamp(default=None, nullable=True)
    visible_at: datetime | None = timestamp(default=None, nullable=True)
    replaces_id: UUID | None = Field(default=None, foreign_key="lab_result.id")
    facts: Encrypted[ResultFacts] = encrypted(ResultFacts)


class LabReport(Model, Audited, table=True):
    """What is released of an order."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "lab_report"
    __table_args__ = (
        one_of("status", ReportStatus),
        Index("lab_report_patient_idx", "patient_id", "released_at", "id"),
    )

    lab_order_id: UUID = Field(foreign_key="lab_order.id", unique=True)
    patient_id: UUID
    laboratory_id: UUID = Field(foreign_key="location.id")
    status: str
    released_at: datetime = timestamp()
    corrected_at: datetime | None = timestamp(default=None, nullable=True)


class CriticalNotice(Model, Audited, table=True):
    """That a result is critical, for somebody to acknowledge. `level` counts who was told: 0 who ordered, then others.

    At `next_at` others are told, unless it is acknowledged before.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "critical_notice"
    __table_args__ = (
        one_of("status", NoticeStatus),
        CheckConstraint("(status = 'ACKNOWLEDGED') = (acknowledged_by IS NOT NULL)", name="acknowledged"),
        CheckConstraint("(acknowledged_by IS NULL) = (facts IS NULL)", name="read_back"),
        CheckConstraint("status <> 'ACKNOWLEDGED' OR next_at IS NULL", name="next"),
        Index("critical_notice_next_idx", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("critical_notice_patient_idx", "patient_id", "id"),
        Index("critical_notice_order_idx", "lab_order_id"),
    )

    lab_result_id: UUID = Field(foreign_key="lab_result.id", unique=True)
    analysis_id: UUID = Field(foreign_key="analysis.id")
    lab_order_id: UUID = Field(foreign_key="lab_order.id")
    patient_id: UUID
    laboratory_id: UUID = Field(foreign_key="location.id")
    status: str = NoticeStatus.OPEN
    level: int = 0
    raised_at: datetime = timestamp()
    next_at: datetime | None = timestamp(default=None, nullable=True)
    acknowledged_by: UUID | None = None  # an account
    acknowledged_at: datetime | None = timestamp(default=None, nullable=True)
    facts: Encrypted[NoticeFacts] | None = encrypted(NoticeFacts, nullable=True)


class CriticalAttempt(Model, Audited, table=True):
    """That accounts were told of a critical result. Rows are only ever added."""

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "critical_attempt"
    __table_args__ = (UniqueConstraint("critical_notice_id", "level"),)

    critical_notice_id: UUID = Field(foreign_key="critical_notice.id")
    patient_id: UUID
    level: int
    at: datetime = timestamp()
    told: list[UUID] = Field(sa_type=ARRAY(Uuid))
