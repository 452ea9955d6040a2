"""What the directory's use cases are asked to do. With `id` and `version` something is changed as a whole, else entered."""

import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from shared.commands import Command, Repeatable
from shared.datatypes import Address, Coding
from shared.values import Email, Language, OptionalText, Text, TimeZone, id_of, wrong
from subgraphs.directory.errors import JURISDICTION

OrganizationId = Annotated[UUID, id_of("Organization")]
LocationId = Annotated[UUID, id_of("Location")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]

_JURISDICTION = re.compile("[A-Z]{2}(-[A-Z0-9]{1,3})?")

_ID = "The id of the entry to change; absent for a new one."
_VERSION = "The version of the entry that the client has read; absent for a new one."


def _jurisdiction(value: str) -> str:
    if not _JURISDICTION.fullmatch(value):
        raise wrong(JURISDICTION)
    return value


class OrganizationEntry(Command):
    """What is told of an organization."""

    name: Text = Field(description="The name of the organization.")
    phone: OptionalText = Field(None, description="The telephone number of the organization.")
    address: Address = Field(description="The postal address of the organization.")
    active: bool = Field(
        True, description="Whether the organization is in use; entries that are not are kept, and offered nowhere."
    )


class SaveOrganization(OrganizationEntry, Repeatable):
    """An organization to enter, or with `id` and `version` to change as a whole."""

    id: OrganizationId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)


class Position(Command):
    """A point on Earth, WGS 84, in degrees."""

    latitude: float = Field(
        ge=-90, le=90, description="The latitude in degrees, -90 to 90; north of the equator is positive."
    )
    longitude: float = Field(
        ge=-180, le=180, description="The longitude in degrees, -180 to 180; east of Greenwich is positive."
    )


class LocationEntry(Command):
    """What is told of a location; without a time zone it keeps the one that it has here."""

    organization_id: OrganizationId | None = Field(None, description="The organization that runs the location.")
    name: OptionalText = Field(None, description="The name of the location; absent where it has none of its own.")
    phone: OptionalText = Field(None, description="The telephone number of the location.")
    address: Address = Field(description="The postal address of the location.")
    position: Position | None = Field(None, description="Where the location is on Earth.")
    time_zone: TimeZone | None = Field(
        None,
        description="The time zone of the location, a name of the IANA time zone database, such as `Europe/Berlin`.",
    )
    active: bool = Field(
        True, description="Whether the location is in use; entries that are not are kept, and offered nowhere."
    )


class SaveLocation(LocationEntry, Repeatable):
    """A location to enter, or with `id` and `version` to change as a whole."""

    id: LocationId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    time_zone: TimeZone = Field(
        description="The time zone of the location, a name of the IANA time zone database, such as `Europe/Berlin`."
    )


class PractitionerRole(Command):
    """A specialty that a practitioner practises, for an organization or at a location."""

    specialty: Coding = Field(description="The specialty, as a code of NUCC's taxonomy or another system.")
    organization_id: OrganizationId | None = Field(
        None, description="The organization that the practitioner works for in this specialty."
    )
    location_id: LocationId | None = Field(
        None, description="The location where the practitioner works in this specialty."
    )


class RoleEntry(Command):
    """What a practitioner does as another system tells it: a specialty or more, at a place or more."""

    practitioner_id: PractitionerId = Field(description="The practitioner.")
    roles: list[PractitionerRole] = Field(description="Each specialty at each place.")


class PractitionerEntry(Command):
    """What another system tells of a practitioner. An address is as it is written there."""

    family: Text = Field(description="The family name of the practitioner.")
    given: Annotated[list[Text], Field(max_length=5)] = Field(
        description="The given names of the practitioner, the first one first."
    )
    prefix: OptionalText = Field(None, description="What comes before the practitioner's name, such as `Dr.`.")
    suffix: OptionalText = Field(None, description="What comes after the practitioner's name, such as `MD`.")
    npi: OptionalText = Field(
        None,
        description="The practitioner's National Provider Identifier of the United States, 10 digits with a check digit.",
    )
    email: OptionalText = Field(None, description="The practitioner's email address at work.")
    phone: OptionalText = Field(None, description="The practitioner's telephone number at work.")
    languages: Annotated[list[Language], Field(max_length=20)] = Field(
        [], description="The languages in which the practitioner talks with patients, as tags of BCP 47."
    )
    active: bool = Field(True, description="Whether the practitioner practises here now.")


class SavePractitioner(PractitionerEntry, Repeatable):
    """A practitioner to enter, or with `id` and `version` to change as a whole."""

    id: PractitionerId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    email: Email | None = Field(None, description="The practitioner's email address at work.")
    licence_number: OptionalText = Field(None, description="The number of the practitioner's licence to practise.")
    licence_jurisdiction: Annotated[str, AfterValidator(_jurisdiction)] | None = Field(
        None,
        description="Where the licence holds: a code of ISO 3166-1 or, of a part of a country, 3166-2, such as `US-MA`.",
    )
    licence_valid_until: date | None = Field(
        None, description="The last day on which the licence holds; absent where no end is known."
    )
    roles: Annotated[list[PractitionerRole], Field(max_length=20)] = Field(
        [], description="The specialties that the practitioner practises, each for an organization or at a location."
    )


def columns(command: OrganizationEntry | LocationEntry | PractitionerEntry) -> dict[str, Any]:
    """The columns of an entry that a command speaks of."""
    found = command.model_dump(exclude={"id", "version", "idempotency_key", "roles", "position"})
    if isinstance(command, LocationEntry):
        position = command.position
        found |= {"latitude": position and position.latitude, "longitude": position and position.longitude}
        if command.time_zone is None:
            del found["time_zone"]
    return found
