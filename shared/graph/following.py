"""Open streams of what happens to audited rows: the audit trail's entries, in the order in which they are sealed.

A stream asks before each look whether the caller may still have it. So it ends by itself within seconds when what let somebody
open it is over, and has given nothing of what came after that.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, String, Uuid, any_, bindparam, func, select
from sqlmodel import col

from shared.audit.recorder import Action, AuditOutcome
from shared.database.tables import AuditEntry
from shared.graph.context import Context
from shared.graph.resumption import resumption

AT_ONCE = 100
WRITTEN = (Action.CREATE, Action.UPDATE, Action.DELETE)
_EVERY_SECONDS = 1.0

Resources = Callable[[], Awaitable[Collection[str]]]
"""The kinds of rows that the caller may hear of now, none once the stream has to end."""

_LAST = select(func.coalesce(func.max(col(AuditEntry.seal)), 0))
_SEALED = (
    select(AuditEntry)
    .where(
        col(AuditEntry.seal) > bindparam("position", type_=BigInteger),
        col(AuditEntry.resource) == any_(bindparam("resources", type_=ARRAY(String))),
        col(AuditEntry.action) == any_(bindparam("actions", type_=ARRAY(String))),
        col(AuditEntry.outcome) == AuditOutcome.SUCCESS,
    )
    .order_by(col(AuditEntry.seal))
    .limit(AT_ONCE)
)
_OF_PATIENT = _SEALED.where(bindparam("patient", type_=Uuid) == any_(col(AuditEntry.patients)))


async def follow(
    context: Context,
    resources: Resources,
    *,
    patient_id: UUID | None = None,
    actions: Collection[Action] = WRITTEN,
) -> AsyncGenerator[AuditEntry, None]:
    """The entries about a patient, or about anybody, as they are sealed; what they are about is for who asks to look up."""
    place = resumption()
    (last,) = await context.fetch(_LAST)
    position = last or 0
    if place.cursor is not None and place.cursor.isdecimal():
        position = min(position, int(place.cursor))
    await place.begin(str(position))
    while heard := await resources():
        found = await _after(context, position, patient_id, heard, actions)
        for entry in found:
            position = entry.seal or position
            place.cursor = str(position)
            context.forget()
            yield entry
        if len(found) < AT_ONCE:
            await asyncio.sleep(_EVERY_SECONDS)
    if patient_id is not None:
        context.recorder.denied("Patient", [patient_id])


async def _after(
    context: Context, position: int, patient_id: UUID | None, resources: Collection[str], actions: Collection[Action]
) -> Sequence[AuditEntry]:
    given = {"position": position, "resources": list(resources), "actions": list(actions)}
    if patient_id is None:
        return await context.fetch(_SEALED, **given)
    return await context.fetch(_OF_PATIENT, patient=patient_id, **given)
