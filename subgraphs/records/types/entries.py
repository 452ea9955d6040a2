"""What all entries of the medical record have in common, as the graph shows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from shared.graph.context import Info
from shared.graph.entities import reference
from shared.graph.fields import from_row
from subgraphs.records.models.entries import retracted
from subgraphs.records.types.encounters import Encounter
from subgraphs.records.types.said import VERSION
from subgraphs.records.types.stubs import Patient, Practitioner
from subgraphs.records.types.timeline import TimelineEntry


def _retraction(row: Any) -> str | None:
    return row.retraction.value if row.retraction is not None else None


@strawberry.interface(description="An entry of the medical record.")
class RecordEntry(TimelineEntry):
    recorded_at: datetime | None = from_row("recorded_at", description="When the entry was recorded.")
    entered_in_error: bool | None = from_row(retracted, description="Whether the entry was a mistake.")
    retraction: str | None = from_row(
        _retraction, description="Why the entry was a mistake; null unless it was entered in error."
    )
    version: int | None = from_row("version", description=VERSION)
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whom the entry is about.")
    recorder: Practitioner | None = reference(
        Practitioner, "recorder_id", description="The practitioner who has recorded the entry; null if it was none."
    )

    @strawberry.field(description="The encounter during which the entry was recorded; null if during none.")
    async def encounter(self, info: Info) -> Encounter | None:
        row: Any = self.row  # type: ignore[attr-defined]  # of the entity that this is a part of
        key: UUID | None = row.encounter_id
        return await Encounter.load(info.context, key)
