"""Who may open a record."""

from typing import Annotated
from uuid import UUID

import strawberry

from shared.errors import NotFound
from shared.graph.context import Info
from shared.graph.fields import key_of, query
from shared.graph.mutations import mutation
from subgraphs.records.commands.access import ReleaseSection, WithholdSection
from subgraphs.records.policy import ACCESS
from subgraphs.records.repository import access
from subgraphs.records.service import sections
from subgraphs.records.types.access import WithheldSections

OfPatient = Annotated[strawberry.ID, strawberry.argument(description="The id of the patient whose record it is.")]


async def _withheld(info: Info, patient_id: UUID) -> WithheldSections:
    return WithheldSections(sections=list(await access.withheld_sections(info.context, patient_id)))


@strawberry.type
class AccessQuery:
    @query(
        description="What the caller withholds of their own record, or of that of a minor whose proxy they are.",
        scopes=[[ACCESS]],
    )
    async def withheld_sections(self, info: Info, patient_id: OfPatient) -> WithheldSections | None:
        return await _withheld(info, key_of(patient_id, "Patient"))


@strawberry.type
class AccessMutation:
    @mutation(
        description=(
            "Withhold a section of the caller's own record, or of that of a minor whose proxy they are: nobody else sees it, "
            "unless in an emergency."
        ),
        scopes=[[ACCESS]],
        errors=[NotFound],
    )
    async def withhold_section(self, info: Info, input: WithholdSection) -> WithheldSections:
        await sections.withhold(info.context, input)
        return await _withheld(info, input.patient_id)

    @mutation(
        description="Release a section that is withheld: those see it again who may open the record.",
        scopes=[[ACCESS]],
        errors=[NotFound],
    )
    async def release_section(self, info: Info, input: ReleaseSection) -> WithheldSections:
        await sections.release(info.context, input)
        return await _withheld(info, input.patient_id)
