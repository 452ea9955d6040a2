"""What the directory publishes."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.events.event import Event


class PractitionerRegistered(Event, type="caregraph.directory.practitioner-registered.v1", key="practitioner_id"):
    """A practitioner was entered into the directory."""

    practitioner_id: UUID


class PractitionerChanged(Event, type="caregraph.directory.practitioner-changed.v1", key="practitioner_id"):
    """A practitioner's entry was changed; `active` is false for one who has left."""

    practitioner_id: UUID
    active: bool


class Practised(BaseModel):
    """A specialty by its code, and where it is practised; without a location wherever the practitioner is."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    specialty_system: str
    specialty_code: str
    location_id: UUID | None


class PracticeChanged(Event, type="caregraph.directory.practice-changed.v1", key="practitioner_id"):
    """What a practitioner practises now, where, and in which languages (tags of BCP 47)."""

    practitioner_id: UUID
    languages: list[str]
    roles: list[Practised]


class OrganizationChanged(Event, type="caregraph.directory.organization-changed.v1", key="organization_id"):
    """An organization was entered or changed."""

    organization_id: UUID
    active: bool


class LocationChanged(Event, type="caregraph.directory.location-changed.v1", key="location_id"):
    """A location was entered or changed; its position on Earth is in degrees (WGS 84), null where that is not known."""

    location_id: UUID
    organization_id: UUID | None
    time_zone: str
    active: bool
    latitude: float | None = None
    longitude: float | None = None


EVENTS = (PractitionerRegistered, PractitionerChanged, PracticeChanged, OrganizationChanged, LocationChanged)
