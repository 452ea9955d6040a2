"""Tables of documents: what is known of each, and apart from that its content."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp
from shared.encryption import Encrypted, encrypted
from subgraphs.records.codes import DocumentStatus, Section
from subgraphs.records.facts import DocumentFacts
from subgraphs.records.models.base import Model
from subgraphs.records.models.entries import Told, entry_indexes

# Of a row, so that whoever reads many rows at a time needs no more memory than for others.
BYTES_OF_CONTENT = 256 * 1024


class Document(Told, table=True):
    """A document. The database refuses each change of status that is not foreseen (the migration has them).

    The patient and proxies see it from `shared_at` on. What is UPLOADED is scanned at `scan_at`, the next time.
    """

    section: ClassVar[Section] = Section.DOCUMENTS
    unversioned: ClassVar[frozenset[str]] = Told.unversioned | {"scan_at", "scan_attempts"}

    __tablename__ = "document"
    __table_args__ = (
        one_of("status", DocumentStatus),
        CheckConstraint("(scan_at IS NOT NULL) = (status = 'UPLOADED')", name="scan"),
        CheckConstraint("status NOT IN ('UPLOADED', 'AVAILABLE') OR uploaded_at IS NOT NULL", name="uploaded"),
        Index("document_scan_idx", "scan_at", postgresql_where=text("status = 'UPLOADED'")),
        *entry_indexes("document"),
    )

    uploaded_at: datetime | None = timestamp(default=None, nullable=True)
    scanned_at: datetime | None = timestamp(default=None, nullable=True)
    shared_at: datetime | None = timestamp(default=None, nullable=True)
    scan_at: datetime | None = timestamp(default=None, nullable=True)
    scan_attempts: int = 0
    facts: Encrypted[DocumentFacts] = encrypted(DocumentFacts)


class DocumentContent(Audited, Model, table=True):
    """A part of a document's content, by its number from 0 on. Rows are only ever added, while the document has no content."""

    audit_patient: ClassVar[str | None] = "patient_id"
    section: ClassVar[Section] = Section.DOCUMENTS

    __tablename__ = "document_content"
    __table_args__ = (UniqueConstraint("document_id", "number"),)

    document_id: UUID = Field(foreign_key="document.id")
    number: int
    patient_id: UUID
    content: Encrypted[bytes] = encrypted(bytes)
