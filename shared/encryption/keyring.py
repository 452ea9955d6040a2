"""A service's data keys: one a patient that encrypts now, and older ones that only open, each stored wrapped."""

import asyncio
import hmac
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Connection, Uuid, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.util import await_only
from sqlmodel import col

from shared.database.model import utc_now
from shared.database.tables import StoredDataKey
from shared.encryption.providers import BYTES_OF_KEY, KeyProvider, KeyProviderError, WrappedKey
from shared.encryption.value import DataKey
from shared.ids import new_id

KEPT_SECONDS = 60
SERVICE = UUID(int=0)  # whose key is the service's own, for blind indexes, and no patient's

_MOST_KEPT = 20_000
_UNWRAPPED_AT_ONCE = 16


class _Reads(Protocol):
    async def fetch(self, statement: Any, /, **values: Any) -> Any: ...


class _Stored(Protocol):
    """A row of `_COLUMNS`."""

    id: UUID
    patient_id: UUID
    wrapped_by: str
    wrapped: bytes | None


_COLUMNS = [getattr(StoredDataKey, name) for name in ("id", "patient_id", "wrapped_by", "wrapped")]
_BY_ID = select(*_COLUMNS).where(col(StoredDataKey.id) == any_(bindparam("ids", type_=ARRAY(Uuid))))


class Keyring:
    """The data keys of a domain. What it opens it keeps for a minute: so long a key that was destroyed may still open."""

    def __init__(self, domain: str, provider: KeyProvider | None, driver: _Reads) -> None:
        self.domain, self._provider, self._driver = domain, provider, driver
        self._kept: dict[bytes, DataKey] = {}
        self._kept_until = 0.0
        self._unwrapping = asyncio.Semaphore(_UNWRAPPED_AT_ONCE)

    @property
    def provider(self) -> KeyProvider:
        """Who wraps the keys; raises KeyProviderError if nobody does."""
        if self._provider is None:
            raise KeyProviderError("there is no key provider, without which nothing encrypted is read or written here")
        return self._provider

    def forget(self) -> None:
        """Keep no open key."""
        self._kept = {}

    def kept(self) -> Mapping[bytes, DataKey]:
        """The keys that are open, by their ids. All are let go at once, which costs a read less than a time for each."""
        now = time.monotonic()
        if now >= self._kept_until or len(self._kept) > _MOST_KEPT:
            self._kept, self._kept_until = {}, now + KEPT_SECONDS
        return self._kept

    async def keys(self, ids: Collection[bytes]) -> Mapping[bytes, DataKey]:
        """Data keys by their ids, in at most one statement. One that is not there is one that was destroyed."""
        kept = self.kept()
        found = {key: kept[key] for key in ids if key in kept}
        if missing := [UUID(bytes=key) for key in ids if key not in found]:
            found |= await self._open(await self._driver.fetch(_BY_ID, ids=missing))
            found |= {key: DataKey(key, None) for key in ids if key not in found}
        return found

    def active(self, connection: Connection, patients: Collection[UUID]) -> Mapping[UUID, DataKey]:
        """The keys that encrypt for patients now, made where there are none; they stay so until the transaction ends.

        For SQLAlchemy's events, within the greenlet of a session that is asynchronous.
        """
        stored = _active(connection, patients)
        if missing := sorted(set(patients) - stored.keys()):
            made = await_only(self._make(missing))
            connection.execute(insert(StoredDataKey).values(made).on_conflict_do_nothing())
            stored |= _active(connection, missing)  # which may be another's
        wrapped = [row for row in stored.values() if row.wrapped is not None]
        kept = self.kept()
        keys = {row.id: kept.get(row.id.bytes) for row in wrapped}
        if unknown := [row for row in wrapped if keys[row.id] is None]:
            opened = await_only(self._open(unknown))
            keys |= {row.id: opened[row.id.bytes] for row in unknown}
        return {patient: keys.get(row.id) or DataKey(row.id.bytes, None) for patient, row in stored.items()}

    def blind_indexes(self, connection: Connection, values: Sequence[Sequence[object]]) -> list[bytes]:
        """HMAC-SHA-256 of each, under the service's own key: equal for equal values, and for nobody else to compare."""
        secret = self.active(connection, [SERVICE])[SERVICE].secret
        return [hmac.digest(secret, orjson.dumps(parts), "sha256") for parts in values]

    def context(self, key: UUID) -> Mapping[str, str]:
        """What wrapping authenticates besides a data key."""
        return {"domain": self.domain, "data-key": str(key)}

    async def _make(self, patients: Iterable[UUID]) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*map(self._new, patients)))

    async def _new(self, patient: UUID) -> dict[str, Any]:
        key = new_id()
        async with self._unwrapping:
            wrapped = await self.provider.wrap(os.urandom(BYTES_OF_KEY), self.context(key))
        stored = {"wrapped_by": wrapped.wrapped_by, "wrapped": wrapped.data, "created_at": utc_now()}
        return {"id": key, "patient_id": patient, "retired": False, **stored}

    async def _open(self, stored: Collection[_Stored]) -> dict[bytes, DataKey]:
        opened = {key.id: key for key in await asyncio.gather(*map(self._unwrap, stored))}
        self._kept.update(opened)
        return opened

    async def _unwrap(self, stored: _Stored) -> DataKey:
        if stored.wrapped is None:
            return DataKey(stored.id.bytes, None)
        wrapped = WrappedKey(stored.wrapped_by, stored.wrapped)
        async with self._unwrapping:
            return DataKey(stored.id.bytes, await self.provider.unwrap(wrapped, self.context(stored.id)))


def _active(connection: Connection, patients: Collection[UUID]) -> dict[UUID, Any]:
    """The stored keys that encrypt, or else were destroyed, by patient; nobody retires or destroys them meanwhile."""
    destroyed = col(StoredDataKey.wrapped).is_(None)
    theirs = col(StoredDataKey.patient_id).in_(patients), or_(~col(StoredDataKey.retired), destroyed)
    rows = connection.execute(select(*_COLUMNS).where(*theirs).with_for_update(read=True)).all()
    return {row.patient_id: row for row in sorted(rows, key=lambda row: row.wrapped is None)}
