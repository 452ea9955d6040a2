"""The directory's part of the graph."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.datatypes import Coding
from shared.graph.entities import by_key, listing
from shared.graph.fields import LONGEST_SEARCH, bounded, key_of, query
from shared.graph.mutations import mutation
from shared.graph.schema import Schema
from subgraphs.directory import models, repository
from subgraphs.directory.commands import SaveLocation, SaveOrganization, SavePractitioner
from subgraphs.directory.policy import READ, WRITE
from subgraphs.directory.service import entries
from subgraphs.directory.types import Location, Organization, Practitioner

Search = Annotated[
    str | None,
    bounded(
        "Only entries whose name has these words, or words much like them, in any order, however they are spelt.",
        LONGEST_SEARCH,
    ),
]


@strawberry.type
class Query:
    organization = by_key(
        Organization,
        description="The organization with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )
    location = by_key(
        Location, description="The location with an id; null if there is none that the caller may see.", scopes=[[READ]]
    )
    practitioner = by_key(
        Practitioner,
        description="The practitioner with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )

    @listing(
        Organization,
        repository.ORGANIZATIONS,
        description="The organizations of the directory, by name.",
        scopes=[[READ]],
    )
    async def organizations(self, info: Info, search: Search = None) -> Select[models.Organization]:
        return repository.search_organizations(info.context.principal, search)

    @listing(Location, repository.LOCATIONS, description="The locations of the directory, by name.", scopes=[[READ]])
    async def locations(self, info: Info, search: Search = None) -> Select[models.Location]:
        return repository.search_locations(info.context.principal, search)

    @listing(
        Practitioner,
        repository.PRACTITIONERS,
        description="The practitioners of the directory, by name; those with one role that meets all that is asked of it.",
        scopes=[[READ]],
    )
    async def practitioners(
        self,
        info: Info,
        search: Search = None,
        specialty: Annotated[
            str | None, strawberry.argument(description="Only practitioners with the specialty of this code.")
        ] = None,
        language: Annotated[
            str | None,
            strawberry.argument(
                description="Only practitioners who talk with patients in this language, a tag of BCP 47."
            ),
        ] = None,
        organization_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only practitioners who work for the organization with this id."),
        ] = None,
        location_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only practitioners who work at the location with this id."),
        ] = None,
    ) -> Select[models.Practitioner]:
        role = repository.RoleFilter(
            specialty, key_of(organization_id, "Organization"), key_of(location_id, "Location")
        )
        return repository.search_practitioners(info.context.principal, search, language, role)

    @query(
        description="The specialties that somebody practises here now, by name, such as `practitioners` and `findSlots` take.",
        scopes=[[READ]],
    )
    async def specialties(self, info: Info) -> list[Coding] | None:
        found = await repository.specialties(info.context)
        return [Coding(system=system, code=code, display=display) for system, code, display in found]


@strawberry.type
class Mutation:
    @mutation(description="Create or change an organization.", scopes=[[WRITE]], errors=[NotFound, VersionConflict])
    async def save_organization(self, info: Info, input: SaveOrganization) -> Organization:
        return Organization.of(await entries.save_organization(info.context, input))

    @mutation(description="Create or change a location.", scopes=[[WRITE]], errors=[NotFound, VersionConflict])
    async def save_location(self, info: Info, input: SaveLocation) -> Location:
        return Location.of(await entries.save_location(info.context, input))

    @mutation(
        description="Create or change a practitioner with their roles.",
        scopes=[[WRITE]],
        errors=[NotFound, VersionConflict],
    )
    async def save_practitioner(self, info: Info, input: SavePractitioner) -> Practitioner:
        return Practitioner.of(await entries.save_practitioner(info.context, input))


schema = Schema(query=Query, mutation=Mutation)
