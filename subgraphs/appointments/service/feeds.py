"""Calendar feeds: secret addresses of one's own calendar. A feed's secret follows from its key by one of the service's own
(HMAC-SHA-256), so that it can be said again; what is kept is its SHA-256.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from shared.database.model import utc_now
from shared.digests import keyed_digest
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import Repeated, UnitOfWork
from subgraphs.appointments import policy
from subgraphs.appointments.commands import (
    CreateCalendarFeed,
    EndFeedsOfAccount,
    FollowAccess,
    FollowRoles,
    RevokeCalendarFeed,
)
from subgraphs.appointments.errors import FEEDS_FULL, NO_CALENDAR
from subgraphs.appointments.models import CalendarFeed
from subgraphs.appointments.settings import AppointmentsSettings

_FEEDS_PER_ACCOUNT = 10


def secret_hash(secret: str) -> bytes:
    """What is kept of a feed's secret."""
    return hashlib.sha256(secret.encode()).digest()


async def create(context: Context, command: CreateCalendarFeed) -> tuple[CalendarFeed, str]:
    """Make a feed of the caller's own calendar, as a practitioner or else as a patient; gives it and its address."""
    settings = cast("AppointmentsSettings", context.runtime.settings)
    try:
        row = await _create(context, command, settings)
    except Repeated as repeated:
        async with context.write() as work:
            row = await work.find(policy.feeds, repeated.resource_id, lock=False)
    return row, f"{settings.calendar_base_url.rstrip('/')}/calendar/{_secret(row, settings)}.ics"


async def _create(context: Context, command: CreateCalendarFeed, settings: AppointmentsSettings) -> CalendarFeed:
    principal = context.principal
    if principal.practitioner is None and principal.patient is None:
        raise InvalidState(NO_CALENDAR)
    async with context.write() as work:
        await work.once(command)
        mine = policy.feeds(principal).where(
            col(CalendarFeed.account_id) == principal.subject, col(CalendarFeed.revoked_at).is_(None)
        )
        if (await work.session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= _FEEDS_PER_ACCOUNT:
            raise InvalidState(FEEDS_FULL, maximum=_FEEDS_PER_ACCOUNT)
        row = CalendarFeed(
            account_id=principal.subject,
            roles=sorted(principal.roles),
            practitioner_id=principal.practitioner,
            patient_id=principal.patient if principal.practitioner is None else None,
            secret_hash=b"",
        )
        row.secret_hash = secret_hash(_secret(row, settings))
        work.session.add(row)
        work.done(row.id)
    return row


def _secret(row: CalendarFeed, settings: AppointmentsSettings) -> str:
    return keyed_digest(settings.appointments_feed_key, str(row.id))


async def revoke(context: Context, command: RevokeCalendarFeed) -> CalendarFeed:
    """End a feed; a second time changes nothing."""
    async with context.write() as work:
        row = await work.find(policy.feeds, command.id)
        row.revoked_at = row.revoked_at or utc_now()
    return row


async def end(work: UnitOfWork, *which: ColumnElement[bool], before: datetime) -> None:
    """End the feeds that meet the conditions, of those that were made before a time."""
    for row in await _live(work, *which, before=before):
        row.revoked_at = utc_now()


async def end_of_account(work: UnitOfWork, command: EndFeedsOfAccount) -> None:
    """End an account's feeds."""
    await end(work, col(CalendarFeed.account_id) == command.account_id, before=command.before)


async def follow_access(work: UnitOfWork, command: FollowAccess) -> None:
    """End an account's feeds unless it still reads appointments, and is still of the feed's person."""
    for row in await _live(work, col(CalendarFeed.account_id) == command.account_id, before=command.before):
        row.roles = command.roles
        if not command.reads or (row.patient_id or row.practitioner_id) not in command.people:
            row.revoked_at = utc_now()


async def follow_roles(work: UnitOfWork, command: FollowRoles) -> None:
    """End the feeds of accounts none of whose roles reads appointments any more."""
    roles: Any = col(CalendarFeed.roles)  # an ARRAY of PostgreSQL's, which SQLModel types as a list
    await end(work, ~roles.overlap(command.reading), before=command.before)


async def _live(work: UnitOfWork, *which: ColumnElement[bool], before: datetime) -> Sequence[CalendarFeed]:
    """Feeds that have not ended, locked. What was made after an event is not what it speaks of, when it is read again."""
    live = (col(CalendarFeed.revoked_at).is_(None), col(CalendarFeed.created_at) < before)
    return (await work.session.scalars(select(CalendarFeed).where(*live, *which).with_for_update())).all()
