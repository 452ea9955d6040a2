"""Two patients who were one: what is one's becomes the other's."""

from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlmodel import col

from shared.database.tables import PatientAccess
from shared.events.mergers import Mergers
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects
from subgraphs.records.models import RecordAccessRequest, WithheldSection


async def _resolve(work: UnitOfWork, merged_id: UUID, survivor_id: UUID) -> None:
    """Who may open the one's record may open the other's; a section that either withholds is withheld."""
    theirs = or_(col(PatientAccess.patient_id) == merged_id, col(PatientAccess.proxy_id) == merged_id)
    for row in (await work.session.scalars(select(PatientAccess).where(theirs).with_for_update())).all():
        columns = [name for name in ("patient_id", "proxy_id") if getattr(row, name) == merged_id]
        effects.access_changed(work, row, **dict.fromkeys(columns, survivor_id))
    both = select(col(WithheldSection.section)).where(col(WithheldSection.patient_id) == survivor_id)
    doubled = col(WithheldSection.section).in_(both.scalar_subquery())
    await work.session.execute(delete(WithheldSection).where(col(WithheldSection.patient_id) == merged_id, doubled))


MERGERS = Mergers((col(RecordAccessRequest.patient_id), col(WithheldSection.patient_id)), resolve=_resolve)
