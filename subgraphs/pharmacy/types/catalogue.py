"""The catalogue in the graph."""

from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row
from subgraphs.pharmacy import models, policy


@entity(
    policy.medications, scopes=[[policy.READ]], description="A medicinal product that can be prescribed and dispensed."
)
class Medication(Entity[models.Medication]):
    name: str | None = from_row("name", description="The name of the medication.")
    active: bool | None = from_row("active", description="Whether the medication is in use.")
    version: int | None = from_row(
        "version",
        description="The version of the medication, which counts its changes; an update names the one that it has read.",
    )
