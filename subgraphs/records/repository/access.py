"""What is read of who may open a record."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import RequestStatus, Section
from subgraphs.records.models import EmergencyAccess, Patient, Proxy, RecordAccessRequest, WithheldSection

EMERGENCIES = Order((col(EmergencyAccess.opened_at), col(EmergencyAccess.id)), descending=True)
PROXIES = Order((col(Proxy.id),), descending=True)
REQUESTS = Order((col(RecordAccessRequest.id),), descending=True)


async def withheld_sections(context: Context, patient_id: UUID) -> Sequence[Section]:
    """The sections that a patient withholds, in the order of the codes."""
    statement = policy.withheld_sections(context.principal).where(col(WithheldSection.patient_id) == patient_id)
    found = {row.section for row in await context.fetch(statement)}
    return [section for section in Section if section in found]


def search_requests(principal: Principal, patient_id: UUID | None, *, pending: bool) -> Select[RecordAccessRequest]:
    """The requests for a patient's record, or of all whom the caller sees any of; those that wait for an answer, or all."""
    statement = policy.access_requests(principal)
    if patient_id is not None:
        statement = statement.where(col(RecordAccessRequest.patient_id) == patient_id)
    if pending:
        waiting = (
            col(RecordAccessRequest.status) == RequestStatus.PENDING,
            col(RecordAccessRequest.answer_by) > func.now(),
        )
        statement = statement.where(*waiting)
    return statement


def search_emergencies(principal: Principal, *, reviewed: bool | None) -> Select[EmergencyAccess]:
    """The accesses in an emergency; those that were reviewed, those that were not, or all."""
    statement, verdict = policy.emergency_accesses(principal), col(EmergencyAccess.verdict)
    if reviewed is None:
        return statement
    return statement.where(verdict.is_not(None) if reviewed else verdict.is_(None))


def search_proxies(principal: Principal, patient_id: UUID | None) -> Select[Proxy]:
    """The proxies who act for a patient, or all whom the caller sees."""
    statement = policy.proxies(principal)
    return statement if patient_id is None else statement.where(col(Proxy.patient_id) == patient_id)


async def requests_by_key(context: Context, keys: Sequence[UUID]) -> Sequence[RecordAccessRequest]:
    """Those of some requests that the caller sees, as they are now."""
    found = await context.find(policy.access_requests, col(RecordAccessRequest.id), keys)
    return [row for row in found if row is not None]


async def decides(context: Context, patient_id: UUID) -> bool:
    """Whether the caller decides on requests for access to a patient's record, as far as they see it."""
    (row,) = await context.find(policy.deciding, col(Patient.id), [patient_id])
    return row is not None
