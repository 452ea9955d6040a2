"""GraphQL types of documents."""

from datetime import datetime

import strawberry

from shared.graph.context import Info
from shared.graph.datatypes import Coding
from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row
from subgraphs.records import models, policy
from subgraphs.records.codes import DocumentContentType, DocumentRejection, DocumentStatus
from subgraphs.records.documents.addresses import Use, address_of
from subgraphs.records.types.entries import RecordEntry
from subgraphs.records.types.said import said


@entity(
    policy.documents,
    scopes=[[policy.READ]],
    description="A document of a patient, such as a letter or a finding (FHIR DocumentReference). Patients see what is shared.",
)
class Document(Entity[models.Document], RecordEntry):
    status: DocumentStatus | None = from_row("status", description="How far the content of the document is.")
    title: str | None = said("title", description="The title of the document.")
    type: Coding | None = said("type", description="What the document is, as a code; null where that was not said.")
    category: Coding | None = said(
        "category", description="What kind of document it is, as a code; null where that was not said."
    )
    date: str | None = said(
        "date", description="From when the document is, a year, month or day; null where that is not known."
    )
    description: str | None = said(
        "description", description="What else there is to say about the document; null where there is nothing."
    )
    file_name: str | None = said("file_name", description="The name of the file.")
    content_type: DocumentContentType | None = said("content_type", description="The type of the content.")
    size: int | None = said("size", description="How many bytes the content has; null until it has come.")
    hash: str | None = said(
        "hash", description="The SHA-256 of the content, in hexadecimal digits; null until it has come."
    )
    rejection: DocumentRejection | None = said(
        "rejection", description="Why the content was not taken; null unless it was rejected."
    )
    malware: str | None = said(
        "malware", description="What the scanner has found in the content; null unless it is in quarantine."
    )
    uploaded_at: datetime | None = from_row("uploaded_at", description="When the content came; null until then.")
    scanned_at: datetime | None = from_row(
        "scanned_at", description="When the content was scanned for malware; null if it was not, or not yet."
    )
    shared_at: datetime | None = from_row(
        "shared_at", description="Since when the patient sees the document; null until then."
    )

    @strawberry.field(
        description=(
            "Where a GET fetches the content, as a file: an address for the caller alone, good for five minutes; null while "
            "the content cannot be opened."
        )
    )
    def download_url(self, info: Info) -> str | None:
        is_open = self.row.status == DocumentStatus.AVAILABLE
        return address_of(info.context, self.row.id, Use.DOWNLOAD) if is_open else None

    @strawberry.field(
        description=(
            "Where a PUT sends the content, as it is: an address for who has announced the document, good for 15 minutes; "
            "null for all others, and once the content has come."
        )
    )
    def upload_url(self, info: Info) -> str | None:
        row, caller = self.row, info.context.principal
        awaited = row.status == DocumentStatus.PENDING and row.account_id == caller.subject
        return address_of(info.context, row.id, Use.UPLOAD) if awaited else None
