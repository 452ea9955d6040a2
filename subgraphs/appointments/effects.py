"""What follows when an appointment is made or changed, or a wait, whoever writes: the same change tells the same."""

from datetime import datetime
from typing import Any, Literal

from shared.database.model import utc_now
from shared.events.event import Event
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentCompleted,
    AppointmentNoShow,
    AppointmentReminderDue,
    AppointmentRescheduled,
    AppointmentStatusReverted,
    VisitRecorded,
    WaitlistExpired,
    WaitlistJoined,
    WaitlistOffered,
)
from subgraphs.appointments.models import (
    Appointment,
    CancellationReason,
    Party,
    Status,
    StatusReversionReason,
    WaitlistEntry,
)
from subgraphs.appointments.slots import Slot

_FACTS = (
    "patient_id",
    "practitioner_id",
    "location_id",
    "starts_at",
    "ends_at",
    "status",
    "type_system",
    "type_code",
    "booked_at",
)

_NOTED: dict[Status, type[Event]] = {
    Status.CHECKED_IN: AppointmentCheckedIn,
    Status.COMPLETED: AppointmentCompleted,
    Status.NO_SHOW: AppointmentNoShow,
}


def booked(work: UnitOfWork, row: Appointment) -> None:
    """Tell of what was agreed on."""
    work.publish(AppointmentBooked(**_facts(row)))


def recorded(work: UnitOfWork, row: Appointment) -> None:
    """Tell of a visit that another system has told of."""
    facts = _facts(row)
    del facts["booked_at"]
    work.publish(VisitRecorded(**facts))


def rescheduled(work: UnitOfWork, row: Appointment, old: Slot) -> None:
    """Tell of a new time or place."""
    previous = {
        "previous_starts_at": old.starts_at,
        "previous_practitioner_id": old.practitioner_id,
        "previous_location_id": old.location_id,
    }
    work.publish(AppointmentRescheduled(**_facts(row), **previous))


def cancelled(work: UnitOfWork, row: Appointment, by: Party, reason: CancellationReason) -> None:
    """Tell of what was called off."""
    work.publish(AppointmentCancelled(**_facts(row), cancelled_by=by.value, reason_code=reason))


def noted(work: UnitOfWork, row: Appointment) -> None:
    """Tell that the patient has arrived, was seen or did not come, as the status says."""
    work.publish(_NOTED[Status(row.status)](**_facts(row)))


def reverted(work: UnitOfWork, row: Appointment, previous: Status, reason: StatusReversionReason) -> None:
    """Tell that what was noted is taken back."""
    work.publish(AppointmentStatusReverted(**_facts(row), previous_status=previous, reason_code=reason))


def reminder_due(work: UnitOfWork, row: Appointment, lead_hours: int) -> None:
    """Tell that it begins soon."""
    work.publish(AppointmentReminderDue(**_facts(row), lead_hours=lead_hours))


def joined(work: UnitOfWork, row: WaitlistEntry, type_code: str) -> None:
    """Tell of who waits."""
    work.publish(
        WaitlistJoined(
            waitlist_entry_id=row.id,
            patient_id=row.patient_id,
            practitioner_id=row.practitioner_id,
            location_id=row.location_id,
            type_code=type_code,
            from_day=row.from_day,
            until_day=row.until_day,
            occurred_at=utc_now(),
        )
    )


def offered(work: UnitOfWork, entry: WaitlistEntry, held: Appointment, until: datetime) -> None:
    """Tell of a slot that is held for who waits."""
    work.publish(
        WaitlistOffered(
            waitlist_entry_id=entry.id,
            appointment_id=held.id,
            patient_id=held.patient_id,
            practitioner_id=held.practitioner_id,
            location_id=held.location_id,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            type_code=held.type_code,
            held_until=until,
            occurred_at=utc_now(),
        )
    )


def wait_expired(work: UnitOfWork, row: WaitlistEntry, cause: Literal["OFFER", "PERIOD"]) -> None:
    """Tell of a wait that has ended without an appointment."""
    work.publish(
        WaitlistExpired(
            waitlist_entry_id=row.id,
            patient_id=row.patient_id,
            practitioner_id=row.practitioner_id,
            cause=cause,
            occurred_at=utc_now(),
        )
    )


def _facts(row: Appointment) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(row, name) for name in _FACTS}
    return told | {"appointment_id": row.id, "occurred_at": utc_now()}
