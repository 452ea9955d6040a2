"""Open streams of what happens to a patient's record."""

from collections.abc import AsyncGenerator, Collection
from functools import partial
from uuid import UUID

from shared.audit.recorder import Action
from shared.database.tables import AuditEntry
from shared.graph.context import Context
from shared.graph.following import follow
from subgraphs.records.models import SECTION_OF, RecordAccessRequest
from subgraphs.records.repository import access, streams


async def requested(context: Context, patient_id: UUID) -> AsyncGenerator[RecordAccessRequest, None]:
    """The requests for access to a patient's record, as they come, for who decides on them."""
    decided = partial(_decided, context, patient_id)
    async for entry in follow(context, decided, patient_id=patient_id, actions=(Action.CREATE,)):
        for row in await access.requests_by_key(context, entry.resource_ids):
            yield row


async def changed(context: Context, patient_id: UUID) -> AsyncGenerator[AuditEntry, None]:
    """The changes of a patient's record, in the sections that the caller may read at the time."""
    async for entry in follow(context, partial(_readable, context, patient_id), patient_id=patient_id):
        yield entry


async def _decided(context: Context, patient_id: UUID) -> Collection[str]:
    return [RecordAccessRequest.__name__] if await access.decides(context, patient_id) else []


async def _readable(context: Context, patient_id: UUID) -> Collection[str]:
    sections = await streams.readable_sections(context, patient_id)
    return [name for name, section in SECTION_OF.items() if section in sections]
