"""What patients are held to by the type of an appointment, and the staff are not."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import InvalidState
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import policy, repository
from subgraphs.appointments.errors import BEGUN, NOTICE_OVER, TOO_FAR_AHEAD, TOO_MANY_BOOKED
from subgraphs.appointments.models import OPEN, Appointment, AppointmentType


async def kind_of(work: UnitOfWork, row: Appointment) -> AppointmentType | None:
    """The type of an appointment, as it is now; None for what another system has recorded under another code."""
    statement = select(AppointmentType).filter_by(system=row.type_system, code=row.type_code)
    kind: AppointmentType | None = await work.session.scalar(statement)
    return kind


async def check_booking(work: UnitOfWork, kind: AppointmentType, patient_id: UUID, starts_at: datetime) -> None:
    """Raise InvalidState if a patient has as many of a type as they may, or it is too far ahead."""
    if work.principal.is_staff(policy.WRITE):
        return
    check_horizon(work, kind, starts_at)
    if kind.maximum_per_patient is not None:
        mine = select(func.count()).where(
            col(Appointment.patient_id) == patient_id,
            col(Appointment.status).in_(OPEN),
            col(Appointment.type_system) == kind.system,
            col(Appointment.type_code) == kind.code,
            col(Appointment.ends_at) > func.now(),
        )
        if (await work.session.scalar(mine) or 0) >= kind.maximum_per_patient:
            raise InvalidState(TOO_MANY_BOOKED, maximum=kind.maximum_per_patient)


def check_horizon(work: UnitOfWork, kind: AppointmentType | None, starts_at: datetime) -> None:
    """Raise InvalidState if it is further ahead than patients may book."""
    if kind is not None and not work.principal.is_staff(policy.WRITE) and starts_at > repository.horizon(kind):
        raise InvalidState(TOO_FAR_AHEAD, days=kind.horizon_days)


def check_notice(work: UnitOfWork, row: Appointment, hours: int) -> None:
    """Raise InvalidState if it has begun, or begins in less than some hours."""
    if work.principal.is_staff(policy.WRITE):
        return
    if row.starts_at <= utc_now():
        raise InvalidState(BEGUN)
    if row.starts_at < utc_now() + timedelta(hours=hours):
        raise InvalidState(NOTICE_OVER, hours=hours)
