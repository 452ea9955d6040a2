"""Scheduling an appointment into a slot: the practitioner's calendar is locked, and PostgreSQL has the last word."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from shared.database.driver import fetch_in
from shared.database.engine import sqlstate
from shared.database.model import assign, utc_now
from shared.datatypes import Coding
from shared.encryption import Encrypted
from shared.errors import InvalidState, invalid, not_found
from shared.unit_of_work import UnitOfWork
from subgraphs.appointments import policy, repository
from subgraphs.appointments.errors import (
    DAY_FULL,
    NO_SUCH_SLOT,
    PATIENT_OCCUPIED,
    RECORDED_ELSEWHERE,
    SLOT_OVER,
    SLOT_TAKEN,
    STAFF_OVERBOOK,
    SlotTaken,
    SlotUnavailable,
)
from subgraphs.appointments.models import PATIENT_OVERLAP, Appointment, AppointmentType, Location, Practitioner, Status
from subgraphs.appointments.slots import Slot, Visit

_EXCLUSION_VIOLATION, _DEADLOCK = "23P01", "40P01"
_INSTANT = timedelta(microseconds=1)
_JUST_BEGUN = timedelta(hours=1)


async def lock_calendars(work: UnitOfWork, practitioner_ids: Collection[UUID]) -> set[UUID]:
    """Lock these practitioners' calendars until the unit of work ends; which of them practise."""
    rows = await work.session.scalars(
        select(Practitioner)
        .where(col(Practitioner.id).in_(practitioner_ids))
        .order_by(col(Practitioner.id))
        .with_for_update(key_share=True)
    )
    return {row.id for row in rows if row.active}


async def find_slot(
    work: UnitOfWork,
    practitioner_id: UUID,
    location_id: UUID,
    visit: Visit,
    starts_at: datetime,
    *,
    moving: UUID | None = None,
) -> Slot:
    """The free slot that begins at a time, as far as the appointment that is moved is not itself in the way."""
    if starts_at <= utc_now():
        raise SlotUnavailable(SLOT_OVER)
    found = await repository.calendars(
        fetch_in(work.session), {practitioner_id}, starts_at, starts_at, apart_from=moving
    )
    calendar = found[practitioner_id]
    slots = list(calendar.slots(visit, starts_at, starts_at + _INSTANT, location_id))
    if not slots:
        raise SlotUnavailable(NO_SUCH_SLOT)
    free = next(calendar.free(slots), None)
    if free is None:
        raise SlotTaken(SLOT_TAKEN)
    if not any(calendar.wanted([free], visit)):
        raise SlotUnavailable(DAY_FULL, maximum=visit.most_a_day)
    return free


async def overbooked_slot(
    work: UnitOfWork, practitioner_id: UUID, location_id: UUID, visit: Visit, starts_at: datetime
) -> Slot:
    """A time that need not be free, nor in the hours, for the staff; not longer ago than what has just begun."""
    if not work.principal.is_staff(policy.WRITE):
        raise invalid("overbooking", STAFF_OVERBOOK)
    location = await work.session.get(Location, location_id)
    if location is None or not location.active:
        raise not_found("Location")
    if starts_at < utc_now() - _JUST_BEGUN:
        raise SlotUnavailable(SLOT_OVER)
    ends_at = starts_at + visit.length
    return Slot(practitioner_id, location_id, starts_at, ends_at, starts_at - visit.before, ends_at + visit.after)


def appointment_in(
    slot: Slot,
    kind: AppointmentType,
    patient_id: UUID,
    status: Status,
    *,
    reason: str | None = None,
    held_until: datetime | None = None,
) -> Appointment:
    """A new appointment in a slot."""
    return Appointment(
        patient_id=patient_id,
        **place_and_time(slot),
        **type_columns(Coding(system=kind.system, code=kind.code, display=kind.display)),
        status=status,
        held_until=held_until,
        reason=None if reason is None else Encrypted(reason),
    )


def move(row: Appointment, slot: Slot) -> None:
    """Set an appointment's place and time anew."""
    assign(row, place_and_time(slot))
    row.scheduled_at = utc_now()


def place_and_time(slot: Slot) -> dict[str, Any]:
    """The columns of `appointment` that a slot fills."""
    return asdict(slot)


def type_columns(coding: Coding | None) -> dict[str, Any]:
    """The columns of `appointment` that its type fills."""
    return {f"type_{name}": getattr(coding, name, None) for name in Coding.model_fields}


def slot_of(row: Appointment) -> Slot:
    """An appointment's place and time; raises InvalidState for a visit of which another system did not say all of it."""
    practitioner, location, ends_at, until = row.practitioner_id, row.location_id, row.ends_at, row.occupied_until
    if practitioner is None or location is None or ends_at is None or until is None:
        raise InvalidState(RECORDED_ELSEWHERE)
    return Slot(practitioner, location, row.starts_at, ends_at, row.occupied_from, until)


def visit_of(slot: Slot, kind: AppointmentType | None) -> Visit:
    """How long the appointment in a slot takes, of a type that there may be no more."""
    lengths = (slot.ends_at - slot.starts_at, slot.starts_at - slot.occupied_from, slot.occupied_until - slot.ends_at)
    return Visit(*lengths, (kind.system, kind.code), kind.maximum_per_day) if kind else Visit(*lengths)


@contextmanager
def conflicts_refused() -> Iterator[None]:
    """Gives the database's refusal of an overlap as `SlotTaken`.

    Two bookings of one patient with two practitioners wait for nobody but each other, which PostgreSQL ends as a deadlock.
    """
    try:
        yield
    except DBAPIError as error:
        if not is_conflict(error):
            raise
        cause = error.orig and error.orig.__cause__
        elsewhere = getattr(cause, "constraint_name", PATIENT_OVERLAP) == PATIENT_OVERLAP
        raise SlotTaken(PATIENT_OCCUPIED if elsewhere else SLOT_TAKEN) from None


def is_conflict(error: DBAPIError) -> bool:
    """Whether the database has refused an overlap."""
    return sqlstate(error) in (_EXCLUSION_VIOLATION, _DEADLOCK)
