"""What every service does by the clock: sealing the audit trail, forgetting what is long published and consumed."""

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col

from shared.audit.seal import seal
from shared.database.model import utc_now
from shared.database.tables import ConsumedEvent, IdempotencyKey, Outbox
from shared.jobs import Job
from shared.runtime import Runtime

_OUTBOX_KEPT = timedelta(days=7)
_CONSUMED_KEPT = timedelta(days=30)
_KEYS_KEPT = timedelta(days=2)


async def _seal(runtime: Runtime) -> None:
    await seal(runtime.database)


async def _sweep(runtime: Runtime) -> None:
    async with runtime.database.write() as session:
        await session.execute(delete(Outbox).where(col(Outbox.published_at) < utc_now() - _OUTBOX_KEPT))
        await session.execute(delete(ConsumedEvent).where(col(ConsumedEvent.consumed_at) < utc_now() - _CONSUMED_KEPT))
        await session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < utc_now() - _KEYS_KEPT))


JOBS = (Job("seal", timedelta(seconds=1), _seal), Job("sweep", timedelta(hours=6), _sweep))
