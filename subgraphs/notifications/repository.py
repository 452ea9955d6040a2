"""Every statement that reads notifications, each beginning with what `policy` lets the caller see."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, func
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.graph.context import Context
from subgraphs.notifications import policy
from subgraphs.notifications.models import Channel, Kind, Notification, Patient

NEWEST_FIRST = Order((col(Notification.id),), descending=True)
DELIVERED_AT_ONCE = 100


def inbox(principal: Principal, kinds: Sequence[Kind] | None, *, unread_only: bool) -> Select[Notification]:
    """The caller's notifications, of some kinds, those that are unread."""
    statement = policy.notifications(principal)
    if kinds is not None:
        statement = statement.where(col(Notification.kind).in_(kinds))
    return statement.where(col(Notification.read_at).is_(None)) if unread_only else statement


async def unread(context: Context) -> int:
    """How many the caller has not read."""
    (count,) = await context.fetch(context.written(_unread))
    return count


def _unread(principal: Principal) -> Select[int]:
    return inbox(principal, None, unread_only=True).with_only_columns(func.count())


async def delivered_after(context: Context, position: int) -> Sequence[Notification]:
    """The first of the caller's notifications after a position."""
    statement = policy.notifications(context.principal).where(col(Notification.position) > position)
    return await context.fetch(statement.order_by(col(Notification.position)).limit(DELIVERED_AT_ONCE))


async def last_position(context: Context) -> int:
    """The position of the newest of the caller's notifications, 0 if there is none."""
    statement = policy.notifications(context.principal).with_only_columns(func.max(col(Notification.position)))
    (position,) = await context.fetch(statement)
    return position or 0


async def opted_out(context: Context) -> set[tuple[Kind, Channel]]:
    """What the caller does not want."""
    rows = await context.fetch(policy.opt_outs(context.principal))
    return {(Kind(row.kind), Channel(row.channel)) for row in rows}


async def languages(context: Context, recipients: Sequence[UUID]) -> list[str | None]:
    """The languages of those of the caller's recipients that are patients, in order."""
    found = dict(await context.fetch(context.written(_languages), recipients=recipients))
    return [found.get(recipient) for recipient in recipients]


def _languages(principal: Principal) -> Select[UUID, str]:
    return (
        policy.patients(principal)
        .where(col(Patient.id) == any_(bindparam("recipients", type_=ARRAY(Uuid))))
        .with_only_columns(col(Patient.id), col(Patient.language))
    )
