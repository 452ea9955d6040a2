"""Entering organizations, locations and practitioners, and changing them, as the staff say or as another system does."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import assign
from shared.errors import NOT_FOUND, FieldProblem, InvalidInput, invalid
from shared.graph.context import Context
from shared.ids import new_id
from shared.unit_of_work import Outcome, UnitOfWork
from shared.values import share_a_name
from subgraphs.directory import effects, policy
from subgraphs.directory.commands import (
    LocationEntry,
    OrganizationEntry,
    PractitionerEntry,
    SaveLocation,
    SaveOrganization,
    SavePractitioner,
    columns,
)
from subgraphs.directory.commands import PractitionerRole as Role
from subgraphs.directory.errors import NPI_TAKEN
from subgraphs.directory.models import Entry, Location, Organization, Practitioner
from subgraphs.directory.service.roles import replace_roles

Kind = TypeVar("Kind", bound=Organization | Location | Practitioner)
Reference = tuple[str, type[Entry], UUID | None]


async def save_organization(context: Context, command: SaveOrganization) -> Organization:
    """Enter an organization, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        old = await _open(work, policy.organizations, command)
        row, _ = _write(work, Organization, old, command)
        work.done(row.id)
    return row


async def save_location(context: Context, command: SaveLocation) -> Location:
    """Enter a location, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        await _check(work, [("organizationId", Organization, command.organization_id)])
        old = await _open(work, policy.locations, command)
        row, _ = _write(work, Location, old, command)
        work.done(row.id)
    return row


async def save_practitioner(context: Context, command: SavePractitioner) -> Practitioner:
    """Enter a practitioner with their roles, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        await _check(work, [each for place, role in enumerate(command.roles) for each in _references(place, role)])
        old = await _open(work, policy.practitioners, command)
        row, outcome = _write(work, Practitioner, old, command)
        try:
            await work.session.flush()
        except IntegrityError:
            raise invalid("npi", NPI_TAKEN) from None
        if await replace_roles(work, row, command.roles) and outcome is Outcome.UNCHANGED:
            row.touch()
            effects.saved(work, row, created=False)
            outcome = Outcome.UPDATED
        if outcome is not Outcome.UNCHANGED:
            await effects.practising(work, [row])
        work.done(row.id)
    return row


async def take_over_organizations(work: UnitOfWork, entries: Sequence[tuple[UUID, OrganizationEntry]]) -> list[Outcome]:
    """Let organizations be as another system tells."""
    return await _take_over(work, Organization, entries)


async def take_over_locations(work: UnitOfWork, entries: Sequence[tuple[UUID, LocationEntry]]) -> list[Outcome]:
    """Let locations be as another system tells."""
    return await _take_over(work, Location, entries)


async def take_over_practitioners(work: UnitOfWork, entries: Sequence[tuple[UUID, PractitionerEntry]]) -> list[Outcome]:
    """Let practitioners be as another system tells; who has a provider number here keeps it."""
    npi = col(Practitioner.npi)
    held = select(npi, col(Practitioner.id)).where(npi.in_([command.npi for _, command in entries]))
    holders: dict[str | None, UUID] = {row.npi: row.id for row in await work.session.execute(held)}
    own = [
        (key, command if holders.get(command.npi, key) == key else command.model_copy(update={"npi": None}))
        for key, command in entries
    ]
    return await _take_over(work, Practitioner, own)


async def retract_organizations(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let organizations be out of use that their system takes back."""
    return await _retract(work, Organization, keys)


async def retract_locations(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let locations be out of use that their system takes back."""
    return await _retract(work, Location, keys)


async def retract_practitioners(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let practitioners be out of use whom their system takes back."""
    return await _retract(work, Practitioner, keys)


async def may_be_practitioners(work: UnitOfWork, entries: Sequence[tuple[UUID, PractitionerEntry]]) -> list[bool]:
    """Whether each practitioner may be the one that is told of: they share a family or first given name."""
    rows = await work.rows(Practitioner, {key for key, _ in entries}, lock=False)
    return [
        (row := rows.get(key)) is not None and share_a_name((row.family, row.given), (command.family, command.given))
        for key, command in entries
    ]


async def _take_over(
    work: UnitOfWork,
    kind: type[Kind],
    entries: Sequence[tuple[UUID, OrganizationEntry | LocationEntry | PractitionerEntry]],
) -> list[Outcome]:
    present = await work.rows(kind, {key for key, _ in entries})
    written = [_write(work, kind, present.get(key), command, key) for key, command in entries]
    changed = {row.id: row for row, outcome in written if outcome is not Outcome.UNCHANGED}
    await effects.practising(work, [row for row in changed.values() if isinstance(row, Practitioner)])
    return [outcome for _, outcome in written]


async def _retract(work: UnitOfWork, kind: type[Kind], keys: Sequence[UUID]) -> list[Outcome]:
    rows, changed = await work.rows(kind, set(keys)), set[UUID]()
    for key, row in rows.items():
        if assign(row, {"active": False}):
            effects.saved(work, row, created=False)
            changed.add(key)
    return [Outcome.UPDATED if key in changed else Outcome.UNCHANGED for key in keys]


def _write(
    work: UnitOfWork,
    kind: type[Kind],
    row: Kind | None,
    command: OrganizationEntry | LocationEntry | PractitionerEntry,
    key: UUID | None = None,
) -> tuple[Kind, Outcome]:
    """Make an entry as a command says, a new one if there is none; one that is so already stays, and nothing is told of it."""
    values = columns(command)
    if row is None:
        row = kind(id=key or new_id(), **values)
        work.session.add(row)
        outcome = Outcome.CREATED
    else:
        outcome = Outcome.UPDATED if assign(row, values) else Outcome.UNCHANGED
    if outcome is not Outcome.UNCHANGED:
        effects.saved(work, row, created=outcome is Outcome.CREATED)
    return row, outcome


async def _open(
    work: UnitOfWork,
    narrowed: Callable[..., Select[Kind]],
    command: SaveOrganization | SaveLocation | SavePractitioner,
) -> Kind | None:
    """The row that is to be changed; None for a new one."""
    if command.id is None:
        return None
    return await work.find(narrowed, command.id, scope=policy.WRITE, version=command.version)


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
