"""What analyzers and other laboratories send, and what became of it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.laboratory.codes import InboundResultStatus, InboundStatus
from subgraphs.laboratory.models.base import Model

SENDER_KEY = "analyzer_sender_key"
NOBODY = UUID(int=1)
"""In the place of the patient of a message while it is not known whose results it has: its content has a key of its own."""


class Analyzer(Model, table=True):
    """A device of a laboratory, or a system that sends for one. Its messages name `application` and `facility` (MSH-3, 4)."""

    __tablename__ = "analyzer"
    __table_args__ = (
        CheckConstraint("(application IS NULL) = (facility IS NULL)", name="sender"),
        Index(SENDER_KEY, "application", "facility", unique=True, postgresql_where=text("active")),
        Index("analyzer_laboratory_idx", "laboratory_id", "name", "id"),
    )

    name: str
    laboratory_id: UUID = Field(foreign_key="location.id")
    application: str | None = None
    facility: str | None = None
    active: bool = True


class AnalyzerCode(Model, table=True):
    """By what code an analyzer names a test; `system` is the code's, empty where it says none."""

    __tablename__ = "analyzer_code"
    __table_args__ = (UniqueConstraint("analyzer_id", "system", "code"),)

    analyzer_id: UUID = Field(foreign_key="analyzer.id")
    system: str
    code: str
    lab_test_id: UUID = Field(foreign_key="lab_test.id", index=True)


class InboundMessage(Model, Audited, table=True):
    """A message as it came. Its sender never gives two the same `control_id`; `digest` is a blind index of the content.

    `patient_id` is NOBODY until it is known whose results it has. `discard_reason` is why somebody discarded it.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "inbound_message"
    __table_args__ = (
        one_of("status", InboundStatus),
        CheckConstraint("(status = 'PARKED') <= (cause IS NOT NULL)", name="cause"),
        CheckConstraint("(status = 'DISCARDED') = (discard_reason IS NOT NULL)", name="discarded"),
        UniqueConstraint("analyzer_id", "control_id"),
        Index("inbound_message_laboratory_idx", "laboratory_id", "id"),
        Index("inbound_message_parked_idx", "laboratory_id", "id", postgresql_where=text("status = 'PARKED'")),
        Index("inbound_message_patient_idx", "patient_id"),
    )

    analyzer_id: UUID = Field(foreign_key="analyzer.id")
    laboratory_id: UUID = Field(foreign_key="location.id")
    patient_id: UUID = NOBODY
    control_id: str
    digest: bytes = Field(sa_type=LargeBinary)
    status: str = InboundStatus.RECEIVED
    cause: str | None = None
    received_at: datetime = timestamp()
    ended_at: datetime | None = timestamp(default=None, nullable=True)
    content: Encrypted[bytes] = encrypted(bytes)
    discard_reason: Encrypted[str] | None = encrypted(str, nullable=True)


class InboundResult(Model, Audited, table=True):
    """What became of one result of a message, its OBX at `position`, from 1.

    `said` is OBX-11, and `reported_at` OBR-22, by which an older word of an analysis is told from a newer one.
    """

    audit_patient: ClassVar[str | None] = "patient_id"

    __tablename__ = "inbound_result"
    __table_args__ = (
        one_of("status", InboundResultStatus),
        CheckConstraint("(status = 'APPLIED') = (cause IS NULL)", name="cause"),
        CheckConstraint("(status = 'APPLIED') <= (analysis_id IS NOT NULL)", name="applied"),
        UniqueConstraint("inbound_message_id", "position"),
        Index("inbound_result_analysis_idx", "analysis_id", "id"),
        Index("inbound_result_patient_idx", "patient_id"),
    )

    inbound_message_id: UUID = Field(foreign_key="inbound_message.id")
    patient_id: UUID = NOBODY
    position: int
    status: str
    cause: str | None = None
    said: str
    reported_at: datetime | None = timestamp(default=None, nullable=True)
    analysis_id: UUID | None = Field(default=None, foreign_key="analysis.id")
