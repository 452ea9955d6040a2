"""Sessions and their tokens: an access token of an hour, and a refresh token of 7 days that is good for one use.

A client may repeat a use within 30 s, because its answer was lost or two of its tabs are at it, and gets the same answer:
the next refresh token is derived from the one that was used, so it is stored nowhere, and the access token from both.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from shared.auth.principal import Kind
from shared.auth.revocation import revoke_session
from shared.database.driver import fetch_in
from shared.database.model import utc_now
from shared.graph.context import Client, Context
from shared.unit_of_work import UnitOfWork
from subgraphs.identity import locks, policy, repository
from subgraphs.identity.commands import EndSession, Refresh
from subgraphs.identity.errors import SESSION_ENDED, SessionEnded
from subgraphs.identity.models import Account, ActivityKind, RefreshToken, Session
from subgraphs.identity.one_time_codes import digest, new_secret
from subgraphs.identity.resources import resources
from subgraphs.identity.service.records import record

ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=7)
_REPEATED_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Access:
    """An access token of a session."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A session's new tokens."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    account: Account


async def open_session(
    context: Context, work: UnitOfWork, account: Account, *, second_factor_at: datetime | None = None
) -> Grant:
    """Begin a session of an account, whose row the caller has locked."""
    session = Session(
        account_id=account.id,
        address=context.client.address,
        user_agent=context.client.user_agent,
        second_factor_at=second_factor_at,
    )
    record(work, account, ActivityKind.LOGGED_IN, context.client, session.id)
    account.last_log_in_at = utc_now()
    await locks.share(work.session, locks.ROLES)
    return await _grant(context, work, account, session, new_secret(), utc_now())


async def refresh(context: Context, command: Refresh) -> Grant:
    """Exchange a refresh token. One that someone else has used, or that was used a while ago, ends its session, since one
    of its two users is a thief.
    """
    async with context.write() as work:
        grant = await _exchange(context, work, command.refresh_token)
    if grant is None:
        raise SessionEnded(SESSION_ENDED)
    return grant


async def _exchange(context: Context, work: UnitOfWork, secret: str) -> Grant | None:
    # The account's row is locked first, here and wherever accounts change, so that nobody gets tokens by what was before.
    found = await work.session.execute(
        select(col(RefreshToken.id), col(Session.id), col(Session.account_id))
        .join(Session, col(Session.id) == col(RefreshToken.session_id))
        .where(col(RefreshToken.digest) == digest(secret))
    )
    keys = found.first()
    if keys is None:
        return None
    account = await work.session.get_one(Account, keys[2], with_for_update=True)
    token = await work.session.get_one(RefreshToken, keys[0])
    session = await work.session.get_one(Session, keys[1])
    await locks.share(work.session, locks.ROLES)
    now, client = utc_now(), _digest_of(context.client)
    if session.ended_at is not None or account.disabled_at is not None:
        return None
    if token.used_at is None:
        if token.expires_at <= now:
            return None
        token.used_at, token.used_by = now, client
    elif token.used_by != client or token.used_at + _REPEATED_WITHIN < now:
        record(work, account, ActivityKind.REFRESH_TOKEN_REUSED, context.client, session.id)
        session.ended_at = now
        await revoke_session(context.runtime.redis, session.id)
        return None
    successor = resources(context.runtime).cipher.derive(secret)
    return await _grant(context, work, account, session, successor, token.used_at)


async def log_out(context: Context) -> UUID:
    """End the session of this request."""
    principal = context.principal
    async with context.write() as work:
        account = await work.session.get(Account, principal.subject, with_for_update=True)
        if account is not None:
            await end_sessions(context, work, account, col(Session.id) == principal.session)
            record(work, account, ActivityKind.LOGGED_OUT, context.client, principal.session)
        await revoke_session(context.runtime.redis, principal.session)
    return principal.session


async def end_session(context: Context, command: EndSession) -> UUID:
    """End a session of the caller's own, or anybody's for those who may change accounts."""
    async with context.write() as work:
        session = await work.find(policy.sessions, command.id, scope=policy.WRITE, lock=False)
        account = await work.session.get_one(Account, session.account_id, with_for_update=True)
        record(work, account, ActivityKind.SESSION_ENDED, context.client, session.id)
        await end_sessions(context, work, account, col(Session.id) == session.id)
    return session.id


async def end_sessions(context: Context, work: UnitOfWork, account: Account, *which: Any) -> None:
    """End an account's sessions, all or those that meet the conditions; their tokens are refused at once.

    Redis is told before the transaction commits: if it fails then, some must log in again who need not have, and no
    session goes on that should have ended.
    """
    live = (col(Session.account_id) == account.id, col(Session.ended_at).is_(None))
    ended = await work.session.scalars(
        update(Session).where(*live, *which).values(ended_at=utc_now()).returning(col(Session.id))
    )
    await revoke_session(context.runtime.redis, *ended.all())


def _digest_of(client: Client) -> bytes:
    return hashlib.sha256(f"{client.address}\n{client.user_agent}".encode()).digest()


async def _grant(
    context: Context, work: UnitOfWork, account: Account, session: Session, secret: str, at: datetime
) -> Grant:
    """The tokens of a session at a time, the refresh token being `secret`; for the same, the same again (`give_access`)."""
    token = await work.session.scalar(select(RefreshToken).where(col(RefreshToken.digest) == digest(secret)))
    if token is None:
        session.last_used_at, session.expires_at = at, at + REFRESH_LIFETIME
        work.session.add(session)
        await work.session.flush()
        token = RefreshToken(session_id=session.id, digest=digest(secret), expires_at=session.expires_at)
        work.session.add(token)
    access = await give_access(context, work, account, session, token.id, at)
    return Grant(access.token, secret, access.expires_at, account)


async def give_access(
    context: Context, work: UnitOfWork, account: Account, session: Session, key: UUID, at: datetime
) -> Access:
    """The access token of a session with a `jti` of `key`; for the same key and time, the same again. The caller shares ROLES
    since before that time, so that no change of roles after it is missed.
    """
    kind, scopes = await repository.granted(fetch_in(work.session), account.roles)
    # Milliseconds, because a revocation is compared with them.
    issued = int(at.timestamp() * 1000) / 1000
    expires = int(issued + ACCESS_LIFETIME.total_seconds())
    settings = context.runtime.settings
    claims = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "jti": str(key),
        "iat": issued,
        "exp": expires,
        "scope": " ".join(scopes),
        **_proof(session),
        **_person(account, kind),
    }
    return Access(resources(context.runtime).keys.sign(claims), datetime.fromtimestamp(expires, UTC))


def _proof(session: Session) -> dict[str, Any]:
    """The session, and when it was last proved whose it is: `auth_time` of OpenID Connect Core, `amr` of RFC 8176."""
    proved_at, factors = session.second_factor_at, ["pwd", "otp", "mfa"]
    if proved_at is None:
        proved_at, factors = session.created_at, ["pwd"]
    return {"sid": str(session.id), "auth_time": int(proved_at.timestamp()), "amr": factors}


def _person(account: Account, kind: Kind) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": str(account.id), "roles": sorted(account.roles)}
    if kind is not Kind.NONE:
        claims["kind"] = kind.value
    if account.patient_id is not None:
        claims["patient"] = str(account.patient_id)
    if account.practitioner_id is not None:
        claims["practitioner"] = str(account.practitioner_id)
    if account.location_ids:
        claims["locations"] = [str(each) for each in account.location_ids]
    return claims
