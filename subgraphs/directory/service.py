"""The directory's use cases."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import assign
from shared.errors import NOT_FOUND, FieldProblem, InvalidInput, invalid
from shared.graph.context import Context
from shared.work import UnitOfWork
from subgraphs.directory import effects, policy
from subgraphs.directory.commands import PractitionerRole as Role
from subgraphs.directory.commands import SaveLocation, SaveOrganization, SavePractitioner
from subgraphs.directory.errors import NPI_TAKEN
from subgraphs.directory.models import Entry, Location, Organization, Practitioner, PractitionerRole

Kind = TypeVar("Kind", bound=Entry)
Reference = tuple[str, type[Entry], UUID | None]


async def save_organization(context: Context, command: SaveOrganization) -> Organization:
    """Enter an organization, or change one at the version that the client has read."""
    async with context.write() as work:
        row = await _open(work, Organization, policy.organizations, command)
        assign(row, command.model_dump(exclude={"id", "version"}))
        effects.saved(work, row, created=command.id is None)
    return row


async def save_location(context: Context, command: SaveLocation) -> Location:
    """Enter a location, or change one at the version that the client has read."""
    async with context.write() as work:
        await _check(work, [("organizationId", Organization, command.organization_id)])
        row = await _open(work, Location, policy.locations, command)
        assign(row, command.model_dump(exclude={"id", "version"}))
        effects.saved(work, row, created=command.id is None)
    return row


async def save_practitioner(context: Context, command: SavePractitioner) -> Practitioner:
    """Enter a practitioner with their roles, or change one at the version that the client has read."""
    async with context.write() as work:
        await _check(work, [each for place, role in enumerate(command.roles) for each in _references(place, role)])
        row = await _open(work, Practitioner, policy.practitioners, command)
        assign(row, command.model_dump(exclude={"id", "version", "roles"}))
        try:
            await work.session.flush()
        except IntegrityError:
            raise invalid("npi", NPI_TAKEN) from None
        await _replace_roles(work, row, command.roles)
        effects.saved(work, row, created=command.id is None)
    return row


async def _open(
    work: UnitOfWork,
    kind: type[Kind],
    narrowed: Callable[..., Select[Kind]],
    command: SaveOrganization | SaveLocation | SavePractitioner,
) -> Kind:
    """A new row, or the one that is changed."""
    if command.id is not None:
        return await work.find(narrowed, command.id, scope=policy.WRITE, version=command.version)
    row = kind()
    work.session.add(row)
    return row


async def _replace_roles(work: UnitOfWork, row: Practitioner, roles: Sequence[Role]) -> None:
    row.touch()
    await work.session.execute(delete(PractitionerRole).where(col(PractitionerRole.practitioner_id) == row.id))
    work.session.add_all(
        PractitionerRole(
            practitioner_id=row.id,
            organization_id=role.organization_id,
            location_id=role.location_id,
            specialty_system=role.specialty.system,
            specialty_code=role.specialty.code,
            specialty_display=role.specialty.display,
        )
        for role in roles
    )


def _references(place: int, role: Role) -> list[Reference]:
    return [
        (f"roles.{place}.organizationId", Organization, role.organization_id),
        (f"roles.{place}.locationId", Location, role.location_id),
    ]


async def _check(work: UnitOfWork, references: Sequence[Reference]) -> None:
    """Refuse what names nothing in the directory."""
    missing = [
        FieldProblem(tuple(path.split(".")), NOT_FOUND, {"resource": kind.__name__})
        for path, kind, key in references
        if key is not None and await work.session.get(kind, key) is None
    ]
    if missing:
        raise InvalidInput(missing)
