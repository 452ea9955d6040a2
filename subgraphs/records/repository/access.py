"""What is read of who may open a record."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col

from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import Section
from subgraphs.records.models import WithheldSection


async def withheld_sections(context: Context, patient_id: UUID) -> Sequence[Section]:
    """The sections that a patient withholds, in the order of the codes."""
    statement = policy.withheld_sections(context.principal).where(col(WithheldSection.patient_id) == patient_id)
    found = {row.section for row in await context.fetch(statement)}
    return [section for section in Section if section in found]
