"""What is asked of the catalogue."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Repeatable
from shared.values import Text, id_of

LabTestId = Annotated[UUID, id_of("LabTest")]


class SaveLabTest(Repeatable):
    """One lab test to enter, or with `id` and `version` to change as a whole."""

    id: LabTestId | None = Field(None, description="The id of the lab test to change; absent for another one.")
    version: int | None = Field(
        None, description="The version of the lab test that the client has read; absent for another one."
    )
    name: Text = Field(description="The name of the lab test.")
    active: bool = Field(True, description="Whether the lab test is in use.")
