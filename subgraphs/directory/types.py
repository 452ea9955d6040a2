"""GraphQL types of the directory."""

from datetime import date

import strawberry

from shared.graph.context import Info
from shared.graph.datatypes import Address, Coding, HumanName
from shared.graph.entities import Entity, entity, listing_of_each
from shared.graph.fields import from_row
from subgraphs.directory import models, policy, repository


def _address(row: models.Organization | models.Location) -> Address:
    return Address(**row.address)


@strawberry.type(description="A point on Earth, WGS 84, in degrees.")
class Position:
    latitude: float = strawberry.field(
        description="The latitude in degrees, -90 to 90; north of the equator is positive."
    )
    longitude: float = strawberry.field(
        description="The longitude in degrees, -180 to 180; east of Greenwich is positive."
    )


def _position(row: models.Location) -> Position | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Position(latitude=row.latitude, longitude=row.longitude)


@entity(policy.locations, scopes=[[policy.READ]], description="A place where care is given (FHIR Location).")
class Location(Entity[models.Location]):
    name: str | None = from_row("name", description="The name of the location; null where it has none of its own.")
    phone: str | None = from_row("phone", description="The telephone number of the location; null where none is known.")
    address: Address | None = from_row(_address, description="The postal address of the location.")
    time_zone: str | None = from_row(
        "time_zone",
        description="The time zone of the location, a name of the IANA time zone database, such as `Europe/Berlin`.",
    )
    position: Position | None = from_row(
        _position, description="Where the location is on Earth; null where that is not known."
    )
    active: bool | None = from_row(
        "active", description="Whether the location is in use; entries that are not are kept, and offered nowhere."
    )
    version: int | None = from_row(
        "version",
        description="The version of the location, which counts its changes; an update names the one that it has read.",
    )

    @strawberry.field(description="The organization that runs the location; null where none is known.")
    async def organization(self, info: Info) -> "Organization | None":
        return await Organization.load(info.context, self.row.organization_id)


@entity(policy.organizations, scopes=[[policy.READ]], description="A hospital, clinic or practice (FHIR Organization).")
class Organization(Entity[models.Organization]):
    name: str | None = from_row("name", description="The name of the organization.")
    phone: str | None = from_row(
        "phone", description="The telephone number of the organization; null where none is known."
    )
    address: Address | None = from_row(_address, description="The postal address of the organization.")
    active: bool | None = from_row(
        "active", description="Whether the organization is in use; entries that are not are kept, and offered nowhere."
    )
    version: int | None = from_row(
        "version",
        description="The version of the organization, which counts its changes; an update names the one that it has read.",
    )

    locations = listing_of_each(
        Location,
        repository.LOCATIONS_OF_ORGANIZATION,
        repository.LOCATIONS,
        description="The locations of the organization, by name.",
    )


@strawberry.type(description="A specialty that a practitioner practises, for whom and where (FHIR PractitionerRole).")
class PractitionerRole:
    row: strawberry.Private[models.PractitionerRole]
    specialty: Coding = strawberry.field(description="The specialty, as a code of NUCC's taxonomy or another system.")

    @strawberry.field(
        description="The organization that the practitioner works for in this specialty; null where none is known."
    )
    async def organization(self, info: Info) -> "Organization | None":
        return await Organization.load(info.context, self.row.organization_id)

    @strawberry.field(
        description="The location where the practitioner works in this specialty; null where none is known."
    )
    async def location(self, info: Info) -> Location | None:
        return await Location.load(info.context, self.row.location_id)


def _name(row: models.Practitioner) -> HumanName:
    return HumanName(given=row.given, family=row.family, prefix=row.prefix, suffix=row.suffix)


@entity(policy.practitioners, scopes=[[policy.READ]], description="A person who gives care (FHIR Practitioner).")
class Practitioner(Entity[models.Practitioner]):
    name: HumanName | None = from_row(_name, description="The name of the practitioner.")
    npi: str | None = from_row(
        "npi",
        description="The practitioner's National Provider Identifier of the United States; null where none is known.",
    )
    licence_number: str | None = from_row(
        "licence_number", description="The number of the practitioner's licence to practise; null where none is known."
    )
    licence_jurisdiction: str | None = from_row(
        "licence_jurisdiction",
        description="Where the licence holds, a code of ISO 3166-1 or 3166-2, such as `US-MA`; null where that is not known.",
    )
    licence_valid_until: date | None = from_row(
        "licence_valid_until", description="The last day on which the licence holds; null where no end is known."
    )
    email: str | None = from_row(
        "email", description="The practitioner's email address at work; null where none is known."
    )
    phone: str | None = from_row(
        "phone", description="The practitioner's telephone number at work; null where none is known."
    )
    languages: list[str] | None = from_row(
        "languages", description="The languages in which the practitioner talks with patients, as tags of BCP 47."
    )
    active: bool | None = from_row("active", description="Whether the practitioner practises here now.")
    version: int | None = from_row(
        "version",
        description="The version of the practitioner, which counts its changes; an update names the one that it has read.",
    )

    @strawberry.field(
        description="The specialties that the practitioner practises, each for an organization or at a location."
    )
    async def roles(self, info: Info) -> list[PractitionerRole] | None:
        return [_role(row) for row in await info.context.load(repository.roles, self.row.id)]


def _role(row: models.PractitionerRole) -> PractitionerRole:
    specialty = Coding(system=row.specialty_system, code=row.specialty_code, display=row.specialty_display)
    return PractitionerRole(row=row, specialty=specialty)
