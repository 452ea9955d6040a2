"""What is asked of the catalogue."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Repeatable
from shared.values import Text, id_of

MedicationId = Annotated[UUID, id_of("Medication")]


class SaveMedication(Repeatable):
    """One medication to enter, or with `id` and `version` to change as a whole."""

    id: MedicationId | None = Field(None, description="The id of the medication to change; absent for another one.")
    version: int | None = Field(
        None, description="The version of the medication that the client has read; absent for another one."
    )
    name: Text = Field(description="The name of the medication.")
    active: bool = Field(True, description="Whether the medication is in use.")
