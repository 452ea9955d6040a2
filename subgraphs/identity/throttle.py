"""Lock-out after failed attempts: after a few, each further one makes the wait twice as long.

An attempt is counted before it is judged, in a row that the database locks, so that many attempts at once are no more
than many in turn; a success takes its count back.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.database.model import utc_now
from shared.ids import new_id
from subgraphs.identity.models import Throttle

FORGOTTEN_AFTER = timedelta(hours=24)
_SHORTEST = timedelta(seconds=30)
_LONGEST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What attempts are counted under, and how many may fail before the first wait."""

    name: str
    allowed: int


def email_key(email: str) -> Key:
    """Log-ins with an email address, whether an account has it or not."""
    return Key(f"email:{hashlib.sha256(email.encode()).hexdigest()}", 5)


def second_factor_key(account_id: UUID) -> Key:
    """Codes of an account's second factor."""
    return Key(f"second-factor:{account_id}", 5)


def address_key(address: str) -> Key:
    """Attempts from a network address, which many people may share."""
    return Key(f"address:{address}", 50)


def delay(failures: int, allowed: int) -> timedelta | None:
    """How long to wait after so many failures."""
    if failures < allowed:
        return None
    return min(_LONGEST, _SHORTEST * (1 << min(failures - allowed, 10)))


async def claim(session: AsyncSession, keys: Sequence[Key]) -> datetime | None:
    """Count an attempt under each key; if one is locked, until when. The caller then rolls back, so that none counts."""
    for key in sorted(keys):
        locked = await _count(session, key)
        if locked is not None:
            return locked
    return None


async def _count(session: AsyncSession, key: Key) -> datetime | None:
    now = utc_now()
    first = insert(Throttle).values(id=new_id(), created_at=now, updated_at=now, key=key.name, failures=1, last_at=now)
    counted = first.on_conflict_do_update(
        index_elements=[col(Throttle.key)],
        set_={
            "failures": case((col(Throttle.last_at) < now - FORGOTTEN_AFTER, 1), else_=col(Throttle.failures) + 1),
            "last_at": now,
        },
        where=or_(col(Throttle.locked_until).is_(None), col(Throttle.locked_until) <= now),
    )
    failures = await session.scalar(counted.returning(col(Throttle.failures)))
    this = col(Throttle.key) == key.name
    if failures is None:
        return await session.scalar(select(col(Throttle.locked_until)).where(this)) or now
    wait = delay(failures, key.allowed)
    if wait is not None:
        await session.execute(update(Throttle).where(this).values(locked_until=now + wait))
    return None


async def succeed(session: AsyncSession, keys: Sequence[Key]) -> None:
    """Take back an attempt that has succeeded: an account's key is as new, an address has one failure less."""
    for key in sorted(keys):
        this = col(Throttle.key) == key.name
        if key.name.startswith("address:"):
            await session.execute(
                update(Throttle).where(this).values(failures=col(Throttle.failures) - 1, locked_until=None)
            )
        else:
            await session.execute(delete(Throttle).where(this))


async def locked(session: AsyncSession, keys: Sequence[Key]) -> bool:
    """Whether further attempts are refused now."""
    names = [key.name for key in keys]
    until = select(col(Throttle.id)).where(col(Throttle.key).in_(names), col(Throttle.locked_until) > utc_now())
    return (await session.scalars(until.limit(1))).first() is not None
