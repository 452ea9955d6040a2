"""Who may see which appointments: their patient, and the staff. Who may plan: reception for all, doctors for themselves."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlmodel import col

from shared.auth.principal import Principal
from subgraphs.appointments.models import Appointment, AppointmentType, CalendarFeed, WaitlistEntry

READ = "appointment:read"
WRITE = "appointment:write"
PLAN = "availability:write"

_PLANS_FOR_ALL = frozenset({"ADMIN", "RECEPTIONIST"})


def is_staff(principal: Principal, scope: str = READ) -> bool:
    """Whether the caller acts for the practice, not for themselves."""
    return principal.can(scope) and "PATIENT" not in principal.roles


def may_see(principal: Principal, patient_id: UUID) -> bool:
    """Whether the caller may ask about a patient at all."""
    return is_staff(principal) or (principal.can(READ) and principal.patient == patient_id)


def may_plan_for_all(principal: Principal) -> bool:
    """Whether the caller may plan for everybody, and say what can be booked."""
    return principal.can(PLAN) and not _PLANS_FOR_ALL.isdisjoint(principal.roles)


def may_plan(principal: Principal, practitioner_id: UUID) -> bool:
    """Whether the caller may change a practitioner's availability."""
    return may_plan_for_all(principal) or (principal.can(PLAN) and principal.practitioner == practitioner_id)


def appointments(principal: Principal, scope: str = READ) -> Select[Appointment]:
    """The appointments that the caller may see, or with the scope to write, change."""
    return select(Appointment).where(_own(principal, scope, col(Appointment.patient_id) == principal.patient))


def waitlist(principal: Principal, scope: str = READ) -> Select[WaitlistEntry]:
    """The waitlist entries that the caller may see, or with the scope to write, change."""
    return select(WaitlistEntry).where(_own(principal, scope, col(WaitlistEntry.patient_id) == principal.patient))


def appointment_types(_: Principal) -> Select[AppointmentType]:
    """What can be booked, which everybody may see."""
    return select(AppointmentType)


def feeds(principal: Principal) -> Select[CalendarFeed]:
    """The calendar feeds that the caller has made."""
    return select(CalendarFeed).where(col(CalendarFeed.account_id) == principal.subject)


def _own(principal: Principal, scope: str, own: ColumnElement[bool]) -> ColumnElement[bool]:
    if is_staff(principal, scope):
        return true()
    return own if principal.can(scope) and principal.patient else false()
