"""Requests for access to a record: staff ask, the patient decides, and either may withdraw; each is over by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from shared.auth.principal import Forbidden, Kind
from shared.database.tables import PatientAccess
from shared.encryption import Encrypted
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.patient_access import Basis, holds
from shared.states import States
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects, policy
from subgraphs.records.codes import Party, RequestStatus, Section
from subgraphs.records.commands.access import (
    GrantRecordAccess,
    RefuseRecordAccess,
    RequestRecordAccess,
    WithdrawRecordAccess,
)
from subgraphs.records.errors import ACCESS_STATUS, ALREADY_REQUESTED, NOTHING_TO_GRANT
from subgraphs.records.models import RecordAccessRequest
from subgraphs.records.settings import RecordsSettings

_PENDING, _GRANTED = RequestStatus.PENDING, RequestStatus.GRANTED

# By whom is a party's, whatever the scope: `_move` asks for it.
STATES = States(
    RecordAccessRequest,
    ACCESS_STATUS,
    (_PENDING, _GRANTED, Party.PATIENT),
    (_PENDING, RequestStatus.REFUSED, Party.PATIENT),
    (_PENDING, RequestStatus.WITHDRAWN, Party.REQUESTER),
    (_PENDING, RequestStatus.EXPIRED, Party.SYSTEM),
    (_GRANTED, RequestStatus.WITHDRAWN, f"{Party.PATIENT} {Party.REQUESTER}"),
    (_GRANTED, RequestStatus.EXPIRED, Party.SYSTEM),
)

_BATCH = 200


async def request(context: Context, command: RequestRecordAccess) -> RecordAccessRequest:
    """Ask a patient for access to their record, once at a time."""
    if not context.principal.is_staff(policy.ACCESS):
        context.recorder.refused("requestRecordAccess", "kind")
        raise Forbidden(policy.ACCESS)
    async with context.write() as work:
        await work.once(command)
        patient = await work.find(policy.patients, await work.survivor(command.patient_id), scope=policy.ACCESS)
        moment, settings = await effects.now(work), cast("RecordsSettings", context.runtime.settings)
        if await _is_waiting(work, patient.id, moment):
            raise InvalidState(ALREADY_REQUESTED)
        row = RecordAccessRequest(
            patient_id=patient.id,
            account_id=work.principal.subject,
            practitioner_id=work.principal.practitioner,
            purpose=command.purpose,
            reason=Encrypted(command.reason),
            sections=None if command.sections is None else _in_order(command.sections),
            days=command.days,
            answer_by=moment + timedelta(days=settings.records_answer_days),
        )
        work.session.add(row)
        work.done(row.id)
        await effects.requested(work, row)
    return row


async def _is_waiting(work: UnitOfWork, patient_id: UUID, moment: datetime) -> bool:
    """Whether the caller waits for the patient's answer already; the patient's row is locked meanwhile."""
    waiting = select(col(RecordAccessRequest.id), col(RecordAccessRequest.patient_id)).where(
        col(RecordAccessRequest.patient_id) == patient_id,
        col(RecordAccessRequest.account_id) == work.principal.subject,
        col(RecordAccessRequest.status) == _PENDING,
        col(RecordAccessRequest.answer_by) > moment,
    )
    return (await work.session.execute(waiting)).first() is not None


async def grant(context: Context, command: GrantRecordAccess) -> RecordAccessRequest:
    """Let who asked open the record, from now on for as many days as they asked for."""
    async with context.write() as work:
        row = await work.find(policy.decidable_requests, command.id, version=command.version)
        moment = await effects.now(work)
        _move(row, _GRANTED, Party.PATIENT, moment)
        row.decided_at, row.granted_until = moment, moment + timedelta(days=row.days)
        row.sections = await _what_is_granted(work, row)
        access = PatientAccess(
            id=row.id,
            patient_id=row.patient_id,
            account_id=row.account_id,
            basis=Basis.GRANT,
            sections=row.sections,
            valid_from=moment,
            valid_until=row.granted_until,
            version=1,
        )
        effects.access_given(work, access)
        effects.decided(work, row, moment)
    return row


async def _what_is_granted(work: UnitOfWork, row: RecordAccessRequest) -> list[str] | None:
    """The sections: by a proxy, those that the proxy sees; raises InvalidState if none is left."""
    if row.patient_id == work.principal.patient:
        return row.sections
    own = select(col(PatientAccess.sections)).where(
        col(PatientAccess.patient_id) == row.patient_id,
        col(PatientAccess.proxy_id) == work.principal.patient,
        holds(),
    )
    seen = (await work.session.scalars(own)).all()
    if None in seen:
        return row.sections
    granted = _in_order({each for sections in seen for each in sections or ()}.intersection(row.sections or Section))
    if not granted:
        raise InvalidState(NOTHING_TO_GRANT)
    return granted


async def refuse(context: Context, command: RefuseRecordAccess) -> RecordAccessRequest:
    """Let a request come to nothing."""
    async with context.write() as work:
        row = await work.find(policy.decidable_requests, command.id, version=command.version)
        moment = await effects.now(work)
        _move(row, RequestStatus.REFUSED, Party.PATIENT, moment)
        row.decided_at = moment
        row.refusal = None if command.reason is None else Encrypted(command.reason)
        effects.decided(work, row, moment)
    return row


async def withdraw(context: Context, command: WithdrawRecordAccess) -> RecordAccessRequest:
    """Withdraw a request, or end a grant at once."""
    party = Party.REQUESTER if context.principal.kind is Kind.STAFF else Party.PATIENT
    async with context.write() as work:
        row = await work.find(policy.access_requests, command.id, version=command.version)
        moment, previous = await effects.now(work), RequestStatus(row.status)
        _move(row, RequestStatus.WITHDRAWN, party, moment)
        row.withdrawn_by = party
        if previous is _GRANTED:
            await effects.access_ended(work, await work.session.get_one(PatientAccess, row.id, with_for_update=True))
        effects.withdrawn(work, row, previous, party, moment)
    return row


async def expire(work: UnitOfWork) -> int:
    """Note of some requests and grants that they are over, which they are already; of how many."""
    moment = await effects.now(work)
    unanswered = and_(col(RecordAccessRequest.status) == _PENDING, col(RecordAccessRequest.answer_by) <= moment)
    lapsed = and_(col(RecordAccessRequest.status) == _GRANTED, col(RecordAccessRequest.granted_until) <= moment)
    over = select(RecordAccessRequest).where(or_(unanswered, lapsed)).limit(_BATCH)
    rows = (await work.session.scalars(over.with_for_update(key_share=True, skip_locked=True))).all()
    for row in rows:
        end_overdue(work, row, moment)
    return len(rows)


def end_overdue(work: UnitOfWork, row: RecordAccessRequest, moment: datetime) -> None:
    """Let a request or a grant be over."""
    unanswered = row.status == _PENDING
    row.status = RequestStatus.EXPIRED
    if unanswered:
        effects.decided(work, row, moment)


def _move(row: RecordAccessRequest, to: RequestStatus, party: Party, moment: datetime) -> None:
    """Change a request's status; raises InvalidState if this party cannot do that from where it is."""
    status = row.status_at(moment)
    if party not in STATES.ways.get((status, to), ()):
        required = [source for (source, target), parties in STATES.ways.items() if target == to and party in parties]
        raise InvalidState(ACCESS_STATUS, status=status, required=" or ".join(required))
    row.status = to


def _in_order(sections: Sequence[str] | set[str]) -> list[str]:
    return [section.value for section in Section if section in sections]
