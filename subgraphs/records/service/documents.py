"""Documents: announced, sent, scanned, and shared with the patient."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlmodel import col

from shared.auth.principal import Kind
from shared.database.engine import Database
from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.encryption.value import Erased
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork, system_work
from subgraphs.records import policy
from subgraphs.records.codes import DocumentRejection, DocumentStatus
from subgraphs.records.commands.documents import ShareDocument, UploadDocument
from subgraphs.records.documents.scanning import Clamd, Verdict, verdict
from subgraphs.records.errors import DOCUMENT_STATUS, DOCUMENT_UPLOADED, ENCOUNTER_LOCKED
from subgraphs.records.events import DocumentShared, EntryChanged
from subgraphs.records.models import Document, DocumentContent, Encounter
from subgraphs.records.models.documents import BYTES_OF_CONTENT
from subgraphs.records.service import entries

_SCAN = "scanDocuments"
_MOST_ATTEMPTS = 30  # a day, and somewhat more


async def upload(context: Context, command: UploadDocument) -> Document:
    """Announce a document, whose content is still to come. What patients upload themselves, they see."""
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(
            work, Document.section, command.patient_id, command.encounter_id, scope=policy.UPLOAD
        )
        row = Document(
            **whose,
            status=DocumentStatus.PENDING,
            shared_at=utc_now() if work.principal.kind is Kind.PATIENT else None,
            facts=entries.facts_of(Document, command),
        )
        return entries.add(work, row)


async def receive(context: Context, document_id: UUID, content: bytes, found: Verdict) -> Document:
    """Let a document have its content, or be without any where that is not taken; whoever comes second is refused."""
    async with context.write() as work:
        row = await _announced(work, document_id)
        if found.status is DocumentStatus.REJECTED:
            _judge(work, row, found)
        else:
            work.session.add_all(parts(row, content))
            row.uploaded_at = utc_now()
            _judge(work, row, found, size=len(content), hash=sha256(content).hexdigest())
    return row


async def scan_next(database: Database, scanner: Clamd | None) -> bool:
    """Scan the document whose turn it is; whether there was one, and the scanner has answered.

    Its next turn is set before, so that none keeps others from theirs.
    """
    async with system_work(database, _SCAN) as work:
        due = select(Document).where(
            col(Document.status) == DocumentStatus.UPLOADED, col(Document.scan_at) <= func.now()
        )
        next_one = due.order_by(col(Document.scan_at)).limit(1).with_for_update(skip_locked=True)
        row: Document | None = await work.session.scalar(next_one)
        if row is None:
            return False
        row.scan_attempts += 1
        row.scan_at = utc_now() + _wait(row.scan_attempts)
        key, is_last = row.id, row.scan_attempts >= _MOST_ATTEMPTS
    found = await _scanned(database, scanner, key)
    if found.status is DocumentStatus.UPLOADED and is_last:
        found = Verdict(DocumentStatus.REJECTED, rejection=DocumentRejection.NOT_SCANNED)
    async with system_work(database, _SCAN) as work:
        row = (await work.rows(Document, [key]))[key]
        if row.status == DocumentStatus.UPLOADED and found.status is not DocumentStatus.UPLOADED:
            _judge(work, row, found)
    return found.status is not DocumentStatus.UPLOADED


async def _scanned(database: Database, scanner: Clamd | None, key: UUID) -> Verdict:
    """What a scan finds of a document's content; what was erased needs none any more."""
    async with system_work(database, _SCAN) as work:
        parts = select(DocumentContent).where(col(DocumentContent.document_id) == key)
        rows = (await work.session.scalars(parts.order_by(col(DocumentContent.number)))).all()
        await open_rows(work.keyring, rows)
    try:
        content = b"".join([part.content.value for part in rows])
    except Erased:
        return Verdict(DocumentStatus.REJECTED)
    return await verdict(scanner, content)


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


def parts(row: Document, content: bytes) -> Iterator[DocumentContent]:
    """The rows that hold a document's content."""
    for number, start in enumerate(range(0, len(content), BYTES_OF_CONTENT)):
        part = content[start : start + BYTES_OF_CONTENT]
        yield DocumentContent(document_id=row.id, number=number, patient_id=row.patient_id, content=Encrypted(part))


def _judge(work: UnitOfWork, row: Document, found: Verdict, **said: object) -> None:
    """Let a document be what its content was found to be, and tell of it."""
    now = utc_now()
    row.status, row.scanned_at = found.status, now if found.scanned else None
    row.scan_at = now + _wait(0) if found.status is DocumentStatus.UPLOADED else None
    with suppress(Erased):
        known = msgspec.structs.replace(row.facts.value, malware=found.malware, rejection=found.rejection, **said)
        row.facts = Encrypted(known)
    work.publish(EntryChanged(**entries.told(row)))


def _wait(attempts: int) -> timedelta:
    """Until the next scan: a minute at first, an hour in the end."""
    return timedelta(minutes=min(2**attempts, 60))
