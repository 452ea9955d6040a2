"""GraphQL types of looks at patients' data."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.graph.context import Info
from shared.graph.fields import from_row
from shared.patient_access import Basis
from subgraphs.records import models
from subgraphs.records.codes import FieldGroup, PurposeOfUse, Section
from subgraphs.records.models import SECTION_OF
from subgraphs.records.repository import disclosures
from subgraphs.records.repository.disclosures import Ground, Grounds
from subgraphs.records.types.stubs import Account, Patient, Practitioner

# For what a basis lets somebody look, where the patient's grant does not say it.
_PURPOSES = {
    Basis.OWNER: PurposeOfUse.PATRQT,
    Basis.PROXY: PurposeOfUse.FAMRQT,
    Basis.EMERGENCY: PurposeOfUse.ETREAT,
}
_OWN = "records"
FIELD_GROUPS = {
    "patients": FieldGroup.DEMOGRAPHICS,
    "appointments": FieldGroup.APPOINTMENTS,
    "notifications": FieldGroup.MESSAGES,
    "identity": FieldGroup.ACCOUNT,
}
"""What is looked at in other services."""


def _section(row: models.Disclosure) -> Section | None:
    return SECTION_OF.get(row.resource) if row.service == _OWN else None


def _field_group(row: models.Disclosure) -> FieldGroup | None:
    if row.service == _OWN:
        return FieldGroup.RECORD if row.resource in SECTION_OF else FieldGroup.ACCESS
    return FIELD_GROUPS.get(row.service)


@strawberry.type(description="A look of somebody at what is kept of a patient, as the audit trails have it.")
class Disclosure:
    row: strawberry.Private[models.Disclosure]
    of: strawberry.Private[UUID | None]  # the patient who is asked about

    at: datetime = from_row("at", description="When they looked.")
    roles: list[str] = from_row("roles", description="The roles of who looked, at that time.")
    section: Section | None = from_row(
        _section,
        description="The section of the medical record that was looked at; null if it was no entry of the record.",
    )
    field_group: FieldGroup | None = from_row(_field_group, description="What data of the patient were looked at.")
    resource: str = from_row(
        "resource", description="The kind of objects that were looked at, such as `Note` or `Appointment`."
    )

    @strawberry.field(description="The account of who looked.")
    def account(self) -> Account | None:
        return Account.of(self.row.actor)

    @strawberry.field(description="The practitioner whose account it is; null for others.")
    async def practitioner(self, info: Info) -> Practitioner | None:
        return Practitioner.of((await self._grounds(info)).practitioner_id)

    @strawberry.field(
        description="The patients at whose data they looked; for a patient, only the one who is asked about."
    )
    def patients(self) -> list[Patient]:
        keys = self.row.patients if self.of is None else [self.of]
        return [patient for patient in map(Patient.of, keys) if patient is not None]

    @strawberry.field(
        description="What let them look; empty where their role alone did, such as for the reception and auditors, "
        "and for who has signed a note."
    )
    async def bases(self, info: Info) -> list[Basis]:
        return list(dict.fromkeys(each.basis for each in await self._relevant(info)))

    @strawberry.field(
        description="For what they could look: what the patient has granted it for, or what follows of the basis."
    )
    async def purposes(self, info: Info) -> list[PurposeOfUse]:
        return list(dict.fromkeys(_purpose(each) for each in await self._relevant(info)))

    @classmethod
    def of_patient(cls, patient_id: UUID | None, row: models.Disclosure) -> Self:
        """Of a look, for who asks about a patient, or about all of them."""
        return cls(row=row, of=patient_id)

    async def _grounds(self, info: Info) -> Grounds:
        return await info.context.load(disclosures.grounds, self.row.id)

    async def _relevant(self, info: Info) -> list[Ground]:
        found = (await self._grounds(info)).grounds
        return [each for each in found if self.of is None or each.patient_id == self.of]


def _purpose(ground: Ground) -> PurposeOfUse:
    return PurposeOfUse(ground.purpose) if ground.purpose else _PURPOSES.get(ground.basis, PurposeOfUse.TREAT)
