"""What is asked of the catalogue."""

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.commands import Command, Repeatable
from shared.values import Text, wrong
from subgraphs.pharmacy.codes import ControlledSchedule, DispensingUnit
from subgraphs.pharmacy.commands.values import MedicationId, OptionalRxcui, Quantity, Rxcui, Strength, UcumUnit
from subgraphs.pharmacy.errors import INGREDIENT_REPEATED, PACK_REPEATED

SEVERAL = 20


class Ingredient(Command):
    """An active ingredient of a medication."""

    rxcui: Rxcui = Field(description="The number of the ingredient in RxNorm (RXCUI).")
    name: Text = Field(description="The name of the ingredient.")
    strength: Strength = Field(description="How much of the ingredient is in the medication, in `strengthUnit`.")
    strength_unit: UcumUnit = Field(
        description="The unit of the strength (UCUM): mg of what is in one piece, mg/mL of what is measured by volume."
    )


class Pack(Command):
    """A pack that a medication comes in."""

    name: Text = Field(description="The name of the pack, such as box of 30.")
    units: Quantity = Field(description="How many units of dispensing are in one pack.")


def _once(ingredients: list[Ingredient]) -> list[Ingredient]:
    if len({each.rxcui for each in ingredients}) < len(ingredients):
        raise wrong(INGREDIENT_REPEATED)
    return ingredients


def _distinct(packs: list[Pack]) -> list[Pack]:
    if len({each.name.casefold() for each in packs}) < len(packs):
        raise wrong(PACK_REPEATED)
    return packs


class SaveMedication(Repeatable):
    """One medication to enter, or with `id` and `version` to change as a whole."""

    id: MedicationId | None = Field(None, description="The id of the medication to change; absent for another one.")
    version: int | None = Field(
        None, description="The version of the medication that the client has read; absent for another one."
    )
    rxcui: OptionalRxcui = Field(
        None, description="The number of the medication in RxNorm (RXCUI); absent for what the clinic prepares itself."
    )
    name: Text = Field(description="The name of the medication.")
    dose_form: Text = Field(description="The form of the medication, such as Oral Tablet.")
    unit: DispensingUnit = Field(description="What the medication is counted in.")
    schedule: ControlledSchedule | None = Field(
        None, description="How strictly the medication is controlled; absent if it is not."
    )
    ingredients: Annotated[list[Ingredient], Field(min_length=1, max_length=SEVERAL), AfterValidator(_once)] = Field(
        description="The active ingredients of the medication."
    )
    packs: Annotated[list[Pack], Field(max_length=SEVERAL), AfterValidator(_distinct)] = Field(
        [], description="The packs that the medication comes in, besides single units."
    )
    active: bool = Field(True, description="Whether the medication is in use.")
