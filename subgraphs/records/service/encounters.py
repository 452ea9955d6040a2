"""Encounters: from their plan to their end, which locks them. Whoever sees the patient may open the record meanwhile."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from shared import states
from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.errors import NOT_FOUND, InvalidState, invalid
from shared.graph.context import Context
from shared.patient_access import Basis
from shared.unit_of_work import UnitOfWork
from subgraphs.records import policy
from subgraphs.records.codes import EncounterStatus
from subgraphs.records.commands.access import Relate
from subgraphs.records.commands.encounters import PlanEncounter, StartEncounter
from subgraphs.records.errors import ENCOUNTER_STATUS, NOT_A_PRACTITIONER
from subgraphs.records.events import EncounterFinished, EncounterStarted
from subgraphs.records.facts import EncounterFacts
from subgraphs.records.models import Encounter
from subgraphs.records.models.encounters import OPEN
from subgraphs.records.service.entries import hold_patient
from subgraphs.records.service.lookups import check_practitioners, patient_of_appointment
from subgraphs.records.service.relations import relate

_S = EncounterStatus
STATES = states.States(
    Encounter,
    ENCOUNTER_STATUS,
    (_S.PLANNED, _S.IN_PROGRESS, policy.WRITE),
    (_S.PLANNED, _S.CANCELLED, policy.WRITE),
    (_S.IN_PROGRESS, _S.ON_HOLD, policy.WRITE),
    (_S.ON_HOLD, _S.IN_PROGRESS, policy.WRITE),
    *((status, _S.FINISHED, policy.WRITE) for status in OPEN),
    *((status, _S.ENTERED_IN_ERROR, policy.WRITE) for status in _S if status is not _S.ENTERED_IN_ERROR),
)


async def start(context: Context, command: StartEncounter) -> Encounter:
    """Begin an encounter now."""
    return await _enter(context, command, EncounterStatus.IN_PROGRESS, utc_now())


async def plan(context: Context, command: PlanEncounter) -> Encounter:
    """Plan an encounter."""
    return await _enter(context, command, EncounterStatus.PLANNED, command.starts_at)


async def _enter(context: Context, command: StartEncounter, status: EncounterStatus, starts_at: datetime) -> Encounter:
    practitioner = command.practitioner_id or context.principal.practitioner
    if practitioner is None:
        raise InvalidState(NOT_A_PRACTITIONER)
    await check_practitioners(context, "practitionerId", [command.practitioner_id] if command.practitioner_id else [])
    whose = command.appointment_id and await patient_of_appointment(context, command.appointment_id)
    async with context.write() as work:
        await work.once(command)
        patient = await work.survivor(command.patient_id)
        if whose is not None and await work.survivor(whose) != patient:
            raise invalid("appointmentId", NOT_FOUND, resource="Appointment")
        await hold_patient(work, Encounter.section, patient)
        row = Encounter(
            patient_id=patient,
            practitioner_id=practitioner,
            appointment_id=command.appointment_id,
            status=status,
            starts_at=starts_at,
            facts=Encrypted(EncounterFacts(kind=command.kind, reason=command.reason)),
        )
        work.session.add(row)
        await _began(work, row)
        work.done(row.id)
    return row


async def move(context: Context, key: UUID, version: int, status: EncounterStatus) -> Encounter:
    """Bring an encounter into another state, where its own leads to that."""
    async with context.write() as work:
        row = await work.find(policy.encounters, key, scope=policy.WRITE, version=version)
        await change_status(work, row, status)
    return row


async def change_status(work: UnitOfWork, row: Encounter, status: EncounterStatus) -> None:
    """Bring a locked row into another state; raises InvalidState."""
    before = EncounterStatus(row.status)
    states.move(work, row, status)
    moment = utc_now()
    if status not in OPEN:
        row.locked_at = moment
    if before is EncounterStatus.PLANNED and status is EncounterStatus.IN_PROGRESS:
        row.starts_at = moment
        await _began(work, row)
    if before in OPEN and status not in OPEN:
        row.ends_at = max(moment, row.starts_at)
        await _relate(work, row, [])
        if status is EncounterStatus.FINISHED:
            work.publish(EncounterFinished(ends_at=row.ends_at, **_told(row)))


async def _began(work: UnitOfWork, row: Encounter) -> None:
    """Let the practitioner open the record while the encounter is open.

    An encounter that somebody begins who may open the record by the patient's grant or in an emergency alone prolongs
    neither.
    """
    if row.status not in OPEN:
        return
    if await work.session.scalar(select(policy.treats(work.principal, row.patient_id))):
        await _relate(work, row, [row.practitioner_id] if row.practitioner_id else [])
    work.publish(EncounterStarted(starts_at=row.starts_at, **_told(row)))


async def _relate(work: UnitOfWork, row: Encounter, practitioner_ids: list[UUID]) -> None:
    await relate(
        work,
        Relate(
            basis=Basis.ENCOUNTER,
            source_id=row.id,
            patient_id=row.patient_id,
            practitioner_ids=practitioner_ids,
            since=row.starts_at,
        ),
    )


def _told(row: Encounter) -> dict[str, UUID | None]:
    return {
        "encounter_id": row.id,
        "patient_id": row.patient_id,
        "practitioner_id": row.practitioner_id,
        "appointment_id": row.appointment_id,
    }
