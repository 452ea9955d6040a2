"""Who may see which notifications: each recipient their own, whatever else they may do."""

from uuid import UUID

from sqlalchemy import Select, false, select
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from subgraphs.notifications.models import Notification, OptOut, Patient

READ = "notification:read"
WRITE = "notification:write"


def recipients(principal: Principal) -> list[UUID]:
    """As whom the caller is addressed: as an account, and as the patient or practitioner that they are."""
    if principal.kind is Kind.STAFF:
        keys = [principal.subject, principal.practitioner]
    elif principal.kind is Kind.PATIENT:
        keys = [principal.subject, principal.patient]
    else:
        keys = [principal.subject] if principal.kind is Kind.PARTNER else []
    return [key for key in keys if key is not None]


def notifications(principal: Principal, scope: str = READ) -> Select[Notification]:
    """The caller's notifications, which they may see, or with the scope to write, change."""
    own = col(Notification.recipient).in_(recipients(principal))
    return select(Notification).where(own if principal.can(scope) else false())


def opt_outs(principal: Principal) -> Select[OptOut]:
    """What the caller does not want."""
    own = col(OptOut.recipient).in_(recipients(principal))
    return select(OptOut).where(own if principal.can(READ) else false())


def patients(principal: Principal) -> Select[Patient]:
    """What is known of the caller as a patient."""
    own = col(Patient.id).in_(recipients(principal))
    return select(Patient).where(own if principal.can(READ) else false())
