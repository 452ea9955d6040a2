"""What is read of documents besides what the graph shows of them."""

from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.encryption.value import Unreadable
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import DocumentStatus
from subgraphs.records.facts import DocumentFacts
from subgraphs.records.models import Document, DocumentContent

_KEPT = (DocumentStatus.UPLOADED, DocumentStatus.AVAILABLE, DocumentStatus.QUARANTINED)


def kept(principal: Principal) -> Select[Document]:
    """The documents that lists have: those whose content came and was taken."""
    return policy.documents(principal).where(col(Document.status).in_(_KEPT))


DOCUMENTS_OF_PATIENT = ListOfEach(kept, col(Document.patient_id))
DOCUMENTS = Order((col(Document.recorded_at), col(Document.id)), descending=True)


class File(NamedTuple):
    """A document's content, and what is known of it."""

    facts: DocumentFacts
    content: bytes


async def file(context: Context, document_id: UUID) -> File | None:
    """A document that the caller may open; None if there is none. Raises Erased, and Unreadable if it is not what came."""
    (row,) = await context.find(policy.documents, col(Document.id), [document_id])
    if row is None or row.status != DocumentStatus.AVAILABLE:
        return None
    parts = policy.document_contents(context.principal).where(col(DocumentContent.document_id) == document_id)
    rows = await context.fetch(parts.order_by(col(DocumentContent.number)))
    content, facts = b"".join([part.content.value for part in rows]), row.facts.value
    if rows and sha256(content).hexdigest() != facts.hash:
        raise Unreadable(f"the content of document {document_id}")
    return File(facts, content) if rows else None


async def announced(context: Context, document_id: UUID) -> Document | None:
    """A document whose content the caller may send."""
    (row,) = await context.find(policy.own_documents, col(Document.id), [document_id])
    return row
