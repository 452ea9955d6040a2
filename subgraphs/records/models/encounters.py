"""Tables of encounters, and of what is written about them."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, Versioned, timestamp, utc_now
from shared.encryption import Encrypted, encrypted
from subgraphs.records.codes import EncounterStatus, NoteStatus, Section
from subgraphs.records.facts import EncounterFacts, NoteFacts
from subgraphs.records.models.base import Model
from subgraphs.records.models.entries import Entry, entry_indexes

OPEN = (EncounterStatus.IN_PROGRESS, EncounterStatus.ON_HOLD)


class Encounter(Audited, Model, Versioned, table=True):
    """A patient is seen by a practitioner. The database refuses each change of status that `STATES` has not.

    From `locked_at` on, nothing is added to it but addenda. What another system tells of is never locked: it may tell more.
    Where that knows no more than a day, month or year, it is in `partial_start` and `partial_end`, as FHIR writes it; the
    times are then noon (UTC) of its first day, to have their place among others.
    """

    audit_patient: ClassVar[str | None] = "patient_id"
    section: ClassVar[Section] = Section.NOTES
    unversioned: ClassVar[frozenset[str]] = frozenset({"source_digest"})

    __tablename__ = "encounter"
    __table_args__ = (
        one_of("status", EncounterStatus),
        CheckConstraint("starts_at <= ends_at", name="period"),
        CheckConstraint(
            "num_nonnulls(partial_start, partial_end) = 0 OR status IN ('FINISHED', 'CANCELLED', 'ENTERED_IN_ERROR')",
            name="partial",
        ),
        CheckConstraint("locked_at IS NULL OR status IN ('FINISHED', 'CANCELLED', 'ENTERED_IN_ERROR')", name="locked"),
        Index("encounter_patient_idx", "patient_id", "starts_at", "id"),
        Index("encounter_practitioner_idx", "practitioner_id", "starts_at", "id"),
    )

    patient_id: UUID
    practitioner_id: UUID | None = None
    appointment_id: UUID | None = None
    status: str
    starts_at: datetime = timestamp(default_factory=utc_now)
    ends_at: datetime | None = timestamp(default=None, nullable=True)
    partial_start: str | None = None
    partial_end: str | None = None
    locked_at: datetime | None = timestamp(default=None, nullable=True)
    facts: Encrypted[EncounterFacts] = encrypted(EncounterFacts)
    retraction: Encrypted[str] | None = encrypted(str, nullable=True)  # why it was a mistake
    source_digest: bytes | None = Field(default=None, sa_type=LargeBinary)  # a blind index of what its source said last


class Note(Entry, table=True):
    """A clinical note. What it says is in its versions; `written` is the newest one's number, `account_id` its author's.

    Once it is signed, the database keeps it as it is; `signature` is the SHA-256 of what was signed, by whom, and when.
    `private` ones are seen by nobody but their author and the patient.
    """

    section: ClassVar[Section] = Section.NOTES

    __tablename__ = "note"
    __table_args__ = (
        one_of("status", NoteStatus),
        CheckConstraint("(signature IS NULL) = (signed_at IS NULL)", name="signature"),
        CheckConstraint("status NOT IN ('SIGNED', 'COSIGNED') OR signature IS NOT NULL", name="signed"),
        CheckConstraint(
            "(status = 'COSIGNED') <= (cosigned_by IS NOT NULL AND cosigned_at IS NOT NULL)", name="cosigned"
        ),
        CheckConstraint("cosigned_by <> account_id", name="cosigner"),
        *entry_indexes("note"),
    )

    private: bool = False
    written: int = 1
    signed_at: datetime | None = timestamp(default=None, nullable=True)
    signature: bytes | None = Field(default=None, sa_type=LargeBinary)
    cosigned_by: UUID | None = None
    cosigner_id: UUID | None = None
    cosigned_at: datetime | None = timestamp(default=None, nullable=True)
    facts: Encrypted[NoteFacts] = encrypted(NoteFacts)


class NoteVersion(Audited, Model, table=True):
    """What a note said at one time. Rows are only ever added, and none once it is signed."""

    audit_patient: ClassVar[str | None] = "patient_id"
    section: ClassVar[Section] = Section.NOTES

    __tablename__ = "note_version"
    __table_args__ = (UniqueConstraint("note_id", "number"),)

    note_id: UUID = Field(foreign_key="note.id")
    number: int
    patient_id: UUID
    account_id: UUID
    written_at: datetime = timestamp(default_factory=utc_now)
    content: Encrypted[str] = encrypted(str)


class Addendum(Audited, Model, table=True):
    """What somebody adds to a signed note, signed as it is written."""

    audit_patient: ClassVar[str | None] = "patient_id"
    section: ClassVar[Section] = Section.NOTES

    __tablename__ = "addendum"
    __table_args__ = (Index("addendum_note_idx", "note_id", "id"),)

    note_id: UUID = Field(foreign_key="note.id")
    patient_id: UUID
    account_id: UUID
    recorder_id: UUID | None = None
    signed_at: datetime = timestamp()
    signature: bytes = Field(sa_type=LargeBinary)
    content: Encrypted[str] = encrypted(str)
