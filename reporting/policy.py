"""Who may see reports: those whose work they are. A report has no rows of persons, so whoever may see one sees all of it."""

from typing import TypeVar

from sqlalchemy import Select, false, select
from sqlmodel import col

from reporting.models import AppointmentFact, Model, RegistrationFact
from shared.auth.principal import Principal

READ = "report:read"

Kind = TypeVar("Kind", bound=Model)


def appointments(principal: Principal) -> Select[AppointmentFact]:
    """The appointments that the caller's figures are made of."""
    return _readable(principal, AppointmentFact)


def registrations(principal: Principal) -> Select[RegistrationFact]:
    """The registrations that the caller's figures are made of; a duplicate that was merged is none."""
    statement = _readable(principal, RegistrationFact)
    return statement.where(col(RegistrationFact.merged_into).is_(None))


def _readable(principal: Principal, kind: type[Kind]) -> Select[Kind]:
    statement = select(kind)
    return statement if principal.can(READ) else statement.where(false())
