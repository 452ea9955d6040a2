"""What is asked of dispensing, and of requests for more."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Command, Repeatable
from shared.values import LongText, id_of
from subgraphs.pharmacy.commands.prescriptions import PrescriptionId
from subgraphs.pharmacy.commands.values import LotId, Quantity

DispenseId = Annotated[UUID, id_of("Dispense")]
RefillRequestId = Annotated[UUID, id_of("RefillRequest")]

_VERSION = "The version that the client has read."


class Dispense(Repeatable):
    """Some of a prescription to set apart for its patient."""

    prescription_id: PrescriptionId = Field(description="The id of the prescription.")
    version: int = Field(description="The version of the prescription that the client has read.")
    quantity: Quantity = Field(description="How much, in the medication's unit of dispensing.")


class ChangeDispense(Command):
    """Something dispensed that is changed, at the version that was read."""

    id: DispenseId = Field(description="The id of what is dispensed.")
    version: int = Field(description=_VERSION)


class ReadyDispense(ChangeDispense):
    """What was set apart and is ready for the patient to pick up."""


class ResumeDispense(ChangeDispense):
    """What was laid aside and is prepared further."""


class HandOver(ChangeDispense, Repeatable):
    """What is ready, and is given to the patient or to somebody for them."""


class _WithReason(ChangeDispense):
    reason: LongText = Field(description="Why that is so.")


class HoldDispense(_WithReason):
    """What is laid aside for the time being."""


class ReturnDispense(_WithReason, Repeatable):
    """What comes back to stock: nobody has fetched it, or the patient has brought it back."""


class ReturnPart(_WithReason, Repeatable):
    """Some of what was handed over that the patient brings back."""

    lot_id: LotId = Field(description="The id of the lot that it is of.")
    quantity: Quantity = Field(description="How much comes back, in the medication's unit of dispensing.")


class DeclineDispense(_WithReason):
    """What is not dispensed after all."""


class RequestRefill(Repeatable):
    """More of what was prescribed, which its patient asks the prescriber for."""

    prescription_id: PrescriptionId = Field(description="The id of the prescription.")
    note: LongText | None = Field(None, description="What the prescriber is to know.")


class DecideRefill(Repeatable):
    """A request for more that a prescriber answers."""

    id: RefillRequestId = Field(description="The id of the request.")
    version: int = Field(description=_VERSION)
    approve: bool = Field(
        description="Whether there is to be more: then a prescription is drafted, which takes a signature."
    )
    answer: LongText | None = Field(None, description="What the patient is to know.")


class WithdrawRefill(Command):
    """A request for more that is taken back before it is answered."""

    id: RefillRequestId = Field(description="The id of the request.")
    version: int = Field(description=_VERSION)
