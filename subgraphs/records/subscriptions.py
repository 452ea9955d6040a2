"""Open streams of what happens to a patient's record: the audit trail's entries, in the order in which they are sealed.

A stream asks before each look whether the caller may still have it. So it ends by itself within seconds when a grant is
withdrawn, an emergency is over or a minor is of age, and has given nothing of what came after that.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from functools import partial
from uuid import UUID

from shared.audit.recorder import Action
from shared.database.tables import AuditEntry
from shared.graph.context import Context
from shared.graph.resumption import resumption
from subgraphs.records.models import SECTION_OF, RecordAccessRequest
from subgraphs.records.repository import access, streams

_EVERY_SECONDS = 1.0
_WRITTEN = (Action.CREATE, Action.UPDATE, Action.DELETE)

Resources = Callable[[], Awaitable[Collection[str]]]
"""The kinds of entries that the caller may hear of now, none once the stream has to end."""


async def requested(context: Context, patient_id: UUID) -> AsyncGenerator[RecordAccessRequest, None]:
    """The requests for access to a patient's record, as they come, for who decides on them."""
    async for entry in _entries(context, patient_id, partial(_decided, context, patient_id), (Action.CREATE,)):
        for row in await access.requests_by_key(context, entry.resource_ids):
            yield row


async def changed(context: Context, patient_id: UUID) -> AsyncGenerator[AuditEntry, None]:
    """The changes of a patient's record, in the sections that the caller may read at the time."""
    async for entry in _entries(context, patient_id, partial(_readable, context, patient_id), _WRITTEN):
        yield entry


async def _decided(context: Context, patient_id: UUID) -> Collection[str]:
    return [RecordAccessRequest.__name__] if await access.decides(context, patient_id) else []


async def _readable(context: Context, patient_id: UUID) -> Collection[str]:
    sections = await streams.readable_sections(context, patient_id)
    return [name for name, section in SECTION_OF.items() if section in sections]


async def _entries(
    context: Context, patient_id: UUID, resources: Resources, actions: Collection[Action]
) -> AsyncGenerator[AuditEntry, None]:
    place, position = resumption(), await streams.last_seal(context)
    if place.cursor is not None and place.cursor.isdecimal():
        position = min(position, int(place.cursor))
    await place.begin(str(position))
    while heard := await resources():
        found = await streams.sealed_after(context, position, patient_id, heard, actions)
        for entry in found:
            position = entry.seal or position
            place.cursor = str(position)
            yield entry
        if len(found) < streams.AT_ONCE:
            await asyncio.sleep(_EVERY_SECONDS)
    context.recorder.denied("Patient", [patient_id])
