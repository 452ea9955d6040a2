"""What is asked of control material and its runs."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.commands import Command, Repeatable
from shared.values import Text, id_of, text
from subgraphs.laboratory.commands.inbound import AnalyzerId
from subgraphs.laboratory.commands.values import LabTestId

QcMaterialId = Annotated[UUID, id_of("QcMaterial")]
Level = Annotated[str, text(50)]
_LARGEST = 1e9
Measured = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False)]


class SaveQcMaterial(Repeatable):
    """Control material of an analyzer. With `id`, it becomes that one, which is then all of it."""

    id: QcMaterialId | None = Field(None, description="The id of the material to change; absent for a new one.")
    version: int | None = Field(None, description="The version that the client has read; none for a new one.")
    analyzer_id: AnalyzerId = Field(description="The id of the analyzer.")
    lab_test_id: LabTestId = Field(description="The id of the test, which gives numbers.")
    level: Level = Field(description="Which of the test's materials it is, such as low, normal or high.")
    lot: Text | None = Field(None, description="The number of its lot.")
    mean: Measured = Field(description="What should be measured on average, in the test's unit.")
    deviation: Annotated[float, Field(ge=1e-6, le=_LARGEST, allow_inf_nan=False)] = Field(
        description="The standard deviation, in the test's unit."
    )
    active: bool = Field(True, description="Whether the material is in use.")


class QcValue(Command):
    """What was measured in one material."""

    qc_material_id: QcMaterialId = Field(description="The id of the material.")
    measured: Measured = Field(description="What was measured, in the test's unit.")


class RecordQcRun(Repeatable):
    """What an analyzer measured in its control material of a test."""

    values: Annotated[list[QcValue], Field(min_length=1, max_length=5)] = Field(
        description="What was measured, of each material once; all of them of one analyzer and test."
    )
