"""GraphQL types of newdomain."""

from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row
from stack.scaffold.newdomain import models, policy


@entity(policy.new_entities, scopes=[[policy.READ]], description="One new entity.")
class NewEntity(Entity[models.NewEntity]):
    name: str | None = from_row("name", description="The name of the new entity.")
    active: bool | None = from_row("active", description="Whether the new entity is in use.")
    version: int | None = from_row(
        "version",
        description="The version of the new entity, which counts its changes; an update names the one that it has read.",
    )
