"""The door for FHIR R4 Patient: each becomes a command of the patients' domain."""

from typing import Any

from shared import fhir
from shared.datatypes import AdministrativeGender
from shared.fhir import Address, At, CodeableConcept, ContactPoint, HumanName, Reference
from shared.known import Links, References, ResourceType
from shared.values import language_tag, normal_email, normal_phone
from subgraphs.patients import merge, service
from subgraphs.patients.codes import (
    AddressUse,
    ContactPointSystem,
    ContactPointUse,
    MaritalStatus,
    NameUse,
    Relationship,
)
from subgraphs.patients.commands import OTHER_NAMES, RecordPatient


class Contact(fhir.Element, frozen=True):
    """Patient.contact."""

    relationship: list[CodeableConcept] = []
    name: HumanName | None = None
    telecom: list[ContactPoint] = []


class Communication(fhir.Element, frozen=True):
    """Patient.communication."""

    language: CodeableConcept = CodeableConcept()
    preferred: bool = False


class Link(fhir.Element, frozen=True):
    """Patient.link."""

    other: Reference | None = None
    type: str = ""


class Patient(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/patient.html."""

    active: bool = True
    name: list[HumanName] = []
    gender: str = AdministrativeGender.UNKNOWN.value
    birth_date: str | None = None
    deceased_boolean: bool = False
    deceased_date_time: str | None = None
    marital_status: CodeableConcept | None = None
    telecom: list[ContactPoint] = []
    address: list[Address] = []
    contact: list[Contact] = []
    communication: list[Communication] = []
    link: list[Link] = []


def read_links(resource: Patient, tell: fhir.Tell) -> Links:
    """Who replaces a patient, whom they replace, and who is the same person without that."""
    if any(not link.other or link.type not in _LINKS for link in resource.link):
        tell("link", "left out where it does not say who is linked, or how")
    return [(link.other, _LINKS[link.type]) for link in resource.link if link.other and link.type in _LINKS]


def read_patient(resource: Patient, references: References) -> RecordPatient:
    """What is told of a patient. Numbers that are in no known form stay as they are written."""
    tell = references.tell
    spoken = sorted(resource.communication, key=lambda item: not item.preferred)
    country = resource.address[0].country_code if resource.address else None
    died = resource.deceased_date_time
    language = fhir.code_of(spoken[0].language, language_tag) if spoken else None
    if len(spoken) > (language is not None):
        tell("communication", "left out, but for the preferred language with a code")
    if any(not item.value or not item.system for item in resource.identifier):
        tell("identifier", "left out where it has no system, or no value")
    if any(not point.value for point in resource.telecom):
        tell("telecom", "left out where it has no value")
    if any(not contact.name for contact in resource.contact):
        tell("contact", "left out where it has no name")
    values = {
        "active": At("active", resource.active),
        "demographics": _demographics(resource, tell),
        "deceased": {
            "deceased": resource.deceased_boolean or died is not None,
            **fhir.time_of("deceasedDateTime", died, tell, "at", "on"),
        },
        "addresses": [
            At(
                f"address[{place}]",
                {"use": _code(AddressUse, item.use), "address": At("", item.parts("address", tell))},
            )
            for place, item in enumerate(resource.address)
        ],
        "contact_points": [
            At(f"telecom[{place}]", _contact_point(point, country))
            for place, point in enumerate(resource.telecom)
            if point.value
        ],
        "emergency_contacts": [
            At(f"contact[{place}]", _emergency_contact(contact, country))
            for place, contact in enumerate(resource.contact)
            if contact.name
        ],
        "language": language,
        "identifiers": [
            At(
                f"identifier[{place}]",
                {"system": item.system, "value": item.value, "type": fhir.code_of(item.type, bool)},
            )
            for place, item in enumerate(resource.identifier)
            if item.system and item.value
        ],
    }
    return fhir.command(RecordPatient, values)


def _demographics(resource: Patient, tell: fhir.Tell) -> dict[str, Any]:
    main, name = fhir.main_name(resource.name, tell)
    others = [(place, other) for place, other in enumerate(resource.name) if place != main]
    if len(others) > OTHER_NAMES:
        tell("name", f"left out, but for {OTHER_NAMES} besides the main one")
    marital_status = fhir.code_of(resource.marital_status, lambda code: _is(MaritalStatus, code))
    if resource.marital_status and not marital_status:
        tell("maritalStatus", "left out, since it has no code of HL7's")
    return {
        **{field: At(f"name[{main}].{field}", value) for field, value in name.parts(f"name[{main}]", tell).items()},
        "other_names": [
            At(f"name[{place}]", {"use": _code(NameUse, other.use), **other.parts("name", tell)})
            for place, other in others[:OTHER_NAMES]
        ],
        "gender": At("gender", resource.gender),
        **fhir.date_of("birthDate", resource.birth_date, tell, "birth_date", "partial_birth_date"),
        "marital_status": marital_status,
    }


def _contact_point(point: ContactPoint, country: str | None) -> dict[str, Any]:
    value = point.value or ""
    system = _code(ContactPointSystem, point.system) or ContactPointSystem.OTHER.value
    if system in {"phone", "sms", "fax"}:
        value = normal_phone(value, country) or value
    elif system == "email":
        value = normal_email(value) or value
    return {"system": system, "value": value, "use": _code(ContactPointUse, point.use)}


def _emergency_contact(contact: Contact, country: str | None) -> dict[str, Any]:
    name = contact.name or HumanName()
    phone, email = fhir.first(contact.telecom, "phone"), fhir.first(contact.telecom, "email")
    codes = (fhir.code_of(relationship, lambda code: _is(Relationship, code)) for relationship in contact.relationship)
    return {
        "name": name.text or " ".join(filter(None, [*name.prefix, *name.given, name.family])),
        "relationship": next(filter(None, codes), Relationship.OTHER.value),
        "phone": phone and At(phone.path, normal_phone(phone.value, country) or phone.value),
        "email": email and At(email.path, normal_email(email.value) or email.value),
    }


def _is(codes: Any, code: str | None) -> bool:
    return code in {item.value for item in codes}


def _code(codes: Any, code: str | None) -> str | None:
    return code if _is(codes, code) else None


# https://hl7.org/fhir/R4/valueset-link-type.html
_LINKS = {"replaced-by": True, "replaces": False, "seealso": None, "refer": None}

# HL7's table 0203: medical record number, and a patient's internal number.
_NUMBERS = frozenset({"MR", "PI"})

RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(
        Patient,
        read_patient,
        service.take_over,
        _NUMBERS,
        service.may_be,
        service.survivors,
        releases={"animal": "STU3"},
        retract=service.retract,
        links=(read_links, merge.take_over_links),
        suspect=merge.suspect,
    ),
)
