"""Administering accounts and roles. What changes acts at once: tokens given before are refused, so clients refresh them."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.audit.recorder import Action
from shared.auth.principal import Forbidden, Kind
from shared.auth.revocation import revoke_account
from shared.database.driver import fetch_in
from shared.database.model import assign, utc_now
from shared.digests import keyed_digest
from shared.errors import NOT_FOUND, InvalidState, invalid, not_found
from shared.events.mergers import Mergers
from shared.graph.context import Client, Context
from shared.ids import new_id
from shared.unit_of_work import Repeated, UnitOfWork
from subgraphs.identity import locks, policy, repository
from subgraphs.identity.commands import InviteAccount, KnowPatient, RemoveRole, SaveAccount, SaveRole
from subgraphs.identity.errors import (
    ADDRESS_TAKEN,
    ADMIN_ROLE,
    FOREIGN_ADDRESS,
    LAST_ADMINISTRATOR,
    MIXED_ROLES,
    NAME_MISSING,
    ONLY_PATIENT,
    PATIENT_LOCATIONS,
    PATIENT_NAME,
    PATIENT_WITHOUT_RECORD,
    ROLE_IN_USE,
    ROLE_KIND,
    UNKNOWN_ROLE,
    UNKNOWN_SCOPE,
)
from subgraphs.identity.events import AccessChanged, AccountChanged, AnotherAccountInvited, RolesChanged
from subgraphs.identity.models import (
    ANOTHER_ACCOUNT,
    STALE_TOKENS,
    UNTOLD_ACCESS,
    Account,
    ActivityKind,
    CodePurpose,
    KnownPatient,
    Role,
    Session,
)
from subgraphs.identity.repository import BUILT_IN
from subgraphs.identity.resources import resources
from subgraphs.identity.roles import BuiltInRole
from subgraphs.identity.service.passwords import send_mail
from subgraphs.identity.service.records import record
from subgraphs.identity.service.sessions import ACCESS_LIFETIME, end_sessions

_CLOCK_SKEW = timedelta(minutes=1)


async def invite(context: Context, command: InviteAccount) -> Account:
    """Make an account, or invite its person again who has not come yet; its person chooses a password by mail.

    Who has only `account:invite` invites patients.
    """
    if not context.principal.is_staff(policy.WRITE) and command.roles != [BuiltInRole.PATIENT]:
        raise Forbidden(policy.WRITE)
    try:
        return await _invite_once(context, command)
    except Repeated as repeated:
        # Who may invite patients may not see accounts, but the answer of the first time.
        async with context.write() as work:
            return await work.session.get_one(Account, repeated.resource_id)


async def _invite_once(context: Context, command: InviteAccount) -> Account:
    async with context.write() as work:
        await work.once(command)
        await locks.hold(work.session, locks.ACCOUNT_ROLES)
        await _check_roles(work.session, command.roles)
        wanted = Account(
            email=command.email,
            roles=sorted(command.roles),
            patient_id=command.patient_id,
            practitioner_id=command.practitioner_id,
            name=command.name,
            location_ids=_sorted(command.location_ids),
        )
        _check_person(wanted)
        _check_named(wanted)
        await _check_patient(context, work, wanted)
        account = await _invite(work, wanted, context.client, again=context.principal.is_staff(policy.WRITE))
        work.done(account.id)
        return account


async def invite_administrator(work: UnitOfWork, command: InviteAccount) -> None:
    """Invite an administrator, for an operator who has the database and no account, as there is none in the beginning."""
    wanted = Account(email=command.email, roles=[BuiltInRole.ADMIN.value], name=command.name)
    await _invite(work, wanted, Client(), again=True)


async def _invite(work: UnitOfWork, wanted: Account, client: Client, *, again: bool) -> Account:
    account = await work.session.scalar(select(Account).where(col(Account.email) == wanted.email).with_for_update())
    if account is None:
        account = wanted
    elif again and account.password_hash is None:
        account.roles, account.patient_id = wanted.roles, wanted.patient_id
        account.practitioner_id, account.name = wanted.practitioner_id, wanted.name
        account.location_ids = wanted.location_ids
    else:
        raise InvalidState(ADDRESS_TAKEN)
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
    if known is None or await work.survivor(wanted.patient_id) != wanted.patient_id:
        raise invalid("patientId", NOT_FOUND, resource="Patient")
    key = resources(context.runtime).settings.contact_digest_key
    if keyed_digest(key, wanted.email) not in known.email_digests:
        raise invalid("email", FOREIGN_ADDRESS)


async def _tell_patient(work: UnitOfWork, account: Account) -> None:
    """Let a patient who has accounts already know of another one for their record: by mail, and in the inbox of each."""
    if account.patient_id is None:
        return
    others = select(Account).where(
        col(Account.patient_id) == account.patient_id,
        col(Account.id) != account.id,
        col(Account.password_hash).is_not(None),
    )
    for other in (await work.session.scalars(others)).all():
        await send_mail(work, ANOTHER_ACCOUNT, other.email)
        work.publish(AnotherAccountInvited(account_id=other.id, patient_id=account.patient_id))


async def know_patient(work: UnitOfWork, command: KnowPatient) -> None:
    """Know a patient by the keyed digests of their email addresses."""
    now = utc_now()
    known = insert(KnownPatient).values(id=new_id(), created_at=now, updated_at=now, **command.model_dump())
    newest = {"email_digests": known.excluded.email_digests, "updated_at": now}
    await work.session.execute(known.on_conflict_do_update(index_elements=[col(KnownPatient.patient_id)], set_=newest))


async def save(context: Context, command: SaveAccount) -> Account:
    """Change what an account's person is, or close or open it."""
    async with context.write() as work:
        await locks.hold(work.session, locks.ACCOUNT_ROLES)
        await _check_roles(work.session, command.roles)
        account = await work.find(policy.accounts, command.id, scope=policy.WRITE, version=command.version)
        _apply(context, work, account, command)
        await work.session.flush()
        if not await _somebody_administers(work.session):
            raise InvalidState(LAST_ADMINISTRATOR)
        await publish_changed(work, account)
        if account.disabled_at is not None:
            await end_sessions(context, work, account)
        await revoke_account(context.runtime.redis, account.id)
    return account


def _apply(context: Context, work: UnitOfWork, account: Account, command: SaveAccount) -> None:
    loses_practitioner = account.practitioner_id is not None and command.practitioner_id is None
    name = account.name if command.name is None else command.name
    wanted: dict[str, Any] = {"roles": sorted(command.roles), "practitioner_id": command.practitioner_id, "name": name}
    if command.location_ids is not None:
        wanted["location_ids"] = _sorted(command.location_ids)
    if assign(account, wanted):
        _check_person(account)
        if loses_practitioner:  # others may have no name from before there were any
            _check_named(account)
        record(work, account, ActivityKind.ACCOUNT_CHANGED, context.client)
    if command.enabled and account.disabled_at is not None:
        account.disabled_at = None
        record(work, account, ActivityKind.ACCOUNT_ENABLED, context.client)
    elif not command.enabled and account.disabled_at is None:
        account.disabled_at = utc_now()
        record(work, account, ActivityKind.ACCOUNT_DISABLED, context.client)


async def _move_accounts(work: UnitOfWork, merged: UUID, survivor: UUID) -> None:
    """Let the accounts of a patient who was found twice belong to the one that stays."""
    found = select(Account).where(col(Account.patient_id) == merged).with_for_update()
    for account in (await work.session.scalars(found)).all():
        account.patient_id, account.tokens_stale = survivor, True
        record(work, account, ActivityKind.PATIENT_MERGED, Client())
        await publish_changed(work, account)
    await work.session.execute(select(func.pg_notify(STALE_TOKENS, "")))


MERGERS = Mergers(resolve=_move_accounts)


async def save_role(context: Context, command: SaveRole) -> Role:
    """Define a role, or change what one may do; who has it notices at once."""
    if command.name == BuiltInRole.ADMIN:
        raise InvalidState(ADMIN_ROLE)
    unknown = set(command.scopes) - frozenset().union(*BUILT_IN.values())
    if unknown:
        raise invalid("scopes", UNKNOWN_SCOPE, unknown=", ".join(sorted(unknown)))
    async with context.write() as work:
        await locks.hold(work.session, locks.ROLES)
        known = {role.name: role for role in await repository.roles(fetch_in(work.session))}
        role = known.get(command.name) or Role(name=command.name, description="", scopes=[])
        kind = role.kind if command.kind is None else command.kind.value
        if kind != role.kind and (command.name in BUILT_IN or kind == Kind.PATIENT):
            raise invalid("kind", ROLE_KIND)
        role.kind, role.description, role.scopes = kind, command.description, sorted(set(command.scopes))
        work.session.add(role)
        await work.session.flush()
        await _role_changed(context, work, command.name, kind=kind, scopes=role.scopes)
    return role


async def remove_role(context: Context, command: RemoveRole) -> str:
    """Remove a role that nobody has, or let one that comes with CareGraph be as it came."""
    async with context.write() as work:
        await locks.hold(work.session, locks.ACCOUNT_ROLES)
        await locks.hold(work.session, locks.ROLES)
        removed = delete(Role).where(col(Role.name) == command.name).returning(col(Role.id))
        if (await work.session.scalars(removed)).first() is None:
            raise not_found("Role")
        if command.name not in BUILT_IN and await _has_accounts(work.session, command.name):
            raise InvalidState(ROLE_IN_USE)
        await _role_changed(context, work, command.name, scopes=sorted(BUILT_IN.get(command.name, ())))
    return command.name


async def _role_changed(context: Context, work: UnitOfWork, name: str, **detail: Any) -> None:
    """Audit and publish it, and refuse all tokens that accounts with the role may have been given and still be good."""
    work.audit(Action.EXECUTE, "Role", [], role=name, **detail)
    scopes = {role.name: role.scopes for role in await repository.roles(fetch_in(work.session))}
    work.publish(RolesChanged(role=name, scopes=scopes))
    having = update(Account).where(col(Account.roles).contains([name])).values(access_untold=True)
    await work.session.execute(having, execution_options={"synchronize_session": False})
    await work.session.execute(select(func.pg_notify(UNTOLD_ACCESS, "")))
    since = utc_now() - ACCESS_LIFETIME - _CLOCK_SKEW
    holders = (
        select(col(Account.id))
        .join(Session, col(Session.account_id) == col(Account.id))
        .where(col(Account.roles).contains([name]), col(Session.last_used_at) > since)
        .distinct()
    )
    await revoke_account(context.runtime.redis, *(await work.session.scalars(holders)).all())


async def _check_roles(session: AsyncSession, names: Collection[str]) -> None:
    known = {role.name: Kind(role.kind) for role in await repository.roles(fetch_in(session))}
    if not names or not known.keys() >= set(names):
        raise invalid("roles", UNKNOWN_ROLE, known=", ".join(sorted(known)))
    if len({known[name] for name in names} - {Kind.NONE}) > 1:
        raise invalid("roles", MIXED_ROLES)


def _check_person(account: Account) -> None:
    """A patient's own account is nothing else, so that what is theirs and what their work shows never mix."""
    patient = BuiltInRole.PATIENT in account.roles
    if patient and len(account.roles) > 1:
        raise invalid("roles", ONLY_PATIENT)
    if patient != (account.patient_id is not None):
        raise invalid("roles", PATIENT_WITHOUT_RECORD)
    if patient and account.name is not None:
        raise invalid("name", PATIENT_NAME)
    if patient and account.location_ids:
        raise invalid("locationIds", PATIENT_LOCATIONS)


def _sorted(locations: Collection[UUID]) -> list[UUID]:
    return sorted(set(locations))


def _check_named(account: Account) -> None:
    """Whoever may look at patients' data has a name, here or in the directory."""
    if account.patient_id is None and account.name is None and account.practitioner_id is None:
        raise invalid("name", NAME_MISSING)


async def _somebody_administers(session: AsyncSession) -> bool:
    administrators = select(func.count()).where(
        col(Account.roles).contains([BuiltInRole.ADMIN.value]),
        col(Account.disabled_at).is_(None),
        col(Account.password_hash).is_not(None),
    )
    return bool(await session.scalar(administrators))


async def _has_accounts(session: AsyncSession, role: str) -> bool:
    holder = select(col(Account.id)).where(col(Account.roles).contains([role])).limit(1)
    return (await session.scalars(holder)).first() is not None


async def publish_changed(work: UnitOfWork, account: Account) -> None:
    """Tell others what an account is now, and what it may do."""
    work.publish(AccountChanged(**_told(account)))
    publish_access(work, account, await repository.roles(fetch_in(work.session)))


def publish_access(work: UnitOfWork, account: Account, known: Collection[Role]) -> None:
    """Tell others what an account may do, by all roles that there are."""
    _, scopes = repository.granted_by(known, account.roles)
    work.publish(AccessChanged(**_told(account), scopes=scopes))
    account.access_untold = False


def _told(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "patient_id": account.patient_id,
        "practitioner_id": account.practitioner_id,
        "roles": sorted(account.roles),
        "enabled": account.disabled_at is None,
        "location_ids": account.location_ids,
    }
