"""The catalogue in the graph."""

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row
from subgraphs.pharmacy import models, policy
from subgraphs.pharmacy.codes import ControlledSchedule, DispensingUnit
from subgraphs.pharmacy.repository import catalogue as repository


def _schedule(row: models.Medication) -> ControlledSchedule | None:
    return ControlledSchedule(row.schedule) if row.schedule else None


@strawberry.type(description="An active ingredient of a medication.")
class MedicationIngredient:
    row: strawberry.Private[models.MedicationIngredient]

    rxcui: str = from_row("rxcui", description="The number of the ingredient in RxNorm (RXCUI).")
    name: str = from_row("name", description="The name of the ingredient.")
    strength: float = from_row(
        lambda row: float(row.strength),
        description="How much of the ingredient is in the medication, in `strengthUnit`.",
    )
    strength_unit: str = from_row(
        "strength_unit",
        description="The unit of the strength (UCUM): mg of what is in one piece, mg/mL of what is measured by volume.",
    )


@strawberry.type(description="A pack that a medication comes in.")
class MedicationPack:
    row: strawberry.Private[models.MedicationPack]

    name: str = from_row("name", description="The name of the pack, such as box of 30.")
    units: float = from_row(lambda row: float(row.units), description="How many units of dispensing are in one pack.")


@entity(
    policy.medications, scopes=[[policy.READ]], description="A medicinal product that can be prescribed and dispensed."
)
class Medication(Entity[models.Medication]):
    rxcui: str | None = from_row(
        "rxcui",
        description="The number of the medication in RxNorm (RXCUI); null for what the clinic prepares itself.",
    )
    name: str | None = from_row("name", description="The name of the medication.")
    dose_form: str | None = from_row("dose_form", description="The form of the medication, such as Oral Tablet.")
    unit: DispensingUnit | None = from_row(
        lambda row: DispensingUnit(row.unit), description="What the medication is counted in."
    )
    schedule: ControlledSchedule | None = from_row(
        _schedule, description="How strictly the medication is controlled; null if it is not."
    )
    active: bool | None = from_row("active", description="Whether the medication is in use.")
    version: int | None = from_row(
        "version",
        description="The version of the medication, which counts its changes; an update names the one that it has read.",
    )

    @strawberry.field(description="The active ingredients of the medication.")
    async def ingredients(self, info: Info) -> list[MedicationIngredient] | None:
        rows = await info.context.load(repository.ingredients, self.row.id)
        return [MedicationIngredient(row=row) for row in rows]

    @strawberry.field(description="The packs that the medication comes in besides single units, the smallest first.")
    async def packs(self, info: Info) -> list[MedicationPack] | None:
        return [MedicationPack(row=row) for row in await info.context.load(repository.packs, self.row.id)]
