"""What is signed is proven by its hash: SHA-256 of what it says, who signed it, and when."""

import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

import orjson

from subgraphs.records.models import Note, NoteVersion


def signature(key: UUID, said: tuple[str, ...], account_id: UUID | None, signed_at: datetime) -> bytes:
    """The hash of what a row says, as it is signed."""
    signed = [str(key), *said, str(account_id), signed_at.astimezone(UTC).isoformat(timespec="microseconds")]
    return hashlib.sha256(orjson.dumps(signed)).digest()


def is_intact(found: bytes, key: UUID, said: tuple[str, ...], account_id: UUID | None, signed_at: datetime) -> bool:
    """Whether a hash is that of what the row says now."""
    return hmac.compare_digest(found, signature(key, said, account_id, signed_at))


def said(row: Note, version: NoteVersion) -> tuple[str, ...]:
    """What is signed of a note."""
    facts = row.facts.value
    return str(version.number), facts.type, facts.title, version.content.value
