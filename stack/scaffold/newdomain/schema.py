"""The schema of newdomain."""

from typing import Annotated

import strawberry
from sqlalchemy import Select

from shared.errors import NotFound, VersionConflict
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.mutations import mutation
from shared.graph.schema import Schema
from stack.scaffold.newdomain import models, repository, service
from stack.scaffold.newdomain.commands import SaveNewEntity
from stack.scaffold.newdomain.policy import READ, WRITE
from stack.scaffold.newdomain.types import NewEntity

Active = Annotated[
    bool | None,
    strawberry.argument(description="Only new entities that are in use, or only those that are not; absent: all."),
]


@strawberry.type
class Query:
    new_entity = by_key(
        NewEntity,
        description="The new entity with an id; null if there is none that the caller may see.",
        scopes=[[READ]],
    )

    @listing(NewEntity, repository.NEW_ENTITIES, description="The new entities, by name.", scopes=[[READ]])
    async def new_entities(self, info: Info, active: Active = None) -> Select[models.NewEntity]:
        return repository.new_entities(info.context.principal, active)


@strawberry.type
class Mutation:
    @mutation(description="Enter or change one new entity.", scopes=[[WRITE]], errors=[NotFound, VersionConflict])
    async def save_new_entity(self, info: Info, input: SaveNewEntity) -> NewEntity:
        return NewEntity.of(await service.save_new_entity(info.context, input))


schema = Schema(query=Query, mutation=Mutation)
