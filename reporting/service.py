"""The use cases of reporting: what events do to its tables."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import Insert, insert

from reporting.models import AppointmentFact, Model, RegistrationFact, Status, Way
from shared.unit_of_work import UnitOfWork


def _upsert(kind: type[Model], key: str, *columns: str) -> Insert:
    """A row's insertion, or the change of these columns; built once, since a rebuild runs it for every event."""
    statement = insert(kind.metadata.tables[str(kind.__tablename__)])
    changed = {column: statement.excluded[column] for column in columns}
    return statement.on_conflict_do_update(index_elements=[key], set_=changed)


_KEEP_APPOINTMENT = _upsert(
    AppointmentFact, "appointment_id", "practitioner_id", "location_id", "status", "booked_at", "starts_at"
)
_KEEP_REGISTRATION = _upsert(RegistrationFact, "patient_id", "way", "registered_at")


async def keep_appointment(
    work: UnitOfWork,
    appointment_id: UUID,
    *,
    practitioner_id: UUID | None,
    location_id: UUID | None,
    status: Status,
    booked_at: datetime | None,
    starts_at: datetime,
) -> None:
    """An appointment as it is now; events of one appointment come in their order."""
    values = {
        "appointment_id": appointment_id,
        "practitioner_id": practitioner_id,
        "location_id": location_id,
        "status": status,
        "booked_at": booked_at,
        "starts_at": starts_at,
    }
    await work.session.execute(_KEEP_APPOINTMENT, values)


async def keep_registration(work: UnitOfWork, patient_id: UUID, *, way: Way, registered_at: datetime) -> None:
    """A patient was registered."""
    values = {"patient_id": patient_id, "way": way, "registered_at": registered_at}
    await work.session.execute(_KEEP_REGISTRATION, values)
