"""The patients' use cases. A patient's own record is all that a patient can reach here: `policy` narrows each look-up."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.auth.principal import Forbidden
from shared.database.model import assign
from shared.graph.context import Context
from shared.graph.errors import InvalidState, Refusal
from shared.ids import parse_id
from shared.work import UnitOfWork
from subgraphs.patients import effects, policy
from subgraphs.patients.events import How
from subgraphs.patients.inputs import RegisterMyselfInput, RegisterPatientInput, UpdatePatientInput
from subgraphs.patients.models import Patient, PatientIdentifier
from subgraphs.patients.numbers import issue_medical_record_numbers
from subgraphs.patients.validation import Reader, reading


async def register_patient(context: Context, input: RegisterPatientInput) -> Patient:
    """Enter a patient, by staff."""
    require_staff(context, policy.WRITE, "registerPatient")
    with reading() as reader:
        columns, identifiers = _registration(reader, input), reader.identifiers(input.identifiers)
    async with context.write() as work:
        row = await _register(work, Patient(**columns), How.STAFF)
        work.session.add_all(
            PatientIdentifier(patient_id=row.id, system=system, value=value, type=type_)
            for (system, value), type_ in identifiers.items()
        )
    return row


async def register_myself(context: Context, input: RegisterMyselfInput) -> Patient:
    """Enter the caller, under the key that their account names; once."""
    key = context.principal.patient
    if key is None:
        raise Refusal(InvalidState(message="Your account is not a patient's: only patients enter themselves."))
    with reading() as reader:
        columns = _registration(reader, input)
    try:
        async with context.write() as work:
            return await _register(work, Patient(id=key, **columns), How.SELF)
    except IntegrityError:
        raise Refusal(InvalidState(message="You are registered already: change your record instead.")) from None


async def update_patient(context: Context, input: UpdatePatientInput) -> Patient:
    """Replace groups of fields at the version that the client has read."""
    if input.identifiers is not None or input.deceased is not None:
        require_staff(context, policy.WRITE, "updatePatient")
    async with context.write() as work:
        row = await open_patient(work, input.id, input.version, policy.WRITE)
        with reading() as reader:
            changes = _changes(reader, row, input)
            identifiers = None if input.identifiers is None else reader.identifiers(input.identifiers)
        replaced = identifiers is not None and await _replace_identifiers(work, row, identifiers)
        changed = set(assign(row, changes))
        if replaced:
            changed.add(effects.IDENTIFIERS)
            row.touch()
        effects.changed(work, row, changed)
    return row


async def open_patient(work: UnitOfWork, key: str, version: int, scope: str) -> Patient:
    """A patient that the caller may change, locked, at the version that the client has read."""
    row = await work.find(policy.patients, parse_id(key), scope=scope, version=version)
    if row.merged_into_id is not None:
        raise Refusal(InvalidState(message="The patient was merged into another: go to the one that stands for both."))
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


def _registration(reader: Reader, input: RegisterMyselfInput) -> dict[str, Any]:
    addresses = reader.addresses(input.addresses)
    country = _country(addresses["addresses"])
    columns = {
        **reader.demographics(input.demographics),
        **addresses,
        **reader.contact_points(input.contact_points, country),
        **reader.emergency_contacts(input.emergency_contacts, country),
    }
    if input.communication_preferences is not None:
        columns |= reader.preferences(input.communication_preferences)
    return columns


def _changes(reader: Reader, row: Patient, input: UpdatePatientInput) -> dict[str, Any]:
    """The columns of the groups that are given."""
    columns: dict[str, Any] = {}
    if input.demographics is not None:
        columns |= reader.demographics(input.demographics)
    if input.deceased is not None:
        columns |= reader.deceased(input.deceased)
    if input.addresses is not None:
        columns |= reader.addresses(input.addresses)
    country = _country(columns.get("addresses", row.addresses))
    if input.contact_points is not None:
        columns |= reader.contact_points(input.contact_points, country)
    if input.emergency_contacts is not None:
        columns |= reader.emergency_contacts(input.emergency_contacts, country)
    if input.communication_preferences is not None:
        columns |= reader.preferences(input.communication_preferences)
    return columns


async def _replace_identifiers(work: UnitOfWork, row: Patient, wanted: dict[tuple[str, str], str | None]) -> bool:
    """Make the patient's identifiers these; whether any were others."""
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


def _country(addresses: Sequence[dict[str, Any]]) -> str | None:
    return addresses[0]["country"] if addresses else None
