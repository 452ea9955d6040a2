"""What the use cases of newdomain are asked to do."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Repeatable
from shared.values import Text, id_of

NewEntityId = Annotated[UUID, id_of("NewEntity")]


class SaveNewEntity(Repeatable):
    """One new entity to enter, or with `id` and `version` to change as a whole."""

    id: NewEntityId | None = Field(None, description="The one to change.")
    version: int | None = Field(None, description="The version that was read.")
    name: Text = Field(description="The name.")
    active: bool = Field(True, description="Whether it is in use.")
