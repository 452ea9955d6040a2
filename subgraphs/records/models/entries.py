"""What all entries of the medical record have in common."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from shared.database.model import Audited, Versioned, timestamp, utc_now
from shared.encryption import Encrypted, encrypted
from subgraphs.records.codes import Section
from subgraphs.records.models.base import Model

ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class Entry(Audited, Model, Versioned):
    """A statement about a patient, in a section of the record, perhaps made during an encounter.

    `recorder_id` is the practitioner who made it, `account_id` the account by which; both are null of what was taken over.
    """

    audit_patient: ClassVar[str | None] = "patient_id"
    section: ClassVar[Section]

    patient_id: UUID
    encounter_id: UUID | None = Field(default=None, foreign_key="encounter.id")
    recorder_id: UUID | None = None
    account_id: UUID | None = None
    recorded_at: datetime = timestamp(default_factory=utc_now)
    status: str
    retraction: Encrypted[str] | None = encrypted(str, nullable=True)  # why it was a mistake


class Told(Entry):
    """An entry that another system may tell of; `source_digest` is a blind index of what it said last."""

    unversioned: ClassVar[frozenset[str]] = frozenset({"source_digest"})

    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary)


def entry_indexes(table: str) -> tuple[Index, ...]:
    """Those by which a patient's entries are listed, and an encounter's found."""
    of_patient = Index(f"{table}_patient_idx", "patient_id", "recorded_at", "id")
    return of_patient, Index(f"{table}_encounter_idx", "encounter_id")


def retracted(row: Any) -> bool:
    """Whether an entry was made by mistake."""
    return bool(row.status == ENTERED_IN_ERROR)
