"""Locks on what is no row: they are held to the end of the transaction."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

ROLES = 1  # what roles may do: shared by those who issue tokens, held by those who change it
ACCOUNT_ROLES = 2  # who has which role, held by those who change it, so that somebody administers and no role is missed

MAILS = 3  # who gets which mail, by address: held by those who ask for mail to it


async def share(session: AsyncSession, lock: int) -> None:
    """Wait for those who hold a lock, and keep others from it."""
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": lock})


async def hold(session: AsyncSession, lock: int) -> None:
    """Wait for all who share or hold a lock, and keep others from it."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


async def hold_one(session: AsyncSession, lock: int, what: str) -> None:
    """The same for one of many things that a lock is about."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:what))"), {"lock": lock, "what": what})
