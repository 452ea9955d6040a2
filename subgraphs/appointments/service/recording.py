"""Visits that other systems have recorded. They are past, so they take no slot: the rules of booking are not theirs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.database.model import assign
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.appointments import effects
from subgraphs.appointments.commands import RecordVisit
from subgraphs.appointments.models import Appointment, CancellationReason, Party, Status
from subgraphs.appointments.service.scheduling import type_columns

# What a day, month or year lacks to be a time that is in it nearly everywhere, by where it would stand.
_NOON = "0000-01-01T12:00:00+00:00"


async def take_over(work: UnitOfWork, entries: Sequence[tuple[UUID, RecordVisit]]) -> list[Outcome]:
    """Let visits be as another system tells, each of who stands for its patient by now."""
    survivors = await work.survivors({command.patient_id for _, command in entries})
    present, outcomes = await work.rows(Appointment, {key for key, _ in entries}), []
    for key, command in entries:
        row, values = present.get(key), _columns(command, survivors[command.patient_id])
        if row is None:
            row = Appointment(id=key, **values)
            work.session.add(row)
            outcome = Outcome.CREATED
        else:
            outcome = Outcome.UPDATED if assign(row, values) else Outcome.UNCHANGED
        if outcome is not Outcome.UNCHANGED:
            effects.recorded(work, row)
        outcomes.append(outcome)
    return outcomes


async def retract(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let visits be cancelled that their system takes back."""
    rows, outcomes = await work.rows(Appointment, set(keys)), []
    values = {
        "status": Status.CANCELLED,
        "cancelled_by": Party.SYSTEM,
        "cancellation_reason": CancellationReason.ENTERED_IN_ERROR,
    }
    for key in keys:
        row = rows.get(key)
        changed = row is not None and assign(row, values)
        if row is not None and changed:
            effects.recorded(work, row)
        outcomes.append(Outcome.UPDATED if changed else Outcome.UNCHANGED)
    return outcomes


async def may_be(work: UnitOfWork, entries: Sequence[tuple[UUID, RecordVisit]]) -> list[bool]:
    """Whether each visit may be the one that is told of: it is the same patient's."""
    rows = await work.rows(Appointment, {key for key, _ in entries}, lock=False)
    return [key in rows and rows[key].patient_id == command.patient_id for key, command in entries]


def _within(day: str, before: datetime | None) -> datetime:
    noon = datetime.fromisoformat(day + _NOON[len(day) :])
    return min(noon, before) if before else noon


def _columns(command: RecordVisit, patient_id: UUID) -> dict[str, Any]:
    cancelled = command.status is Status.CANCELLED
    starts_at = command.starts_at or _within(command.partial_start or "", command.ends_at)
    return {
        "patient_id": patient_id,
        "practitioner_id": command.practitioner_id,
        "location_id": command.location_id,
        **dict.fromkeys(("starts_at", "occupied_from", "booked_at", "scheduled_at"), starts_at),
        **dict.fromkeys(("ends_at", "occupied_until"), command.ends_at),
        "partial_start": command.partial_start,
        "partial_end": command.partial_end,
        **type_columns(command.type),
        "status": command.status,
        "cancelled_by": Party.SYSTEM if cancelled else None,
        "cancellation_reason": CancellationReason.OTHER if cancelled else None,
    }
