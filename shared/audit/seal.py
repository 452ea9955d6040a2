"""The audit trail's hash chain: each sealed entry carries the SHA-256 of itself and of the one before.

An entry is sealed within a second or two of its making; from then on, changing or removing it breaks the chain, which
`verify` finds. Sealing apart from writing keeps requests from waiting for each other.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.database.engine import Database
from shared.database.tables import AuditEntry

_BATCH = 1000
_CHAINED = (
    "position",
    "id",
    "at",
    "actor",
    "session",
    "roles",
    "action",
    "outcome",
    "resource",
    "resource_ids",
    "patients",
    "operation",
    "request_id",
    "detail",
    "seal",
)


def entry_hash(previous: bytes, entry: AuditEntry) -> bytes:
    """SHA-256 over the hash before and the entry's fields as JSON with sorted keys."""
    fields = {name: getattr(entry, name) for name in _CHAINED}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
    return hashlib.sha256(previous + orjson.dumps(fields, default=str, option=options)).digest()


async def seal(database: Database) -> int:
    """Seal what is not sealed yet, in batches; how many entries that were. Only one process of a service may do so at once."""
    sealed = 0
    while True:
        async with database.write() as session:
            found = await _seal_batch(session)
        sealed += found
        if found < _BATCH:
            return sealed


async def _seal_batch(session: AsyncSession) -> int:
    query = select(AuditEntry).where(col(AuditEntry.seal).is_(None)).order_by(col(AuditEntry.position)).limit(_BATCH)
    entries = (await session.scalars(query)).all()
    if not entries:
        return 0
    number, previous = await _last(session)
    for number, entry in enumerate(entries, start=number + 1):  # noqa: B020 - counts on from the last
        entry.seal = number
        previous = entry.hash = entry_hash(previous, entry)
    return len(entries)


async def _last(session: AsyncSession) -> tuple[int, bytes]:
    query = (
        select(col(AuditEntry.seal), col(AuditEntry.hash)).order_by(col(AuditEntry.seal).desc().nulls_last()).limit(1)
    )
    row = (await session.execute(query)).first()
    return (row[0] or 0, row[1] or b"") if row else (0, b"")


@dataclass(frozen=True, slots=True)
class Verification:
    """The state of a chain. `broken_at` is the seal of the first entry that is not what was sealed, or is missing."""

    sealed: int
    unsealed: int
    broken_at: int | None


async def verify(database: Database) -> Verification:
    """Recompute the chain from its beginning."""
    async with database.read() as session:
        unsealed = await session.scalar(
            select(func.count()).select_from(AuditEntry).where(col(AuditEntry.seal).is_(None))
        )
        previous, number = b"", 0
        async for entry in _chain(session):
            number += 1
            if entry.seal != number or entry.hash != entry_hash(previous, entry):
                return Verification(number - 1, unsealed or 0, number)
            previous = entry.hash
    return Verification(number, unsealed or 0, None)


async def _chain(session: AsyncSession) -> AsyncIterator[AuditEntry]:
    last = 0
    while True:
        query = select(AuditEntry).where(col(AuditEntry.seal) > last).order_by(col(AuditEntry.seal)).limit(_BATCH)
        entries = (await session.scalars(query)).all()
        for entry in entries:
            yield entry
        if len(entries) < _BATCH:
            return
        last = entries[-1].seal or 0
        session.expunge_all()
