"""What the directory's use cases are asked to do. With `id` and `version` something is changed as a whole, else entered."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Command
from shared.datatypes import Address, Coding
from shared.values import Email, Language, OptionalText, Text, TimeZone, id_of

OrganizationId = Annotated[UUID, id_of("Organization")]
LocationId = Annotated[UUID, id_of("Location")]
PractitionerId = Annotated[UUID, id_of("Practitioner")]

_ID = "The one to change."
_VERSION = "The version that was read."


class SaveOrganization(Command):
    """An organization to enter, or with `id` and `version` to change as a whole."""

    id: OrganizationId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    name: Text = Field(description="Its name.")
    phone: OptionalText = Field(None, description="Its telephone number.")
    address: Address = Field(description="Where it is.")
    active: bool = Field(True, description="Whether it is in use.")


class SaveLocation(Command):
    """A location to enter, or with `id` and `version` to change as a whole."""

    id: LocationId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    organization_id: OrganizationId | None = Field(None, description="Whose location it is.")
    name: OptionalText = Field(None, description="Its name.")
    phone: OptionalText = Field(None, description="Its telephone number.")
    address: Address = Field(description="Where it is.")
    time_zone: TimeZone = Field(description="Its time zone, a name of the IANA database.")
    active: bool = Field(True, description="Whether it is in use.")


class PractitionerRole(Command):
    """What a practitioner does, for whom and where."""

    specialty: Coding = Field(description="The specialty.")
    organization_id: OrganizationId | None = Field(None, description="The organization.")
    location_id: LocationId | None = Field(None, description="The place.")


class SavePractitioner(Command):
    """A practitioner to enter, or with `id` and `version` to change as a whole."""

    id: PractitionerId | None = Field(None, description=_ID)
    version: int | None = Field(None, description=_VERSION)
    family: Text = Field(description="Family name.")
    given: Annotated[list[Text], Field(max_length=5)] = Field(description="Given names.")
    prefix: OptionalText = Field(None, description="What comes before the name.")
    npi: OptionalText = Field(None, description="National Provider Identifier.")
    licence_number: OptionalText = Field(None, description="The licence to practise.")
    email: Email | None = Field(None, description="Address at work.")
    phone: OptionalText = Field(None, description="Telephone at work.")
    languages: Annotated[list[Language], Field(max_length=20)] = Field([], description="Languages, BCP 47.")
    roles: Annotated[list[PractitionerRole], Field(max_length=20)] = Field([], description="What they do.")
    active: bool = Field(True, description="Whether they practise here now.")
