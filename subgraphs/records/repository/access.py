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
from subgraphs.records.models import RecordAccessRequest, WithheldSection

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
