"""Every statement of the directory, each beginning with what `policy` lets the caller see."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import Order
from shared.graph.context import Context
from subgraphs.directory import policy
from subgraphs.directory.models import Entry, Location, Organization, Practitioner, PractitionerRole

Kind = TypeVar("Kind", bound=Entry)

ORGANIZATIONS = Order((col(Organization.search_text), col(Organization.id)))
LOCATIONS = Order((col(Location.search_text), col(Location.id)))
PRACTITIONERS = Order((col(Practitioner.search_text), col(Practitioner.id)))


async def organizations(context: Context, ids: Sequence[UUID]) -> list[Organization | None]:
    """Organizations by key, in order."""
    return await context.find(policy.organizations, col(Organization.id), ids)


async def locations(context: Context, ids: Sequence[UUID]) -> list[Location | None]:
    """Locations by key, in order."""
    return await context.find(policy.locations, col(Location.id), ids)


async def practitioners(context: Context, ids: Sequence[UUID]) -> list[Practitioner | None]:
    """Practitioners by key, in order."""
    return await context.find(policy.practitioners, col(Practitioner.id), ids)


async def roles(context: Context, practitioner_ids: Sequence[UUID]) -> list[list[PractitionerRole]]:
    """The roles of practitioners, in order."""
    statement = policy.roles(context.principal).where(col(PractitionerRole.practitioner_id).in_(practitioner_ids))
    found: dict[UUID, list[PractitionerRole]] = defaultdict(list)
    async with context.read() as session:
        for role in await session.scalars(statement.order_by(col(PractitionerRole.id))):
            found[role.practitioner_id].append(role)
    return [found[identifier] for identifier in practitioner_ids]


def search_organizations(principal: Principal, search: str | None) -> Select[Organization]:
    """Organizations whose name matches."""
    return _matching(policy.organizations(principal), col(Organization.search_text), search)


def search_locations(principal: Principal, search: str | None, organization_id: UUID | None) -> Select[Location]:
    """Locations whose name matches, of an organization."""
    statement = _matching(policy.locations(principal), col(Location.search_text), search)
    if organization_id is not None:
        statement = statement.where(col(Location.organization_id) == organization_id)
    return statement


def search_practitioners(
    principal: Principal,
    search: str | None,
    language: str | None,
    role: Sequence[ColumnElement[bool]],
) -> Select[Practitioner]:
    """Practitioners whose name matches, who speak a language, and have one role that meets all conditions of `role`."""
    statement = _matching(policy.practitioners(principal), col(Practitioner.search_text), search)
    if language is not None:
        statement = statement.where(col(Practitioner.languages).contains([language]))
    if role:
        matching = policy.roles(principal).with_only_columns(col(PractitionerRole.practitioner_id)).where(*role)
        statement = statement.where(col(Practitioner.id).in_(matching))
    return statement


def _matching(statement: Select[Kind], text: Mapped[str], search: str | None) -> Select[Kind]:
    """A part of the name, or words much like it (pg_trgm's word similarity)."""
    if not search:
        return statement
    wanted = search.lower()
    return statement.where(or_(text.contains(wanted, autoescape=True), text.bool_op("%>")(wanted)))
