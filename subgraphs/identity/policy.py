"""Who may see which rows of identity: everyone their own account, administrators all."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from subgraphs.identity.models import Account, Activity, Session

READ = "account:read"
WRITE = "account:write"
INVITE = "account:invite"

_PEOPLE = frozenset({Kind.STAFF, Kind.PATIENT, Kind.PARTNER})


def accounts(principal: Principal) -> Select[Account]:
    """The accounts that the caller may see."""
    return select(Account).where(_own(principal, col(Account.id)))


def sessions(principal: Principal) -> Select[Session]:
    """The sessions that the caller may see."""
    return select(Session).where(_own(principal, col(Session.account_id)))


def activities(principal: Principal) -> Select[Activity]:
    """The entries of activity logs that the caller may see."""
    return select(Activity).where(_own(principal, col(Activity.account_id)))


def _own(principal: Principal, account_id: Mapped[UUID]) -> ColumnElement[bool]:
    if principal.is_staff(READ):
        return true()
    return account_id == principal.subject if principal.kind in _PEOPLE else false()
