"""The patients' use cases. A patient's own record is all that a patient can reach here: `policy` narrows each look-up."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.auth.principal import Forbidden
from shared.database.model import assign
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.unit_of_work import Outcome, UnitOfWork
from shared.values import share_a_name
from subgraphs.patients import commands, effects, policy
from subgraphs.patients.commands import (
    Demographics,
    RecordPatient,
    RegisterMyself,
    RegisterPatient,
    UpdatePatient,
    columns,
)
from subgraphs.patients.errors import ALREADY_REGISTERED, MERGED_AWAY, NOT_A_PATIENT
from subgraphs.patients.events import How
from subgraphs.patients.models import Patient, PatientIdentifier
from subgraphs.patients.numbers import issue_medical_record_numbers


async def register_patient(context: Context, command: RegisterPatient) -> Patient:
    """Enter a patient, by staff."""
    require_staff(context, policy.WRITE, "registerPatient")
    async with context.write() as work:
        await work.once(command)
        row = Patient(**columns(command))
        await _register(work, [row], How.STAFF)
        await _set_identifiers(work, {row.id: command.identifiers})
        work.done(row.id)
    return row


async def register_myself(context: Context, command: RegisterMyself) -> Patient:
    """Enter the caller, under the key that their account names; once."""
    key = context.principal.patient
    if key is None:
        raise InvalidState(NOT_A_PATIENT)
    row = Patient(id=key, **columns(command))
    try:
        async with context.write() as work:
            await work.once(command)
            await _register(work, [row], How.SELF)
            work.done(row.id)
    except IntegrityError:
        raise InvalidState(ALREADY_REGISTERED) from None
    return row


async def update_patient(context: Context, command: UpdatePatient) -> Patient:
    """Replace groups of fields at the version that the client has read."""
    if command.identifiers is not None or command.deceased is not None:
        require_staff(context, policy.WRITE, "updatePatient")
    async with context.write() as work:
        row = await open_patient(work, command.id, command.version, policy.WRITE)
        given = command.identifiers
        numbered = set() if given is None else await _set_identifiers(work, {row.id: given})
        _change(work, row, columns(command), numbered=bool(numbered))
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


async def take_over(work: UnitOfWork, entries: Sequence[tuple[UUID, RecordPatient]]) -> list[Outcome]:
    """Let patients be as another system tells, where it says something new: what was changed here meanwhile is kept otherwise.

    Who was merged stays as they are, and numbers that others have given stay with the rest.
    """
    told = {key: columns(command) for key, command in entries}
    said = {key: _digest(told[key], command) for key, command in entries}
    settled = await _settled(work, said)
    current = [(key, command) for key, command in entries if key not in settled]
    present = await work.rows(Patient, {key for key, _ in current})
    new = {
        key: Patient(id=key, **told[key], active=command.active, source_digest=said[key])
        for key, command in current
        if key not in present
    }
    await _register(work, [*new.values()], How.IMPORT)
    numbers = {key: command.identifiers for key, command in current}
    numbered = await _set_identifiers(work, numbers, keep_others=True)
    outcomes = dict.fromkeys(settled, Outcome.UNCHANGED) | dict.fromkeys(new, Outcome.CREATED)
    active = {key: command.active for key, command in current}
    for key, row in present.items():
        row.source_digest = said[key]
        changed = _change(work, row, {**told[key], "active": active[key]}, numbered=key in numbered)
        outcomes[key] = Outcome.UPDATED if changed else Outcome.UNCHANGED
    return [outcomes[key] for key, _ in entries]


async def retract(work: UnitOfWork, keys: Sequence[UUID]) -> list[Outcome]:
    """Let patients be out of use whom their system takes back; if it tells of them again, they are what it says then."""
    rows = await work.rows(Patient, set(keys))
    changed = set[UUID]()
    for key, row in rows.items():
        row.source_digest = None
        if _change(work, row, {"active": False}, numbered=False):
            changed.add(key)
    return [Outcome.UPDATED if key in changed else Outcome.UNCHANGED for key in keys]


async def survivors(work: UnitOfWork) -> Mapping[UUID, UUID]:
    """Who stands for those who were merged."""
    survivor = col(Patient.merged_into_id)
    rows = await work.session.execute(select(col(Patient.id), survivor).where(survivor.is_not(None)))
    return {merged: stands for merged, stands in rows if stands}


async def may_be(work: UnitOfWork, entries: Sequence[tuple[UUID, RecordPatient]]) -> list[bool]:
    """Whether each patient may be the one that is told of: nothing that both have speaks against it."""
    rows = await work.rows(Patient, {key for key, _ in entries}, lock=False)
    return [key in rows and may_be_same(rows[key], command.demographics) for key, command in entries]


def may_be_same(one: Patient, other: Patient | Demographics) -> bool:
    """Whether nothing that is known of both, name and birth, speaks against their being one person."""
    here, there = (
        born.birth_date.isoformat() if born.birth_date else born.partial_birth_date or "" for born in (one, other)
    )
    return (here.startswith(there) or there.startswith(here)) and share_a_name(
        (one.family, one.given), (other.family, other.given)
    )


# Columns that the first imports did not know.
_LATER = frozenset({"partial_birth_date", "suffix", "deceased_on"})


async def _settled(work: UnitOfWork, said: Mapping[UUID, bytes]) -> set[UUID]:
    """Those of whom nothing new is said, or who were merged."""
    statement = select(col(Patient.id), col(Patient.merged_into_id), col(Patient.source_digest)).where(
        col(Patient.id).in_(said)
    )
    rows = await work.session.execute(statement)
    return {row for row, survivor, digest in rows if survivor or digest == said[row]}


def _digest(told: Mapping[str, Any], command: RecordPatient) -> bytes:
    numbers = {(item.system, item.value): item.type for item in command.identifiers}
    # A source that says no more than before says the same, whatever columns have come since.
    told = {name: value for name, value in told.items() if name not in _LATER or value}
    said = [told, sorted(numbers.items()), *([] if command.active else [False])]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


async def _register(work: UnitOfWork, rows: Sequence[Patient], how: How) -> None:
    """Enter patients, each with a number of ours."""
    numbers = await issue_medical_record_numbers(work.session, len(rows))
    for row, number in zip(rows, numbers, strict=True):
        row.medical_record_number = number
    work.session.add_all(rows)
    await work.session.flush()
    for row in rows:
        effects.registered(work, row, how)


def _change(work: UnitOfWork, row: Patient, values: Mapping[str, Any], *, numbered: bool) -> bool:
    """Give a patient values, and tell of those that were others before; `numbered` says that their identifiers were."""
    changed = {*assign(row, values)}
    if numbered:
        if not changed:  # else the row itself makes a new version
            row.touch()
        changed.add(effects.IDENTIFIERS)
    effects.changed(work, row, changed)
    return bool(changed)


async def _set_identifiers(
    work: UnitOfWork, given: Mapping[UUID, Sequence[commands.PatientIdentifier]], *, keep_others: bool = False
) -> set[UUID]:
    """Make patients' identifiers these, or add these to theirs; whose were others before."""
    rows = await work.session.scalars(select(PatientIdentifier).where(col(PatientIdentifier.patient_id).in_(given)))
    present = {(row.patient_id, row.system, row.value): row for row in rows}
    wanted = {(patient, item.system, item.value): item.type for patient, items in given.items() for item in items}
    changed = set[UUID]()
    for key, type_ in wanted.items():
        patient, system, value = key
        if key not in present:
            work.session.add(PatientIdentifier(patient_id=patient, system=system, value=value, type=type_))
            changed.add(patient)
        elif not keep_others and assign(present[key], {"type": type_}):
            changed.add(patient)
    for key in present.keys() - wanted.keys() if not keep_others else ():
        await work.session.delete(present[key])
        changed.add(key[0])
    return changed
