"""Choosing a password by a one-time code, which is how accounts are registered and passwords reset; and changing it."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.auth.revocation import revoke_account
from shared.database.model import utc_now
from shared.digests import keyed_digest
from shared.errors import FieldProblem, InvalidInput
from shared.graph.context import Client, Context
from shared.ids import new_id
from shared.unit_of_work import Repeated, UnitOfWork
from subgraphs.identity import locks, throttle
from subgraphs.identity.commands import ChangePassword, ChoosePassword, Register, RequestPasswordReset
from subgraphs.identity.errors import ONE_TIME_CODE, InvalidCode
from subgraphs.identity.events import AccountRegistered, PasswordChanged
from subgraphs.identity.models import (
    OUTGOING_MAIL,
    UNTOLD_ACCESS,
    Account,
    ActivityKind,
    CodePurpose,
    OneTimeCode,
    OutgoingMail,
    Session,
)
from subgraphs.identity.one_time_codes import digest
from subgraphs.identity.passwords import objection
from subgraphs.identity.resources import resources
from subgraphs.identity.roles import BuiltInRole
from subgraphs.identity.service.log_in import prove_password, unchanged
from subgraphs.identity.service.records import record
from subgraphs.identity.service.sessions import end_sessions

_MAILS_AT_ONCE = 3  # of one kind to one address, in an hour
_BETWEEN_MAILS = timedelta(minutes=10)  # after these


async def request_mail(context: Context, purpose: CodePurpose, command: Register | RequestPasswordReset) -> str:
    """Have a one-time code sent. What is done here is the same whoever has the address; who gets which mail is decided
    when it is sent.

    Anybody can ask for mail to anybody. So there is a limit, but no request goes unanswered: beyond it, a mail waits for
    some minutes, and stands for all that are asked for meanwhile. And no request makes a code void that was sent before.
    Idempotency keys are the address's, so that nobody's are taken by who asks for mail to somebody else.
    """
    recipient = command.email
    key = resources(context.runtime).settings.contact_digest_key
    with suppress(Repeated):
        async with context.write() as work:
            await locks.hold_one(work.session, locks.MAILS, recipient)
            due = await _next_mail(work.session, purpose, recipient)
            if due is not None:  # else there is nothing to do again, and no key to keep
                await work.once(command, owner=UUID(keyed_digest(key, recipient)[:32]))
                await send_mail(work, purpose, recipient, due)
    return recipient


async def send_mail(work: UnitOfWork, purpose: str, recipient: str, at: datetime | None = None) -> None:
    """Have a mail sent once the unit of work is done, or at a later time."""
    work.session.add(OutgoingMail(purpose=purpose, recipient=recipient, next_attempt_at=at or utc_now()))
    await work.session.execute(select(func.pg_notify(OUTGOING_MAIL, "")))


async def _next_mail(session: AsyncSession, purpose: CodePurpose, recipient: str) -> datetime | None:
    """When the next mail of a kind may go to an address; None if one waits for that time already."""
    now = utc_now()
    sent = select(OutgoingMail).where(
        col(OutgoingMail.recipient) == recipient,
        col(OutgoingMail.purpose) == purpose,
        col(OutgoingMail.created_at) > now - timedelta(hours=1),
    )
    recent = (await session.scalars(sent.order_by(col(OutgoingMail.created_at).desc()).limit(_MAILS_AT_ONCE))).all()
    if len(recent) < _MAILS_AT_ONCE:
        return now
    if recent[0].done_at is None:
        return None
    return max(now, recent[0].done_at + _BETWEEN_MAILS)


async def choose_password(context: Context, command: ChoosePassword) -> str:
    """Set the password that a one-time code allows: a registration's or an invitation's first one, or a forgotten one's
    successor. Gives the email address. It begins no session, so a second factor is still asked for.
    """
    code = next(iter(await context.fetch(_usable(command.code))), None)
    if code is None:
        raise _invalid_code()
    account = next(iter(await context.fetch(select(Account).where(col(Account.id) == code.account_id))), None)
    check_password(command.password, code.email, account.roles if account else [BuiltInRole.PATIENT])
    password_hash = await resources(context.runtime).passwords.hash(command.password)
    async with context.write() as work:
        code = await work.session.scalar(_usable(command.code).with_for_update())
        if code is None:
            raise _invalid_code()
        email: str = code.email
        await work.session.execute(delete(OneTimeCode).where(col(OneTimeCode.email) == email))
        if code.account_id is None:
            await _register(context, work, email, password_hash)
        else:
            account = await work.session.get_one(Account, code.account_id, with_for_update=True)
            await _replace(context, work, account, password_hash)
        await throttle.succeed(context.runtime.redis, [throttle.email_key(email)])
    return email


async def _register(context: Context, work: UnitOfWork, email: str, password_hash: str) -> None:
    """A patient's own account; the patients service registers the patient under the key that is allotted here."""
    account = Account(email=email, password_hash=password_hash, roles=[BuiltInRole.PATIENT.value], patient_id=new_id())
    work.session.add(account)
    try:
        await work.session.flush()
    except IntegrityError:
        raise _invalid_code() from None  # meanwhile someone was invited under the address
    await registered(work, account, context.client)


async def registered(work: UnitOfWork, account: Account, client: Client) -> None:
    """Record and tell that an account has its first password."""
    record(work, account, ActivityKind.REGISTERED, client)
    account.access_untold = True
    await work.session.execute(select(func.pg_notify(UNTOLD_ACCESS, "")))
    work.publish(
        AccountRegistered(
            account_id=account.id,
            patient_id=account.patient_id,
            practitioner_id=account.practitioner_id,
            roles=sorted(account.roles),
        )
    )


async def _replace(context: Context, work: UnitOfWork, account: Account, password_hash: str) -> None:
    if account.disabled_at is not None:
        raise _invalid_code()
    first = account.password_hash is None
    account.password_hash = password_hash
    if first:
        await registered(work, account, context.client)
        return
    record(work, account, ActivityKind.PASSWORD_RESET, context.client)
    work.publish(PasswordChanged(account_id=account.id, reset=True))
    await end_sessions(context, work, account)
    await revoke_account(context.runtime.redis, account.id)


async def change_password(context: Context, command: ChangePassword) -> Account:
    """Change the caller's own password and end their other sessions."""
    proven = await prove_own_password(context, command.current_password)
    check_password(command.new_password, proven.email, proven.roles, "newPassword")
    password_hash = await resources(context.runtime).passwords.hash(command.new_password)
    async with context.write() as work:
        account = await unchanged(work, proven)
        account.password_hash = password_hash
        record(work, account, ActivityKind.PASSWORD_CHANGED, context.client, context.principal.session)
        work.publish(PasswordChanged(account_id=account.id, reset=False))
        await end_sessions(context, work, account, col(Session.id) != context.principal.session)
    return account


async def prove_own_password(context: Context, password: str) -> Account:
    """The caller's account, if this is its password."""
    account = next(iter(await context.fetch(select(Account).where(col(Account.id) == context.principal.subject))), None)
    return await prove_password(context, account.email if account else "", password)


def check_password(password: str, email: str, roles: list[str], path: str = "password") -> None:
    """Refuse a password that breaks the rules."""
    why = objection(password, email, roles)
    if why is not None:
        problem, parameters = why
        raise InvalidInput([FieldProblem((path,), problem, parameters)])


def _usable(code: str) -> Any:
    return select(OneTimeCode).where(
        col(OneTimeCode.digest) == digest(code),
        col(OneTimeCode.purpose) != CodePurpose.SECOND_FACTOR.value,
        col(OneTimeCode.expires_at) > utc_now(),
    )


def _invalid_code() -> InvalidCode:
    return InvalidCode(ONE_TIME_CODE)
