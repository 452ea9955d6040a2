"""The keys of one type of resource while an export is imported, on disk, so that memory does not grow with them."""

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

# SQLite's own temporary file, which nobody else opens and which is gone once it is closed. It holds digests alone.
_TEMPORARY = ""
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4096;
CREATE TABLE key (
    digest BLOB, row BLOB, kind TEXT, updated INTEGER, saved INTEGER, PRIMARY KEY (digest, row)
) WITHOUT ROWID;
CREATE INDEX key_row ON key (row) WHERE kind = 'id';
CREATE TABLE exported (id BLOB PRIMARY KEY, updated INTEGER, claimed INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE named (id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE number (digest BLOB PRIMARY KEY, holder BLOB, shared INTEGER DEFAULT 0) WITHOUT ROWID;
BEGIN;
"""
# So many rows with one key are as good as any number of them: it is nobody's.
MANY = 20

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Key(StrEnum):
    """What a row is known by."""

    ID = "id"
    IDENTIFIER = "identifier"
    # The only key of rows that were imported before ids counted: the first identifier that was given, or else the id.
    FIRST = "first"
    # An identifier by which others refer to a row that has not come yet.
    AWAITED = "awaited"


class Keys:
    """Digests of ids and identifiers: whose they are here, and what the export has of them."""

    def __init__(self) -> None:
        self._sql = sqlite3.connect(_TEMPORARY, isolation_level=None)
        self._sql.executescript(_TABLES)

    def close(self) -> None:
        """Remove all of it."""
        self._sql.close()

    def load(self, keys: Iterable[tuple[str, bytes, UUID, datetime | None]]) -> None:
        """Take keys that were saved before: kind, digest, row and version of each."""
        values = ((digest, row.bytes, kind, _number(updated)) for kind, digest, row, updated in keys)
        self._sql.executemany("INSERT INTO key VALUES (?, ?, ?, ?, TRUE)", values)

    def count_id(self, key: bytes, updated: datetime | None) -> None:
        """See an id in the export, and which version it is."""
        self._sql.execute(
            "INSERT INTO exported (id, updated) VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET updated = max(coalesce(excluded.updated, updated), coalesce(updated, excluded.updated))",
            (key, _number(updated)),
        )

    def count_number(self, digest: bytes, holder: bytes) -> None:
        """See an identifier in the export, and who has it."""
        self._sql.execute(
            "INSERT INTO number (digest, holder) VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET shared = shared OR holder <> excluded.holder",
            (digest, holder),
        )

    def name(self, key: bytes) -> None:
        """See that a resource of the export is named by another one."""
        self._sql.execute("INSERT INTO named VALUES (?) ON CONFLICT DO NOTHING", (key,))

    def is_named(self, key: bytes) -> bool:
        """Whether a resource is named by another one."""
        return self._value("SELECT TRUE FROM named WHERE id = ?", key) is not None

    def is_shared(self, digest: bytes) -> bool:
        """Whether several resources of the export have an identifier."""
        return bool(self._value("SELECT shared FROM number WHERE digest = ?", digest))

    def is_exported(self, key: bytes) -> bool:
        """Whether an id is in the export."""
        return self._value("SELECT TRUE FROM exported WHERE id = ?", key) is not None

    def newest(self, key: bytes) -> datetime | None:
        """The newest version of a resource that the export has."""
        return _time(self._value("SELECT updated FROM exported WHERE id = ?", key))

    def version(self, key: bytes) -> datetime | None:
        """The version of a resource that was taken over last."""
        return _time(self._value("SELECT updated FROM key WHERE digest = ? AND kind = 'id'", key))

    def is_claimed(self, key: bytes) -> bool:
        """Whether a resource of the export was found to have this id."""
        return bool(self._value("SELECT claimed FROM exported WHERE id = ?", key))

    def claim(self, key: bytes, row: UUID) -> None:
        """Find a resource of the export to have this id, and to be this row, which is not saved yet."""
        self._sql.execute("UPDATE exported SET claimed = TRUE WHERE id = ?", (key,))
        self._sql.execute("INSERT INTO key VALUES (?, ?, 'id', NULL, FALSE) ON CONFLICT DO NOTHING", (key, row.bytes))

    def learn(self, digest: bytes, row: UUID, kind: Key, updated: datetime | None) -> None:
        """Take a key that was saved now."""
        self._sql.execute(
            "INSERT INTO key VALUES (?, ?, ?, ?, TRUE) ON CONFLICT DO UPDATE"
            " SET saved = TRUE, updated = coalesce(excluded.updated, updated),"
            " kind = CASE kind WHEN 'awaited' THEN excluded.kind ELSE kind END",
            (digest, row.bytes, kind, _number(updated)),
        )

    def rows(self, digest: bytes) -> set[UUID]:
        """The saved rows that have a key, of more than `MANY` one more than that."""
        statement = "SELECT row FROM key WHERE digest = ? AND saved AND kind <> 'awaited' LIMIT ?"
        return {UUID(bytes=row) for (row,) in self._sql.execute(statement, (digest, MANY + 1))}

    def is_row(self, digest: bytes, row: UUID) -> bool:
        """Whether a saved row has a key."""
        statement = "SELECT TRUE FROM key WHERE digest = ? AND row = ? AND saved AND kind <> 'awaited'"
        return bool(self._value(statement, digest, row.bytes))

    def of_kind(self, digest: bytes, kind: Key) -> UUID | None:
        """The row, saved or not, that has a key of a kind of which it is one row's."""
        found = self._value("SELECT row FROM key WHERE digest = ? AND kind = ?", digest, kind)
        return UUID(bytes=found) if found else None

    def ids(self, row: UUID) -> Collection[bytes]:
        """The ids of a row."""
        found = self._sql.execute("SELECT digest FROM key WHERE row = ? AND kind = 'id'", (row.bytes,))
        return [digest for (digest,) in found]

    def _value(self, statement: str, *parameters: bytes | str) -> Any:
        with suppress(TypeError):
            return self._sql.execute(statement, parameters).fetchone()[0]
        return None


def _number(at: datetime | None) -> int | None:
    return (at - _EPOCH) // _MICROSECOND if at else None


def _time(number: int | None) -> datetime | None:
    return None if number is None else _EPOCH + number * _MICROSECOND
