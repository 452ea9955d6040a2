"""FHIR R4 resources as rows of the directory."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlmodel import col

from shared import fhir
from shared.fhir import (
    Address,
    CodeableConcept,
    ContactPoint,
    HumanName,
    InvalidResource,
    Outcome,
    Reference,
)
from shared.known import References, ResourceType
from shared.work import UnitOfWork
from subgraphs.directory import effects, models

TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
NPI = "http://hl7.org/fhir/sid/us-npi"

Draft = dict[str, Any]


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

    practitioner: Reference | None = None
    organization: Reference | None = None
    location: list[Reference] = []
    specialty: list[CodeableConcept] = []
    code: list[CodeableConcept] = []


def read_organization(resource: Organization, _: References) -> Draft:
    """A row of `organization`."""
    if not resource.name:
        raise InvalidResource("name is missing")
    return {
        "active": resource.active,
        "name": resource.name,
        "phone": fhir.first(resource.telecom, "phone"),
        "address": (resource.address[0] if resource.address else Address()).parts(),
    }


async def save_organizations(work: UnitOfWork, drafts: Sequence[tuple[UUID, Draft]]) -> list[Outcome]:
    """Make rows of `organization` like these."""
    return await _save(work, models.Organization, drafts)


def read_location(resource: Location, references: References) -> Draft:
    """A row of `location`. Where the time zone is not said, it stays what it is here."""
    zones = [item.value_code for item in resource.extension if item.url == TIME_ZONE]
    return {
        **({"time_zone": zones[0]} if zones and zones[0] in available_timezones() else {}),
        "active": resource.status == "active",
        "organization_id": references.find(resource.managing_organization, "Organization"),
        "name": resource.name or None,
        "phone": fhir.first(resource.telecom, "phone"),
        "address": resource.address.parts(),
        "latitude": resource.position and resource.position.latitude,
        "longitude": resource.position and resource.position.longitude,
    }


async def save_locations(work: UnitOfWork, drafts: Sequence[tuple[UUID, Draft]]) -> list[Outcome]:
    """Make rows of `location` like these."""
    return await _save(work, models.Location, drafts)


def read_practitioner(resource: Practitioner, references: References) -> Draft:
    """A row of `practitioner`; a provider number that others have too is not theirs."""
    if not resource.name:
        raise InvalidResource("name is missing")
    name = next((name for name in resource.name if name.use == "official"), resource.name[0])
    npis = [item for item in resource.identifier if item.system == NPI and references.owns(resource, item)]
    languages = [fhir.code_of(language, bool) for language in resource.communication]
    return {
        "active": resource.active,
        **name.columns(),
        "npi": npis[0].value if npis else None,
        "email": fhir.first(resource.telecom, "email"),
        "phone": fhir.first(resource.telecom, "phone"),
        "languages": [language for language in languages if language],
    }


async def save_practitioners(work: UnitOfWork, drafts: Sequence[tuple[UUID, Draft]]) -> list[Outcome]:
    """Make rows of `practitioner` like these; who has a provider number here keeps it."""
    npi = col(models.Practitioner.npi)
    columns = select(npi, col(models.Practitioner.id)).where(npi.in_([draft["npi"] for _, draft in drafts]))
    holders: dict[str, UUID] = {row.npi: row.id for row in await work.session.execute(columns)}
    drafts = [
        (row, draft if holders.get(draft["npi"], row) == row else {**draft, "npi": None}) for row, draft in drafts
    ]
    return await _save(work, models.Practitioner, drafts)


def same_name(row: models.Practitioner, draft: Draft) -> bool:
    """Whether a practitioner may be this one."""
    return fhir.share_a_name(row.family, row.given, draft["family"], draft["given"])


def read_role(resource: PractitionerRole, references: References) -> list[models.PractitionerRole]:
    """Rows of `practitioner_role`: one for each specialty at each place."""
    practitioner = references.find(resource.practitioner, "Practitioner")
    if practitioner is None:
        raise InvalidResource("practitioner names none that is known")
    concepts = resource.specialty or resource.code
    codings = [coding for concept in concepts for coding in concept.coding]
    specialties = [(item.system, item.code, item.display) for item in codings if item.system and item.code]
    if not specialties:
        raise InvalidResource("specialty has no code")
    locations = dict.fromkeys(references.find(place, "Location") for place in resource.location) or [None]
    return [
        models.PractitionerRole(
            practitioner_id=practitioner,
            organization_id=references.find(resource.organization, "Organization"),
            location_id=location,
            specialty_system=system,
            specialty_code=code,
            specialty_display=display,
        )
        for location in locations
        for system, code, display in specialties
    ]


async def save_roles(work: UnitOfWork, drafts: Sequence[tuple[UUID, list[models.PractitionerRole]]]) -> list[Outcome]:
    """Add the roles that are missing, which changes their practitioner; a role is no more than what makes it that role."""
    practitioners = {role.practitioner_id for _, roles in drafts for role in roles}
    statement = select(models.PractitionerRole).where(col(models.PractitionerRole.practitioner_id).in_(practitioners))
    present = {_role_key(role) for role in await work.session.scalars(statement)}
    results, changed = [], set[UUID]()
    for _, roles in drafts:
        missing = [role for role in roles if _role_key(role) not in present]
        work.session.add_all(missing)
        present |= {_role_key(role) for role in missing}
        changed |= {role.practitioner_id for role in missing}
        results.append(Outcome.CREATED if missing else Outcome.UNCHANGED)
    rows = select(models.Practitioner).where(col(models.Practitioner.id).in_(changed)).with_for_update()
    for row in await work.session.scalars(rows):
        row.touch()
        effects.saved(work, row, created=False)
    return results


async def _save(
    work: UnitOfWork,
    model: type[models.Organization | models.Location | models.Practitioner],
    drafts: Sequence[tuple[UUID, Draft]],
) -> list[Outcome]:
    results = await fhir.upsert(work.session, model, drafts)
    for result in results:
        if result.outcome is not Outcome.UNCHANGED:
            effects.saved(work, result.row, created=result.outcome is Outcome.CREATED)
    return [result.outcome for result in results]


def _role_key(role: models.PractitionerRole) -> tuple[UUID | str | None, ...]:
    return role.practitioner_id, role.organization_id, role.location_id, role.specialty_code


RESOURCES: tuple[ResourceType[Any, Any], ...] = (
    ResourceType(Organization, read_organization, save_organizations, models.Organization),
    ResourceType(Location, read_location, save_locations, models.Location),
    ResourceType(
        Practitioner, read_practitioner, save_practitioners, models.Practitioner, frozenset({NPI, "NPI"}), same_name
    ),
    ResourceType(PractitionerRole, read_role, save_roles),
)
