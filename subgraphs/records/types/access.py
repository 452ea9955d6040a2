"""GraphQL types of who may open a record."""

from datetime import date, datetime

import strawberry

from shared.auth.principal import Kind
from shared.graph.context import Info
from shared.graph.entities import Entity, entity, reference
from shared.graph.fields import from_row
from subgraphs.records import models, policy
from subgraphs.records.codes import EmergencyStatus, Party, PurposeOfUse, Relationship, RequestStatus, Section, Verdict
from subgraphs.records.types.stubs import Account, Patient, Practitioner, StaffMember


@strawberry.type(description="What a patient withholds from all who may open the record, unless in an emergency.")
class WithheldSections:
    sections: list[Section] = strawberry.field(description="The sections of the record that are withheld.")


def _reason(row: models.RecordAccessRequest | models.EmergencyAccess) -> str:
    return row.reason.value


@entity(
    policy.access_requests,
    scopes=[[policy.ACCESS]],
    description="A request of a member of staff to a patient for access to the record, and the grant that it may lead to.",
)
class RecordAccessRequest(Entity[models.RecordAccessRequest]):
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose record it is.")
    account: Account | None = reference(Account, "account_id", description="The account that asks for access.")
    staff_member: StaffMember | None = reference(
        StaffMember, "account_id", description="The person who asks for access."
    )
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


@entity(
    policy.emergency_accesses,
    scopes=[[policy.ACCESS], [policy.REVIEW]],
    description="An access to a medical record in an emergency, which is reviewed when it is over.",
)
class EmergencyAccess(Entity[models.EmergencyAccess]):
    patient: Patient | None = reference(Patient, "patient_id", description="The patient whose record was opened.")
    account: Account | None = reference(Account, "account_id", description="The account that opened the record.")
    staff_member: StaffMember | None = reference(
        StaffMember, "account_id", description="The person who opened the record."
    )
    practitioner: Practitioner | None = reference(
        Practitioner, "practitioner_id", description="The practitioner who opened the record; null for other staff."
    )
    reason: str | None = from_row(_reason, description="What the emergency is, in the words of who opened the record.")
    status: EmergencyStatus | None = from_row("status_now", description="How far the access is, as it is now.")
    opened_at: datetime | None = from_row("opened_at", description="When the record was opened.")
    expires_at: datetime | None = from_row("expires_at", description="When the access ends, or ended, by itself.")
    verdict: Verdict | None = from_row(
        "verdict", description="What an auditor found of the access; null until it is reviewed."
    )
    reviewed_at: datetime | None = from_row(
        "reviewed_at", description="When the access was reviewed; null before that."
    )
    version: int | None = from_row(
        "version",
        description="The version of the access, which counts its changes; a review names the one that it has read.",
    )

    @strawberry.field(description="Why the auditor found so, which only auditors read; null for others.")
    async def comment(self, info: Info) -> str | None:
        comment = self.row.comment
        return comment.value if comment is not None and info.context.principal.is_staff(policy.REVIEW) else None


@entity(
    policy.proxies,
    scopes=[[policy.ACCESS], [policy.APPOINT]],
    description="The appointment of a patient to act for a minor, such as of a parent.",
)
class Proxy(Entity[models.Proxy]):
    patient: Patient | None = reference(Patient, "patient_id", description="The minor for whom the proxy acts.")
    proxy: Patient | None = reference(Patient, "proxy_id", description="The patient who acts for the minor.")
    relationship: Relationship | None = from_row("relationship", description="How the proxy is related to the minor.")
    appointed_at: datetime | None = from_row("created_at", description="When the proxy was appointed.")
    whole_until: date | None = from_row(
        "whole_until", description="The birthday of the minor from which on confidential sections are not the proxy's."
    )
    ends_on: date | None = from_row(
        "ends_on", description="The birthday of the minor on which the appointment ends by itself."
    )
    ended_at: datetime | None = from_row(
        "ended_at", description="When the appointment was ended before that; null where it was not."
    )


@strawberry.type(description="The news that something of a patient's medical record was entered, changed or taken out.")
class RecordChange:
    patient: Patient | None = strawberry.field(description="The patient whose record was changed.")
    section: Section = strawberry.field(description="The section of the record that was changed.")
    changed_at: datetime = strawberry.field(description="When the record was changed.")
