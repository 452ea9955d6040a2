"""What the patients' use cases are asked to do."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.commands import Command, Repeatable
from shared.database.model import utc_now
from shared.datatypes import Address, AdministrativeGender
from shared.values import (
    EMAIL,
    TELEPHONE,
    Email,
    KnownDate,
    Language,
    OptionalText,
    PartialDate,
    Text,
    id_of,
    normal_email,
    normal_phone,
    text,
    wrong,
)
from subgraphs.patients.codes import (
    AddressUse,
    CommunicationChannel,
    ContactPointSystem,
    ContactPointUse,
    MaritalStatus,
    NameUse,
    Relationship,
)
from subgraphs.patients.errors import BIRTH_DATE, DEATH, NO_CONTACT, PARTIAL_BIRTH_DATE, REPEATED_CHANNEL, SAME_PATIENT

EARLIEST_BIRTH = date(1850, 1, 1)

# Names are ordered by an index, whose entries have less than 2704 bytes.
Name = Annotated[str, text(80)]
Names = Annotated[list[Name], Field(max_length=5)]
OTHER_NAMES = 5
PatientId = Annotated[UUID, id_of("Patient")]

_TELEPHONES = {ContactPointSystem.PHONE, ContactPointSystem.SMS, ContactPointSystem.FAX}
_SEVERAL = Field(max_length=20)


class OtherName(Command):
    """A name that someone has or had besides the official one."""

    use: NameUse | None = Field(None, description="What kind of name it is, such as the one before marriage.")
    family: Name = Field(description="The family name.")
    given: Names = Field([], description="The given names, the first one first.")
    prefix: OptionalText = Field(None, description="What comes before the name, such as `Dr.`.")
    suffix: OptionalText = Field(None, description="What comes after the name, such as `Jr.`.")


class Demographics(Command):
    """Who a patient is: name, date of birth, gender."""

    family: Name = Field(description="The patient's family name.")
    given: Names = Field(description="The patient's given names, the first one first.")
    prefix: OptionalText = Field(None, description="What comes before the patient's name, such as `Dr.`.")
    suffix: OptionalText = Field(None, description="What comes after the patient's name, such as `Jr.`.")
    other_names: Annotated[list[OtherName], Field(max_length=OTHER_NAMES)] = Field(
        [], description="Other names that the patient has or had, such as the one before marriage."
    )
    birth_date: date | None = Field(None, description="The patient's day of birth; absent where it is not known.")
    partial_birth_date: PartialDate | None = Field(
        None, description="The year or month of birth, such as 1980 or 1980-05, where the day is not known."
    )
    gender: AdministrativeGender = Field(description="The patient's gender for administration.")
    marital_status: MaritalStatus | None = Field(None, description="The patient's marital status.")

    @field_validator("birth_date")
    @classmethod
    def _born(cls, value: date | None) -> date | None:
        if value is not None and not EARLIEST_BIRTH <= value <= utc_now().date():
            raise wrong(BIRTH_DATE, earliest=EARLIEST_BIRTH.isoformat())
        return value

    @field_validator("partial_birth_date")
    @classmethod
    def _born_in(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        earliest, latest = (day.isoformat()[: len(value)] for day in (EARLIEST_BIRTH, utc_now().date()))
        if info.data.get("birth_date") is not None or not earliest <= value <= latest:
            raise wrong(PARTIAL_BIRTH_DATE, earliest=EARLIEST_BIRTH.year)
        return value


class RecordedContactPoint(Command):
    """A way to reach someone, as it is written in another system."""

    system: ContactPointSystem = Field(
        description="By what means the contact point reaches someone, such as a telephone."
    )
    value: Text = Field(
        description="The number or address; a telephone number without `+` is of the country of the first address given."
    )
    use: ContactPointUse | None = Field(None, description="What the contact point is for, such as work.")


class ContactPoint(RecordedContactPoint):
    """A telephone number, email address or the like by which someone is reached."""

    @field_validator("value")
    @classmethod
    def _normal(cls, value: str, info: ValidationInfo) -> str:
        system = info.data.get("system")
        if system in _TELEPHONES:
            return _phone(value, info)
        if system is not ContactPointSystem.EMAIL:
            return value
        email = normal_email(value)
        if email is None:
            raise wrong(EMAIL)
        return email


class PatientAddress(Command):
    """An address of a patient."""

    use: AddressUse | None = Field(None, description="What the address is for, such as billing.")
    address: Address = Field(description="The postal address.")


class RecordedEmergencyContact(Command):
    """Someone to call, as it is written in another system."""

    name: Text = Field(description="The whole name of the emergency contact.")
    relationship: Relationship = Field(description="What the emergency contact is to the patient, such as a parent.")
    phone: OptionalText = Field(None, description="The telephone number of the emergency contact.")
    email: OptionalText = Field(None, description="The email address of the emergency contact.")


class EmergencyContact(RecordedEmergencyContact):
    """Someone to call in an emergency, with a telephone number or an email address."""

    email: Email | None = Field(None, description="The email address of the emergency contact.")

    @field_validator("phone")
    @classmethod
    def _normal(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else _phone(value, info)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if not self.phone and not self.email:
            raise wrong(NO_CONTACT)
        return self


class PatientIdentifier(Command):
    """A number by which another system knows the patient."""

    system: Text = Field(description="The system that assigned the number, as a URI.")
    value: Text = Field(description="The number by which the other system knows the patient.")
    type: OptionalText = Field(
        None, description="The type of the number, a code of HL7's table 0203, such as MR, SS or DL."
    )


class CommunicationPreferences(Command):
    """How a patient wants to be reached."""

    language: Language | None = Field(
        None, description="The language in which the patient wants to be addressed, a tag of BCP 47."
    )
    channels: Annotated[list[CommunicationChannel], _SEVERAL] = Field(
        description="The ways in which the patient wants to be reached, the most wanted first."
    )
    reminders: bool = Field(description="Whether the patient agrees to be reminded of appointments.")

    @field_validator("channels")
    @classmethod
    def _once(cls, value: list[CommunicationChannel]) -> list[CommunicationChannel]:
        if len(set(value)) < len(value):
            raise wrong(REPEATED_CHANNEL)
        return value


class Deceased(Command):
    """Whether a patient has died, and when."""

    deceased: bool = Field(description="Whether the patient has died; false takes back what was a mistake.")
    at: datetime | None = Field(None, description="When the patient died; absent where that is not known.")
    on: KnownDate | None = Field(
        None, description="The day, month or year of death, such as 2015, where its time is not known."
    )

    @field_validator("at", "on")
    @classmethod
    def _past(cls, value: datetime | str | None, info: ValidationInfo) -> datetime | str | None:
        latest = utc_now() if isinstance(value, datetime) else utc_now().date().isoformat()
        if value is not None and (not info.data.get("deceased") or value > latest):  # type: ignore[operator]
            raise wrong(DEATH)
        return value


class RegisterMyself(Repeatable):
    """The record of the caller, who is entered as a patient once."""

    demographics: Demographics = Field(description="Who the patient is: name, day of birth, gender.")
    addresses: Annotated[list[PatientAddress], _SEVERAL] = Field([], description="The postal addresses of the patient.")
    contact_points: Annotated[list[ContactPoint], _SEVERAL] = Field(
        [], description="The telephone numbers, email addresses and the like of the patient."
    )
    emergency_contacts: Annotated[list[EmergencyContact], _SEVERAL] = Field(
        [], description="The people to call when the patient cannot speak for themselves."
    )
    communication_preferences: CommunicationPreferences | None = Field(
        None, description="How the patient wants to be reached."
    )

    @field_validator("addresses")
    @classmethod
    def _country(cls, value: list[PatientAddress], info: ValidationInfo) -> list[PatientAddress]:
        return _remember_country(value, info)


class RegisterPatient(RegisterMyself):
    """A patient to register."""

    identifiers: Annotated[list[PatientIdentifier], _SEVERAL] = Field(
        [], description="The numbers by which other systems know the patient."
    )


class RecordPatient(Command):
    """A patient as another system tells of them.

    It need not know all that is asked for here, and it tells nothing of consent, which only patients can give.
    """

    demographics: Demographics = Field(description="Who they are.")
    deceased: Deceased = Field(description="Whether they have died.")
    addresses: list[PatientAddress] = Field(description="Addresses.")
    contact_points: list[RecordedContactPoint] = Field(description="How to reach them.")
    emergency_contacts: list[RecordedEmergencyContact] = Field(description="Whom to call.")
    language: Language | None = Field(None, description="Their language, BCP 47.")
    identifiers: list[PatientIdentifier] = Field(description="Numbers of other systems.")
    active: bool = Field(True, description="Whether their record is in use there.")


class UpdatePatient(Command):
    """Changes to a patient: each group of fields that is given is replaced as a whole, others stay."""

    id: PatientId = Field(description="The id of the patient.")
    version: int = Field(description="The version of the patient that the client has read.")
    demographics: Demographics | None = Field(
        None, description="Who the patient is: name, day of birth, gender; absent: as before."
    )
    addresses: Annotated[list[PatientAddress], _SEVERAL] | None = Field(
        None, description="All postal addresses of the patient; absent: as before."
    )
    contact_points: Annotated[list[ContactPoint], _SEVERAL] | None = Field(
        None, description="All telephone numbers, email addresses and the like of the patient; absent: as before."
    )
    emergency_contacts: Annotated[list[EmergencyContact], _SEVERAL] | None = Field(
        None, description="All people to call when the patient cannot speak for themselves; absent: as before."
    )
    communication_preferences: CommunicationPreferences | None = Field(
        None, description="How the patient wants to be reached; absent: as before."
    )
    identifiers: Annotated[list[PatientIdentifier], _SEVERAL] | None = Field(
        None, description="All numbers by which other systems know the patient, for staff only; absent: as before."
    )
    deceased: Deceased | None = Field(
        None, description="Whether the patient has died, for staff only; absent: as before."
    )

    @field_validator("addresses")
    @classmethod
    def _country(cls, value: list[PatientAddress] | None, info: ValidationInfo) -> list[PatientAddress] | None:
        return None if value is None else _remember_country(value, info)


class MergePatients(Repeatable):
    """Two records of one person to merge; what the survivor lacks is taken from the duplicate."""

    survivor_id: PatientId = Field(description="The id of the patient who stands for both from now on.")
    survivor_version: int = Field(description="The version of the survivor that the client has read.")
    duplicate_id: PatientId = Field(description="The id of the patient who is merged into the survivor.")
    duplicate_version: int = Field(description="The version of the duplicate that the client has read.")

    @field_validator("duplicate_id")
    @classmethod
    def _another(cls, value: UUID, info: ValidationInfo) -> UUID:
        if value == info.data.get("survivor_id"):
            raise wrong(SAME_PATIENT)
        return value


def columns(command: RegisterMyself | UpdatePatient | RecordPatient) -> dict[str, Any]:
    """The columns of `patient` that a command speaks of."""
    found: dict[str, Any] = {}
    if command.demographics is not None:
        found |= command.demographics.model_dump()
        for name in found["other_names"]:  # as they are stored since before there were suffixes
            if name["suffix"] is None:
                del name["suffix"]
    died = None if isinstance(command, RegisterMyself) else command.deceased
    if died is not None:
        found |= {"deceased": died.deceased, "deceased_at": died.at, "deceased_on": died.on}
    if command.addresses is not None:
        found["addresses"] = [{"use": item.use, **item.address.model_dump()} for item in command.addresses]
    for name in ("contact_points", "emergency_contacts"):
        items: Sequence[Command] | None = getattr(command, name)
        if items is not None:
            found[name] = [item.model_dump() for item in items]
    if isinstance(command, RecordPatient):
        return found | {"language": command.language}
    preferences = command.communication_preferences
    if preferences is not None:
        found |= {
            "language": preferences.language,
            "preferred_channels": preferences.channels,
            "reminders": preferences.reminders,
        }
    return found


def _remember_country(addresses: list[PatientAddress], info: ValidationInfo) -> list[PatientAddress]:
    """Let the telephone numbers that are read next be of the first address's country."""
    if info.context is not None and addresses:
        info.context["country"] = addresses[0].address.country
    return addresses


def _phone(value: str, info: ValidationInfo) -> str:
    number = normal_phone(value, (info.context or {}).get("country"))
    if number is None:
        raise wrong(TELEPHONE)
    return number
