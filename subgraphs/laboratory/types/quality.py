"""Control material and its runs in the graph."""

from datetime import datetime

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity, reference
from shared.graph.fields import from_row
from subgraphs.laboratory import models, policy
from subgraphs.laboratory.codes import QcRule, QcVerdict
from subgraphs.laboratory.types.catalogue import LabTest, number
from subgraphs.laboratory.types.inbound import Analyzer
from subgraphs.laboratory.types.stubs import StaffMember

_SCOPES = [[policy.EXAMINE], [policy.WRITE]]


@entity(
    policy.qc_materials,
    scopes=_SCOPES,
    description="Material of which it is known what an analyzer should measure in it.",
)
class QcMaterial(Entity[models.QcMaterial]):
    level: str | None = from_row("level", description="Which of the test's materials it is, such as low or high.")
    lot: str | None = from_row("lot", description="The number of the material's lot; null where that was not said.")
    mean: float | None = number("mean", description="What should be measured on average, in the unit of the test.")
    deviation: float | None = number("deviation", description="The standard deviation, in the unit of the test.")
    active: bool | None = from_row("active", description="Whether the material is in use.")
    version: int | None = from_row(
        "version", description="The version, which counts changes; an update names the one that it has read."
    )

    @strawberry.field(description="The analyzer that measures in the material.")
    async def analyzer(self, info: Info) -> Analyzer | None:
        return await Analyzer.load(info.context, self.row.analyzer_id)

    @strawberry.field(description="The test that is measured in the material.")
    async def lab_test(self, info: Info) -> LabTest | None:
        return await LabTest.load(info.context, self.row.lab_test_id)


@strawberry.type(description="What was measured in one material of a run.")
class QcMeasurement:
    level: str = strawberry.field(description="The level of the material.")
    value: float = strawberry.field(description="What was measured, in the unit of the test.")
    deviations: float = strawberry.field(
        description="How many standard deviations that is from the mean, below it if negative."
    )


def _rules(row: models.QcRun) -> list[QcRule]:
    return [QcRule(each) for each in row.rules]


def _measurements(row: models.QcRun) -> list[QcMeasurement]:
    names = ("level", "value", "deviations")
    return [QcMeasurement(**{name: each[name] for name in names}) for each in row.values]


@entity(
    policy.qc_runs,
    scopes=_SCOPES,
    description="A run of control material on an analyzer, judged by Westgard's rules.",
)
class QcRun(Entity[models.QcRun]):
    at: datetime | None = from_row("at", description="When the run was entered.")
    verdict: QcVerdict | None = from_row("verdict", description="What the run says of the analyzer.")
    rules: list[QcRule] | None = from_row(_rules, description="By which rules; none of a run that is in control.")
    values: list[QcMeasurement] | None = from_row(_measurements, description="What was measured.")
    staff_member: StaffMember | None = reference(
        StaffMember, "account_id", description="The person who entered the run."
    )

    @strawberry.field(description="The analyzer of the run.")
    async def analyzer(self, info: Info) -> Analyzer | None:
        return await Analyzer.load(info.context, self.row.analyzer_id)

    @strawberry.field(description="The test that was measured.")
    async def lab_test(self, info: Info) -> LabTest | None:
        return await LabTest.load(info.context, self.row.lab_test_id)
