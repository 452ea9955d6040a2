"""What the directory's use cases are asked to do. With `id` and `version` something is changed as a whole, else entered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from shared.commands import Command, Repeatable
from shared.datatypes import Address, Coding
from shared.values import Email, Language, OptionalText, Text, TimeZone, id_of

OrganizationId = Annotated[UUID, id_of("Organization")]
LocationId = Annotated[UUID, id_of("Location")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]

_ID = "The one to change."
_VERSION = "The version that was read."


class OrganizationEntry(Command):
    """What is told of an organization."""

    name: Text = Field(description="Its name.")
    phone: OptionalText = Field(None, description="Its telephone number.")
    address: Address = Field(description="Where it is.")
    active: bool = Field(True, description="Whether it is in use.")


class SaveOrganization(OrganizationEntry, Repeatable):
    """An organization to enter, or with `id` and `version` to change as a whole."""

    id: OrganizationId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)


class Position(Command):
    """A point on Earth, WGS 84, in degrees."""

    latitude: float = Field(ge=-90, le=90, description="North of the equator.")
    longitude: float = Field(ge=-180, le=180, description="East of Greenwich.")


class LocationEntry(Command):
    """What is told of a location; without a time zone it keeps the one that it has here."""

    organization_id: OrganizationId | None = Field(None, description="Whose location it is.")
    name: OptionalText = Field(None, description="Its name.")
    phone: OptionalText = Field(None, description="Its telephone number.")
    address: Address = Field(description="Where it is.")
    position: Position | None = Field(None, description="Where it is on the map.")
    time_zone: TimeZone | None = Field(None, description="Its time zone, a name of the IANA database.")
    active: bool = Field(True, description="Whether it is in use.")


class SaveLocation(LocationEntry, Repeatable):
    """A location to enter, or with `id` and `version` to change as a whole."""

    id: LocationId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    time_zone: TimeZone = Field(description="Its time zone, a name of the IANA database.")


class PractitionerRole(Command):
    """What a practitioner does, for whom and where."""

    specialty: Coding = Field(description="The specialty.")
    organization_id: OrganizationId | None = Field(None, description="The organization.")
    location_id: LocationId | None = Field(None, description="The place.")


class RoleEntry(Command):
    """What a practitioner does as another system tells it: a specialty or more, at a place or more."""

    practitioner_id: PractitionerId = Field(description="The practitioner.")
    roles: list[PractitionerRole] = Field(description="Each specialty at each place.")


class PractitionerEntry(Command):
    """What another system tells of a practitioner. An address is as it is written there."""

    family: Text = Field(description="Family name.")
    given: Annotated[list[Text], Field(max_length=5)] = Field(description="Given names.")
    prefix: OptionalText = Field(None, description="What comes before the name.")
    npi: OptionalText = Field(None, description="National Provider Identifier.")
    email: OptionalText = Field(None, description="Address at work.")
    phone: OptionalText = Field(None, description="Telephone at work.")
    languages: Annotated[list[Language], Field(max_length=20)] = Field([], description="Languages, BCP 47.")
    active: bool = Field(True, description="Whether they practise here now.")


class SavePractitioner(PractitionerEntry, Repeatable):
    """A practitioner to enter, or with `id` and `version` to change as a whole."""

    id: PractitionerId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    email: Email | None = Field(None, description="Address at work.")
    licence_number: OptionalText = Field(None, description="The licence to practise.")
    roles: Annotated[list[PractitionerRole], Field(max_length=20)] = Field([], description="What they do.")


def columns(command: OrganizationEntry | LocationEntry | PractitionerEntry) -> dict[str, Any]:
    """The columns of an entry that a command speaks of."""
    found = command.model_dump(exclude={"id", "version", "idempotency_key", "roles", "position"})
    if isinstance(command, LocationEntry):
        position = command.position
        found |= {"latitude": position and position.latitude, "longitude": position and position.longitude}
        if command.time_zone is None:
            del found["time_zone"]
    return found
