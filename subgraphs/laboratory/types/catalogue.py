"""The catalogue in the graph."""

from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row
from subgraphs.laboratory import models, policy


@entity(policy.lab_tests, scopes=[[policy.READ]], description="An examination that a laboratory offers.")
class LabTest(Entity[models.LabTest]):
    name: str | None = from_row("name", description="The name of the lab test.")
    active: bool | None = from_row("active", description="Whether the lab test is in use.")
    version: int | None = from_row(
        "version",
        description="The version of the lab test, which counts its changes; an update names the one that it has read.",
    )
