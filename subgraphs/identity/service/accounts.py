"""Administering accounts and roles. What changes acts at once: tokens given before are refused, so clients refresh them."""

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.audit.recorder import Action
from shared.auth.principal import Forbidden, Kind
from shared.auth.revocation import revoke_account
from shared.database.model import utc_now
from shared.digests import keyed_digest
from shared.graph.context import Client, Context
from shared.graph.errors import InvalidState, Refusal, invalid, not_found
from shared.ids import new_id, parse_id
from shared.work import UnitOfWork
from subgraphs.identity import locks, policy, repository
from subgraphs.identity.events import AccountChanged
from subgraphs.identity.models import ANOTHER_ACCOUNT, STALE_TOKENS, Account, CodePurpose, KnownPatient, Role, Session
from subgraphs.identity.repository import BUILT_IN
from subgraphs.identity.resources import resources
from subgraphs.identity.roles import Role as BuiltIn
from subgraphs.identity.service.passwords import email_address, send_mail
from subgraphs.identity.service.records import record
from subgraphs.identity.service.sessions import ACCESS_LIFETIME, end_sessions
from subgraphs.identity.types import (
    ActivityKind,
    InviteAccountInput,
    RemoveRoleInput,
    SaveAccountInput,
    SaveRoleInput,
)

_ROLE_NAME = re.compile(r"[A-Z][A-Z_]{1,39}")
_CLOCK_SKEW = timedelta(minutes=1)


async def invite(context: Context, input: InviteAccountInput) -> Account:
    """Make an account, or invite its person again who has not come yet; its person chooses a password by mail.

    Who has only `account:invite` invites patients.
    """
    if not context.principal.is_staff(policy.WRITE) and input.roles != [BuiltIn.PATIENT]:
        raise Forbidden(policy.WRITE)
    async with context.write() as work:
        await locks.hold(work.session, locks.ACCOUNT_ROLES)
        await _check_roles(work.session, input.roles)
        wanted = Account(
            email=email_address(input.email, "email"),
            roles=sorted(input.roles),
            patient_id=_key(input.patient_id, "patientId"),
            practitioner_id=_key(input.practitioner_id, "practitionerId"),
        )
        _check_person(wanted)
        await _check_patient(context, work, wanted)
        return await _invite(work, wanted, context.client, again=context.principal.is_staff(policy.WRITE))


async def invite_administrator(work: UnitOfWork, email: str) -> None:
    """Invite an administrator, for an operator who has the database and no account, as there is none in the beginning."""
    await _invite(work, Account(email=email_address(email, "email"), roles=[BuiltIn.ADMIN.value]), Client(), again=True)


async def _invite(work: UnitOfWork, wanted: Account, client: Client, *, again: bool) -> Account:
    account = await work.session.scalar(select(Account).where(col(Account.email) == wanted.email).with_for_update())
    if account is None:
        account = wanted
    elif again and account.password_hash is None:
        account.roles, account.patient_id = wanted.roles, wanted.patient_id
        account.practitioner_id = wanted.practitioner_id
    else:
        raise Refusal(InvalidState(message="There is an account with this address already."))
    work.session.add(account)
    await work.session.flush()
    record(work, account, ActivityKind.INVITED, client)
    await send_mail(work, CodePurpose.INVITATION, account.email)
    await _tell_patient(work, account)
    return account


async def _check_patient(context: Context, work: UnitOfWork, wanted: Account) -> None:
    """A patient's account is of one who exists, and its code goes to an address of theirs and to no other."""
    if wanted.patient_id is None:
        return
    known = await work.session.scalar(select(KnownPatient).where(col(KnownPatient.patient_id) == wanted.patient_id))
    if known is None:
        raise invalid("patientId", "There is no such patient.")
    key = resources(context.runtime).settings.contact_digest_key
    if keyed_digest(key, wanted.email) not in known.email_digests:
        raise invalid("email", "It is none of the patient's email addresses: enter it in the patient's record first.")


async def _tell_patient(work: UnitOfWork, account: Account) -> None:
    """Let a patient who has accounts already know of another one for their record."""
    others = select(Account).where(
        col(Account.patient_id) == account.patient_id,
        col(Account.id) != account.id,
        col(Account.password_hash).is_not(None),
    )
    for other in (await work.session.scalars(others)).all():
        await send_mail(work, ANOTHER_ACCOUNT, other.email)


async def know_patient(work: UnitOfWork, patient_id: UUID, email_digests: list[str]) -> None:
    """Know a patient by the keyed digests of their email addresses."""
    now = utc_now()
    known = insert(KnownPatient).values(
        id=new_id(), created_at=now, updated_at=now, patient_id=patient_id, email_digests=email_digests
    )
    newest = {"email_digests": known.excluded.email_digests, "updated_at": now}
    await work.session.execute(known.on_conflict_do_update(index_elements=[col(KnownPatient.patient_id)], set_=newest))


async def save(context: Context, input: SaveAccountInput) -> Account:
    """Change what an account's person is, or close or open it."""
    async with context.write() as work:
        await locks.hold(work.session, locks.ACCOUNT_ROLES)
        await _check_roles(work.session, input.roles)
        account = await work.find(policy.accounts, parse_id(input.id), scope=policy.WRITE, version=input.version)
        _apply(context, work, account, input)
        await work.session.flush()
        if not await _somebody_administers(work.session):
            raise Refusal(InvalidState(message="Somebody must remain who administers: name another one first."))
        _publish_changed(work, account)
        if account.disabled_at is not None:
            await end_sessions(context, work, account)
        await revoke_account(context.runtime.redis, account.id)
    return account


def _apply(context: Context, work: UnitOfWork, account: Account, input: SaveAccountInput) -> None:
    practitioner_id = _key(input.practitioner_id, "practitionerId")
    if (account.roles, account.practitioner_id) != (sorted(input.roles), practitioner_id):
        account.roles, account.practitioner_id = sorted(input.roles), practitioner_id
        _check_person(account)
        record(work, account, ActivityKind.ACCOUNT_CHANGED, context.client)
    if input.enabled and account.disabled_at is not None:
        account.disabled_at = None
        record(work, account, ActivityKind.ACCOUNT_ENABLED, context.client)
    elif not input.enabled and account.disabled_at is None:
        account.disabled_at = utc_now()
        record(work, account, ActivityKind.ACCOUNT_DISABLED, context.client)


async def move_patient(work: UnitOfWork, merged: UUID, survivor: UUID) -> None:
    """Let the accounts of a patient who was found twice belong to the one that stays."""
    found = select(Account).where(col(Account.patient_id) == merged).with_for_update()
    for account in (await work.session.scalars(found)).all():
        account.patient_id, account.tokens_stale = survivor, True
        record(work, account, ActivityKind.PATIENT_MERGED, Client())
        _publish_changed(work, account)
    await work.session.execute(select(func.pg_notify(STALE_TOKENS, "")))


async def save_role(context: Context, input: SaveRoleInput) -> Role:
    """Define a role, or change what one may do; who has it notices at once."""
    if not _ROLE_NAME.fullmatch(input.name):
        raise invalid("name", "It has 2 to 40 capital letters and underscores, like WARD_CLERK.")
    if input.name == BuiltIn.ADMIN:
        raise Refusal(InvalidState(message="ADMIN stays as it is, so that somebody can undo every change."))
    unknown = set(input.scopes) - frozenset().union(*BUILT_IN.values())
    if unknown:
        raise invalid("scopes", f"There is no scope {', '.join(sorted(unknown))}.")
    async with context.write() as work:
        await locks.hold(work.session, locks.ROLES)
        known = {role.name: role for role in await repository.roles(work.session)}
        role = known.get(input.name) or Role(name=input.name, description="", scopes=[])
        kind = role.kind if input.kind is None else input.kind.value
        if kind != role.kind and (input.name in BUILT_IN or kind == Kind.PATIENT):
            raise invalid("kind", "A role that comes with CareGraph keeps its kind, and only PATIENT makes a patient.")
        role.kind, role.description, role.scopes = kind, input.description, sorted(set(input.scopes))
        work.session.add(role)
        await work.session.flush()
        await _role_changed(context, work, input.name, kind=kind, scopes=role.scopes)
    return role


async def remove_role(context: Context, input: RemoveRoleInput) -> str:
    """Remove a role that nobody has, or let one that comes with CareGraph be as it came."""
    async with context.write() as work:
        await locks.hold(work.session, locks.ACCOUNT_ROLES)
        await locks.hold(work.session, locks.ROLES)
        removed = delete(Role).where(col(Role.name) == input.name).returning(col(Role.id))
        if (await work.session.scalars(removed)).first() is None:
            raise not_found("role that was defined or changed here")
        if input.name not in BUILT_IN and await _has_accounts(work.session, input.name):
            raise Refusal(InvalidState(message="Accounts have this role: give them another one first."))
        await _role_changed(context, work, input.name, scopes=sorted(BUILT_IN.get(input.name, ())))
    return input.name


async def _role_changed(context: Context, work: UnitOfWork, name: str, **detail: Any) -> None:
    """Audit it, and refuse all tokens that may have been given to accounts with the role and still be good."""
    work.audit(Action.EXECUTE, "Role", [], role=name, **detail)
    since = utc_now() - ACCESS_LIFETIME - _CLOCK_SKEW
    holders = (
        select(col(Account.id))
        .join(Session, col(Session.account_id) == col(Account.id))
        .where(col(Account.roles).contains([name]), col(Session.last_used_at) > since)
        .distinct()
    )
    await revoke_account(context.runtime.redis, *(await work.session.scalars(holders)).all())


async def _check_roles(session: AsyncSession, names: Collection[str]) -> None:
    known = {role.name: Kind(role.kind) for role in await repository.roles(session)}
    if not names or not known.keys() >= set(names):
        raise invalid("roles", f"They are one or more of {', '.join(sorted(known))}.")
    if len({known[name] for name in names} - {Kind.NONE}) > 1:
        raise invalid("roles", "Roles of two kinds do not go together: whoever is both has two accounts.")


def _check_person(account: Account) -> None:
    """A patient's own account is nothing else, so that what is theirs and what their work shows never mix."""
    patient = BuiltIn.PATIENT in account.roles
    if patient and len(account.roles) > 1:
        raise invalid("roles", "A patient's own account has no other role: staff have a second account.")
    if patient != (account.patient_id is not None):
        raise invalid("roles", "PATIENT goes with a patient's key, and no other role does.")


async def _somebody_administers(session: AsyncSession) -> bool:
    administrators = select(func.count()).where(
        col(Account.roles).contains([BuiltIn.ADMIN.value]),
        col(Account.disabled_at).is_(None),
        col(Account.password_hash).is_not(None),
    )
    return bool(await session.scalar(administrators))


async def _has_accounts(session: AsyncSession, role: str) -> bool:
    holder = select(col(Account.id)).where(col(Account.roles).contains([role])).limit(1)
    return (await session.scalars(holder)).first() is not None


def _publish_changed(work: UnitOfWork, account: Account) -> None:
    work.publish(
        AccountChanged(
            account_id=account.id,
            patient_id=account.patient_id,
            practitioner_id=account.practitioner_id,
            roles=sorted(account.roles),
            enabled=account.disabled_at is None,
        )
    )


def _key(text: str | None, path: str) -> UUID | None:
    if text is None:
        return None
    key = parse_id(text)
    if key is None:
        raise invalid(path, "It is not a key.")
    return key
