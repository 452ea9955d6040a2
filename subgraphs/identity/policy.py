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


def accounts(principal: Principal, scope: str = READ) -> Select[Account]:
    """The accounts that the caller may see, or with the scope to write, change."""
    return select(Account).where(_own(principal, scope, col(Account.id)))


def staff(principal: Principal) -> Select[Account]:
    """The accounts of whoever works with patients' data, to be named to those who have learned of them by their id."""
    return select(Account).where(col(Account.patient_id).is_(None), true() if principal.kind in _PEOPLE else false())


def sessions(principal: Principal, scope: str = READ) -> Select[Session]:
    """The sessions that the caller may see, or with the scope to write, end."""
    return select(Session).where(_own(principal, scope, col(Session.account_id)))


def activities(principal: Principal) -> Select[Activity]:
    """The entries of activity logs that the caller may see."""
    return select(Activity).where(_own(principal, READ, col(Activity.account_id)))


def _own(principal: Principal, scope: str, account_id: Mapped[UUID]) -> ColumnElement[bool]:
    if principal.is_staff(scope):
        return true()
    return account_id == principal.subject if principal.kind in _PEOPLE else false()
