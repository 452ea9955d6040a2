"""The use cases of reporting: what events do to its tables."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

from reporting.models import (
    AccessRequestFact,
    AppointmentFact,
    EmergencyFact,
    LookFact,
    Model,
    NoteFact,
    ProblemFact,
    RegistrationFact,
    RequestOutcome,
    Status,
    StockOutFact,
    Verdict,
    WasteFact,
    Way,
)
from shared.unit_of_work import UnitOfWork


def _upsert(kind: type[Model], key: str, *columns: str) -> Insert:
    """A row's insertion, or the change of these columns; built once, since a rebuild runs it for every event."""
    statement = insert(kind.metadata.tables[str(kind.__tablename__)])
    changed = {column: statement.excluded[column] for column in columns}
    return statement.on_conflict_do_update(index_elements=[key], set_=changed)


def add_up(kind: type[Model], columns: Iterable[str]) -> Insert:
    """The insertion of some columns of a row, or their addition to a row that is there.

    What two events say of a column is the lesser of both, such as the earlier time, so that their order is no matter.
    """
    table = kind.metadata.tables[str(kind.__tablename__)]
    statement = insert(table)
    changed = {name: func.least(table.c[name], statement.excluded[name]) for name in columns}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


_KEEP_APPOINTMENT = _upsert(
    AppointmentFact, "appointment_id", "practitioner_id", "location_id", "status", "booked_at", "starts_at"
)
_KEEP_REGISTRATION = _upsert(RegistrationFact, "patient_id", "way", "registered_at")
_KEEP_ACCESS_REQUEST = _upsert(AccessRequestFact, "access_request_id", "purpose", "requested_at")
_KEEP_NOTE = _upsert(NoteFact, "note_id", "practitioner_id", "written_at")
_KEEP_PROBLEM = _upsert(ProblemFact, "problem_id", "patient", "system", "code", "month")
_KEEP_LOOKS = _upsert(LookFact, "count_id", "looks", "records")
_KEEP_EMERGENCY = _upsert(EmergencyFact, "emergency_access_id", "practitioner_id", "opened_at")

_BEGIN_STOCK_OUT = insert(StockOutFact.metadata.tables["stock_out_fact"]).on_conflict_do_nothing()
_KEEP_WASTE = _upsert(WasteFact, "stock_movement_id", "quantity", "reason", "wasted_at")


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


async def keep_access_request(work: UnitOfWork, request_id: UUID, *, purpose: str, requested_at: datetime) -> None:
    """A patient was asked for access, and has not decided."""
    values = {"access_request_id": request_id, "purpose": purpose, "requested_at": requested_at}
    await work.session.execute(_KEEP_ACCESS_REQUEST, {**values, "outcome": RequestOutcome.PENDING})


async def change_access_request(work: UnitOfWork, request_id: UUID, **values: Any) -> None:
    """What became of a request for access, or of the grant."""
    changed = update(AccessRequestFact).where(col(AccessRequestFact.access_request_id) == request_id)
    await work.session.execute(changed.values(values))


async def keep_emergency(
    work: UnitOfWork, emergency_id: UUID, *, practitioner_id: UUID | None, opened_at: datetime
) -> None:
    """A record was opened in an emergency."""
    values = {"emergency_access_id": emergency_id, "practitioner_id": practitioner_id, "opened_at": opened_at}
    await work.session.execute(_KEEP_EMERGENCY, values)


async def review_emergency(work: UnitOfWork, emergency_id: UUID, *, verdict: Verdict, reviewed_at: datetime) -> None:
    """An access in an emergency was reviewed."""
    reviewed = update(EmergencyFact).where(col(EmergencyFact.emergency_access_id) == emergency_id)
    await work.session.execute(reviewed.values(verdict=verdict, reviewed_at=reviewed_at))


async def keep_note(work: UnitOfWork, note_id: UUID, *, practitioner_id: UUID | None, written_at: datetime) -> None:
    """A note was begun."""
    values = {"note_id": note_id, "practitioner_id": practitioner_id, "written_at": written_at}
    await work.session.execute(_KEEP_NOTE, values)


async def sign_note(work: UnitOfWork, note_id: UUID, *, signed_at: datetime) -> None:
    """A note was signed."""
    signed = update(NoteFact).where(col(NoteFact.note_id) == note_id)
    await work.session.execute(signed.values(signed_at=signed_at))


async def drop_note(work: UnitOfWork, note_id: UUID) -> None:
    """A note was a mistake, and counts no longer."""
    await work.session.execute(delete(NoteFact).where(col(NoteFact.note_id) == note_id))


async def keep_looks(work: UnitOfWork, count_id: UUID, *, day: date, role: str, looks: int, records: int) -> None:
    """How often a role has looked on a day; a later count takes the earlier one's place."""
    values = {"count_id": count_id, "day": day, "role": role, "looks": looks, "records": records}
    await work.session.execute(_KEEP_LOOKS, values)


async def keep_problem(
    work: UnitOfWork, problem_id: UUID, *, patient: UUID, system: str, code: str, month: date
) -> None:
    """A problem as it is now, of whoever stands for the patient."""
    values = {"patient": await work.survivor(patient), "system": system, "code": code, "month": month}
    await work.session.execute(_KEEP_PROBLEM, {"problem_id": problem_id, **values})


async def drop_problem(work: UnitOfWork, problem_id: UUID) -> None:
    """A problem is none, and counts no longer."""
    await work.session.execute(delete(ProblemFact).where(col(ProblemFact.problem_id) == problem_id))


async def begin_stock_out(
    work: UnitOfWork, item_id: UUID, *, location_id: UUID, medication_id: UUID, began_at: datetime
) -> None:
    """Nothing is left of a medication at a location."""
    values = {"stock_item_id": item_id, "location_id": location_id, "medication_id": medication_id}
    await work.session.execute(_BEGIN_STOCK_OUT, {**values, "began_at": began_at})


async def end_stock_out(work: UnitOfWork, item_id: UUID, *, ended_at: datetime) -> None:
    """There is something again; events of one item come in their order."""
    lasting = col(StockOutFact.stock_item_id) == item_id, col(StockOutFact.ended_at).is_(None)
    await work.session.execute(update(StockOutFact).where(*lasting).values(ended_at=ended_at))


async def keep_waste(
    work: UnitOfWork,
    movement_id: UUID,
    *,
    location_id: UUID,
    medication_id: UUID,
    quantity: Decimal,
    reason: str,
    wasted_at: datetime,
) -> None:
    """Stock was thrown away."""
    values = {"stock_movement_id": movement_id, "location_id": location_id, "medication_id": medication_id}
    said = {"quantity": quantity, "reason": reason, "wasted_at": wasted_at}
    await work.session.execute(_KEEP_WASTE, {**values, **said})
