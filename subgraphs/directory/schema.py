"""The directory's part of the graph."""

from typing import Annotated

import strawberry
from sqlalchemy import false
from sqlmodel import col

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Info
from shared.graph.fields import mutation, query
from shared.graph.schema import Schema
from shared.ids import parse_id
from subgraphs.directory import repository, service
from subgraphs.directory.models import PractitionerRole
from subgraphs.directory.policy import READ, WRITE
from subgraphs.directory.types import (
    Location,
    LocationInput,
    Organization,
    OrganizationInput,
    Practitioner,
    PractitionerInput,
    SaveLocationPayload,
    SaveLocationSuccess,
    SaveOrganizationPayload,
    SaveOrganizationSuccess,
    SavePractitionerPayload,
    SavePractitionerSuccess,
)

Search = Annotated[str | None, strawberry.argument(description="A part of the name, or words much like it.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The key.")]


def _filter(description: str) -> object:
    return strawberry.argument(description=description)


@strawberry.type
class Query:
    @query(description="An organization by its key.", scopes=[[READ]])
    async def organization(self, info: Info, id: Id) -> Organization | None:
        key = parse_id(id)
        return (await Organization.resolve_references(info.context, [key]))[0] if key else None

    @query(description="Organizations, by name.", scopes=[[READ]])
    async def organizations(
        self, info: Info, search: Search = None, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Organization] | None:
        statement = repository.search_organizations(info.context.principal, search)
        return await connect(info.context, statement, repository.ORGANIZATIONS, Organization.of, first, after)

    @query(description="A location by its key.", scopes=[[READ]])
    async def location(self, info: Info, id: Id) -> Location | None:
        key = parse_id(id)
        return (await Location.resolve_references(info.context, [key]))[0] if key else None

    @query(description="Locations, by name.", scopes=[[READ]])
    async def locations(
        self, info: Info, search: Search = None, first: First = DEFAULT_FIRST, after: After = None
    ) -> Connection[Location] | None:
        statement = repository.search_locations(info.context.principal, search, None)
        return await connect(info.context, statement, repository.LOCATIONS, Location.of, first, after)

    @query(description="A practitioner by their key.", scopes=[[READ]])
    async def practitioner(self, info: Info, id: Id) -> Practitioner | None:
        key = parse_id(id)
        return (await Practitioner.resolve_references(info.context, [key]))[0] if key else None

    @query(
        description="Practitioners by name; those with one role that meets all that is asked of it.", scopes=[[READ]]
    )
    async def practitioners(
        self,
        info: Info,
        search: Search = None,
        specialty: Annotated[str | None, strawberry.argument(description="A specialty's code.")] = None,
        language: Annotated[str | None, strawberry.argument(description="A language that they speak, BCP 47.")] = None,
        organization_id: Annotated[strawberry.ID | None, strawberry.argument(description="Who they work for.")] = None,
        location_id: Annotated[strawberry.ID | None, strawberry.argument(description="Where they work.")] = None,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Practitioner] | None:
        role = []
        if specialty is not None:
            role.append(col(PractitionerRole.specialty_code) == specialty)
        for column, key in (
            (col(PractitionerRole.organization_id), organization_id),
            (col(PractitionerRole.location_id), location_id),
        ):
            if key is not None:
                identifier = parse_id(key)
                role.append(column == identifier if identifier else false())
        statement = repository.search_practitioners(info.context.principal, search, language, role)
        return await connect(info.context, statement, repository.PRACTITIONERS, Practitioner.of, first, after)


@strawberry.type
class Mutation:
    @mutation(description="Enter or change an organization.", scopes=[[WRITE]])
    async def save_organization(self, info: Info, input: OrganizationInput) -> SaveOrganizationPayload | None:
        row = await service.save_organization(info.context, input)
        return SaveOrganizationSuccess(organization=Organization.of(row))

    @mutation(description="Enter or change a location.", scopes=[[WRITE]])
    async def save_location(self, info: Info, input: LocationInput) -> SaveLocationPayload | None:
        row = await service.save_location(info.context, input)
        return SaveLocationSuccess(location=Location.of(row))

    @mutation(description="Enter or change a practitioner with their roles.", scopes=[[WRITE]])
    async def save_practitioner(self, info: Info, input: PractitionerInput) -> SavePractitionerPayload | None:
        row = await service.save_practitioner(info.context, input)
        return SavePractitionerSuccess(practitioner=Practitioner.of(row))


schema = Schema(query=Query, mutation=Mutation)
