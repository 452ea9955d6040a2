"""The directory's use cases."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import Select, delete
from sqlmodel import col

from shared.graph.context import Context
from shared.graph.datatypes import stored
from shared.graph.errors import invalid
from shared.ids import parse_id
from shared.work import UnitOfWork
from subgraphs.directory import policy
from subgraphs.directory.events import LocationChanged, OrganizationChanged, PractitionerChanged, PractitionerRegistered
from subgraphs.directory.models import Location, Model, Organization, Practitioner, PractitionerRole
from subgraphs.directory.types import LocationInput, OrganizationInput, PractitionerInput, PractitionerRoleInput

Kind = TypeVar("Kind", bound=Model)


async def save_organization(context: Context, input: OrganizationInput) -> Organization:
    """Enter an organization, or change one at the version that the client has read."""
    async with context.write() as work:
        row = await _open(work, Organization, policy.organizations, input.id, input.version)
        row.name, row.phone, row.active = _text(input.name, "name"), input.phone, input.active
        row.address = stored(input.address)
        work.session.add(row)
        work.publish(OrganizationChanged(organization_id=row.id, active=row.active))
    return row


async def save_location(context: Context, input: LocationInput) -> Location:
    """Enter a location, or change one at the version that the client has read."""
    if input.time_zone not in available_timezones():
        raise invalid("timeZone", "It is a name of the IANA time zone database, like Europe/Berlin.")
    async with context.write() as work:
        row = await _open(work, Location, policy.locations, input.id, input.version)
        row.organization_id = await _reference(work, Organization, input.organization_id, "organizationId")
        row.name, row.phone, row.active = input.name, input.phone, input.active
        row.address, row.time_zone = stored(input.address), input.time_zone
        work.session.add(row)
        work.publish(
            LocationChanged(
                location_id=row.id,
                organization_id=row.organization_id,
                time_zone=row.time_zone,
                active=row.active,
            )
        )
    return row


async def save_practitioner(context: Context, input: PractitionerInput) -> Practitioner:
    """Enter a practitioner with their roles, or change one at the version that the client has read."""
    async with context.write() as work:
        row = await _open(work, Practitioner, policy.practitioners, input.id, input.version)
        row.family = _text(input.family, "family")
        row.given, row.prefix = input.given, input.prefix
        row.npi, row.licence_number = input.npi, input.licence_number
        row.email, row.phone, row.languages = input.email, input.phone, input.languages
        row.active = input.active
        work.session.add(row)
        await work.session.flush()
        await _replace_roles(work, row, input.roles)
        if input.id is None:
            work.publish(PractitionerRegistered(practitioner_id=row.id))
        else:
            work.publish(PractitionerChanged(practitioner_id=row.id, active=row.active))
    return row


async def _open(
    work: UnitOfWork, kind: type[Kind], narrowed: Callable[..., Select[Kind]], key: str | None, version: int | None
) -> Kind:
    """A new row, or the one that is changed."""
    if key is None:
        return kind()
    return await work.find(narrowed, parse_id(key), scope=policy.WRITE, version=version)


async def _replace_roles(work: UnitOfWork, row: Practitioner, roles: list[PractitionerRoleInput]) -> None:
    row.touch()
    await work.session.execute(delete(PractitionerRole).where(col(PractitionerRole.practitioner_id) == row.id))
    for index, role in enumerate(roles):
        work.session.add(
            PractitionerRole(
                practitioner_id=row.id,
                organization_id=await _reference(
                    work, Organization, role.organization_id, f"roles.{index}.organizationId"
                ),
                location_id=await _reference(work, Location, role.location_id, f"roles.{index}.locationId"),
                specialty_system=role.specialty.system,
                specialty_code=role.specialty.code,
                specialty_display=role.specialty.display,
            )
        )


async def _reference(work: UnitOfWork, kind: type[Model], key: str | None, path: str) -> UUID | None:
    if key is None:
        return None
    identifier = parse_id(key)
    if identifier is None or await work.session.get(kind, identifier) is None:
        raise invalid(path, "It names nothing in the directory.")
    return identifier


def _text(value: str, path: str) -> str:
    if not value.strip():
        raise invalid(path, "It must not be empty.")
    return value.strip()
