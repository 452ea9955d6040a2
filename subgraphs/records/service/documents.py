"""Documents: announced, sent, and shared with the patient."""

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

import msgspec

from shared.auth.principal import Kind
from shared.database.model import assign, utc_now
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.records import policy
from subgraphs.records.codes import DocumentRejection, DocumentStatus
from subgraphs.records.commands.documents import ShareDocument, UploadDocument
from subgraphs.records.errors import DOCUMENT_STATUS, DOCUMENT_UPLOADED, ENCOUNTER_LOCKED
from subgraphs.records.events import DocumentShared, EntryChanged
from subgraphs.records.models import Document, DocumentContent, Encounter
from subgraphs.records.models.documents import BYTES_OF_CONTENT
from subgraphs.records.service import entries


async def upload(context: Context, command: UploadDocument) -> Document:
    """Announce a document, whose content is still to come. What patients upload themselves, they see."""
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(work, command.patient_id, command.encounter_id, scope=policy.UPLOAD)
        row = Document(
            **whose,
            status=DocumentStatus.PENDING,
            shared_at=utc_now() if work.principal.kind is Kind.PATIENT else None,
            facts=entries.facts_of(Document, command),
        )
        return entries.add(work, row)


async def receive(context: Context, document_id: UUID, content: bytes, why: DocumentRejection | None) -> Document:
    """Let a document have its content, or be without any since what came is not taken; whoever comes second is refused."""
    async with context.write() as work:
        row = await _announced(work, document_id)
        if why is not None:
            _change(row, status=DocumentStatus.REJECTED, rejection=why)
        else:
            work.session.add_all(_parts(row, content))
            row.uploaded_at = utc_now()
            _change(row, status=DocumentStatus.AVAILABLE, size=len(content), hash=sha256(content).hexdigest())
        work.publish(EntryChanged(**entries.told(row)))
    return row


async def share(context: Context, command: ShareDocument) -> Document:
    """Let the patient see a document."""
    async with context.write() as work:
        row = await work.find(policy.documents, command.id, scope=policy.WRITE, version=command.version)
        if row.status != DocumentStatus.AVAILABLE:
            raise InvalidState(DOCUMENT_STATUS, status=row.status, required=DocumentStatus.AVAILABLE)
        if row.shared_at is None:
            row.shared_at = utc_now()
            work.publish(DocumentShared(document_id=row.id, patient_id=row.patient_id, shared_at=row.shared_at))
    return row


async def _announced(work: UnitOfWork, document_id: UUID) -> Document:
    """The document that the caller may send content of; nobody else does so meanwhile, nor locks its encounter."""
    row = await work.find(policy.own_documents, document_id)
    if row.status != DocumentStatus.PENDING:
        raise InvalidState(DOCUMENT_UPLOADED)
    if row.encounter_id is not None:
        encounter = await work.session.get_one(Encounter, row.encounter_id, with_for_update={"read": True})
        if encounter.locked_at is not None:
            raise InvalidState(ENCOUNTER_LOCKED)
    return row


def _parts(row: Document, content: bytes) -> Iterator[DocumentContent]:
    for number, start in enumerate(range(0, len(content), BYTES_OF_CONTENT)):
        part = content[start : start + BYTES_OF_CONTENT]
        yield DocumentContent(document_id=row.id, number=number, patient_id=row.patient_id, content=Encrypted(part))


def _change(row: Document, *, status: DocumentStatus, **facts: object) -> None:
    assign(row, {"status": status})
    row.facts = Encrypted(msgspec.structs.replace(row.facts.value, **facts))
