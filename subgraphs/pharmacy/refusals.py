"""Refusals that tell more than why."""

from collections.abc import Sequence
from typing import Annotated

from shared.errors import Problem, Refusal
from subgraphs.pharmacy import models
from subgraphs.pharmacy.types.alerts import SafetyAlert


class SafetyAlertsOpen(Refusal):
    """A safety check has found what interrupts, and nobody has overridden it: decide on each finding."""

    alerts: Annotated[list[SafetyAlert] | None, "What the check has found that interrupts, the gravest first."]

    def __init__(self, problem: Problem, *, rows: Sequence[models.SafetyAlert]) -> None:
        super().__init__(problem)
        self.alerts = [SafetyAlert.of(each) for each in rows]
