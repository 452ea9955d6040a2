"""What the use cases of newdomain are asked to do."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Repeatable
from shared.values import Text, id_of

NewEntityId = Annotated[UUID, id_of("NewEntity")]


class SaveNewEntity(Repeatable):
    """One new entity to enter, or with `id` and `version` to change as a whole."""

    id: NewEntityId | None = Field(None, description="The id of the new entity to change; absent for another one.")
    version: int | None = Field(
        None, description="The version of the new entity that the client has read; absent for another one."
    )
    name: Text = Field(description="The name of the new entity.")
    active: bool = Field(True, description="Whether the new entity is in use.")
