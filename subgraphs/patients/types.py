"""GraphQL types of the patients' domain: what is asked for. `inputs` holds what is given."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from shared.graph.context import Context, Info
from shared.graph.datatypes import Address, HumanName
from shared.graph.fields import from_row, guarded
from subgraphs.patients import models, policy, repository


def _value(value: str, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="Gender for administration (FHIR AdministrativeGender).")
class AdministrativeGender(Enum):
    MALE = _value("male", "Male.")
    FEMALE = _value("female", "Female.")
    OTHER = _value("other", "Neither of these.")
    UNKNOWN = _value("unknown", "Not known.")


@strawberry.enum(description="Marital status (HL7 v3 MaritalStatus).")
class MaritalStatus(Enum):
    ANNULLED = _value("A", "The marriage was annulled.")
    DIVORCED = _value("D", "Divorced.")
    INTERLOCUTORY = _value("I", "Divorced, but not yet finally.")
    LEGALLY_SEPARATED = _value("L", "Separated by law.")
    MARRIED = _value("M", "Married.")
    COMMON_LAW = _value("C", "Married by common law.")
    POLYGAMOUS = _value("P", "More than one spouse at a time.")
    NEVER_MARRIED = _value("S", "Never married.")
    DOMESTIC_PARTNER = _value("T", "In a registered partnership.")
    UNMARRIED = _value("U", "Not married now; whether ever is not said.")
    WIDOWED = _value("W", "The spouse has died.")
    UNKNOWN = _value("UNK", "Not known.")


@strawberry.enum(description="What kind of name it is (FHIR NameUse).")
class NameUse(Enum):
    USUAL = _value("usual", "What they are mostly called.")
    OFFICIAL = _value("official", "As in official papers.")
    TEMP = _value("temp", "For a time.")
    NICKNAME = _value("nickname", "What friends say.")
    ANONYMOUS = _value("anonymous", "A name that hides the person.")
    OLD = _value("old", "No longer used.")
    MAIDEN = _value("maiden", "Before marriage.")


@strawberry.enum(description="By what means a contact point reaches someone (FHIR ContactPointSystem).")
class ContactPointSystem(Enum):
    PHONE = _value("phone", "A telephone.")
    SMS = _value("sms", "A telephone that gets text messages.")
    EMAIL = _value("email", "Electronic mail.")
    FAX = _value("fax", "Telefax.")
    PAGER = _value("pager", "A pager.")
    URL = _value("url", "An address on the web.")
    OTHER = _value("other", "Something else.")


@strawberry.enum(description="What a contact point is for (FHIR ContactPointUse).")
class ContactPointUse(Enum):
    HOME = _value("home", "At home.")
    WORK = _value("work", "At work.")
    MOBILE = _value("mobile", "With them.")
    TEMP = _value("temp", "For a time.")
    OLD = _value("old", "No longer in use.")


@strawberry.enum(description="What an address is for (FHIR AddressUse).")
class AddressUse(Enum):
    HOME = _value("home", "Where they live.")
    WORK = _value("work", "Where they work.")
    TEMP = _value("temp", "For a time.")
    BILLING = _value("billing", "Where bills go.")
    OLD = _value("old", "No longer in use.")


@strawberry.enum(description="What someone is to the patient (HL7 v3 RoleCode).")
class Relationship(Enum):
    SPOUSE = _value("SPS", "Husband or wife.")
    PARTNER = _value("DOMPART", "Partner.")
    PARENT = _value("PRN", "Mother or father.")
    CHILD = _value("CHILD", "Daughter or son.")
    SIBLING = _value("SIB", "Sister or brother.")
    GRANDPARENT = _value("GRPRN", "Grandmother or grandfather.")
    GUARDIAN = _value("GUARD", "Guardian by law.")
    RELATIVE = _value("FAMMEMB", "Another member of the family.")
    FRIEND = _value("FRND", "Friend.")
    NEIGHBOUR = _value("NBOR", "Neighbour.")
    OTHER = _value("O", "Someone else.")


@strawberry.enum(description="A way to reach a patient outside CareGraph.")
class CommunicationChannel(Enum):
    EMAIL = _value("email", "Electronic mail.")
    SMS = _value("sms", "Text message.")
    PHONE = _value("phone", "A call.")
    MAIL = _value("mail", "A letter.")


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


def _gender(row: models.Patient) -> AdministrativeGender:
    return AdministrativeGender(row.gender)


def _marital_status(row: models.Patient) -> MaritalStatus | None:
    return MaritalStatus(row.marital_status) if row.marital_status else None


def _contact_points(row: models.Patient) -> list[ContactPoint]:
    return [_contact_point(**point) for point in row.contact_points]


def _addresses(row: models.Patient) -> list[PatientAddress]:
    return [_address(**address) for address in row.addresses]


def _emergency_contacts(row: models.Patient) -> list[EmergencyContact]:
    return [_emergency_contact(**contact) for contact in row.emergency_contacts]


def _communication_preferences(row: models.Patient) -> CommunicationPreferences:
    channels = [CommunicationChannel(channel) for channel in row.preferred_channels]
    return CommunicationPreferences(language=row.language, channels=channels, reminders=row.reminders)


def _other_name(use: str | None, **name: Any) -> OtherName:
    return OtherName(use=NameUse(use) if use else None, name=HumanName(**name))


def _contact_point(system: str, value: str, use: str | None) -> ContactPoint:
    return ContactPoint(system=ContactPointSystem(system), value=value, use=ContactPointUse(use) if use else None)


def _address(use: str | None, **address: Any) -> PatientAddress:
    return PatientAddress(use=AddressUse(use) if use else None, address=Address(**address))


def _emergency_contact(relationship: str, **contact: Any) -> EmergencyContact:
    return EmergencyContact(relationship=Relationship(relationship), **contact)


@strawberry.federation.type(
    keys=["id"], requires_scopes=[[policy.READ]], description="A person who is given care (FHIR Patient)."
)
class Patient:
    row: strawberry.Private[models.Patient]
    id: strawberry.ID = strawberry.field(description="Their key.")
    medical_record_number: str | None = from_row(
        "medical_record_number", description="The number that we have given them; its last digit checks the others."
    )
    name: HumanName | None = from_row(_name, description="Their official name.")
    other_names: list[OtherName] | None = from_row(_other_names, description="Names before marriage and the like.")
    birth_date: date | None = from_row("birth_date", description="Day of birth.")
    gender: AdministrativeGender | None = from_row(_gender, description="Gender for administration.")
    marital_status: MaritalStatus | None = from_row(_marital_status, description="Marital status.")
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
        if self.row.merged_into_id is None:
            return None
        row = await info.context.load(repository.patients, self.row.merged_into_id)
        return Patient.of(row) if row else None

    @guarded(
        description="Others who were born on the same day and have much the same name, at most 20.",
        scopes=[[policy.MERGE]],
    )
    async def possible_duplicates(self, info: Info) -> "list[Patient] | None":
        return [Patient.of(row) for row in await info.context.load(repository.duplicates, self.row.id)]

    @classmethod
    def of(cls, row: models.Patient) -> Self:
        """From its row."""
        return cls(row=row, id=strawberry.ID(str(row.id)))

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.patients(context, ids)]
