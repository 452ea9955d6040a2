"""Setting up and removing a second factor."""

from shared.database.model import utc_now
from shared.graph.context import Context
from shared.graph.errors import InvalidState, Refusal
from shared.ids import parse_id
from shared.work import UnitOfWork
from subgraphs.identity import policy, second_factor, throttle
from subgraphs.identity.events import SecondFactorChanged
from subgraphs.identity.models import Account
from subgraphs.identity.resources import resources
from subgraphs.identity.service.log_in import claim, note_failure, unchanged, wrong_code
from subgraphs.identity.service.passwords import prove_own_password
from subgraphs.identity.service.records import record
from subgraphs.identity.types import AccountInput, ActivityKind, ConfirmSecondFactorInput, PasswordInput


async def enrol(context: Context, input: PasswordInput) -> tuple[str, str]:
    """Give the caller's account a secret: as base32, and as `otpauth://`. It counts once a code of it is confirmed."""
    proven = await prove_own_password(context, input.password)
    async with context.write() as work:
        account = await unchanged(work, proven)
        if account.totp_confirmed_at is not None:
            raise Refusal(InvalidState(message="There is a second factor already: remove it first."))
        return second_factor.new_secret(account, resources(context.runtime).cipher)


async def confirm(context: Context, input: ConfirmSecondFactorInput) -> tuple[Account, list[str]]:
    """Ask for the second factor from now on; gives the recovery codes."""
    keys = [throttle.second_factor_key(context.principal.subject)]
    last = await claim(context, keys)
    async with context.write() as work:
        account = await work.find(policy.accounts, context.principal.subject)
        if account.totp_confirmed_at is not None or account.totp_secret is None:
            raise Refusal(InvalidState(message="There is no second factor to confirm: enrol one first."))
        if second_factor.use_totp(resources(context.runtime).cipher, account, input.code):
            await throttle.succeed(context.runtime.redis, keys)
            account.totp_confirmed_at = utc_now()
            codes = await second_factor.replace_recovery_codes(work.session, account.id)
            _changed(context, work, account)
            return account, codes
        await note_failure(context, work, account, ActivityKind.SECOND_FACTOR_FAILED, last=last)
    raise wrong_code()


async def remove(context: Context, input: PasswordInput) -> Account:
    """Remove the caller's second factor."""
    proven = await prove_own_password(context, input.password)
    async with context.write() as work:
        account = await unchanged(work, proven)
        await _remove(context, work, account)
    return account


async def reset(context: Context, input: AccountInput) -> Account:
    """Remove someone's second factor, who has lost it and the recovery codes."""
    async with context.write() as work:
        account = await work.find(policy.accounts, parse_id(input.id), scope=policy.WRITE)
        await _remove(context, work, account)
    return account


async def _remove(context: Context, work: UnitOfWork, account: Account) -> None:
    if account.totp_confirmed_at is None:
        raise Refusal(InvalidState(message="There is no second factor."))
    account.totp_secret, account.totp_confirmed_at = None, None
    await second_factor.remove_recovery_codes(work.session, account.id)
    _changed(context, work, account)


def _changed(context: Context, work: UnitOfWork, account: Account) -> None:
    enabled = account.totp_confirmed_at is not None
    kind = ActivityKind.SECOND_FACTOR_ADDED if enabled else ActivityKind.SECOND_FACTOR_REMOVED
    record(work, account, kind, context.client, context.principal.session)
    work.publish(SecondFactorChanged(account_id=account.id, enabled=enabled))
