"""Who may see which rows of the directory: everyone what is active, the staff who keep it all of it."""

from typing import TypeVar

from sqlalchemy import Select, false, select
from sqlmodel import col

from shared.auth.principal import Principal
from subgraphs.directory.models import Entry, Location, Organization, Practitioner, PractitionerRole

READ = "directory:read"
WRITE = "directory:write"

Kind = TypeVar("Kind", bound=Entry)


def organizations(principal: Principal, scope: str = READ) -> Select[Organization]:
    """The organizations that the caller may see, or with the scope to write, change."""
    return _visible(principal, Organization, scope)


def locations(principal: Principal, scope: str = READ) -> Select[Location]:
    """The locations that the caller may see, or with the scope to write, change."""
    return _visible(principal, Location, scope)


def practitioners(principal: Principal, scope: str = READ) -> Select[Practitioner]:
    """The practitioners that the caller may see, or with the scope to write, change."""
    return _visible(principal, Practitioner, scope)


def roles(principal: Principal) -> Select[PractitionerRole]:
    """The roles of the practitioners that the caller may see."""
    visible = practitioners(principal).with_only_columns(col(Practitioner.id))
    return select(PractitionerRole).where(col(PractitionerRole.practitioner_id).in_(visible))


def _visible(principal: Principal, kind: type[Kind], scope: str) -> Select[Kind]:
    statement = select(kind)
    if principal.is_staff(WRITE):
        return statement
    return statement.where(col(kind.active) if scope == READ and principal.can(READ) else false())
