"""Setting up and removing a second factor."""

from shared.database.model import utc_now
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.identity import locks, policy, second_factor, throttle
from subgraphs.identity.commands import (
    ConfirmSecondFactor,
    EnrolSecondFactor,
    RemoveSecondFactor,
    ResetSecondFactor,
    StepUp,
)
from subgraphs.identity.errors import NO_SECOND_FACTOR, SECOND_FACTOR_EXISTS, SECOND_FACTOR_NOT_ENROLLED
from subgraphs.identity.events import SecondFactorChanged
from subgraphs.identity.models import Account, ActivityKind, Session
from subgraphs.identity.resources import resources
from subgraphs.identity.service.log_in import claim, note_failure, unchanged, wrong_code
from subgraphs.identity.service.passwords import prove_own_password
from subgraphs.identity.service.records import record
from subgraphs.identity.service.sessions import Access, give_access


async def enrol(context: Context, command: EnrolSecondFactor) -> tuple[str, str]:
    """Give the caller's account a secret: as base32, and as `otpauth://`. It counts once a code of it is confirmed."""
    proven = await prove_own_password(context, command.password)
    async with context.write() as work:
        account = await unchanged(work, proven)
        if account.totp_confirmed_at is not None:
            raise InvalidState(SECOND_FACTOR_EXISTS)
        return second_factor.new_secret(account, resources(context.runtime).cipher)


async def confirm(context: Context, command: ConfirmSecondFactor) -> tuple[Account, list[str]]:
    """Ask for the second factor from now on; gives the recovery codes."""
    keys = [throttle.second_factor_key(context.principal.subject)]
    last = await claim(context, keys)
    async with context.write() as work:
        account = await work.find(policy.accounts, context.principal.subject)
        if account.totp_confirmed_at is not None or account.totp_secret is None:
            raise InvalidState(SECOND_FACTOR_NOT_ENROLLED)
        if second_factor.use_totp(resources(context.runtime).cipher, account, command.code):
            await throttle.succeed(context.runtime.redis, keys)
            account.totp_confirmed_at = utc_now()
            codes = await second_factor.replace_recovery_codes(work.session, account.id)
            _changed(context, work, account)
            return account, codes
        await note_failure(context, work, account, ActivityKind.SECOND_FACTOR_FAILED, last=last)
    raise wrong_code()


async def step_up(context: Context, command: StepUp) -> Access:
    """Another access token of the caller's session, which says that a code of the second factor was given now."""
    principal = context.principal
    keys = [throttle.second_factor_key(principal.subject)]
    last = await claim(context, keys)
    async with context.write() as work:
        account = await work.find(policy.accounts, principal.subject)
        session = await work.session.get(Session, principal.session)
        if account.totp_confirmed_at is None or session is None:
            raise InvalidState(NO_SECOND_FACTOR)
        used = await second_factor.use(work.session, resources(context.runtime).cipher, account, command.code)
        if used is not None:
            await throttle.succeed(context.runtime.redis, keys)
            if used is second_factor.Used.RECOVERY_CODE:
                record(work, account, ActivityKind.RECOVERY_CODE_USED, context.client, session.id)
            record(work, account, ActivityKind.STEPPED_UP, context.client, session.id)
            await locks.share(work.session, locks.ROLES)
            session.second_factor_at = utc_now()
            return await give_access(context, work, account, session, new_id(), session.second_factor_at)
        await note_failure(context, work, account, ActivityKind.SECOND_FACTOR_FAILED, last=last)
    raise wrong_code()


async def remove(context: Context, command: RemoveSecondFactor) -> Account:
    """Remove the caller's second factor."""
    proven = await prove_own_password(context, command.password)
    async with context.write() as work:
        account = await unchanged(work, proven)
        await _remove(context, work, account)
    return account


async def reset(context: Context, command: ResetSecondFactor) -> Account:
    """Remove someone's second factor, who has lost it and the recovery codes."""
    async with context.write() as work:
        account = await work.find(policy.accounts, command.id, scope=policy.WRITE)
        await _remove(context, work, account)
    return account


async def _remove(context: Context, work: UnitOfWork, account: Account) -> None:
    if account.totp_confirmed_at is None:
        raise InvalidState(NO_SECOND_FACTOR)
    account.totp_secret, account.totp_confirmed_at = None, None
    await second_factor.remove_recovery_codes(work.session, account.id)
    _changed(context, work, account)


def _changed(context: Context, work: UnitOfWork, account: Account) -> None:
    enabled = account.totp_confirmed_at is not None
    kind = ActivityKind.SECOND_FACTOR_ADDED if enabled else ActivityKind.SECOND_FACTOR_REMOVED
    record(work, account, kind, context.client, context.principal.session)
    work.publish(SecondFactorChanged(account_id=account.id, enabled=enabled))
