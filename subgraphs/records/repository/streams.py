"""What open streams of a patient's record read."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, String, Uuid, any_, bindparam, func, select
from sqlmodel import col

from shared.audit.recorder import Action, AuditOutcome
from shared.auth.principal import Principal
from shared.database.tables import AuditEntry
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import Section
from subgraphs.records.models import Patient

AT_ONCE = 100

_LAST = select(func.coalesce(func.max(col(AuditEntry.seal)), 0))

_SEALED = (
    select(AuditEntry)
    .where(
        col(AuditEntry.seal) > bindparam("position", type_=BigInteger),
        bindparam("patient", type_=Uuid) == any_(col(AuditEntry.patients)),
        col(AuditEntry.resource) == any_(bindparam("resources", type_=ARRAY(String))),
        col(AuditEntry.action) == any_(bindparam("actions", type_=ARRAY(String))),
        col(AuditEntry.outcome) == AuditOutcome.SUCCESS,
    )
    .order_by(col(AuditEntry.seal))
    .limit(AT_ONCE)
)


async def last_seal(context: Context) -> int:
    """The place of the newest entry of the audit trail."""
    (last,) = await context.fetch(_LAST)
    return last or 0


async def sealed_after(
    context: Context, position: int, patient_id: UUID, resources: Collection[str], actions: Collection[Action]
) -> Sequence[AuditEntry]:
    """The next entries about a patient, of some kinds of rows and actions; the caller may hear of them."""
    kinds = {"resources": list(resources), "actions": list(actions)}
    return await context.fetch(_SEALED, position=position, patient=patient_id, **kinds)


async def readable_sections(context: Context, patient_id: UUID) -> Collection[Section]:
    """The sections of a patient's record that the caller may read."""
    rows: Sequence[Any] = await context.fetch(context.written(_readable), patient=patient_id)
    return {section for row in rows for section, readable in zip(Section, row, strict=True) if readable}


def _readable(principal: Principal) -> Any:
    readable = (policy.record(principal, col(Patient.id), section).label(section.lower()) for section in Section)
    return select(*readable).where(col(Patient.id) == bindparam("patient", type_=Uuid))
