"""The use cases of notifications."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.database.model import utc_now
from shared.events.mergers import Mergers
from shared.graph.context import Context
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from subgraphs.notifications import policy
from subgraphs.notifications.commands import (
    MarkAllNotificationsRead,
    MarkNotificationRead,
    Notify,
    SetNotificationPreference,
)
from subgraphs.notifications.models import MANDATORY, Account, Channel, Kind, Notification, OptOut, Patient


async def notify(work: UnitOfWork, command: Notify) -> None:
    """Tell each recipient once, unless they do not want to be told."""
    kind, patient_id = command.kind, command.patient_id
    survivor = await work.survivor(patient_id) if patient_id else None
    addressed = dict.fromkeys(survivor if survivor and key == patient_id else key for key in command.recipients)
    patient = await work.session.get(Patient, survivor) if survivor else None
    if kind is Kind.APPOINTMENT_REMINDER and patient and not patient.reminders:
        return
    refused = select(col(OptOut.recipient)).where(
        col(OptOut.recipient).in_(list(addressed)), col(OptOut.kind) == kind, col(OptOut.channel) == Channel.IN_APP
    )
    unwilling = set(await work.session.scalars(refused)) if kind not in MANDATORY else set()
    work.session.add_all(
        Notification(recipient=recipient, kind=kind, patient_id=survivor, appointment_id=command.appointment_id)
        for recipient in addressed
        if recipient not in unwilling
    )


async def colleagues(work: UnitOfWork, role: str, location_id: UUID) -> list[UUID]:
    """The accounts with a role of those who work at a location."""
    working = (
        col(Account.enabled) & col(Account.roles).contains([role]) & col(Account.location_ids).contains([location_id])
    )
    return list(await work.session.scalars(select(col(Account.id)).where(working).order_by(col(Account.id))))


async def _join_opt_outs(work: UnitOfWork, merged: UUID, survivor: UUID) -> None:
    """The survivor does not want what either did not."""
    opted = await work.session.execute(delete(OptOut).where(col(OptOut.recipient) == merged).returning(OptOut))
    rows = [
        {"id": new_id(), "recipient": survivor, "kind": row.kind, "channel": row.channel} for row in opted.scalars()
    ]
    await _opt_out(work, rows)


MERGERS = Mergers((col(Notification.recipient), col(Notification.patient_id)), resolve=_join_opt_outs)


async def mark_read(context: Context, command: MarkNotificationRead) -> Notification:
    """Mark one of the caller's notifications as read, if it is not."""
    async with context.write() as work:
        row = await work.find(policy.notifications, command.id, scope=policy.WRITE)
        row.read_at = row.read_at or utc_now()
    return row


async def mark_all_read(context: Context, command: MarkAllNotificationsRead) -> int:
    """Mark the caller's unread notifications as read, those created up to a time; how many that were."""
    unread = policy.notifications(context.principal).where(col(Notification.read_at).is_(None))
    if command.until is not None:
        unread = unread.where(col(Notification.created_at) <= command.until)
    ids = unread.with_only_columns(col(Notification.id)).with_for_update(skip_locked=True)
    statement = update(Notification).where(col(Notification.id).in_(ids)).values(read_at=utc_now())
    async with context.write() as work:
        changed = await work.session.execute(statement.returning(col(Notification.id), col(Notification.patient_id)))
        return len(changed.all())


async def set_preference(context: Context, command: SetNotificationPreference) -> None:
    """Opt the caller in or out, in all their capacities."""
    kind, channel = command.kind, command.channel
    recipients = policy.recipients(context.principal)
    async with context.write() as work:
        if command.enabled:
            same = (col(OptOut.kind) == kind, col(OptOut.channel) == channel)
            await work.session.execute(delete(OptOut).where(col(OptOut.recipient).in_(recipients), *same))
        else:
            rows = [{"id": new_id(), "recipient": key, "kind": kind, "channel": channel} for key in recipients]
            await _opt_out(work, rows)


async def _opt_out(work: UnitOfWork, rows: list[dict[str, object]]) -> None:
    if rows:
        now = utc_now()
        values = [row | {"created_at": now, "updated_at": now} for row in rows]
        await work.session.execute(insert(OptOut).values(values).on_conflict_do_nothing())
