"""The door for FHIR R4 resources: each becomes a command of the directory."""

from collections.abc import Sequence
from typing import Any

from shared import fhir
from shared.commands import REQUIRED
from shared.fhir import Address, At, CodeableConcept, Coding, ContactPoint, HumanName, LeftOut, Reference, Wrong
from shared.known import References, ResourceType
from shared.values import language_tag, time_zones
from subgraphs.directory.commands import LocationEntry, OrganizationEntry, PractitionerEntry, RoleEntry
from subgraphs.directory.service import entries, roles

TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
NPI = "http://hl7.org/fhir/sid/us-npi"


class Organization(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/organization.html."""

    active: bool = True
    name: str | None = None
    telecom: list[ContactPoint] = []
    address: list[Address] = []


class Position(fhir.Element, frozen=True):
    """Location.position."""

    latitude: float
    longitude: float


class Extension(fhir.Element, frozen=True):
    """An extension that holds a code."""

    url: str = ""
    value_code: str | None = None


class Location(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/location.html."""

    extension: list[Extension] = []
    status: str = "active"
    name: str | None = None
    telecom: list[ContactPoint] = []
    address: Address = Address()
    position: Position | None = None
    managing_organization: Reference | None = None


class Practitioner(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/practitioner.html."""

    active: bool = True
    name: list[HumanName] = []
    telecom: list[ContactPoint] = []
    communication: list[CodeableConcept] = []


class PractitionerRole(fhir.Resource, frozen=True):
    """https://hl7.org/fhir/R4/practitionerrole.html."""

    active: bool = True
    practitioner: Reference | None = None
    organization: Reference | None = None
    location: list[Reference] = []
    specialty: list[CodeableConcept] = []
    code: list[CodeableConcept] = []


def read_organization(resource: Organization, references: References) -> OrganizationEntry:
    """What is told of an organization."""
    tell = references.tell
    if len(resource.address) > 1:
        tell("address", "left out, but for the first one")
    _tell_uses(resource.telecom, resource.address, tell)
    values: dict[str, Any] = {
        "active": At("active", resource.active),
        "name": At("name", resource.name),
        "phone": _contact(resource.telecom, "phone", tell=tell)["phone"],
        "address": At("address[0]", resource.address[0].parts("address", tell)) if resource.address else {},
    }
    return fhir.command(OrganizationEntry, values)


def read_location(resource: Location, references: References) -> LocationEntry:
    """What is told of a location."""
    zones = [item.value_code or "" for item in resource.extension if item.url == TIME_ZONE]
    position, tell = resource.position, references.tell
    _tell_uses(resource.telecom, [resource.address], tell)
    if any(item.url != TIME_ZONE for item in resource.extension):
        tell("extension", "left out, but for the time zone")
    if zones and zones[0] not in time_zones():
        tell("extension", "left out, since it is no time zone that is known")
    values = {
        "active": At("status", resource.status == "active"),
        "organization_id": references.present_or_none(
            "Organization", "managingOrganization", resource.managing_organization
        ),
        "name": At("name", resource.name),
        "phone": _contact(resource.telecom, "phone", tell=references.tell)["phone"],
        "address": At("address", resource.address.parts("address", references.tell)),
        "position": position and At("position", {"latitude": position.latitude, "longitude": position.longitude}),
        "time_zone": time_zones().get(zones[0]) if zones else None,
    }
    return fhir.command(LocationEntry, values)


def read_practitioner(resource: Practitioner, references: References) -> PractitionerEntry:
    """What is told of a practitioner; a provider number that others have too is not theirs."""
    npis = [
        At(f"identifier[{place}].value", item.value)
        for place, item in enumerate(resource.identifier)
        if item.system == NPI and references.owns(resource, item)
    ]
    _tell_uses(resource.telecom, [], references.tell)
    languages = [fhir.code_of(language, language_tag) for language in resource.communication]
    if None in languages:
        references.tell("communication", "left out where it has no code of a language")
    place, name = fhir.main_name(resource.name, references.tell)
    if len(resource.name) > 1:
        references.tell("name", "left out, but for the main one")
    path = f"name[{place}]"
    values = {
        **{field: At(f"{path}.{field}", value) for field, value in name.parts(path, references.tell).items()},
        "active": At("active", resource.active),
        "npi": npis[0] if npis else None,
        **_contact(resource.telecom, "email", "phone", tell=references.tell),
        "languages": At("communication", [language for language in languages if language]),
    }
    return fhir.command(PractitionerEntry, values)


def _tell_uses(points: Sequence[ContactPoint], addresses: Sequence[Address], tell: fhir.Tell) -> None:
    for path, items in (("telecom", points), ("address", addresses)):
        if any(item.use for item in items):
            tell(f"{path}.use", "left out")


def _contact(points: Sequence[ContactPoint], *systems: str, tell: fhir.Tell) -> dict[str, At | None]:
    """The first contact point of each of these kinds."""
    found = {system: fhir.first(points, system) for system in systems}
    if sum(1 for point in points if point.value) > sum(1 for each in found.values() if each):
        tell("telecom", f"left out, but for the first {' and '.join(systems)}")
    return found


def read_role(resource: PractitionerRole, references: References) -> RoleEntry:
    """What a practitioner does: a role for each specialty at each place, and none if it is not in use."""
    if resource.active and not resource.specialty and not resource.code:
        raise LeftOut("left out, since it has no specialty and no code")
    element, concepts = ("specialty", resource.specialty) if resource.specialty else ("code", resource.code)
    specialties = [
        At(f"{element}[{place}].coding[{nth}]", {"system": item.system, "code": item.code, "display": item.display})
        for place, concept in enumerate(concepts)
        for nth, item in enumerate(concept.coding)
        if item.system and item.code
    ]
    if any(not item.system or not item.code for concept in concepts for item in concept.coding or [Coding()]):
        references.tell(element, "left out where it has no code with its system")
    if resource.specialty and resource.code:
        references.tell("code", "left out, since it has a specialty")
    organization = references.present_or_none("Organization", "organization", resource.organization)
    found = (references.present_or_none("Location", "location", place) for place in resource.location)
    places = dict.fromkeys(found) or [None]
    each: list[Any] = [
        {"specialty": specialty, "organization_id": organization, "location_id": place}
        for place in places
        for specialty in specialties
    ]
    values = {
        "practitioner_id": references.known("Practitioner", At("practitioner", [resource.practitioner])),
        "roles": (each or Wrong("specialty", REQUIRED)) if resource.active else [],
    }
    return fhir.command(RoleEntry, values)


# Elements that came with R5.
_R5_LOCATION = dict.fromkeys(("form", "characteristic", "contact", "virtualService"), "R5")
_R5_ROLE = dict.fromkeys(("characteristic", "contact", "communication"), "R5")

RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(
        Organization, read_organization, entries.take_over_organizations, retract=entries.retract_organizations
    ),
    ResourceType(
        Location, read_location, entries.take_over_locations, releases=_R5_LOCATION, retract=entries.retract_locations
    ),
    ResourceType(
        Practitioner,
        read_practitioner,
        entries.take_over_practitioners,
        frozenset({NPI, "NPI"}),
        entries.may_be_practitioners,
        retract=entries.retract_practitioners,
    ),
    ResourceType(
        PractitionerRole,
        read_role,
        roles.take_over_roles,
        alike=roles.may_be_roles,
        retract=roles.retract_roles,
        releases=_R5_ROLE,
        holders=("Practitioner", roles.practitioners),
    ),
)
