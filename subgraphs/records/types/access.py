"""GraphQL types of who may open a record."""

from datetime import datetime

import strawberry

from shared.auth.principal import Kind
from shared.graph.context import Info
from shared.graph.entities import Entity, entity, reference
from shared.graph.fields import from_row
from subgraphs.records import models, policy
from subgraphs.records.codes import Party, PurposeOfUse, RequestStatus, Section
from subgraphs.records.types.stubs import Account, Patient, Practitioner


@strawberry.type(description="What a patient withholds from all who may open the record, unless in an emergency.")
class WithheldSections:
    sections: list[Section] = strawberry.field(description="The sections of the record that are withheld.")


def _reason(row: models.RecordAccessRequest) -> str:
    return row.reason.value


@entity(
    policy.access_requests,
    scopes=[[policy.ACCESS]],
    description="A request of a member of staff to a patient for access to the record, and the grant that it may lead to.",
)
class RecordAccessRequest(Entity[models.RecordAccessRequest]):
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose record it is.")
    account: Account | None = reference(Account, "account_id", description="The account that asks for access.")
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who asks for access; null for other staff."
    )
    purpose: PurposeOfUse | None = from_row("purpose", description="What the record is to be used for.")
    reason: str | None = from_row(_reason, description="Why access is asked for, in the words of who asks.")
    sections: list[Section] | None = from_row(
        "sections", description="The sections of the record that are asked for, or granted; null for all of them."
    )
    days: int | None = from_row("days", description="For how many days access is asked for, from the grant on.")
    status: RequestStatus | None = from_row("status_now", description="What became of the request, as it is now.")
    requested_at: datetime | None = from_row("created_at", description="When the request was made.")
    answer_by: datetime | None = from_row("answer_by", description="When the request expires without an answer.")
    decided_at: datetime | None = from_row(
        "decided_at", description="When the patient granted or refused access; null before that."
    )
    granted_until: datetime | None = from_row(
        "granted_until", description="When the grant ends by itself; null where there was none."
    )
    withdrawn_by: Party | None = from_row(
        "withdrawn_by", description="The party that withdrew the request or the grant; null where nobody did."
    )
    version: int | None = from_row(
        "version",
        description="The version of the request, which counts its changes; a decision names the one that it has read.",
    )

    @strawberry.field(
        description="Why the patient refused access, which only the patient and a minor's proxies see; null for others."
    )
    async def refusal_reason(self, info: Info) -> str | None:
        refusal = self.row.refusal
        return refusal.value if refusal is not None and info.context.principal.kind is Kind.PATIENT else None
