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

from shared.database.driver import Driver
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
)

_UNSEALED = select(AuditEntry).where(col(AuditEntry.seal).is_(None)).order_by(col(AuditEntry.position)).limit(_BATCH)
_NEWEST = select(AuditEntry).order_by(col(AuditEntry.seal).desc().nulls_last()).limit(1)
_SEAL = """
UPDATE audit_entry SET seal = sealed.seal, hash = sealed.hash
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS sealed (position, seal, hash)
WHERE audit_entry.position = sealed.position
"""


def entry_hash(previous: bytes, entry: AuditEntry, number: int) -> bytes:
    """SHA-256 over the hash before and the entry's fields as JSON with sorted keys; `number` is its seal."""
    fields = {name: getattr(entry, name) for name in _CHAINED} | {"seal": number}
    options = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
    return hashlib.sha256(previous + orjson.dumps(fields, default=str, option=options)).digest()


async def seal(database: Database) -> int:
    """Seal what is not sealed yet, in batches; how many entries that were. Only one process of a service may do so at once."""
    sealed = 0
    while True:
        found = await _seal_batch(database.driver)
        sealed += found
        if found < _BATCH:
            return sealed


async def _seal_batch(driver: Driver) -> int:
    entries = await driver.fetch(_UNSEALED)
    if not entries:
        return 0
    (last,) = await driver.fetch(_NEWEST)
    first, previous = (last.seal or 0) + 1, last.hash or b""
    hashes = []
    for number, entry in enumerate(entries, first):
        previous = entry_hash(previous, entry, number)
        hashes.append(previous)
    numbers = range(first, first + len(entries))
    await driver.execute(_SEAL, [entry.position for entry in entries], numbers, hashes)
    return len(entries)


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
            if entry.seal != number or entry.hash != entry_hash(previous, entry, number):
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
