"""What the directory publishes."""

from uuid import UUID

from shared.events.event import Event


class PractitionerRegistered(Event, type="caregraph.directory.practitioner-registered.v1", key="practitioner_id"):
    """A practitioner was entered into the directory."""

    practitioner_id: UUID


class PractitionerChanged(Event, type="caregraph.directory.practitioner-changed.v1", key="practitioner_id"):
    """A practitioner's entry was changed; `active` is false for one who has left."""

    practitioner_id: UUID
    active: bool


class OrganizationChanged(Event, type="caregraph.directory.organization-changed.v1", key="organization_id"):
    """An organization was entered or changed."""

    organization_id: UUID
    active: bool


class LocationChanged(Event, type="caregraph.directory.location-changed.v1", key="location_id"):
    """A location was entered or changed."""

    location_id: UUID
    organization_id: UUID | None
    time_zone: str
    active: bool


EVENTS = (PractitionerRegistered, PractitionerChanged, OrganizationChanged, LocationChanged)
