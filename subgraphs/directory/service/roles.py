"""What practitioners do. A role is no more than what makes it that role; which resources of other systems say so, it keeps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import col

from shared.database.model import assign
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.directory import effects
from subgraphs.directory.commands import PractitionerRole as Role
from subgraphs.directory.commands import RoleEntry
from subgraphs.directory.models import Practitioner, PractitionerRole

Key = tuple[UUID, UUID | None, UUID | None, str]
"""A role: the practitioner, the organization, the location, the specialty."""


async def replace_roles(work: UnitOfWork, practitioner: Practitioner, roles: Sequence[Role]) -> bool:
    """Make a practitioner's roles these; whether any were others."""
    found = select(PractitionerRole).where(col(PractitionerRole.practitioner_id) == practitioner.id)
    present = {_key(row): row for row in await work.session.scalars(found)}
    wanted = {_key_of(practitioner.id, role): role for role in roles}
    for key in present.keys() - wanted.keys():
        await work.session.delete(present[key])
    changed = present.keys() != wanted.keys()
    for key, role in wanted.items():
        row = present.get(key) or _add(work, key, role)
        changed = bool(assign(row, _specialty(role))) or changed
    return changed


async def take_over_roles(work: UnitOfWork, entries: Sequence[tuple[UUID, RoleEntry]]) -> list[Outcome]:
    """Let practitioners do what resources of another system say: each by its key, under which it may have said otherwise.

    A role that none of them says any more ends.
    """
    present = await _present(work, entries)
    said = {key: {role for role, row in present.items() if key in row.sources} for key, _ in entries}
    outcomes, changed = [], set[UUID]()
    for key, command in entries:
        wanted = {_key_of(command.practitioner_id, role): role for role in command.roles}
        before, now = said[key], set(wanted)
        added = now - present.keys()
        present |= {role: _add(work, role, wanted[role]) for role in wanted if role in added}
        _say(key, (present[role] for role in now), says=True)
        _say(key, (present[role] for role in before - now), says=False)
        named = {role for role in now if _is_named(present[role], key, wanted[role])}
        changed |= {practitioner for practitioner, *_ in added | named}
        outcomes.append(_outcome(before, now, added | named))
    for role in [role for dropped in said.values() for role in dropped if not present[role].sources]:
        await work.session.delete(present[role])
        changed.add(role[0])
    await _tell(work, changed)
    return outcomes


async def _tell(work: UnitOfWork, changed: Collection[UUID]) -> None:
    """Roles are a part of their practitioner, who is changed by a change of them."""
    rows = (await work.rows(Practitioner, changed)).values()
    for row in rows:
        row.touch()
        effects.saved(work, row, created=False)
    await effects.practising(work, rows)


async def retract_roles(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let roles end that no resource says any more but those which their system takes back."""
    sources: Any = col(PractitionerRole.sources)
    rows = (await work.session.scalars(select(PractitionerRole).where(sources.overlap(list(keys))))).all()
    said = {key for row in rows for key in row.sources}
    ended = [row for row in rows if not set(row.sources) - set(keys)]
    for key in keys:
        _say(key, rows, says=False)
    for row in ended:
        await work.session.delete(row)
    await _tell(work, {row.practitioner_id for row in ended})
    return [Outcome.UPDATED if key in said else Outcome.UNCHANGED for key in keys]


async def may_be_roles(work: UnitOfWork, entries: Sequence[tuple[UUID, RoleEntry]]) -> list[bool]:
    """Whether each resource may be the one that is told of: it was of the same practitioner."""
    present = await _present(work, entries)
    of = {(source, row.practitioner_id) for row in present.values() for source in row.sources}
    return [(key, command.practitioner_id) in of for key, command in entries]


async def practitioners(work: UnitOfWork) -> Mapping[UUID, UUID]:
    """Whose roles resources of other systems tell of, by the keys of those."""
    said = func.unnest(col(PractitionerRole.sources))
    rows = await work.session.execute(select(said, col(PractitionerRole.practitioner_id)))
    return {row[0]: row[1] for row in rows}


async def _present(work: UnitOfWork, entries: Sequence[tuple[UUID, RoleEntry]]) -> dict[Key, PractitionerRole]:
    """The roles of the practitioners that are told of, and those that the same resources have told of."""
    sources: Any = col(PractitionerRole.sources)  # an ARRAY of PostgreSQL's, which SQLModel types as a list
    theirs = col(PractitionerRole.practitioner_id).in_({command.practitioner_id for _, command in entries})
    found = select(PractitionerRole).where(or_(theirs, sources.overlap([key for key, _ in entries])))
    return {_key(row): row for row in await work.session.scalars(found)}


def _say(source: UUID, rows: Iterable[PractitionerRole], *, says: bool) -> None:
    for row in rows:
        others = [each for each in row.sources if each != source]
        assign(row, {"sources": sorted([*others, source] if says else others)})


def _outcome(before: set[Key], now: set[Key], changed: set[Key]) -> Outcome:
    """What became of a resource, by what it said before, what it says now, and which roles that has changed."""
    if changed and not before:
        return Outcome.CREATED
    return Outcome.UPDATED if changed or (before and before != now) else Outcome.UNCHANGED


def _is_named(row: PractitionerRole, source: UUID, role: Role) -> bool:
    """Call a role as its only source does; whether it was called otherwise."""
    return row.sources == [source] and bool(assign(row, _specialty(role)))


def _add(work: UnitOfWork, key: Key, role: Role) -> PractitionerRole:
    practitioner, organization, location, _ = key
    row = PractitionerRole(
        practitioner_id=practitioner, organization_id=organization, location_id=location, **_specialty(role)
    )
    work.session.add(row)
    return row


def _specialty(role: Role) -> dict[str, Any]:
    return {f"specialty_{name}": value for name, value in role.specialty.model_dump().items()}


def _key(row: PractitionerRole) -> Key:
    return row.practitioner_id, row.organization_id, row.location_id, row.specialty_code


def _key_of(practitioner: UUID, role: Role) -> Key:
    return practitioner, role.organization_id, role.location_id, role.specialty.code
