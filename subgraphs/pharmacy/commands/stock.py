"""What is asked of stock."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.commands import Command, Repeatable
from shared.values import OptionalText, PastTime, Text, wrong
from subgraphs.pharmacy.codes import StockReason
from subgraphs.pharmacy.commands.values import (
    AccountId,
    Amount,
    Change,
    LocationId,
    LotId,
    MedicationId,
    Quantity,
    StockCountId,
)
from subgraphs.pharmacy.errors import COUNT_LOTS

MOST_LOTS = 5000


class SaveStockMinimum(Command):
    """How much of a medication is kept at a location."""

    location_id: LocationId = Field(description="The id of the location.")
    medication_id: MedicationId = Field(description="The id of the medication.")
    minimum: Amount | None = Field(
        None,
        description="Of how much there is to be at least, in units of dispensing; absent: it is not kept there any more.",
    )


class Movement(Repeatable):
    """What moves stock."""

    occurred_at: PastTime | None = Field(None, description="When the stock moved; absent: now.")


class ReceiveStock(Movement):
    """A delivery of one lot of a medication."""

    location_id: LocationId = Field(description="The id of the location that the stock is delivered to.")
    medication_id: MedicationId = Field(description="The id of the medication.")
    lot_number: Text = Field(description="The number of the lot, as the label has it.")
    expires_on: date = Field(description="The last day on which the lot can be dispensed.")
    quantity: Quantity = Field(
        description="How much is delivered, in units of dispensing, or in packs if `pack` says so."
    )
    pack: OptionalText = Field(
        None, description="The name of the pack that `quantity` counts, one of the medication's; absent: single units."
    )


class ChangeOfLot(Movement):
    """What changes how much there is of a lot."""

    lot_id: LotId = Field(description="The id of the lot.")
    reason: StockReason = Field(description="Why the stock changes.")
    witness_id: AccountId | None = Field(
        None,
        description=(
            "The id of the account of somebody else who was there; controlled medications take one where there is less."
        ),
    )


class AdjustStock(ChangeOfLot):
    """A correction of how much there is of a lot."""

    change: Change = Field(description="By how much there is more, or less if it is negative, in units of dispensing.")


class WasteStock(ChangeOfLot):
    """What is thrown away of a lot."""

    quantity: Quantity = Field(description="How much is thrown away, in units of dispensing.")


class TransferStock(Movement):
    """What goes from one location to another of a lot."""

    lot_id: LotId = Field(description="The id of the lot.")
    to_location_id: LocationId = Field(description="The id of the location that the stock goes to.")
    quantity: Quantity = Field(description="How much goes there, in units of dispensing.")


class ChangeLotStatus(Command):
    """A lot to bring into another state."""

    id: LotId = Field(description="The id of the lot.")
    version: int = Field(description="The version of the lot that the client has read.")


class StartStockCount(Repeatable):
    """A count of the stock of a location."""

    location_id: LocationId = Field(description="The id of the location.")


class CountedLot(Command):
    """What was found of a lot."""

    lot_id: LotId = Field(description="The id of the lot.")
    counted: Amount = Field(description="How much was found, in units of dispensing.")


def _each_once(lots: list[CountedLot]) -> list[CountedLot]:
    if len({each.lot_id for each in lots}) < len(lots):
        raise wrong(COUNT_LOTS)
    return lots


class SubmitStockCount(Command):
    """What was counted; lots that are not named were not counted, and stay as they are."""

    id: StockCountId = Field(description="The id of the count.")
    version: int = Field(description="The version of the count that the client has read.")
    lots: Annotated[list[CountedLot], Field(min_length=1, max_length=MOST_LOTS), AfterValidator(_each_once)] = Field(
        description="What was found of each lot."
    )


class ApproveStockCount(Repeatable):
    """A count that is right: stock becomes what was counted, but for what moved since then."""

    id: StockCountId = Field(description="The id of the count.")
    version: int = Field(description="The version of the count that the client has read.")


class DiscardStockCount(Command):
    """A count to give up."""

    id: StockCountId = Field(description="The id of the count.")
    version: int = Field(description="The version of the count that the client has read.")
