"""GraphQL types of the patients' domain: what is asked for."""

from datetime import date, datetime
from typing import Any

import strawberry

from shared.datatypes import AdministrativeGender
from shared.graph.context import Info
from shared.graph.datatypes import Address, HumanName
from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row, guarded
from subgraphs.patients import models, policy, repository
from subgraphs.patients.codes import (
    AddressUse,
    CommunicationChannel,
    ContactPointSystem,
    ContactPointUse,
    MaritalStatus,
    NameUse,
    Relationship,
)


@strawberry.type(description="A name that someone has or had besides the official one.")
class OtherName:
    use: NameUse | None = strawberry.field(
        description="What kind of name it is, such as the one before marriage; null where that is not known."
    )
    name: HumanName = strawberry.field(description="The name that someone has or had.")


@strawberry.type(
    description="A telephone number, email address or the like by which someone is reached (FHIR ContactPoint)."
)
class ContactPoint:
    system: ContactPointSystem = strawberry.field(
        description="By what means the contact point reaches someone, such as a telephone."
    )
    value: str = strawberry.field(
        description="The number or address; a telephone number is in E.164 form where it could be brought to that."
    )
    use: ContactPointUse | None = strawberry.field(
        description="What the contact point is for, such as work; null where that is not known."
    )


@strawberry.type(description="An address of a patient.")
class PatientAddress:
    use: AddressUse | None = strawberry.field(
        description="What the address is for, such as billing; null where that is not known."
    )
    address: Address = strawberry.field(description="The postal address.")


@strawberry.type(description="Someone to call when a patient cannot speak for themselves (FHIR Patient.contact).")
class EmergencyContact:
    name: str = strawberry.field(description="The whole name of the emergency contact.")
    relationship: Relationship = strawberry.field(
        description="What the emergency contact is to the patient, such as a parent."
    )
    phone: str | None = strawberry.field(
        description="The telephone number of the emergency contact; null where none is known."
    )
    email: str | None = strawberry.field(
        description="The email address of the emergency contact; null where none is known."
    )


@strawberry.type(description="A number by which another system knows the patient (FHIR Identifier).")
class PatientIdentifier:
    system: str = strawberry.field(description="The system that assigned the number, as a URI.")
    value: str = strawberry.field(description="The number by which the other system knows the patient.")
    type: str | None = strawberry.field(
        description="The type of the number, a code of HL7's table 0203, such as MR, SS or DL; null where it is not known."
    )


@strawberry.type(description="How a patient wants to be reached.")
class CommunicationPreferences:
    language: str | None = strawberry.field(
        description="The language in which the patient wants to be addressed, a tag of BCP 47; null where that is not known."
    )
    channels: list[CommunicationChannel] = strawberry.field(
        description="The ways in which the patient wants to be reached, the most wanted first."
    )
    reminders: bool = strawberry.field(description="Whether the patient agrees to be reminded of appointments.")


def _name(row: models.Patient) -> HumanName:
    return HumanName(given=row.given, family=row.family, prefix=row.prefix, suffix=row.suffix)


def _other_names(row: models.Patient) -> list[OtherName]:
    return [_other_name(**name) for name in row.other_names]


def _contact_points(row: models.Patient) -> list[ContactPoint]:
    return [ContactPoint(**point) for point in row.contact_points]


def _addresses(row: models.Patient) -> list[PatientAddress]:
    return [_address(**address) for address in row.addresses]


def _emergency_contacts(row: models.Patient) -> list[EmergencyContact]:
    return [EmergencyContact(**contact) for contact in row.emergency_contacts]


def _communication_preferences(row: models.Patient) -> CommunicationPreferences:
    channels = [CommunicationChannel(channel) for channel in row.preferred_channels]
    return CommunicationPreferences(language=row.language, channels=channels, reminders=row.reminders)


def _other_name(use: NameUse | None, **name: Any) -> OtherName:
    return OtherName(use=use, name=HumanName(**name))


def _address(use: AddressUse | None, **address: Any) -> PatientAddress:
    return PatientAddress(use=use, address=Address(**address))


@entity(policy.patients, scopes=[[policy.READ]], description="A person who receives care (FHIR Patient).")
class Patient(Entity[models.Patient]):
    medical_record_number: str | None = from_row(
        "medical_record_number",
        description="The medical record number that the patient was given here; its last digit is a check digit.",
    )
    name: HumanName | None = from_row(_name, description="The official name of the patient.")
    other_names: list[OtherName] | None = from_row(
        _other_names, description="Other names that the patient has or had, such as the one before marriage."
    )
    birth_date: date | None = from_row(
        "birth_date", description="The patient's day of birth; null where it is not known."
    )
    partial_birth_date: str | None = from_row(
        "partial_birth_date",
        description="The year or month of birth, such as 1980 or 1980-05, where the day is not known; else null.",
    )
    gender: AdministrativeGender | None = from_row("gender", description="The patient's gender for administration.")
    marital_status: MaritalStatus | None = from_row(
        "marital_status", description="The patient's marital status; null where it is not known."
    )
    deceased: bool | None = from_row("deceased", description="Whether the patient has died.")
    deceased_at: datetime | None = from_row(
        "deceased_at", description="When the patient died; null where that is not known, and while they live."
    )
    deceased_on: str | None = from_row(
        "deceased_on",
        description="The day, month or year of death, such as 2015-03, where its time is not known; else null.",
    )
    contact_points: list[ContactPoint] | None = from_row(
        _contact_points, description="The telephone numbers, email addresses and the like of the patient."
    )
    addresses: list[PatientAddress] | None = from_row(_addresses, description="The postal addresses of the patient.")
    emergency_contacts: list[EmergencyContact] | None = from_row(
        _emergency_contacts, description="The people to call when the patient cannot speak for themselves."
    )
    communication_preferences: CommunicationPreferences | None = from_row(
        _communication_preferences, description="How the patient wants to be reached."
    )
    active: bool | None = from_row(
        "active",
        description="Whether the record is in use: false for a merged duplicate, or by another system's word.",
    )
    registered_at: datetime | None = from_row("created_at", description="When the patient was registered here.")
    version: int | None = from_row(
        "version",
        description="The version of the patient, which counts its changes; an update names the one that it has read.",
    )

    @guarded(description="The numbers by which other systems know the patient.", scopes=[[policy.WRITE]])
    async def identifiers(self, info: Info) -> list[PatientIdentifier] | None:
        rows = await info.context.load(repository.identifiers, self.row.id)
        return [PatientIdentifier(system=row.system, value=row.value, type=row.type) for row in rows]

    @strawberry.field(
        description="The patient who stands for this merged duplicate now; null for all who are not merged."
    )
    async def merged_into(self, info: Info) -> "Patient | None":
        return await Patient.load(info.context, self.row.merged_into_id)

    @guarded(
        description="Other patients who were born on the same day and have much the same name, at most 20.",
        scopes=[[policy.MERGE]],
    )
    async def possible_duplicates(self, info: Info) -> "list[Patient] | None":
        return [Patient.of(row) for row in await info.context.load(repository.duplicates, self.row.id)]
