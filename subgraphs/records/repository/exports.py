"""What is read of a whole record to take it along."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col

from shared.audit.recorder import Action
from shared.files import File
from shared.graph.context import Context
from subgraphs.records import policy
from subgraphs.records.codes import EntryKind, RecordExportFormat, Section
from subgraphs.records.models.entries import ENTERED_IN_ERROR
from subgraphs.records.repository.entries import readable_sections
from subgraphs.records.summary.file import Person, file_of
from subgraphs.records.summary.sections import SECTIONS, Content, SummarySection

MOST = 1000
"""Entries of a section that are taken along, the newest ones."""


async def export(context: Context, person: Person, form: RecordExportFormat) -> File:
    """What the caller may read of a patient's record, as a file."""
    readable = await context.load(readable_sections, person.key)
    contents = [await _content(context, person.key, each, readable) for each in SECTIONS]
    entry = context.recorder.entry(
        Action.EXECUTE, "MedicalRecord", [person.key], [person.key], detail={"exported": form}
    )
    context.recorder.add([entry])
    return await file_of(person, contents, form)


async def _content(context: Context, patient: UUID, of: SummarySection, readable: Collection[Section]) -> Content:
    if of.section not in readable:
        return Content(of, [], withheld=True)
    model = of.model
    rows = policy.ENTRIES[EntryKind(model.__name__)](context.principal).where(col(model.patient_id) == patient)
    standing = rows.where(col(model.status) != ENTERED_IN_ERROR).order_by(col(model.recorded_at).desc()).limit(MOST)
    return Content(of, await context.fetch(standing), withheld=False)
