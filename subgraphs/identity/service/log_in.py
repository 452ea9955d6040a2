"""Logging in: the password, then the second factor where there is one; attempts are limited whoever makes them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.identity import second_factor, throttle
from subgraphs.identity.commands import LogIn, VerifySecondFactor
from subgraphs.identity.errors import (
    INVALID_CREDENTIALS,
    SECOND_FACTOR_CODE,
    AccountLocked,
    InvalidCode,
    InvalidCredentials,
)
from subgraphs.identity.models import Account, ActivityKind, CodePurpose, OneTimeCode
from subgraphs.identity.one_time_codes import digest, issue_code
from subgraphs.identity.resources import resources
from subgraphs.identity.service.records import audit, record
from subgraphs.identity.service.sessions import Grant, open_session


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password was right; a code of the second factor is to follow."""

    secret: str


async def log_in(context: Context, command: LogIn) -> Grant | Challenge:
    """Begin a session, or ask for the second factor."""
    email = command.email.lower()
    proven = await prove_password(context, email, command.password)
    async with context.write() as work:
        account = await unchanged(work, proven)
        if account.totp_confirmed_at is not None:
            return Challenge(issue_code(work.session, CodePurpose.SECOND_FACTOR, email, account))
        return await open_session(context, work, account)


async def verify_second_factor(context: Context, command: VerifySecondFactor) -> Grant:
    """Finish a log-in by a code of the second factor, or a recovery code."""
    account_id = await _challenged(context, command.challenge)
    keys = _keys(context, throttle.second_factor_key(account_id))
    last = await claim(context, keys)
    async with context.write() as work:
        account = await work.session.get_one(Account, account_id, with_for_update=True)
        challenge = await work.session.scalar(_challenge(command.challenge))
        used = None
        if challenge is not None and account.disabled_at is None:
            used = await second_factor.use(work.session, resources(context.runtime).cipher, account, command.code)
        if challenge is not None and used is not None:
            await throttle.succeed(context.runtime.redis, keys)
            await work.session.delete(challenge)
            if used is second_factor.Used.RECOVERY_CODE:
                record(work, account, ActivityKind.RECOVERY_CODE_USED, context.client)
            return await open_session(context, work, account, second_factor_at=utc_now())
        await note_failure(context, work, account, ActivityKind.SECOND_FACTOR_FAILED, last=last)
    raise wrong_code()


async def prove_password(context: Context, email: str, password: str) -> Account:
    """The account with this address and password, as it was read; all that fails takes as long and looks the same."""
    keys = _keys(context, throttle.email_key(email))
    last = await claim(context, keys)
    account = next(iter(await context.fetch(select(Account).where(col(Account.email) == email))), None)
    if account is None:
        context.recorder.refused("logIn", "unknown")  # as much for the trail to store as a row that was read
    stored = account.password_hash if account is not None and account.disabled_at is None else None
    right = await resources(context.runtime).passwords.verify(stored, password)
    if right and account is not None:
        await throttle.succeed(context.runtime.redis, keys)
        return account
    async with context.write() as work:
        await note_failure(context, work, account, ActivityKind.LOG_IN_FAILED, last=last)
    raise _wrong()


async def unchanged(work: UnitOfWork, proven: Account) -> Account:
    """The account, locked, if its password is still the one that was proven."""
    account = await work.session.get(Account, proven.id, with_for_update=True)
    if account is None or account.disabled_at is not None or account.password_hash != proven.password_hash:
        raise _wrong()
    return account


async def claim(context: Context, keys: list[throttle.Key]) -> bool:
    """Count an attempt before it is judged, and refuse it while one of its keys is locked. Whether, if it fails, it is the
    last one for a while.
    """
    try:
        return await throttle.claim(context.runtime.redis, keys)
    except throttle.Locked as locked:
        context.recorder.refused("logIn", "locked")
        raise AccountLocked(locked.until) from None


async def note_failure(
    context: Context, work: UnitOfWork, account: Account | None, kind: ActivityKind, *, last: bool
) -> None:
    """Record a failed attempt, and where it was the last one for a while, that too."""
    for each in [kind, ActivityKind.LOCKED_OUT] if last else [kind]:
        if account is not None:
            record(work, account, each, context.client)
        else:
            audit(work, each)


def wrong_code() -> InvalidCode:
    """The refusal of a code of the second factor."""
    return InvalidCode(SECOND_FACTOR_CODE)


def _wrong() -> InvalidCredentials:
    return InvalidCredentials(INVALID_CREDENTIALS)


def _keys(context: Context, key: throttle.Key) -> list[throttle.Key]:
    address = context.client.address
    return [key, throttle.address_key(address)] if address else [key]


def _challenge(secret: str) -> Any:
    return select(OneTimeCode).where(
        col(OneTimeCode.digest) == digest(secret),
        col(OneTimeCode.purpose) == CodePurpose.SECOND_FACTOR.value,
        col(OneTimeCode.expires_at) > utc_now(),
    )


async def _challenged(context: Context, secret: str) -> UUID:
    async with context.runtime.database.read() as session:
        challenge: OneTimeCode | None = await session.scalar(_challenge(secret))
    if challenge is None or challenge.account_id is None:
        raise wrong_code()
    return challenge.account_id
