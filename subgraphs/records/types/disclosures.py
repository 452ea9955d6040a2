"""GraphQL types of looks at patients' data."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.graph.context import Info
from shared.graph.fields import from_row
from shared.patient_access import Basis
from subgraphs.records import models
from subgraphs.records.accounting import Grounds, Look
from subgraphs.records.codes import FieldGroup, PurposeOfUse, Section
from subgraphs.records.repository import disclosures
from subgraphs.records.types.stubs import Account, Patient, Practitioner, StaffMember


def _staff(keys: Sequence[UUID]) -> list[StaffMember]:
    return [person for person in map(StaffMember.of, keys) if person is not None]


@strawberry.type(description="A look of somebody at what is kept of a patient, as the audit trails have it.")
class Disclosure:
    row: strawberry.Private[Look]

    at: datetime = from_row(lambda look: look.entry.at, description="When they looked.")
    roles: list[str] = from_row(lambda look: look.entry.roles, description="The roles of who looked, at that time.")
    section: Section | None = from_row(
        "section",
        description="The section of the medical record that was looked at; null if it was no entry of the record.",
    )
    field_group: FieldGroup | None = from_row("field_group", description="What data of the patient were looked at.")
    resource: str = from_row(
        lambda look: look.entry.resource,
        description="The kind of objects that were looked at, such as `Note` or `Appointment`.",
    )

    @strawberry.field(description="The account of who looked.")
    def account(self) -> Account | None:
        return Account.of(self.row.entry.actor)

    @strawberry.field(description="The person who looked; null for patients.")
    def staff_member(self) -> StaffMember | None:
        return None if self.row.by_patient else StaffMember.of(self.row.entry.actor)

    @strawberry.field(description="The practitioner whose account it is; null for others.")
    async def practitioner(self, info: Info) -> Practitioner | None:
        return Practitioner.of((await self._grounds(info)).practitioner_id)

    @strawberry.field(
        description="The patients at whose data they looked; for a patient, only the one who is asked about."
    )
    def patients(self) -> list[Patient]:
        return [patient for patient in map(Patient.of, self.row.patients) if patient is not None]

    @strawberry.field(
        description="What let them look; empty where their role alone did, such as for the reception and auditors, "
        "and for who has signed a note."
    )
    async def bases(self, info: Info) -> list[Basis]:
        return self.row.bases(await self._grounds(info))

    @strawberry.field(
        description="For what they could look: what the patient has granted it for, or what follows of the basis."
    )
    async def purposes(self, info: Info) -> list[PurposeOfUse]:
        return self.row.purposes(await self._grounds(info))

    @classmethod
    def of_patient(cls, patient_id: UUID | None, row: models.Disclosure) -> Self:
        """Of a look, for who asks about a patient, or about all of them."""
        return cls(row=Look(row, patient_id))

    async def _grounds(self, info: Info) -> Grounds:
        return await info.context.load(disclosures.grounds, self.row.entry.id)


@strawberry.type(
    description="A part of an accounting of disclosures, as a file: the newest looks, or those that follow."
)
class DisclosuresExport:
    row: strawberry.Private[disclosures.Part]

    media_type: str = from_row("file.media_type", description="The media type of the file, such as `text/csv`.")
    file_name: str = from_row("file.name", description="The name of the file.")
    content: str = from_row(
        lambda part: b64encode(part.file.content).decode(),
        description="The bytes of the file, in base64 (RFC 4648, section 4).",
    )
    count: int = from_row("count", description=f"How many looks the file has; {disclosures.MOST} at most.")
    end_cursor: str | None = from_row(
        "end", description="The cursor of the last look in the file, for `after` of the next part; null without one."
    )
    has_next: bool = from_row("has_next", description="Whether another part follows.")
    staff_members: list[StaffMember] = from_row(
        lambda part: _staff(part.staff),
        description="The people who looked, but for patients; the file has the ids of their accounts alone.",
    )
