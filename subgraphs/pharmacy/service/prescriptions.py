"""Prescriptions: written, signed, verified, and all that becomes of them but dispensing."""

import secrets
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, func, select
from sqlmodel import col

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import (
    NOT_FOUND,
    SECOND_FACTOR_NEEDED,
    InvalidState,
    Problem,
    SecondFactorNeeded,
    invalid,
)
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.commands.prescriptions import (
    ChangePrescription,
    DraftPrescription,
    Prescribed,
    ReceivePrescription,
    RevisePrescription,
    SignPrescription,
)
from subgraphs.pharmacy.commands.values import exact
from subgraphs.pharmacy.effects import begun, move
from subgraphs.pharmacy.errors import (
    ALERTS_OPEN,
    DAY_PAST,
    MEDICATION_INACTIVE,
    NO_REFILLS_OF_SCHEDULE,
    NOT_A_PRESCRIBER,
    OWN_PRESCRIPTION,
    PERIOD_OF_SCHEDULE,
    PREPARED_ELSEWHERE,
    PRESCRIPTION_LAPSED,
    PRESCRIPTION_STATUS,
    REFILLS_OF_SCHEDULE,
    SafetyCheckUnavailable,
)
from subgraphs.pharmacy.events import PrescriptionSigned
from subgraphs.pharmacy.models import Location, Medication, Prescription, PrescriptionFacts, SafetyAlert
from subgraphs.pharmacy.refusals import SafetyAlertsOpen
from subgraphs.pharmacy.service.inputs import Known, known
from subgraphs.pharmacy.service.lookups import check_licence, check_practitioner, patient_of_statement, today
from subgraphs.pharmacy.service.screening import asked_about, avoid, examine
from subgraphs.pharmacy.service.setting_apart import abandon
from subgraphs.pharmacy.service.states import require
from subgraphs.pharmacy.states import OPEN, CheckOccasion, PrescriptionStatus

FRESH = timedelta(minutes=5)
"""How old the second factor may be where a schedule asks for it."""

NO_REFILLS = "II"
# 21 CFR 1306.22(a): five refills at most, and nothing at all later than six months after it was written.
_REFILLED_RARELY, _MOST_REFILLS = ("III", "IV"), 5
_HOLDS, _SCHEDULED_MONTHS = timedelta(days=365), 6
_CODE_BYTES = 10
_BATCH = 200
_STATUS = PrescriptionStatus


@dataclass(frozen=True)
class _Origin:
    """Whose a new prescription is, and where it comes from."""

    patient_id: UUID
    practitioner_id: UUID
    replaces_id: UUID | None = None
    based_on_id: UUID | None = None
    statement_id: UUID | None = None


async def draft(context: Context, command: DraftPrescription) -> Prescription:
    """Write a prescription, for the caller or another practitioner to sign."""
    practitioner = command.practitioner_id or context.principal.practitioner
    if practitioner is None:
        raise InvalidState(NOT_A_PRESCRIBER)
    await check_practitioner(context, command.practitioner_id)
    whose = await patient_of_statement(context, command.based_on_id) if command.based_on_id else command.patient_id
    async with context.write() as work:
        await work.once(command)
        standing = await work.survivors([command.patient_id, whose])
        patient = await work.find(policy.patients, standing[command.patient_id], lock=False)
        if standing[whose] != patient.id:
            raise invalid("basedOnId", NOT_FOUND, resource="MedicationStatement")
        origin = _Origin(patient.id, practitioner, statement_id=command.based_on_id)
        row = await write(work, command, origin)
        work.done(row.id)
    return row


async def revise(context: Context, command: RevisePrescription) -> Prescription:
    """Write a prescription in place of another one, which ends."""
    async with context.write() as work:
        await work.once(command)
        old = await work.find(
            policy.prescriptions, command.id, scope=policy.PRESCRIPTION_WRITE, version=command.version
        )
        patient = await work.find(policy.patients, old.patient_id, lock=False)
        await avoid(work, old)
        await abandon(work, old, command.reason)
        move(work, old, _STATUS.CANCELLED if old.status == _STATUS.DRAFT else _STATUS.STOPPED, command.reason)
        practitioner = work.principal.practitioner or old.practitioner_id
        row = await write(work, command, _Origin(patient.id, practitioner, replaces_id=old.id))
        work.done(row.id)
    return row


async def write(work: UnitOfWork, command: Prescribed, origin: _Origin) -> Prescription:
    """Enter a draft."""
    medication = await _medication(work, command.medication_id)
    await _check_place(work, command.location_id)
    since, until = await _period(work, command, medication)
    if wrong := _too_many_refills(medication.schedule, command.refills):
        raise invalid("refills", wrong, schedule=medication.schedule, maximum=_MOST_REFILLS)
    quantity = exact(command.quantity)
    row = Prescription(
        **vars(origin),
        medication_id=medication.id,
        location_id=command.location_id,
        account_id=work.principal.subject,
        status=_STATUS.DRAFT,
        schedule=medication.schedule,
        quantity=quantity,
        refills=command.refills,
        authorised_quantity=quantity * (command.refills + 1),
        valid_from=since,
        valid_until=until,
        facts=Encrypted(
            PrescriptionFacts(
                name=medication.name,
                dosages=tuple(each.fact() for each in command.dosages),
                indication=command.indication,
                notes=command.notes,
            )
        ),
    )
    begun(work, row)
    return row


async def _medication(work: UnitOfWork, key: UUID) -> Medication:
    found = await work.session.scalar(policy.medications(work.principal).where(col(Medication.id) == key))
    if found is None:
        raise invalid("medicationId", NOT_FOUND, resource="Medication")
    if not found.active:
        raise invalid("medicationId", MEDICATION_INACTIVE)
    return found


async def _check_place(work: UnitOfWork, key: UUID | None) -> None:
    place = await work.session.get(Location, key) if key else None
    if key and (place is None or not place.active):
        raise invalid("locationId", NOT_FOUND, resource="Location")


async def _period(work: UnitOfWork, command: Prescribed, medication: Medication) -> tuple[date, date]:
    now = await today(work, command.location_id)
    since = command.valid_from or now
    latest = _months_later(now, _SCHEDULED_MONTHS) if medication.schedule in _REFILLED_RARELY else date.max
    until = command.valid_until or min(last_day(medication.schedule, since), max(latest, since))
    if until < now:
        raise invalid("validUntil", DAY_PAST)
    if until > latest:
        raise invalid("validUntil", PERIOD_OF_SCHEDULE, schedule=medication.schedule, day=latest)
    return since, until


def last_day(schedule: str | None, since: date) -> date:
    """How long a prescription holds that begins on a day, if its prescriber does not say so."""
    return _months_later(since, _SCHEDULED_MONTHS) if schedule else since + _HOLDS


def _months_later(day: date, months: int) -> date:
    """The same day of another month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _too_many_refills(schedule: str | None, refills: int) -> Problem | None:
    """What is wrong with so many refills of a schedule, if anything is."""
    if schedule == NO_REFILLS and refills:
        return NO_REFILLS_OF_SCHEDULE
    return REFILLS_OF_SCHEDULE if schedule in _REFILLED_RARELY and refills > _MOST_REFILLS else None


def unsigned(facts: PrescriptionFacts) -> PrescriptionFacts:
    """What a prescription says, for another one that is to be signed."""
    return msgspec.structs.replace(facts, code=None)


async def sign(context: Context, command: SignPrescription) -> Prescription:
    """Sign a draft; from then on the patient and the pharmacy see it.

    What its safety check finds is kept, also where it is not signed for that: then nothing else is.
    """
    prescriber = context.principal.practitioner
    if prescriber is None:
        raise InvalidState(NOT_A_PRESCRIBER)
    asked = await asked_about(context, command.id, policy.SIGN, command.version, command)
    await check_licence(context, prescriber, asked.location_id)
    record = await _record(context, asked.patient_id, command.emergency_reason)
    async with context.write() as work:
        await work.once(command)
        row = await work.find(policy.prescriptions, command.id, scope=policy.SIGN, version=command.version)
        require(row, _STATUS.DRAFT)
        await _check_signable(work, row)
        found: Sequence[SafetyAlert] = ()
        if record is not None:
            found = await examine(work, row, record, CheckOccasion.SIGNATURE, command.overrides)
        if found:
            await work.undone()
        else:
            await _sign(work, row, prescriber, unchecked=record is None, reason=command.emergency_reason)
    if found:
        raise SafetyAlertsOpen(ALERTS_OPEN, rows=found)
    return row


async def _record(context: Context, patient_id: UUID, emergency_reason: str | None) -> Known | None:
    """What the record says of the patient; None if it does not answer, and somebody says why that must do."""
    try:
        return await known(context, patient_id)
    except SafetyCheckUnavailable:
        if emergency_reason is None:
            raise
        return None


async def _sign(work: UnitOfWork, row: Prescription, prescriber: UUID, *, unchecked: bool, reason: str | None) -> None:
    row.practitioner_id, row.signed_by, row.signed_at = prescriber, work.principal.subject, utc_now()
    row.unchecked = unchecked
    await _give_code(work, row)
    move(work, row, _STATUS.SIGNED, reason if unchecked else None)
    work.done(row.id)


def require_fresh_factor(work: UnitOfWork, schedule: str | None) -> None:
    """Raise SecondFactorNeeded where a schedule asks for a code that was given a short while ago."""
    if schedule is not None and not work.principal.proved_within(FRESH):
        raise SecondFactorNeeded(SECOND_FACTOR_NEEDED, minutes=FRESH // timedelta(minutes=1))


async def _check_signable(work: UnitOfWork, row: Prescription) -> None:
    medication = await work.session.get_one(Medication, row.medication_id)
    require_fresh_factor(work, medication.schedule)
    if not medication.active:
        raise InvalidState(MEDICATION_INACTIVE)
    if wrong := _too_many_refills(medication.schedule, row.refills):
        raise InvalidState(wrong, schedule=medication.schedule, maximum=_MOST_REFILLS)
    await check_period(work, row)
    row.schedule = medication.schedule


async def check_period(work: UnitOfWork, row: Prescription) -> None:
    """Raise InvalidState if the last day of a prescription is over."""
    if row.valid_until < await today(work, row.location_id):
        raise InvalidState(PRESCRIPTION_LAPSED, day=row.valid_until)


async def _give_code(work: UnitOfWork, row: Prescription) -> None:
    """What the patient shows at a pharmacy."""
    code = secrets.token_hex(_CODE_BYTES)
    row.facts = Encrypted(msgspec.structs.replace(row.facts.value, code=code))
    row.code_digest = await work.blind_index("presentation", code)


async def verify(context: Context, command: ChangePrescription) -> Prescription:
    """Find that a prescription can be dispensed."""
    async with context.write() as work:
        row = await work.find(policy.prescriptions, command.id, scope=policy.DISPENSE, version=command.version)
        require(row, _STATUS.SIGNED)
        require_other_person(work, row)
        await check_period(work, row)
        move(work, row, _STATUS.VERIFIED)
        row.verified_at, row.verified_by = utc_now(), work.principal.subject
    return row


def require_other_person(work: UnitOfWork, row: Prescription) -> None:
    """Raise InvalidState if the caller has signed a prescription themself."""
    principal = work.principal
    if row.signed_by == principal.subject or row.practitioner_id == principal.practitioner:
        raise InvalidState(OWN_PRESCRIPTION)


async def receive(context: Context, command: ReceivePrescription) -> Prescription:
    """Take a prescription that is presented, by its code, to where the caller works; nothing is prepared elsewhere."""
    async with context.write() as work:
        digest = await work.blind_index("presentation", command.code)

        def presented(principal: Any) -> Select[Prescription]:
            return policy.presented_prescriptions(principal, digest)

        row = await work.find(presented, command.id, version=command.version)
        if command.location_id not in work.principal.locations:
            raise invalid("locationId", NOT_FOUND, resource="Location")
        await _check_place(work, command.location_id)
        if row.prepared_quantity > 0:
            raise InvalidState(PREPARED_ELSEWHERE)
        row.location_id = command.location_id
        of = {"prescription_id": row.id, "patient_id": row.patient_id, "practitioner_id": row.practitioner_id}
        work.publish(PrescriptionSigned(**of, location_id=row.location_id))
    return row


async def change(
    context: Context, command: Any, to: PrescriptionStatus, scope: str = policy.PRESCRIPTION_WRITE
) -> Prescription:
    """Bring a prescription into another status, for the reason that the command gives."""
    async with context.write() as work:
        row = await work.find(policy.prescriptions, command.id, scope=scope, version=command.version)
        if row.status == _STATUS.DRAFT:
            await avoid(work, row)
        if to is _STATUS.STOPPED:
            await abandon(work, row, command.reason)
        move(work, row, to, command.reason)
    return row


async def resume(context: Context, command: ChangePrescription) -> Prescription:
    """Let a prescription go on where it was held."""
    async with context.write() as work:
        row = await work.find(
            policy.prescriptions, command.id, scope=policy.PRESCRIPTION_WRITE, version=command.version
        )
        if row.held_status is None:
            raise InvalidState(PRESCRIPTION_STATUS, status=row.status)
        move(work, row, _STATUS(row.held_status))
    return row


async def expire(work: UnitOfWork) -> int:
    """End some prescriptions whose last day is over where they are to be dispensed; of how many."""
    zone = select(col(Location.time_zone)).where(col(Location.id) == col(Prescription.location_id)).scalar_subquery()
    local_day = func.date(func.timezone(func.coalesce(zone, "UTC"), func.now()))
    lapsed = and_(col(Prescription.status).in_(OPEN), col(Prescription.valid_until) < local_day)
    rows = await work.session.scalars(
        select(Prescription).where(lapsed).limit(_BATCH).with_for_update(key_share=True, skip_locked=True)
    )
    found = rows.all()
    await open_rows(work.keyring, found)
    for row in found:
        await abandon(work, row)
        move(work, row, _STATUS.EXPIRED)
    return len(found)
