"""Two patients who were one: what is one's becomes the other's."""

from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlmodel import col

from shared.database.tables import PatientAccess, Withholding
from shared.events.mergers import Mergers
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects
from subgraphs.records.models import ENTRIES, EmergencyAccess, Proxy, RecordAccessRequest, WithheldSection
from subgraphs.records.service import problems, proxies
from subgraphs.records.service.allergies import resolve_allergies


async def _resolve(work: UnitOfWork, merged_id: UUID, survivor_id: UUID) -> None:
    """Who may open the one's record may open the other's; a section that either withholds is withheld."""
    await _end_proxies_of_themselves(work, {merged_id, survivor_id})
    theirs = or_(col(PatientAccess.patient_id) == merged_id, col(PatientAccess.proxy_id) == merged_id)
    for row in (await work.session.scalars(select(PatientAccess).where(theirs).with_for_update())).all():
        columns = [name for name in ("patient_id", "proxy_id") if getattr(row, name) == merged_id]
        effects.access_changed(work, row, **dict.fromkeys(columns, survivor_id))
    withheld = select(Withholding).where(col(Withholding.patient_id) == merged_id).with_for_update()
    for withholding in (await work.session.scalars(withheld)).all():
        effects.access_changed(work, withholding, patient_id=survivor_id)
    both = select(col(WithheldSection.section)).where(col(WithheldSection.patient_id) == survivor_id)
    doubled = col(WithheldSection.section).in_(both)
    await work.session.execute(delete(WithheldSection).where(col(WithheldSection.patient_id) == merged_id, doubled))
    # What both have at a time would else break the constraints that forbid it of one.
    opened = update(EmergencyAccess).where(col(EmergencyAccess.patient_id) == merged_id)
    await work.session.execute(opened.values(moved=True))
    acting = or_(col(Proxy.patient_id) == merged_id, col(Proxy.proxy_id) == merged_id)
    await work.session.execute(update(Proxy).where(acting).values(moved=True))
    await resolve_allergies(work, merged_id, survivor_id)
    await problems.patients_merged(work, merged_id, survivor_id)


async def _end_proxies_of_themselves(work: UnitOfWork, keys: set[UUID]) -> None:
    """Who turned out to be the minor for whom they act does so no longer."""
    themselves = select(Proxy).where(
        col(Proxy.patient_id).in_(keys), col(Proxy.proxy_id).in_(keys), col(Proxy.ended_at).is_(None)
    )
    for row in (await work.session.scalars(themselves.with_for_update())).all():
        await proxies.end_locked(work, row)


MERGERS = Mergers(
    (
        col(EmergencyAccess.patient_id),
        col(Proxy.patient_id),
        col(Proxy.proxy_id),
        col(RecordAccessRequest.patient_id),
        col(WithheldSection.patient_id),
        *(col(model.patient_id) for model in ENTRIES),
    ),
    resolve=_resolve,
)
