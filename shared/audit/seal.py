"""The audit trail's hash chain: each sealed entry carries the SHA-256 of itself and of the one before.

An entry is sealed within a second or two of its making; from then on, changing or removing it breaks the chain, which
`verify` finds. That the newest were removed, or the whole chain made anew, only anchors show (`shared.audit.anchor`).
Sealing apart from writing keeps requests from waiting for each other.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import ARRAY, String, cast, func, select
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
    "locations",
    "action",
    "outcome",
    "resource",
    "resource_ids",
    "patients",
    "operation",
    "request_id",
    "detail",
)

_KEYS = ("resource_ids", "patients", "locations")  # as text, which the hash is made of
_UNSEALED = (
    select(
        *(getattr(AuditEntry, name) for name in _CHAINED if name not in _KEYS),
        *(cast(getattr(AuditEntry, name), ARRAY(String)).label(name) for name in _KEYS),
    )
    .where(col(AuditEntry.seal).is_(None))
    .order_by(col(AuditEntry.position))
    .limit(_BATCH)
)
_NEWEST = (
    select(col(AuditEntry.seal), col(AuditEntry.hash))
    .where(col(AuditEntry.seal).is_not(None))
    .order_by(col(AuditEntry.seal).desc())
    .limit(1)
)
_SEAL = """
UPDATE audit_entry SET seal = sealed.seal, hash = sealed.hash
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS sealed (position, seal, hash)
WHERE audit_entry.position = sealed.position
"""


def entry_hash(previous: bytes, entry: Any, number: int) -> bytes:
    """SHA-256 over the hash before and the entry's fields as JSON with sorted keys; `number` is its seal."""
    fields = {name: getattr(entry, name) for name in _CHAINED} | {"seal": number}
    if fields["locations"] is None:  # as of entries from before there were any
        del fields["locations"]
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
    entries: Sequence[Any] = await driver.fetch(_UNSEALED)
    if not entries:
        return 0
    last, previous = await _newest(driver)
    hashes = []
    for number, entry in enumerate(entries, last + 1):
        previous = entry_hash(previous, entry, number)
        hashes.append(previous)
    numbers = range(last + 1, last + 1 + len(entries))
    await driver.execute(_SEAL, [entry.position for entry in entries], numbers, hashes)
    return len(entries)


async def _newest(driver: Driver) -> tuple[int, bytes]:
    for number, digest in await driver.fetch(_NEWEST):
        return number or 0, digest or b""
    return 0, b""


async def head(database: Database) -> tuple[int, bytes]:
    """The chain's newest seal and its hash; 0 before the first."""
    return await _newest(database.driver)


class Fault(StrEnum):
    """What is wrong with a chain."""

    ENTRY = "an entry was changed, moved or removed"
    REMADE = "the chain was made anew"
    CUT = "the newest entries were removed"


@dataclass(frozen=True, slots=True)
class Verification:
    """The state of a chain. `broken_at` is the seal of the first entry that is not what was sealed, or is missing; of a
    chain that was made anew it is the first that was anchored, so that those before may be wrong as well.
    """

    sealed: int
    unsealed: int
    broken_at: int | None = None
    fault: Fault | None = None


async def verify(database: Database, anchored: Mapping[int, bytes]) -> Verification:
    """Recompute the chain from its beginning, and compare it with the hashes that were anchored, by seal.

    The anchors must have been read before: the chain grows meanwhile.
    """
    async with database.read() as session:
        unsealed = await session.scalar(
            select(func.count()).select_from(AuditEntry).where(col(AuditEntry.seal).is_(None))
        )
        previous, number = b"", 0

        def found(broken_at: int | None = None, fault: Fault | None = None) -> Verification:
            return Verification(number, unsealed or 0, broken_at, fault)

        async for entry in _chain(session):
            if entry.seal != number + 1 or entry.hash != entry_hash(previous, entry, number + 1):
                return found(number + 1, Fault.ENTRY)
            if anchored.get(entry.seal, entry.hash) != entry.hash:
                return found(entry.seal, Fault.REMADE)
            previous, number = entry.hash, entry.seal
    return found(number + 1, Fault.CUT) if number < max(anchored, default=0) else found()


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
