"""GraphQL types of the patients' domain: what is asked for."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from operator import attrgetter
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
from subgraphs.patients.models import Extent


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


def _shown(value: str | Callable[[models.Patient], Any], extent: Extent = Extent.WHOLE, *, description: str) -> Any:
    """A field that is null for whoever sees less of the patient."""
    make = attrgetter(value) if isinstance(value, str) else value
    return from_row(lambda row: make(row) if row.extent >= extent else None, description=description)


@entity(
    policy.patients,
    scopes=[[policy.READ]],
    description=(
        "A person who receives care (FHIR Patient). What the caller has no reason to see of the patient is null."
    ),
)
class Patient(Entity[models.Patient]):
    medical_record_number: str | None = _shown(
        "medical_record_number",
        Extent.IDENTITY,
        description="The medical record number that the patient was given here; its last digit is a check digit.",
    )
    name: HumanName | None = _shown(_name, Extent.NAME, description="The official name of the patient.")
    other_names: list[OtherName] | None = _shown(
        _other_names, description="Other names that the patient has or had, such as the one before marriage."
    )
    birth_date: date | None = _shown(
        "birth_date", Extent.NAME, description="The patient's day of birth; null where it is not known."
    )
    partial_birth_date: str | None = _shown(
        "partial_birth_date",
        Extent.NAME,
        description="The year or month of birth, such as 1980 or 1980-05, where the day is not known; else null.",
    )
    gender: AdministrativeGender | None = _shown(
        "gender", Extent.NAME, description="The patient's gender for administration."
    )
    marital_status: MaritalStatus | None = _shown(
        "marital_status", description="The patient's marital status; null where it is not known."
    )
    deceased: bool | None = _shown("deceased", description="Whether the patient has died.")
    deceased_at: datetime | None = _shown(
        "deceased_at", description="When the patient died; null where that is not known, and while they live."
    )
    deceased_on: str | None = _shown(
        "deceased_on",
        description="The day, month or year of death, such as 2015-03, where its time is not known; else null.",
    )
    contact_points: list[ContactPoint] | None = _shown(
        _contact_points, description="The telephone numbers, email addresses and the like of the patient."
    )
    addresses: list[PatientAddress] | None = _shown(_addresses, description="The postal addresses of the patient.")
    emergency_contacts: list[EmergencyContact] | None = _shown(
        _emergency_contacts, description="The people to call when the patient cannot speak for themselves."
    )
    communication_preferences: CommunicationPreferences | None = _shown(
        _communication_preferences, description="How the patient wants to be reached."
    )
    active: bool | None = _shown(
        "active",
        Extent.IDENTITY,
        description="Whether the record is in use: false for a merged duplicate, or by another system's word.",
    )
    registered_at: datetime | None = _shown("created_at", description="When the patient was registered here.")
    version: int | None = _shown(
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
        survivor = self.row.merged_into_id if self.row.extent >= Extent.IDENTITY else None
        return await Patient.load(info.context, survivor)

    @guarded(
        description="Other patients who may be the same person, at most 20, those with the most similar names first. They have"
        " much the same name, other than siblings, and were born on the same day, or on one with day and month exchanged; or"
        " the same given names, day of birth, and an address or telephone number; or the same number of another system, or of a"
        " state; or an import was in doubt.",
        scopes=[[policy.MERGE]],
    )
    async def possible_duplicates(self, info: Info) -> "list[Patient] | None":
        keys = await info.context.load(repository.duplicates, self.row.id)
        found = await asyncio.gather(*(Patient.load(info.context, key) for key in keys))
        return [each for each in found if each is not None]
