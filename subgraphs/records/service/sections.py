"""Sections of the record that a patient withholds."""

from sqlalchemy import select
from sqlmodel import col

from shared.database.tables import Withholding
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects, policy
from subgraphs.records.commands.access import ReleaseSection, WithholdSection
from subgraphs.records.models import WithheldSection


async def withhold(context: Context, command: WithholdSection) -> None:
    """Let nobody but the patient see a section, unless in an emergency."""
    async with context.write() as work:
        if await _withheld(work, command) is None:
            row = WithheldSection(patient_id=command.patient_id, section=command.section)
            work.session.add(row)
            effects.access_given(
                work, Withholding(version=1, **row.model_dump(include={"id", "patient_id", "section"}))
            )


async def release(context: Context, command: ReleaseSection) -> None:
    """Let those see a section again who may open the record."""
    async with context.write() as work:
        row = await _withheld(work, command)
        if row is not None:
            await work.session.delete(row)
            of_section = col(Withholding.patient_id) == row.patient_id, col(Withholding.section) == row.section
            # There are two of patients who were merged.
            for each in (await work.session.scalars(select(Withholding).where(*of_section).with_for_update())).all():
                await effects.access_ended(work, each)


async def tell_untold(work: UnitOfWork) -> None:
    """Tell of what was withheld before every service was told."""
    untold = select(Withholding).where(col(Withholding.version) == 0).with_for_update()
    for row in (await work.session.scalars(untold)).all():
        row.version = 1
        effects.tell(work, row)


async def _withheld(work: UnitOfWork, command: WithholdSection | ReleaseSection) -> WithheldSection | None:
    """The row of a section that is withheld; the patient's row is locked, so that there is never another one."""
    patient = await work.find(policy.own_patients, command.patient_id)
    rows = select(WithheldSection).where(
        col(WithheldSection.patient_id) == patient.id, col(WithheldSection.section) == command.section
    )
    row: WithheldSection | None = await work.session.scalar(rows)
    return row
