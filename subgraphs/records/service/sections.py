"""Sections of the record that a patient withholds."""

from sqlalchemy import select
from sqlmodel import col

from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.records import policy
from subgraphs.records.commands.access import ReleaseSection, WithholdSection
from subgraphs.records.models import WithheldSection


async def withhold(context: Context, command: WithholdSection) -> None:
    """Let nobody but the patient see a section, unless in an emergency."""
    async with context.write() as work:
        if await _withheld(work, command) is None:
            work.session.add(WithheldSection(patient_id=command.patient_id, section=command.section))


async def release(context: Context, command: ReleaseSection) -> None:
    """Let those see a section again who may open the record."""
    async with context.write() as work:
        row = await _withheld(work, command)
        if row is not None:
            await work.session.delete(row)


async def _withheld(work: UnitOfWork, command: WithholdSection | ReleaseSection) -> WithheldSection | None:
    """The row of a section that is withheld; the patient's row is locked, so that there is never another one."""
    patient = await work.find(policy.own_patients, command.patient_id)
    rows = select(WithheldSection).where(
        col(WithheldSection.patient_id) == patient.id, col(WithheldSection.section) == command.section
    )
    row: WithheldSection | None = await work.session.scalar(rows)
    return row
