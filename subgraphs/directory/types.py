"""GraphQL types of the directory."""

import strawberry
from sqlalchemy import Select

from shared.graph.context import Info
from shared.graph.datatypes import Address, Coding, HumanName
from shared.graph.entities import Entity, entity, listing
from shared.graph.fields import from_row
from subgraphs.directory import models, policy, repository


def _address(row: models.Organization | models.Location) -> Address:
    return Address(**row.address)


@strawberry.type(description="A point on Earth, WGS 84, in degrees.")
class Position:
    latitude: float = strawberry.field(description="North of the equator.")
    longitude: float = strawberry.field(description="East of Greenwich.")


def _position(row: models.Location) -> Position | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Position(latitude=row.latitude, longitude=row.longitude)


@entity(policy.locations, scopes=[[policy.READ]], description="A place where care is given (FHIR Location).")
class Location(Entity[models.Location]):
    name: str | None = from_row("name", description="Its name; some have none of their own.")
    phone: str | None = from_row("phone", description="Its telephone number.")
    address: Address | None = from_row(_address, description="Where it is.")
    time_zone: str | None = from_row("time_zone", description="Its time zone, a name of the IANA database.")
    position: Position | None = from_row(_position, description="Where it is on the map.")
    active: bool | None = from_row("active", description="Whether it is in use.")
    version: int | None = from_row("version", description="Counts its changes; an update names the one that it read.")

    @strawberry.field(description="Whose location it is.")
    async def organization(self, info: Info) -> "Organization | None":
        return await Organization.load(info.context, self.row.organization_id)


@entity(policy.organizations, scopes=[[policy.READ]], description="A hospital, clinic or practice (FHIR Organization).")
class Organization(Entity[models.Organization]):
    name: str | None = from_row("name", description="Its name.")
    phone: str | None = from_row("phone", description="Its telephone number.")
    address: Address | None = from_row(_address, description="Where it is.")
    active: bool | None = from_row("active", description="Whether it is in use.")
    version: int | None = from_row("version", description="Counts its changes; an update names the one that it read.")

    @listing(Location, repository.LOCATIONS, description="Its locations, by name.")
    async def locations(self, info: Info) -> Select[models.Location]:
        return repository.search_locations(info.context.principal, None, self.row.id)


@strawberry.type(description="What a practitioner does, for whom and where (FHIR PractitionerRole).")
class PractitionerRole:
    row: strawberry.Private[models.PractitionerRole]
    specialty: Coding = strawberry.field(description="The specialty, in NUCC's taxonomy or another system.")

    @strawberry.field(description="The organization.")
    async def organization(self, info: Info) -> "Organization | None":
        return await Organization.load(info.context, self.row.organization_id)

    @strawberry.field(description="The place.")
    async def location(self, info: Info) -> Location | None:
        return await Location.load(info.context, self.row.location_id)


def _name(row: models.Practitioner) -> HumanName:
    return HumanName(given=row.given, family=row.family, prefix=row.prefix)


@entity(policy.practitioners, scopes=[[policy.READ]], description="A person who gives care (FHIR Practitioner).")
class Practitioner(Entity[models.Practitioner]):
    name: HumanName | None = from_row(_name, description="Their name.")
    npi: str | None = from_row("npi", description="National Provider Identifier of the United States.")
    licence_number: str | None = from_row("licence_number", description="The licence to practise.")
    email: str | None = from_row("email", description="Address at work.")
    phone: str | None = from_row("phone", description="Telephone at work.")
    languages: list[str] | None = from_row("languages", description="Languages for talks with patients, BCP 47.")
    active: bool | None = from_row("active", description="Whether they practise here now.")
    version: int | None = from_row("version", description="Counts the changes; an update names the one that it read.")

    @strawberry.field(description="What they do, for whom and where.")
    async def roles(self, info: Info) -> list[PractitionerRole] | None:
        return [_role(row) for row in await info.context.load(repository.roles, self.row.id)]


def _role(row: models.PractitionerRole) -> PractitionerRole:
    specialty = Coding(system=row.specialty_system, code=row.specialty_code, display=row.specialty_display)
    return PractitionerRole(row=row, specialty=specialty)
