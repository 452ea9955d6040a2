"""What open streams of a patient's record read."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlmodel import col

from shared.auth.principal import Principal
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import Section
from subgraphs.records.models import Patient


async def readable_sections(context: Context, patient_id: UUID) -> Collection[Section]:
    """The sections of a patient's record that the caller may read."""
    rows: Sequence[Any] = await context.fetch(context.written(_readable), patient=patient_id)
    return {section for row in rows for section, readable in zip(Section, row, strict=True) if readable}


def _readable(principal: Principal) -> Any:
    readable = (policy.record(principal, col(Patient.id), section).label(section.lower()) for section in Section)
    return select(*readable).where(col(Patient.id) == bindparam("patient", type_=Uuid))
