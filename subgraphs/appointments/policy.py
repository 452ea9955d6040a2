"""Who may see which appointments: their patient, a minor's proxy, the staff, and a calendar program its own practitioner's.

Who, when and where is for all of them. The reason is for the patient, a proxy, the practitioner of the appointment, and staff
whom something lets see the patient's data (`shared.patient_access`).

Who may plan: reception for all, doctors for themselves. When somebody can be booked, all may see who see appointments.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Mapped
from sqlmodel import col

from shared.auth.principal import Kind, Principal
from shared.patient_access import Basis, has_access
from subgraphs.appointments.models import (
    Appointment,
    AppointmentType,
    CalendarFeed,
    Practitioner,
    Schedule,
    ScheduleException,
    WaitlistEntry,
)

READ = "appointment:read"
WRITE = "appointment:write"
PLAN = "availability:write"
_ADMINISTER = "account:write"

_PLANS_FOR_ALL = frozenset({"ADMIN", "RECEPTIONIST"})


def may_see(principal: Principal, patient_id: UUID) -> bool:
    """Whether the caller may ask about a patient, other than as a proxy."""
    return principal.is_staff(READ) or is_own(principal, patient_id, READ)


def minors(principal: Principal, patient: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Whether the caller may ask about the patient that a column names as their proxy."""
    if principal.kind is not Kind.PATIENT or not principal.can(READ):
        return false()
    return has_access(principal, patient, bases=[Basis.PROXY])


def may_act_for(principal: Principal, patient_id: UUID) -> bool:
    """Whether the caller may book and wait for a patient."""
    return principal.is_staff(WRITE) or is_own(principal, patient_id, WRITE)


def is_own(principal: Principal, patient_id: UUID, scope: str) -> bool:
    """Whether the caller is the patient, and may use a scope."""
    return principal.kind is Kind.PATIENT and principal.can(scope) and principal.patient == patient_id


def may_plan_for_all(principal: Principal) -> bool:
    """Whether the caller may plan for everybody, and say what can be booked."""
    return principal.is_staff(PLAN) and not _PLANS_FOR_ALL.isdisjoint(principal.roles)


def appointments(principal: Principal, scope: str = READ) -> Select[Appointment]:
    """The appointments that the caller may see, each with whether it tells its reason, or with the scope to write, change."""
    visible = _visible(principal, scope, col(Appointment.patient_id), col(Appointment.practitioner_id))
    statement: Any = select(Appointment, _tells_reason(principal).label("tells_reason")).where(visible)
    rows: Select[Appointment] = statement
    return rows


def waitlist(principal: Principal, scope: str = READ) -> Select[WaitlistEntry]:
    """The waitlist entries that the caller may see, or with the scope to write, change."""
    return select(WaitlistEntry).where(
        _visible(principal, scope, col(WaitlistEntry.patient_id), col(WaitlistEntry.practitioner_id))
    )


def appointment_types(principal: Principal, scope: str = READ) -> Select[AppointmentType]:
    """What can be booked that the caller may see, or with the scope to plan, change."""
    allowed = principal.can(READ) if scope == READ else may_plan_for_all(principal)
    return select(AppointmentType).where(true() if allowed else false())


def practitioners(principal: Principal) -> Select[Practitioner]:
    """The practitioners whose availability the caller may change."""
    return select(Practitioner).where(_available(principal, PLAN, col(Practitioner.id)))


def schedules(principal: Principal, scope: str = READ) -> Select[Schedule]:
    """The weekly availability that the caller may see, or with the scope to plan, change."""
    return select(Schedule).where(_available(principal, scope, col(Schedule.practitioner_id)))


def exceptions(principal: Principal, scope: str = READ) -> Select[ScheduleException]:
    """The days that differ from the week that the caller may see, or with the scope to plan, change."""
    return select(ScheduleException).where(_available(principal, scope, col(ScheduleException.practitioner_id)))


def feeds(principal: Principal) -> Select[CalendarFeed]:
    """The calendar feeds that the caller has made; of all accounts, for who administers these."""
    if not principal.can(READ):
        return select(CalendarFeed).where(false())
    every = principal.is_staff(_ADMINISTER)
    return select(CalendarFeed).where(true() if every else col(CalendarFeed.account_id) == principal.subject)


def _available(
    principal: Principal, scope: str, practitioner_id: Mapped[UUID] | Mapped[UUID | None]
) -> ColumnElement[bool]:
    if principal.can(READ) if scope == READ else may_plan_for_all(principal):
        return true()
    if scope == READ or not principal.is_staff(PLAN) or principal.practitioner is None:
        return false()
    return practitioner_id == principal.practitioner


def _tells_reason(principal: Principal) -> ColumnElement[bool]:
    """Whether an appointment that the caller sees tells them its reason."""
    if principal.kind is Kind.PATIENT:
        return true()
    if principal.kind is not Kind.STAFF:
        return false()
    mine = col(Appointment.practitioner_id) == principal.practitioner if principal.practitioner is not None else false()
    return func.coalesce(or_(mine, has_access(principal, col(Appointment.patient_id))), false())


def _visible(
    principal: Principal, scope: str, patient_id: Mapped[UUID], practitioner_id: Mapped[UUID] | Mapped[UUID | None]
) -> ColumnElement[bool]:
    if principal.can(scope):
        if principal.kind is Kind.STAFF:
            return true()
        if principal.kind is Kind.PATIENT and principal.patient is not None:
            minors = has_access(principal, patient_id, bases=[Basis.PROXY]) if scope == READ else false()
            return or_(patient_id == principal.patient, minors)
        if principal.kind is Kind.SERVICE and principal.practitioner is not None:
            return practitioner_id == principal.practitioner
    return false()
