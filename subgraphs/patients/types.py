"""GraphQL types of the patients' domain: what is asked for."""

from datetime import date, datetime
from typing import Any

import strawberry

from shared.graph.context import Info
from shared.graph.datatypes import Address, HumanName
from shared.graph.entities import Entity, entity
from shared.graph.fields import from_row, guarded
from subgraphs.patients import models, policy, repository
from subgraphs.patients.codes import (
    AddressUse,
    AdministrativeGender,
    CommunicationChannel,
    ContactPointSystem,
    ContactPointUse,
    MaritalStatus,
    NameUse,
    Relationship,
)


@strawberry.type(description="A name that someone has or had besides the official one.")
class OtherName:
    use: NameUse | None = strawberry.field(description="What kind of name it is.")
    name: HumanName = strawberry.field(description="The name.")


@strawberry.type(description="A way to reach someone (FHIR ContactPoint).")
class ContactPoint:
    system: ContactPointSystem = strawberry.field(description="By what means.")
    value: str = strawberry.field(
        description="The number or address; E.164 where a telephone number could be brought to that form."
    )
    use: ContactPointUse | None = strawberry.field(description="What it is for.")


@strawberry.type(description="An address of a patient.")
class PatientAddress:
    use: AddressUse | None = strawberry.field(description="What it is for.")
    address: Address = strawberry.field(description="The address.")


@strawberry.type(description="Someone to call when the patient cannot speak for themselves (FHIR Patient.contact).")
class EmergencyContact:
    name: str = strawberry.field(description="Their whole name.")
    relationship: Relationship = strawberry.field(description="What they are to the patient.")
    phone: str | None = strawberry.field(description="Their telephone number.")
    email: str | None = strawberry.field(description="Their email address.")


@strawberry.type(description="A number by which another system knows the patient (FHIR Identifier).")
class PatientIdentifier:
    system: str = strawberry.field(description="Who gives such numbers, as a URI.")
    value: str = strawberry.field(description="The number.")
    type: str | None = strawberry.field(description="What kind it is, a code of HL7's table 0203, such as MR, SS, DL.")


@strawberry.type(description="How a patient wants to be reached.")
class CommunicationPreferences:
    language: str | None = strawberry.field(description="The language, BCP 47.")
    channels: list[CommunicationChannel] = strawberry.field(description="The ways, the most wanted first.")
    reminders: bool = strawberry.field(description="Whether they agree to be reminded of appointments.")


def _name(row: models.Patient) -> HumanName:
    return HumanName(given=row.given, family=row.family, prefix=row.prefix)


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


@entity(policy.patients, scopes=[[policy.READ]], description="A person who is given care (FHIR Patient).")
class Patient(Entity[models.Patient]):
    medical_record_number: str | None = from_row(
        "medical_record_number", description="The number that we have given them; its last digit checks the others."
    )
    name: HumanName | None = from_row(_name, description="Their official name.")
    other_names: list[OtherName] | None = from_row(_other_names, description="Names before marriage and the like.")
    birth_date: date | None = from_row("birth_date", description="Day of birth.")
    gender: AdministrativeGender | None = from_row("gender", description="Gender for administration.")
    marital_status: MaritalStatus | None = from_row("marital_status", description="Marital status.")
    deceased: bool | None = from_row("deceased", description="Whether they have died.")
    deceased_at: datetime | None = from_row("deceased_at", description="When they died, if that is known.")
    contact_points: list[ContactPoint] | None = from_row(
        _contact_points, description="Telephone numbers, email addresses."
    )
    addresses: list[PatientAddress] | None = from_row(_addresses, description="Addresses.")
    emergency_contacts: list[EmergencyContact] | None = from_row(_emergency_contacts, description="Whom to call.")
    communication_preferences: CommunicationPreferences | None = from_row(
        _communication_preferences, description="How they want to be reached."
    )
    active: bool | None = from_row("active", description="False for a duplicate that was merged into another.")
    registered_at: datetime | None = from_row("created_at", description="When they were entered here.")
    version: int | None = from_row("version", description="Counts the changes; an update names the one that it read.")

    @guarded(description="Numbers by which other systems know them.", scopes=[[policy.WRITE]])
    async def identifiers(self, info: Info) -> list[PatientIdentifier] | None:
        rows = await info.context.load(repository.identifiers, self.row.id)
        return [PatientIdentifier(system=row.system, value=row.value, type=row.type) for row in rows]

    @strawberry.field(description="For a merged duplicate: who stands for them now.")
    async def merged_into(self, info: Info) -> "Patient | None":
        return await Patient.load(info.context, self.row.merged_into_id)

    @guarded(
        description="Others who were born on the same day and have much the same name, at most 20.",
        scopes=[[policy.MERGE]],
    )
    async def possible_duplicates(self, info: Info) -> "list[Patient] | None":
        return [Patient.of(row) for row in await info.context.load(repository.duplicates, self.row.id)]
