"""What follows from a change of who may open a record, whichever use case makes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, literal, select
from sqlmodel import col

from shared.database.model import assign
from shared.database.tables import PatientAccess, Withholding
from shared.patient_access import AccessChanged, Basis, WithholdingChanged, holds
from shared.unit_of_work import UnitOfWork
from subgraphs.records.codes import Party, RequestStatus
from subgraphs.records.events import (
    AccessDecided,
    AccessRequested,
    AccessWithdrawn,
    EmergencyOpened,
    EmergencyReviewed,
    ProxyAppointed,
    ProxyEnded,
)
from subgraphs.records.models import Account, EmergencyAccess, Proxy, RecordAccessRequest
from subgraphs.records.policy import REVIEW

Decided = PatientAccess | Withholding
"""What lets somebody open a patient's data, or keeps them from that, here and everywhere."""


def access_given(work: UnitOfWork, row: Decided) -> None:
    """Let it hold from now on."""
    work.session.add(row)
    tell(work, row)


def access_changed(work: UnitOfWork, row: Decided, **values: Any) -> None:
    """Change it."""
    if assign(row, values):
        row.version += 1
        tell(work, row)


async def access_ended(work: UnitOfWork, row: Decided) -> None:
    """Let it hold no longer; what has ended before stays as it is."""
    moment = await now(work)
    if row.valid_until is None or row.valid_until > moment:
        access_changed(work, row, valid_until=moment)


async def now(work: UnitOfWork) -> datetime:
    """The database's time, by which access is judged."""
    moment: datetime = (await work.session.execute(select(func.now()))).scalar_one()
    return moment


async def requested(work: UnitOfWork, row: RecordAccessRequest) -> None:
    """Tell of a request for access."""
    facts = {"practitioner_id": row.practitioner_id, "purpose": row.purpose, "sections": row.sections, "days": row.days}
    told = await people_of(work, row.patient_id)
    work.publish(AccessRequested(**_request(row), **facts, told=told, requested_at=row.created_at))


def decided(work: UnitOfWork, row: RecordAccessRequest, moment: datetime) -> None:
    """Tell what came of a request for access."""
    times = {"requested_at": row.created_at, "decided_at": moment}
    work.publish(AccessDecided(**_request(row), outcome=row.status, **times))


def withdrawn(work: UnitOfWork, row: RecordAccessRequest, previous: RequestStatus, by: Party, moment: datetime) -> None:
    """Tell that a request was withdrawn, or the grant that it had led to."""
    work.publish(AccessWithdrawn(**_request(row), by=by, previous_status=previous, withdrawn_at=moment))


async def emergency_opened(work: UnitOfWork, row: EmergencyAccess) -> None:
    """Tell that a record was opened in an emergency."""
    reviewers = select(col(Account.id)).where(col(Account.enabled), literal(REVIEW) == any_(col(Account.scopes)))
    people = {"told": await people_of(work, row.patient_id), "reviewers": list(await work.session.scalars(reviewers))}
    times = {"opened_at": row.opened_at, "expires_at": row.expires_at}
    work.publish(EmergencyOpened(**_emergency(row), practitioner_id=row.practitioner_id, **people, **times))


def emergency_reviewed(work: UnitOfWork, row: EmergencyAccess, moment: datetime) -> None:
    """Tell what was found of an access in an emergency."""
    work.publish(EmergencyReviewed(**_emergency(row), verdict=row.verdict, opened_at=row.opened_at, reviewed_at=moment))


def proxy_appointed(work: UnitOfWork, row: Proxy) -> None:
    """Tell of who acts for a minor."""
    work.publish(ProxyAppointed(**_proxy(row), relationship=row.relationship, appointed_at=row.created_at))


def proxy_ended(work: UnitOfWork, row: Proxy, moment: datetime) -> None:
    """Tell of who does so no longer."""
    work.publish(ProxyEnded(**_proxy(row), ended_at=moment))


async def people_of(work: UnitOfWork, patient_id: UUID) -> Sequence[UUID]:
    """The keys of those who are told what concerns a patient: the patient and, of a minor, the proxies."""
    proxies = select(col(PatientAccess.proxy_id)).where(
        col(PatientAccess.patient_id) == patient_id, col(PatientAccess.basis) == Basis.PROXY, holds()
    )
    found = await work.session.scalars(proxies)
    return list(dict.fromkeys([patient_id, *(key for key in found if key)]))


def _request(row: RecordAccessRequest) -> dict[str, Any]:
    return {"access_request_id": row.id, "patient_id": row.patient_id, "account_id": row.account_id}


def _emergency(row: EmergencyAccess) -> dict[str, Any]:
    return {"emergency_access_id": row.id, "patient_id": row.patient_id, "account_id": row.account_id}


def _proxy(row: Proxy) -> dict[str, Any]:
    return {"proxy_appointment_id": row.id, "patient_id": row.patient_id, "proxy_id": row.proxy_id}


def tell(work: UnitOfWork, row: Decided) -> None:
    """Tell every service of it."""
    said = row.model_dump(exclude={"id"})
    if isinstance(row, PatientAccess):
        work.publish(AccessChanged(access_id=row.id, **said))
    else:
        work.publish(WithholdingChanged(withholding_id=row.id, **said))
