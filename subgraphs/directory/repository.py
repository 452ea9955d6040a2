"""Every statement of the directory, each beginning with what `policy` lets the caller see."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam, false, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from shared.auth.principal import Principal
from shared.database.paging import ListOfEach, Order
from shared.database.rows import grouped
from shared.database.search import says, words
from shared.graph.context import Context
from subgraphs.directory import policy
from subgraphs.directory.models import (
    Entry,
    Location,
    Organization,
    Practitioner,
    PractitionerOrderField,
    PractitionerRole,
)

Kind = TypeVar("Kind", bound=Entry)

ORGANIZATIONS = Order((col(Organization.search_text), col(Organization.id)))
LOCATIONS = Order((col(Location.search_text), col(Location.id)))
LOCATIONS_OF_ORGANIZATION = ListOfEach(policy.locations, col(Location.organization_id))
PRACTITIONERS = {
    PractitionerOrderField.NAME: Order((col(Practitioner.search_text), col(Practitioner.id))),
    PractitionerOrderField.ENTERED_AT: Order((col(Practitioner.id),)),
}


@dataclass(frozen=True, slots=True)
class RoleFilter:
    """Which role is asked for."""

    specialty: str | None
    organization_id: UUID | None
    location_id: UUID | None

    def conditions(self) -> list[ColumnElement[bool]]:
        """WHERE, of what is asked for."""
        wanted = (
            (col(PractitionerRole.specialty_code), self.specialty),
            (col(PractitionerRole.organization_id), self.organization_id),
            (col(PractitionerRole.location_id), self.location_id),
        )
        return [column == value for column, value in wanted if value is not None]


async def roles(context: Context, practitioner_ids: Sequence[UUID]) -> list[list[PractitionerRole]]:
    """The roles of practitioners, in order."""
    rows = await context.fetch(context.written(_roles), practitioners=practitioner_ids)
    return grouped(rows, attrgetter("practitioner_id"), practitioner_ids)


def _roles(principal: Principal) -> Select[PractitionerRole]:
    return (
        policy.roles(principal)
        .where(col(PractitionerRole.practitioner_id) == any_(bindparam("practitioners", type_=ARRAY(Uuid))))
        .order_by(col(PractitionerRole.id))
    )


async def specialties(context: Context) -> Sequence[tuple[str, str, str | None]]:
    """The specialties that somebody practises who is active, by name: the system, the code, and what most call it."""
    active = policy.practitioners(context.principal).where(col(Practitioner.active))
    code = col(PractitionerRole.specialty_system), col(PractitionerRole.specialty_code)
    display = func.mode().within_group(col(PractitionerRole.specialty_display))
    statement = (
        select(*code, display.label("display"))
        .where(col(PractitionerRole.practitioner_id).in_(active.with_only_columns(col(Practitioner.id))))
        .group_by(*code)
        .order_by(func.lower(display), *code)
    )
    return await context.fetch(statement)


def search_organizations(principal: Principal, search: str | None) -> Select[Organization]:
    """Organizations whose name matches."""
    return _matching(policy.organizations(principal), col(Organization.name_search), search)


def search_locations(principal: Principal, search: str | None) -> Select[Location]:
    """Locations whose name matches."""
    return _matching(policy.locations(principal), col(Location.name_search), search)


def search_practitioners(
    principal: Principal,
    search: str | None,
    language: str | None,
    role: RoleFilter,
) -> Select[Practitioner]:
    """Practitioners whose name matches, who speak a language, and have one role that is as asked for."""
    statement = _matching(policy.practitioners(principal), col(Practitioner.name_search), search)
    if language is not None:
        statement = statement.where(col(Practitioner.languages).contains([language]))
    conditions = role.conditions()
    if conditions:
        matching = policy.roles(principal).with_only_columns(col(PractitionerRole.practitioner_id)).where(*conditions)
        statement = statement.where(col(Practitioner.id).in_(matching))
    return statement


def _matching(statement: Select[Kind], text: Mapped[str], search: str | None) -> Select[Kind]:
    """Those whose name has the words of a search, or words much like them."""
    if not search or not search.strip():
        return statement
    wanted = words(search)
    return statement.where(*says(text, wanted)) if wanted else statement.where(false())
