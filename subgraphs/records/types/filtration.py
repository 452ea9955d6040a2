"""The filtration rate of the kidneys, as the graph shows it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import strawberry

from shared.graph.fields import from_row
from subgraphs.records import models
from subgraphs.records.codes import FiltrationGap, FiltrationSex, FiltrationStage
from subgraphs.records.filtration import estimate
from subgraphs.records.scores import EGFR, Sex
from subgraphs.records.types.timeline import TimelineEntry


@strawberry.type(
    description="An estimated glomerular filtration rate (CKD-EPI creatinine equation of 2021), with what it is made of."
)
class FiltrationRate:
    row: strawberry.Private[models.VitalSigns]
    name: str = strawberry.field(description="The name and version of the equation.")
    value: int | None = strawberry.field(description="The rate in mL/min/1.73 m²; null where it cannot be estimated.")
    stage: FiltrationStage | None = strawberry.field(
        description="The category of the rate (KDIGO 2024), which alone is no diagnosis; null where there is no rate."
    )
    gap: FiltrationGap | None = strawberry.field(description="Why there is no rate; null where there is one.")
    creatinine: float = strawberry.field(description="The concentration of creatinine in mg/dL.")
    age: int | None = strawberry.field(
        description="The patient's age at that time, in years; null where the day of birth is not known."
    )
    sex: FiltrationSex | None = strawberry.field(
        description="The patient's sex as the equation has it, by the gender for administration; null where it is neither."
    )
    measured_at: datetime | None = from_row("effective_at", description="When the creatinine was measured.")

    @strawberry.field(description="The vital signs that the creatinine was recorded with.")
    async def entry(self) -> TimelineEntry:
        from subgraphs.records.types.clinical import VitalSigns

        return VitalSigns.of(self.row)

    @classmethod
    def of(cls, row: models.VitalSigns, required: Mapping[str, Any]) -> "FiltrationRate":
        """From vital signs with creatinine, and what the patient's demographics say."""
        born, gender = required.get("birthDate"), str(required.get("gender")).lower()
        sex = Sex(gender) if gender in set(Sex) else None
        found = estimate(row.facts.value, row.effective_at, date.fromisoformat(born) if born else None, sex)
        return cls(
            row=row,
            name=EGFR,
            value=found.rate.value if found.rate else None,
            stage=FiltrationStage[found.rate.stage.name] if found.rate else None,
            gap=found.gap,
            creatinine=float(found.creatinine),
            age=found.age,
            sex=FiltrationSex[found.sex.name] if found.sex else None,
        )
