"""What is asked of safety checks."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.commands import Command
from shared.values import LongText, id_of, wrong
from subgraphs.pharmacy.errors import COMMENT_NEEDED
from subgraphs.pharmacy.states import OverrideReason

AlertId = Annotated[UUID, id_of("SafetyAlert")]
_PrescriptionId = Annotated[UUID, id_of("Prescription")]


class CheckPrescription(Command):
    """A prescription whose safety is checked."""

    id: _PrescriptionId = Field(description="The id of the prescription.")


class Override(Command):
    """A finding of a safety check in spite of which something is prescribed."""

    alert_id: AlertId = Field(description="The id of the finding.")
    reason_code: OverrideReason = Field(description="Why it is prescribed nevertheless.")
    comment: LongText | None = Field(None, description="What else there is to say; needed for OTHER.")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.reason_code is OverrideReason.OTHER and self.comment is None:
            raise wrong(COMMENT_NEEDED)
        return self


class OverrideAlert(Override):
    """A finding that a prescriber overrides, so that what is signed can be dispensed."""

    version: int = Field(description="The version of the finding that the client has read.")
