"""Safety checks in the graph."""

from datetime import datetime

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, entity, reference
from shared.graph.fields import from_row
from subgraphs.pharmacy import models, policy
from subgraphs.pharmacy.safety import SafetyRule, SafetySeverity, rule_of
from subgraphs.pharmacy.safety.sentences import SENTENCES
from subgraphs.pharmacy.states import AlertStatus, OverrideReason
from subgraphs.pharmacy.types.stubs import StaffMember


@entity(
    policy.safety_alerts,
    scopes=[[policy.PRESCRIPTION_READ]],
    description="What a safety check has found of a prescription, for those who prescribe and dispense.",
)
class SafetyAlert(Entity[models.SafetyAlert]):
    rule: SafetyRule | None = from_row(
        lambda row: rule_of(row.facts.value.code), description="What the check was looking for."
    )
    severity: SafetySeverity | None = from_row("severity", description="What the finding asks of who prescribes.")
    status: AlertStatus | None = from_row("status", description="What became of the finding.")
    source: str | None = from_row("facts.value.source", description="Where that is known from.")
    raised_at: datetime | None = from_row("created_at", description="When it was found for the first time.")
    override_reason: OverrideReason | None = from_row(
        "override_reason", description="Why it is prescribed nevertheless; null unless the finding is overridden."
    )
    comment: str | None = from_row(
        "facts.value.comment", description="What else was said of that; null where there is nothing."
    )
    overridden_by: StaffMember | None = reference(
        StaffMember, "overridden_by", description="The person who has overridden the finding; null where nobody has."
    )
    overridden_at: datetime | None = from_row(
        "overridden_at", description="When the finding was overridden; null where it was not."
    )
    version: int | None = from_row(
        "version",
        description="The version of the finding, which counts its changes; a change names the one that it has read.",
    )

    @strawberry.field(description="What was found, as a sentence in the language of `Accept-Language`.")
    def message(self, info: Info) -> str | None:
        return _said(info, self.row.facts.value.code, self.row.facts.value.parameters)

    @strawberry.field(description="Why that is so, as a sentence; null where nothing more is known.")
    def explanation(self, info: Info) -> str | None:
        code = self.row.facts.value.explanation
        return None if code is None else _said(info, code, self.row.facts.value.parameters)


def _said(info: Info, code: str, parameters: dict[str, str]) -> str:
    return info.context.translator.told(SENTENCES[code].message, parameters)
