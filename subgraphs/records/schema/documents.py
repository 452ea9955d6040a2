"""Documents of the medical record."""

import strawberry

from shared.errors import InvalidState, NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key
from shared.graph.mutations import mutation
from subgraphs.records.commands.documents import ShareDocument, UploadDocument
from subgraphs.records.policy import READ, UPLOAD, WRITE
from subgraphs.records.service import documents
from subgraphs.records.types.documents import Document


@strawberry.type
class DocumentQuery:
    document = by_key(
        Document,
        description="The document with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )


@strawberry.type
class DocumentMutation:
    @mutation(
        description="Announce a document of a patient; its content is then sent to the document's `uploadUrl`.",
        scopes=[[UPLOAD]],
        errors=[InvalidState, NotFound],
    )
    async def upload_document(self, info: Info, input: UploadDocument) -> Document:
        return Document.of(await documents.upload(info.context, input))

    @mutation(
        description="Share a document with the patient, who sees it from then on.",
        scopes=[[WRITE]],
        errors=[InvalidState, NotFound, VersionConflict],
    )
    async def share_document(self, info: Info, input: ShareDocument) -> Document:
        return Document.of(await documents.share(info.context, input))
