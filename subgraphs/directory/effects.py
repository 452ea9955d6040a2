"""What follows when an entry is entered or changed, whoever writes: the same change tells the same."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.unit_of_work import UnitOfWork
from subgraphs.directory.events import (
    LocationChanged,
    OrganizationChanged,
    PracticeChanged,
    Practised,
    PractitionerChanged,
    PractitionerRegistered,
)
from subgraphs.directory.models import Location, Organization, Practitioner, PractitionerRole


def saved(work: UnitOfWork, row: Organization | Location | Practitioner, *, created: bool) -> None:
    """Tell of an entry; a practitioner's roles are part of it."""
    match row:
        case Organization():
            work.publish(OrganizationChanged(organization_id=row.id, active=row.active))
        case Location():
            located(work, row)
        case Practitioner():
            if created:
                work.publish(PractitionerRegistered(practitioner_id=row.id))
            else:
                work.publish(PractitionerChanged(practitioner_id=row.id, active=row.active))


def located(work: UnitOfWork, row: Location) -> None:
    """Tell of a location as it is."""
    facts = ("organization_id", "time_zone", "active", "latitude", "longitude")
    work.publish(LocationChanged(location_id=row.id, **{name: getattr(row, name) for name in facts}))


async def practising(work: UnitOfWork, rows: Collection[Practitioner]) -> None:
    """Tell what practitioners practise, where and in which languages, as it is now."""
    if not rows:
        return
    await work.session.flush()
    keys = [row.id for row in rows]
    theirs = select(PractitionerRole).where(col(PractitionerRole.practitioner_id).in_(keys))
    roles: dict[UUID, list[Practised]] = defaultdict(list)
    for role in await work.session.scalars(theirs.order_by(col(PractitionerRole.id))):
        code = {"specialty_system": role.specialty_system, "specialty_code": role.specialty_code}
        roles[role.practitioner_id].append(Practised(**code, location_id=role.location_id))
    for row in rows:
        work.publish(PracticeChanged(practitioner_id=row.id, languages=row.languages, roles=roles[row.id]))
