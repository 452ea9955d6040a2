"""Open streams of the laboratory: what is critical, what there is to do, what was released."""

from collections.abc import AsyncGenerator, Collection
from uuid import UUID

from shared.graph.context import Context
from shared.graph.following import follow
from subgraphs.laboratory import policy
from subgraphs.laboratory.models import Analysis, CriticalNotice, LabReport
from subgraphs.laboratory.repository import results


async def critical(context: Context) -> AsyncGenerator[CriticalNotice, None]:
    """The notices that the caller may see, as they are raised and change."""

    async def heard() -> Collection[str]:
        return [CriticalNotice.__name__]

    async for entry in follow(context, heard):
        for row in await results.notices_by_key(context, entry.resource_ids):
            yield row


async def worklist(context: Context, laboratory_id: UUID) -> AsyncGenerator[Analysis, None]:
    """The analyses of a laboratory where the caller works, as they come and change."""

    async def heard() -> Collection[str]:
        works = context.principal.is_staff(policy.EXAMINE) and laboratory_id in context.principal.locations
        return [Analysis.__name__] if works else []

    async for entry in follow(context, heard):
        for row in await results.analyses_by_key(context, entry.resource_ids, laboratory_id):
            yield row


async def reports(context: Context, patient_id: UUID) -> AsyncGenerator[LabReport, None]:
    """The reports on a patient, as they are released and corrected."""

    async def heard() -> Collection[str]:
        return [LabReport.__name__] if await results.may_follow(context, patient_id) else []

    async for entry in follow(context, heard, patient_id=patient_id):
        for row in await results.reports_by_key(context, entry.resource_ids):
            yield row
