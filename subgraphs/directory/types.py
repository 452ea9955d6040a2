"""GraphQL types of the directory."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

import strawberry

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Context, Info
from shared.graph.datatypes import Address, AddressInput, Coding, CodingInput, HumanName
from shared.graph.errors import InvalidInput, NotFound, VersionConflict
from shared.graph.fields import from_row
from subgraphs.directory import models, policy, repository


def _address(row: models.Organization | models.Location) -> Address:
    return Address(**row.address)


@strawberry.federation.type(
    keys=["id"], requires_scopes=[[policy.READ]], description="A hospital, clinic or practice (FHIR Organization)."
)
class Organization:
    row: strawberry.Private[models.Organization]
    id: strawberry.ID = strawberry.field(description="Its key.")
    name: str | None = from_row("name", description="Its name.")
    phone: str | None = from_row("phone", description="Its telephone number.")
    address: Address | None = from_row(_address, description="Where it is.")
    active: bool | None = from_row("active", description="Whether it is in use.")
    version: int | None = from_row("version", description="Counts its changes; an update names the one that it read.")

    @strawberry.field(description="Its locations, by name.")
    async def locations(
        self, info: Info, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection["Location"] | None:
        statement = repository.search_locations(info.context.principal, None, self.row.id)
        return await connect(info.context, statement, repository.LOCATIONS, Location.of, first, after)

    @classmethod
    def of(cls, row: models.Organization) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)))

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.organizations(context, ids)]


@strawberry.type(description="A point on Earth, WGS 84, in degrees.")
class Position:
    latitude: float = strawberry.field(description="North of the equator.")
    longitude: float = strawberry.field(description="East of Greenwich.")


def _position(row: models.Location) -> Position | None:
    if row.latitude is None or row.longitude is None:
        return None
    return Position(latitude=row.latitude, longitude=row.longitude)


@strawberry.federation.type(
    keys=["id"], requires_scopes=[[policy.READ]], description="A place where care is given (FHIR Location)."
)
class Location:
    row: strawberry.Private[models.Location]
    id: strawberry.ID = strawberry.field(description="Its key.")
    name: str | None = from_row("name", description="Its name; some have none of their own.")
    phone: str | None = from_row("phone", description="Its telephone number.")
    address: Address | None = from_row(_address, description="Where it is.")
    time_zone: str | None = from_row("time_zone", description="Its time zone, a name of the IANA database.")
    position: Position | None = from_row(_position, description="Where it is on the map.")
    active: bool | None = from_row("active", description="Whether it is in use.")
    version: int | None = from_row("version", description="Counts its changes; an update names the one that it read.")

    @strawberry.field(description="Whose location it is.")
    async def organization(self, info: Info) -> Organization | None:
        return await _one_organization(info, self.row.organization_id)

    @classmethod
    def of(cls, row: models.Location) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)))

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.locations(context, ids)]


@strawberry.type(description="What a practitioner does, for whom and where (FHIR PractitionerRole).")
class PractitionerRole:
    row: strawberry.Private[models.PractitionerRole]
    specialty: Coding = strawberry.field(description="The specialty, in NUCC's taxonomy or another system.")

    @strawberry.field(description="The organization.")
    async def organization(self, info: Info) -> Organization | None:
        return await _one_organization(info, self.row.organization_id)

    @strawberry.field(description="The place.")
    async def location(self, info: Info) -> Location | None:
        if self.row.location_id is None:
            return None
        row = await info.context.load(repository.locations, self.row.location_id)
        return Location.of(row) if row else None


def _name(row: models.Practitioner) -> HumanName:
    return HumanName(given=row.given, family=row.family, prefix=row.prefix)


@strawberry.federation.type(
    keys=["id"], requires_scopes=[[policy.READ]], description="A person who gives care (FHIR Practitioner)."
)
class Practitioner:
    row: strawberry.Private[models.Practitioner]
    id: strawberry.ID = strawberry.field(description="Their key.")
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

    @classmethod
    def of(cls, row: models.Practitioner) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)))

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.practitioners(context, ids)]


@strawberry.input(description="An organization to enter, or with `id` and `version` to change as a whole.")
class OrganizationInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The one to change.")
    version: int | None = strawberry.field(default=None, description="The version that was read.")
    name: str = strawberry.field(description="Its name.")
    phone: str | None = strawberry.field(default=None, description="Its telephone number.")
    address: AddressInput = strawberry.field(description="Where it is.")
    active: bool = strawberry.field(default=True, description="Whether it is in use.")


@strawberry.input(description="A location to enter, or with `id` and `version` to change as a whole.")
class LocationInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The one to change.")
    version: int | None = strawberry.field(default=None, description="The version that was read.")
    organization_id: strawberry.ID | None = strawberry.field(default=None, description="Whose location it is.")
    name: str | None = strawberry.field(default=None, description="Its name.")
    phone: str | None = strawberry.field(default=None, description="Its telephone number.")
    address: AddressInput = strawberry.field(description="Where it is.")
    time_zone: str = strawberry.field(description="Its time zone, a name of the IANA database.")
    active: bool = strawberry.field(default=True, description="Whether it is in use.")


@strawberry.input(description="What a practitioner does, for whom and where.")
class PractitionerRoleInput:
    specialty: CodingInput = strawberry.field(description="The specialty.")
    organization_id: strawberry.ID | None = strawberry.field(default=None, description="The organization.")
    location_id: strawberry.ID | None = strawberry.field(default=None, description="The place.")


@strawberry.input(description="A practitioner to enter, or with `id` and `version` to change as a whole.")
class PractitionerInput:
    id: strawberry.ID | None = strawberry.field(default=None, description="The one to change.")
    version: int | None = strawberry.field(default=None, description="The version that was read.")
    family: str = strawberry.field(description="Family name.")
    given: list[str] = strawberry.field(description="Given names.")
    prefix: str | None = strawberry.field(default=None, description="What comes before the name.")
    npi: str | None = strawberry.field(default=None, description="National Provider Identifier.")
    licence_number: str | None = strawberry.field(default=None, description="The licence to practise.")
    email: str | None = strawberry.field(default=None, description="Address at work.")
    phone: str | None = strawberry.field(default=None, description="Telephone at work.")
    languages: list[str] = strawberry.field(default_factory=list, description="Languages, BCP 47.")
    roles: list[PractitionerRoleInput] = strawberry.field(default_factory=list, description="What they do.")
    active: bool = strawberry.field(default=True, description="Whether they practise here now.")


@strawberry.type(description="The organization as it is now.")
class SaveOrganizationSuccess:
    organization: Organization = strawberry.field(description="The organization.")


@strawberry.type(description="The location as it is now.")
class SaveLocationSuccess:
    location: Location = strawberry.field(description="The location.")


@strawberry.type(description="The practitioner as they are now.")
class SavePractitionerSuccess:
    practitioner: Practitioner = strawberry.field(description="The practitioner.")


SaveOrganizationPayload = Annotated[
    SaveOrganizationSuccess | InvalidInput | NotFound | VersionConflict,
    strawberry.union("SaveOrganizationPayload", description="The outcome of saving an organization."),
]
SaveLocationPayload = Annotated[
    SaveLocationSuccess | InvalidInput | NotFound | VersionConflict,
    strawberry.union("SaveLocationPayload", description="The outcome of saving a location."),
]
SavePractitionerPayload = Annotated[
    SavePractitionerSuccess | InvalidInput | NotFound | VersionConflict,
    strawberry.union("SavePractitionerPayload", description="The outcome of saving a practitioner."),
]


def _role(row: models.PractitionerRole) -> PractitionerRole:
    specialty = Coding(system=row.specialty_system, code=row.specialty_code, display=row.specialty_display)
    return PractitionerRole(row=row, specialty=specialty)


async def _one_organization(info: Info, key: UUID | None) -> Organization | None:
    if key is None:
        return None
    row = await info.context.load(repository.organizations, key)
    return Organization.of(row) if row else None
