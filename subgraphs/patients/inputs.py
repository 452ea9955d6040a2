"""GraphQL inputs and payloads of the patients' domain."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from shared.graph.datatypes import AddressInput
from shared.graph.errors import InvalidInput, InvalidState, NotFound, VersionConflict
from subgraphs.patients.types import (
    AddressUse,
    AdministrativeGender,
    CommunicationChannel,
    ContactPointSystem,
    ContactPointUse,
    MaritalStatus,
    NameUse,
    Patient,
    Relationship,
)


@strawberry.input(description="A name that someone has or had besides the official one.")
class OtherNameInput:
    use: NameUse | None = strawberry.field(default=None, description="What kind of name it is.")
    family: str = strawberry.field(description="Family name.")
    given: list[str] = strawberry.field(default_factory=list, description="Given names, the first one first.")
    prefix: str | None = strawberry.field(default=None, description="What comes before, such as `Dr.`.")


@strawberry.input(description="Who a patient is.")
class DemographicsInput:
    family: str = strawberry.field(description="Family name.")
    given: list[str] = strawberry.field(description="Given names, the first one first.")
    prefix: str | None = strawberry.field(default=None, description="What comes before, such as `Dr.`.")
    other_names: list[OtherNameInput] = strawberry.field(
        default_factory=list, description="Names before marriage and the like."
    )
    birth_date: date = strawberry.field(description="Day of birth.")
    gender: AdministrativeGender = strawberry.field(description="Gender for administration.")
    marital_status: MaritalStatus | None = strawberry.field(default=None, description="Marital status.")


@strawberry.input(description="A way to reach someone.")
class ContactPointInput:
    system: ContactPointSystem = strawberry.field(description="By what means.")
    value: str = strawberry.field(
        description="The number or address. A telephone number without `+` is one of the first address's country."
    )
    use: ContactPointUse | None = strawberry.field(default=None, description="What it is for.")


@strawberry.input(description="An address of a patient.")
class PatientAddressInput:
    use: AddressUse | None = strawberry.field(default=None, description="What it is for.")
    address: AddressInput = strawberry.field(description="The address.")


@strawberry.input(description="Someone to call, with a telephone number or an email address.")
class EmergencyContactInput:
    name: str = strawberry.field(description="Their whole name.")
    relationship: Relationship = strawberry.field(description="What they are to the patient.")
    phone: str | None = strawberry.field(default=None, description="Their telephone number.")
    email: str | None = strawberry.field(default=None, description="Their email address.")


@strawberry.input(description="A number by which another system knows the patient.")
class PatientIdentifierInput:
    system: str = strawberry.field(description="Who gives such numbers, as a URI.")
    value: str = strawberry.field(description="The number.")
    type: str | None = strawberry.field(default=None, description="What kind it is, a code of HL7's table 0203.")


@strawberry.input(description="How a patient wants to be reached.")
class CommunicationPreferencesInput:
    language: str | None = strawberry.field(default=None, description="The language, BCP 47.")
    channels: list[CommunicationChannel] = strawberry.field(description="The ways, the most wanted first.")
    reminders: bool = strawberry.field(description="Whether they agree to be reminded of appointments.")


@strawberry.input(description="Whether a patient has died.")
class DeceasedInput:
    deceased: bool = strawberry.field(description="Whether they have died; false takes back what was a mistake.")
    at: datetime | None = strawberry.field(default=None, description="When, if that is known.")


@strawberry.input(description="The caller's own record, entered once.")
class RegisterMyselfInput:
    demographics: DemographicsInput = strawberry.field(description="Who they are.")
    contact_points: list[ContactPointInput] = strawberry.field(default_factory=list, description="How to reach them.")
    addresses: list[PatientAddressInput] = strawberry.field(default_factory=list, description="Addresses.")
    emergency_contacts: list[EmergencyContactInput] = strawberry.field(
        default_factory=list, description="Whom to call."
    )
    communication_preferences: CommunicationPreferencesInput | None = strawberry.field(
        default=None, description="How they want to be reached."
    )


@strawberry.input(description="A patient to enter.")
class RegisterPatientInput(RegisterMyselfInput):
    identifiers: list[PatientIdentifierInput] = strawberry.field(
        default_factory=list, description="Numbers of other systems."
    )


@strawberry.input(description="Changes to a patient: each group of fields that is given is replaced as a whole.")
class UpdatePatientInput:
    id: strawberry.ID = strawberry.field(description="The patient's key.")
    version: int = strawberry.field(description="The version that was read.")
    demographics: DemographicsInput | None = strawberry.field(default=None, description="Who they are.")
    contact_points: list[ContactPointInput] | None = strawberry.field(default=None, description="How to reach them.")
    addresses: list[PatientAddressInput] | None = strawberry.field(default=None, description="Addresses.")
    emergency_contacts: list[EmergencyContactInput] | None = strawberry.field(default=None, description="Whom to call.")
    communication_preferences: CommunicationPreferencesInput | None = strawberry.field(
        default=None, description="How they want to be reached."
    )
    identifiers: list[PatientIdentifierInput] | None = strawberry.field(
        default=None, description="Numbers of other systems; for staff only."
    )
    deceased: DeceasedInput | None = strawberry.field(
        default=None, description="Whether they have died; for staff only."
    )


@strawberry.input(description="Two records of one person. What the survivor lacks is taken from the duplicate.")
class MergePatientsInput:
    survivor_id: strawberry.ID = strawberry.field(description="Who stands for both from now on.")
    survivor_version: int = strawberry.field(description="The version of the survivor that was read.")
    duplicate_id: strawberry.ID = strawberry.field(description="Who is merged into the survivor.")
    duplicate_version: int = strawberry.field(description="The version of the duplicate that was read.")


@strawberry.type(description="The patient who was entered.")
class RegisterPatientSuccess:
    patient: Patient = strawberry.field(description="The patient.")


@strawberry.type(description="The caller's own record, as it was entered.")
class RegisterMyselfSuccess:
    patient: Patient = strawberry.field(description="The caller.")


@strawberry.type(description="The patient as they are now.")
class UpdatePatientSuccess:
    patient: Patient = strawberry.field(description="The patient.")


@strawberry.type(description="The two records are one.")
class MergePatientsSuccess:
    patient: Patient = strawberry.field(description="The survivor.")


RegisterPatientPayload = Annotated[
    RegisterPatientSuccess | InvalidInput,
    strawberry.union("RegisterPatientPayload", description="The outcome of entering a patient."),
]
RegisterMyselfPayload = Annotated[
    RegisterMyselfSuccess | InvalidInput | InvalidState,
    strawberry.union("RegisterMyselfPayload", description="The outcome of entering oneself."),
]
UpdatePatientPayload = Annotated[
    UpdatePatientSuccess | InvalidInput | InvalidState | NotFound | VersionConflict,
    strawberry.union("UpdatePatientPayload", description="The outcome of changing a patient."),
]
MergePatientsPayload = Annotated[
    MergePatientsSuccess | InvalidInput | InvalidState | NotFound | VersionConflict,
    strawberry.union("MergePatientsPayload", description="The outcome of merging two patients."),
]
