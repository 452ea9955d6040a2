"""What identity does by the clock: sending mail, forgetting what is long over."""

from datetime import timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.auth.revocation import revoke_account
from shared.database.driver import fetch_in
from shared.database.model import utc_now
from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import system_work
from subgraphs.identity import mail
from subgraphs.identity.models import (
    ANOTHER_ACCOUNT,
    OUTGOING_MAIL,
    STALE_TOKENS,
    UNTOLD_ACCESS,
    Account,
    CodePurpose,
    OneTimeCode,
    OutgoingMail,
    Session,
)
from subgraphs.identity.one_time_codes import LIFETIME, issue_code
from subgraphs.identity.repository import roles
from subgraphs.identity.resources import resources
from subgraphs.identity.service.accounts import publish_access

_BATCH = 50
_MAXIMUM_ATTEMPTS = 10
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_KEPT = timedelta(days=30)

log = structlog.get_logger(__name__)

_ALREADY = (
    "Someone has tried to register with this address, which has an account already. Log in, or reset the password."
)
_ANOTHER = (
    "{clinic} has invited another address to an account for your patient record. If you did not ask for it, tell them."
)
_TO_PATIENTS = (
    "{clinic} invites you to an account of your own, which shows your patient record there. Choose a password to begin."
)
_IGNORE = "If you did not expect this, ignore it: without the code, nothing happens."


async def deliver(runtime: Runtime) -> None:
    """Send what is due; without a mail server, it waits."""
    if resources(runtime).settings.mail_url is None:
        return
    due = select(OutgoingMail).where(
        col(OutgoingMail.done_at).is_(None), col(OutgoingMail.next_attempt_at) <= utc_now()
    )
    async with runtime.database.read() as session:
        items = (await session.scalars(due.order_by(col(OutgoingMail.id)).limit(_BATCH))).all()
    for item in items:
        await _deliver(runtime, item)


async def _deliver(runtime: Runtime, item: OutgoingMail) -> None:
    settings = resources(runtime).settings
    async with system_work(runtime.database, "mail") as work:
        content = await _compose(work.session, item.purpose, item.recipient, settings.clinic_name)
    this = update(OutgoingMail).where(col(OutgoingMail.id) == item.id)
    attempts = item.attempts + 1
    try:
        if content is not None:
            await mail.send(settings.mail_url or "", settings.mail_sender, item.recipient, *content)
        outcome = this.values(attempts=attempts, done_at=utc_now())
    except OSError as error:
        log.warning("mail.failed", attempt=attempts, error=type(error).__name__)
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempts)
        given_up = utc_now() if attempts >= _MAXIMUM_ATTEMPTS else None
        outcome = this.values(attempts=attempts, next_attempt_at=utc_now() + wait, done_at=given_up)
    async with runtime.database.write() as session:
        await session.execute(outcome)


async def _compose(session: AsyncSession, purpose: str, recipient: str, clinic: str) -> tuple[str, str] | None:
    """Subject and text, by who has the address now; None if nobody is to get anything."""
    account = await session.scalar(select(Account).where(col(Account.email) == recipient))
    if account is None and purpose != CodePurpose.REGISTRATION:
        return None
    if account is not None and account.disabled_at is not None:
        return None
    if purpose == ANOTHER_ACCOUNT:
        return "Another account for your patient record", f"{_ANOTHER.format(clinic=clinic)}\n"
    if account is not None and purpose == CodePurpose.REGISTRATION:
        if account.password_hash is not None:
            return "Your CareGraph account", f"{_ALREADY}\n"
        purpose = CodePurpose.INVITATION
    return _with_code(session, CodePurpose(purpose), recipient, account, clinic)


def _with_code(
    session: AsyncSession, purpose: CodePurpose, recipient: str, account: Account | None, clinic: str
) -> tuple[str, str]:
    code = issue_code(session, purpose, recipient, account)
    hours = int(LIFETIME[purpose].total_seconds() // 3600)
    subject, what = _TEXTS[purpose]
    if purpose is CodePurpose.INVITATION and account is not None:
        what = (_TO_PATIENTS if account.patient_id else what).format(clinic=clinic)
    return subject, f"{what} Your one-time code, good for {hours} h:\n\n{code}\n\n{_IGNORE}\n"


_TEXTS = {
    CodePurpose.REGISTRATION: ("Complete your CareGraph registration", "Choose a password to complete it."),
    CodePurpose.INVITATION: ("Your CareGraph account", "{clinic} invites you. Choose a password to begin."),
    CodePurpose.PASSWORD_RESET: ("Reset your CareGraph password", "Choose a new password."),
}


async def sweep(runtime: Runtime) -> None:
    """Forget codes that have lapsed, sessions and mails that are long over."""
    now = utc_now()
    async with runtime.database.write() as session:
        await session.execute(delete(OneTimeCode).where(col(OneTimeCode.expires_at) < now))
        await session.execute(delete(Session).where(col(Session.expires_at) < now - _KEPT))
        await session.execute(delete(OutgoingMail).where(col(OutgoingMail.done_at) < now - _KEPT))


async def revoke(runtime: Runtime) -> None:
    """Refuse the tokens that an event has made stale."""
    stale = select(Account).where(col(Account.tokens_stale)).with_for_update()
    async with system_work(runtime.database, "revoke") as work:
        accounts = (await work.session.scalars(stale.limit(_BATCH))).all()
        for account in accounts:
            account.tokens_stale = False
        if accounts:
            await revoke_account(runtime.redis, *(account.id for account in accounts))


async def tell_access(runtime: Runtime) -> None:
    """Tell other domains what the accounts may do of which they are to be told."""
    untold = select(Account).where(col(Account.access_untold)).order_by(col(Account.id)).limit(_BATCH).with_for_update()
    found = True
    while found:
        async with system_work(runtime.database, "tell access") as work:
            known = await roles(fetch_in(work.session))
            rows = (await work.session.scalars(untold)).all()
            for account in rows:
                publish_access(work, account, known)
            found = bool(rows)


JOBS = (
    Job("mail", timedelta(seconds=10), deliver, OUTGOING_MAIL),
    Job("revoke", timedelta(seconds=10), revoke, STALE_TOKENS),
    Job("tell-access", timedelta(seconds=10), tell_access, UNTOLD_ACCESS),
    Job("identity-sweep", timedelta(hours=1), sweep),
)
