"""The patients' use cases. A patient's own record is all that a patient can reach here: `policy` narrows each look-up."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.auth.principal import Forbidden
from shared.database.model import assign
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.work import UnitOfWork
from subgraphs.patients import commands, effects, policy
from subgraphs.patients.commands import RegisterMyself, RegisterPatient, UpdatePatient, columns
from subgraphs.patients.errors import ALREADY_REGISTERED, MERGED_AWAY, NOT_A_PATIENT
from subgraphs.patients.events import How
from subgraphs.patients.models import Patient, PatientIdentifier
from subgraphs.patients.numbers import issue_medical_record_numbers


async def register_patient(context: Context, command: RegisterPatient) -> Patient:
    """Enter a patient, by staff."""
    require_staff(context, policy.WRITE, "registerPatient")
    async with context.write() as work:
        await work.once(command)
        row = await _register(work, Patient(**columns(command)), How.STAFF)
        await _replace_identifiers(work, row, command.identifiers)
        work.done(row.id)
    return row


async def register_myself(context: Context, command: RegisterMyself) -> Patient:
    """Enter the caller, under the key that their account names; once."""
    key = context.principal.patient
    if key is None:
        raise InvalidState(NOT_A_PATIENT)
    try:
        async with context.write() as work:
            return await _register(work, Patient(id=key, **columns(command)), How.SELF)
    except IntegrityError:
        raise InvalidState(ALREADY_REGISTERED) from None


async def update_patient(context: Context, command: UpdatePatient) -> Patient:
    """Replace groups of fields at the version that the client has read."""
    if command.identifiers is not None or command.deceased is not None:
        require_staff(context, policy.WRITE, "updatePatient")
    async with context.write() as work:
        row = await open_patient(work, command.id, command.version, policy.WRITE)
        changed = {*assign(row, columns(command))}
        if command.identifiers is not None and await _replace_identifiers(work, row, command.identifiers):
            if not changed:  # else the row itself has made a new version
                row.touch()
            changed.add(effects.IDENTIFIERS)
        effects.changed(work, row, changed)
    return row


async def open_patient(work: UnitOfWork, key: UUID, version: int, scope: str) -> Patient:
    """A patient that the caller may change, locked, at the version that the client has read."""
    row = await work.find(policy.patients, key, scope=scope, version=version)
    if row.merged_into_id is not None:
        raise InvalidState(MERGED_AWAY)
    return row


def require_staff(context: Context, scope: str, operation: str) -> None:
    """Raise Forbidden, audited, unless the caller works here with this scope."""
    try:
        policy.require_staff(context.principal, scope)
    except Forbidden:
        context.recorder.refused(operation, "staff")
        raise


async def _register(work: UnitOfWork, row: Patient, how: How) -> Patient:
    [row.medical_record_number] = await issue_medical_record_numbers(work.session, 1)
    work.session.add(row)
    await work.session.flush()
    effects.registered(work, row, how)
    return row


async def _replace_identifiers(work: UnitOfWork, row: Patient, given: Sequence[commands.PatientIdentifier]) -> bool:
    """Make the patient's identifiers these; whether any were others."""
    wanted = {(item.system, item.value): item.type for item in given}
    rows = await work.session.scalars(select(PatientIdentifier).where(col(PatientIdentifier.patient_id) == row.id))
    present = {(item.system, item.value): item for item in rows}
    changed = False
    for key, item in present.items():
        if key not in wanted:
            await work.session.delete(item)
            changed = True
        elif item.type != wanted[key]:
            item.type, changed = wanted[key], True
    for (system, value), type_ in wanted.items():
        if (system, value) not in present:
            work.session.add(PatientIdentifier(patient_id=row.id, system=system, value=value, type=type_))
            changed = True
    return changed
