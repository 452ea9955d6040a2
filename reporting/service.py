"""The use cases of reporting: what events do to its tables."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from reporting.models import AppointmentFact, RegistrationFact, Status, Way
from shared.work import UnitOfWork


async def keep_appointment(
    work: UnitOfWork,
    appointment_id: UUID,
    *,
    practitioner_id: UUID,
    location_id: UUID,
    status: Status,
    booked_at: datetime | None,
    starts_at: datetime,
) -> None:
    """An appointment as it is now; events of one appointment come in their order."""
    values = {
        "practitioner_id": practitioner_id,
        "location_id": location_id,
        "status": status,
        "booked_at": booked_at,
        "starts_at": starts_at,
    }
    statement = insert(AppointmentFact).values(appointment_id=appointment_id, **values)
    await work.session.execute(statement.on_conflict_do_update(index_elements=["appointment_id"], set_=values))


async def keep_registration(work: UnitOfWork, patient_id: UUID, *, way: Way, registered_at: datetime) -> None:
    """A patient was registered."""
    await _keep_patient(work, patient_id, way=way, registered_at=registered_at)


async def keep_merger(work: UnitOfWork, patient_id: UUID, *, survivor: UUID) -> None:
    """A patient was a duplicate; the registration may be heard of later, since it has another key."""
    await _keep_patient(work, patient_id, merged_into=survivor)


async def _keep_patient(work: UnitOfWork, patient_id: UUID, **values: object) -> None:
    statement = insert(RegistrationFact).values(patient_id=patient_id, **values)
    await work.session.execute(statement.on_conflict_do_update(index_elements=["patient_id"], set_=values))
