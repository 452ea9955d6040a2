"""What follows when an entry is entered or changed, whoever writes: the same change tells the same."""

from shared.unit_of_work import UnitOfWork
from subgraphs.directory.events import LocationChanged, OrganizationChanged, PractitionerChanged, PractitionerRegistered
from subgraphs.directory.models import Location, Organization, Practitioner


def saved(work: UnitOfWork, row: Organization | Location | Practitioner, *, created: bool) -> None:
    """Tell of an entry; a practitioner's roles are part of it."""
    match row:
        case Organization():
            work.publish(OrganizationChanged(organization_id=row.id, active=row.active))
        case Location():
            work.publish(
                LocationChanged(
                    location_id=row.id,
                    organization_id=row.organization_id,
                    time_zone=row.time_zone,
                    active=row.active,
                )
            )
        case Practitioner():
            if created:
                work.publish(PractitionerRegistered(practitioner_id=row.id))
            else:
                work.publish(PractitionerChanged(practitioner_id=row.id, active=row.active))
