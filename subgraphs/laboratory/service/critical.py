"""Critical results: told in the transaction of the result, read back, and told to others while nobody does that."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import any_, delete, select
from sqlmodel import col

from shared.auth.principal import Kind
from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import NOT_FOUND, InvalidState, invalid, not_found
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.laboratory import policy
from subgraphs.laboratory.codes import NoticeStatus
from subgraphs.laboratory.commands.results import AcknowledgeCriticalResult, SaveOnCall
from subgraphs.laboratory.errors import NOTICE_ACKNOWLEDGED, READ_BACK
from subgraphs.laboratory.events import CriticalAcknowledged, CriticalEscalated, CriticalRaised
from subgraphs.laboratory.facts import NoticeFacts, ResultFacts
from subgraphs.laboratory.models import (
    Account,
    CriticalAttempt,
    CriticalNotice,
    LabOrder,
    LabResult,
    Location,
    OnCall,
)
from subgraphs.laboratory.service.states import move

_ESCALATES_AFTER = (timedelta(minutes=30), timedelta(minutes=60))  # to those on call, to administrators
_ADMINISTRATOR = "ADMIN"
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


async def raise_notice(work: UnitOfWork, order: LabOrder, result: LabResult) -> CriticalNotice:
    """Tell who ordered of a critical result, released or not."""
    now = utc_now()
    row = CriticalNotice(
        lab_result_id=result.id,
        analysis_id=result.analysis_id,
        lab_order_id=order.id,
        patient_id=order.patient_id,
        laboratory_id=order.laboratory_id,
        raised_at=now,
        next_at=now + _ESCALATES_AFTER[0],
    )
    work.session.add(row)
    await work.session.flush()
    _attempt(work, row, [order.account_id], now)
    work.publish(CriticalRaised(raised_at=now, told=[order.account_id], **_told(row)))
    return row


async def acknowledge(context: Context, command: AcknowledgeCriticalResult) -> CriticalNotice:
    """Note that the caller knows of a critical result, by what they have read back."""
    async with context.write() as work:
        row = await work.find(policy.critical_notices, command.id, scope=policy.ACKNOWLEDGE, version=command.version)
        if row.status == NoticeStatus.ACKNOWLEDGED:
            raise InvalidState(NOTICE_ACKNOWLEDGED)
        result = await work.session.get_one(LabResult, row.lab_result_id)
        await open_rows(work.keyring, [result])
        if not _is_read_back(result.facts.value, command.read_back):
            raise invalid("readBack", READ_BACK)
        move(work, row, NoticeStatus.ACKNOWLEDGED)
        row.next_at = None
        row.acknowledged_by, row.acknowledged_at = work.principal.subject, utc_now()
        row.facts = Encrypted(NoticeFacts(read_back=command.read_back))
        work.publish(
            CriticalAcknowledged(
                account_id=work.principal.subject,
                raised_at=row.raised_at,
                acknowledged_at=row.acknowledged_at,
                **_told(row),
            )
        )
    return row


def _is_read_back(facts: ResultFacts, said: str) -> bool:
    """Whether what was read back has the number of a result, or all of its codes."""
    if facts.value is not None:
        return any(Decimal(number) == abs(facts.value) for number in _NUMBER.findall(said))
    heard = said.casefold()
    return all(each.code.casefold() in heard or each.display.casefold() in heard for each in facts.codes)


async def escalate(work: UnitOfWork, now: datetime) -> bool:
    """Tell others of the notice that has waited longest past its time; whether there was one.

    Those on call first, administrators then; where nobody is on call, administrators at once.
    """
    due = (
        select(CriticalNotice)
        .where(col(CriticalNotice.next_at) <= now)
        .order_by(col(CriticalNotice.next_at))
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )
    row: CriticalNotice | None = await work.session.scalar(due)
    if row is None:
        return False
    told: list[UUID] = []
    while not told and row.level < len(_ESCALATES_AFTER):
        row.level += 1
        told = await (_on_call(work, row.laboratory_id) if row.level == 1 else _administrators(work))
    if row.status == NoticeStatus.OPEN:
        move(work, row, NoticeStatus.ESCALATED)
    row.next_at = row.raised_at + _ESCALATES_AFTER[row.level] if row.level < len(_ESCALATES_AFTER) else None
    _attempt(work, row, told, now)
    work.publish(CriticalEscalated(level=row.level, told=told, escalated_at=now, **_told(row)))
    return True


async def save_on_call(context: Context, command: SaveOnCall) -> UUID:
    """Say who is on call for a laboratory, all at once; the key of its location."""
    async with context.write() as work:
        place = await work.session.get(Location, command.laboratory_id, with_for_update=True)
        if place is None or not _may_keep(work, place.id):
            work.recorder.denied("Location", [command.laboratory_id])
            raise not_found("Location")
        keys = list(dict.fromkeys(command.account_ids))
        known = await work.rows(Account, keys, lock=False)
        if not all(key in known and known[key].enabled for key in keys):
            raise invalid("accountIds", NOT_FOUND, resource="Account")
        await work.session.execute(delete(OnCall).where(col(OnCall.laboratory_id) == place.id))
        work.session.add_all(
            OnCall(laboratory_id=place.id, account_id=key, position=number) for number, key in enumerate(keys)
        )
    return command.laboratory_id


def _may_keep(work: UnitOfWork, place: UUID) -> bool:
    principal = work.principal
    return principal.kind is Kind.STAFF and (principal.can(policy.WRITE) or place in principal.locations)


async def _on_call(work: UnitOfWork, laboratory_id: UUID) -> list[UUID]:
    listed = select(OnCall).where(col(OnCall.laboratory_id) == laboratory_id).order_by(col(OnCall.position))
    return [row.account_id for row in await work.session.scalars(listed)]


async def _administrators(work: UnitOfWork) -> list[UUID]:
    enabled = select(Account).where(col(Account.enabled), any_(col(Account.roles)) == _ADMINISTRATOR)
    return [row.id for row in await work.session.scalars(enabled.order_by(col(Account.id)))]


def _attempt(work: UnitOfWork, row: CriticalNotice, told: list[UUID], at: datetime) -> None:
    work.session.add(
        CriticalAttempt(critical_notice_id=row.id, patient_id=row.patient_id, level=row.level, at=at, told=told)
    )


def _told(row: CriticalNotice) -> dict[str, UUID]:
    return {
        "notice_id": row.id,
        "order_id": row.lab_order_id,
        "patient_id": row.patient_id,
        "laboratory_id": row.laboratory_id,
    }
