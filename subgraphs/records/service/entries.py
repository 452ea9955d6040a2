"""What the use cases of all entries of the record have in common: whose they are, in which encounter, what they say."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Select, inspect, select
from sqlmodel import col

from shared.commands import Command
from shared.database.model import assign
from shared.encryption import Encrypted
from shared.errors import InvalidState, not_found
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.records import policy
from subgraphs.records.codes import EntryStatus, Section
from subgraphs.records.commands.clinical import RecordEntry, UpdateAllergy, UpdateCondition
from subgraphs.records.errors import ENCOUNTER_LOCKED, ENTRY_RETRACTED, SECTION_CLOSED
from subgraphs.records.events import EntryChanged, EntryRecorded
from subgraphs.records.models import Encounter, Entry
from subgraphs.records.models.entries import retracted
from subgraphs.records.service.lookups import check_dates, dates_of

E = TypeVar("E", bound=Entry)


async def origin(
    work: UnitOfWork,
    section: Section,
    patient_id: UUID,
    encounter_id: UUID | None = None,
    *,
    scope: str = policy.WRITE,
    lock: bool = False,
) -> dict[str, Any]:
    """The columns of a new entry that say whose it is and who makes it; with `lock` nobody else makes such meanwhile.

    The encounter is not locked before this work is done. Raises InvalidState if the section is closed to the caller.
    """
    patient = await work.survivor(patient_id)
    await hold_patient(work, section, patient, scope=scope, lock=lock)
    if encounter_id is not None:
        await _hold_encounter(work, encounter_id, patient)
    recorder = work.principal.practitioner
    return {
        "patient_id": patient,
        "encounter_id": encounter_id,
        "recorder_id": recorder,
        "account_id": work.principal.subject,
    }


async def hold_patient(
    work: UnitOfWork, section: Section, patient_id: UUID, *, scope: str = policy.WRITE, lock: bool = False
) -> None:
    """Find a patient to a section of whose record the caller may add."""
    await work.find(policy.patients, patient_id, scope=scope, lock=lock)
    if not await work.session.scalar(select(policy.writes(work.principal, patient_id, section, scope))):
        work.recorder.denied("MedicalRecord", [patient_id])
        raise InvalidState(SECTION_CLOSED)


async def record(context: Context, model: type[E], command: RecordEntry, **columns: Any) -> E:
    """Record something, once under a key; `columns` are those that are not of every entry."""
    await check_dates(context, command.patient_id, command)
    async with context.write() as work:
        await work.once(command)
        whose = await origin(work, model.section, command.patient_id, command.encounter_id)
        said: dict[str, Any] = {
            "status": getattr(command, "status", EntryStatus.RECORDED),
            "facts": facts_of(model, command),
        }
        return add(work, model(**{**whose, **said, **columns}))


def add(work: UnitOfWork, row: E) -> E:
    """Enter a new row, and tell of it; it is what came of the command."""
    work.session.add(row)
    work.publish(EntryRecorded(**told(row)))
    work.done(row.id)
    return row


async def update(context: Context, rows: Callable[..., Select[E]], command: Any) -> E:
    """Change of an entry what a command gives, at the version that was read."""
    await check_dates_of(context, rows, command)
    async with context.write() as work:
        row = await find(work, rows, command)
        change(work, row, command)
    return row


async def check_dates_of(context: Context, rows: Callable[..., Select[E]], command: Any) -> None:
    """Raise InvalidInput where an entry is to be changed to have been before the patient's birth; as `find` does, too."""
    if not any(dates_of(command)):
        return
    async with context.write() as work:
        row = await work.find(rows, command.id, scope=policy.WRITE, version=command.version, lock=False)
    await check_dates(context, row.patient_id, command)


async def find(work: UnitOfWork, rows: Callable[..., Select[E]], command: Any) -> E:
    """The entry that a command is about, locked, at its version; raises InvalidState if it was a mistake."""
    row = await work.find(rows, command.id, scope=policy.WRITE, version=command.version)
    if retracted(row):
        raise InvalidState(ENTRY_RETRACTED)
    return row


def change(work: UnitOfWork, row: Any, command: Command, **columns: Any) -> None:
    """Give a row columns, and as its facts what a command has of them; the rest stays as it is."""
    kind, given = _kind(type(row)), command.model_dump(mode="json", exclude_none=True)
    said = {name: given[name] for name in kind.__struct_fields__ if name in given}
    assign(row, {"status": given.get("status", row.status), **columns})
    if said:
        row.facts = Encrypted(msgspec.convert({**msgspec.to_builtins(row.facts.value), **said}, kind))
    work.publish(EntryChanged(**told(row)))


def statuses(row: Any, command: UpdateCondition | UpdateAllergy) -> dict[str, Any]:
    """The statuses of a condition or allergy, as a command changes them."""
    return {
        "status": command.verification or row.status,
        "clinical_status": command.clinical_status or row.clinical_status,
    }


def facts_of(model: type[Entry], command: Command) -> Encrypted[Any]:
    """What a command says, as the table stores it: the facts have the names of its fields."""
    return Encrypted(msgspec.convert(command.model_dump(mode="json"), _kind(model)))


def told(row: Any) -> dict[str, Any]:
    """What events tell of an entry."""
    return {
        "entry_id": row.id,
        "resource": type(row).__name__,
        "patient_id": row.patient_id,
        "encounter_id": row.id if isinstance(row, Encounter) else row.encounter_id,
        "status": row.status,
    }


def _kind(model: type[Entry]) -> Any:
    return inspect(model).columns["facts"].type.kind


async def _hold_encounter(work: UnitOfWork, encounter_id: UUID, patient_id: UUID) -> None:
    statement = policy.encounters(work.principal, policy.WRITE).where(
        col(Encounter.id) == encounter_id, col(Encounter.patient_id) == patient_id
    )
    row: Encounter | None = await work.session.scalar(statement.with_for_update(read=True, of=Encounter))
    if row is None:
        work.recorder.denied(Encounter.__name__, [encounter_id])
        raise not_found(Encounter.__name__)
    if row.locked_at is not None:
        raise InvalidState(ENCOUNTER_LOCKED)
