"""Safety checks of prescriptions: made when somebody asks, signs or dispenses; what they find is kept, and overridden."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import EllipsisType
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlmodel import col

from shared.commands import Repeatable
from shared.database.model import utc_now
from shared.digests import pseudonym
from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import NOT_FOUND, invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.commands.alerts import CheckPrescription, Override, OverrideAlert
from subgraphs.pharmacy.errors import RECORD_UNAVAILABLE, SafetyCheckUnavailable
from subgraphs.pharmacy.events import AlertOverridden, AlertRaised, PrescriptionRecheckNeeded
from subgraphs.pharmacy.models import (
    Patient,
    Prescription,
    SafetyAlert,
    SafetyAlertFacts,
    SafetyCheck,
    SafetyCheckFacts,
)
from subgraphs.pharmacy.safety import Finding, SafetySeverity, check, rule_of
from subgraphs.pharmacy.service.inputs import Known, drugs_here, known
from subgraphs.pharmacy.service.knowledge import knowledge
from subgraphs.pharmacy.service.states import move
from subgraphs.pharmacy.states import OPEN, AlertStatus, CheckOccasion

_RAISED, _OVERRIDDEN = AlertStatus.RAISED, AlertStatus.OVERRIDDEN


async def screen(context: Context, command: CheckPrescription) -> Prescription:
    """Check a prescription, and keep what is found."""
    scope = policy.DISPENSE if context.principal.is_staff(policy.DISPENSE) else policy.PRESCRIPTION_WRITE
    record = await known(context, (await asked_about(context, command.id, scope)).patient_id)
    async with context.write() as work:
        row = await work.find(policy.prescriptions, command.id, scope=scope)
        await examine(work, row, record, CheckOccasion.CHECK)
    return row


async def asked_about(
    context: Context,
    key: UUID,
    scope: str,
    version: int | EllipsisType = ...,
    command: Repeatable | None = None,
    check: Callable[[UnitOfWork, Prescription], Awaitable[None]] | None = None,
) -> Prescription:
    """A prescription as it is before others are asked of it.

    What would be refused after that, or was done before, is so at once: raises NotFound, VersionConflict, Repeated and what
    `check` does.
    """
    async with context.write() as work:
        if command is not None:
            await work.once(command)
        row = await work.find(policy.prescriptions, key, scope=scope, version=version, lock=False)
        if check is not None:
            await check(work, row)
        await work.undone()
    return row


async def examine(
    work: UnitOfWork,
    row: Prescription,
    record: Known,
    occasion: CheckOccasion,
    overrides: Sequence[Override] = (),
) -> Sequence[SafetyAlert]:
    """What a check finds of a locked prescription that interrupts, and that nobody has overridden.

    Raises SafetyCheckUnavailable if the record is not this patient's, since two turned out to be one while it was asked for.
    The patient's row is locked until the end, so that of two who prescribe at once one sees the other's.
    """
    if record.patient_id != row.patient_id:
        raise SafetyCheckUnavailable(RECORD_UNAVAILABLE)
    await hold_patient(work, row.patient_id)
    proposed, others, inputs = await drugs_here(work, row)
    knows = await knowledge(work)
    found = check(record.subject, [*others, *record.drugs], proposed, knows)
    made = SafetyCheck(
        prescription_id=row.id,
        patient_id=row.patient_id,
        account_id=work.principal.subject,
        occasion=occasion,
        knowledge_version=knows.version,
        facts=Encrypted(SafetyCheckFacts(inputs=(*inputs, *record.inputs))),
    )
    work.session.add(made)
    await work.session.flush()
    interrupting = await _keep(work, row, made, found, overrides)
    row.recheck_needed = bool(interrupting) and row.status in OPEN
    return interrupting


async def hold_patient(work: UnitOfWork, patient_id: UUID) -> None:
    """Wait until nobody else signs anything for a patient, or dispenses, and keep it so."""
    statement = select(col(Patient.id)).where(col(Patient.id) == patient_id)
    await work.session.execute(statement.with_for_update(key_share=True))


async def _keep(
    work: UnitOfWork, row: Prescription, made: SafetyCheck, found: Sequence[Finding], overrides: Sequence[Override]
) -> Sequence[SafetyAlert]:
    digests = await work.blind_indexes([("alert", str(row.patient_id), each.fingerprint) for each in found])
    by_digest = dict(zip(digests, found, strict=True))
    alerts = {each.digest: each for each in await _alerts(work, row)}
    for digest, alert in alerts.items():
        if digest not in by_digest and alert.status == _RAISED:
            move(work, alert, AlertStatus.SUPERSEDED)
    for digest, finding in by_digest.items():
        if digest not in alerts:
            alerts[digest] = await _raise(work, made, digest, finding)
        elif alerts[digest].status == AlertStatus.SUPERSEDED:
            move(work, alerts[digest], _RAISED)
    await _override_all(work, alerts.values(), overrides)
    interrupting = {
        digest: alerts[digest]
        for digest, finding in by_digest.items()
        if finding.severity is SafetySeverity.INTERRUPTS and alerts[digest].status != _OVERRIDDEN
    }
    await work.session.flush()
    elsewhere = await _overridden_elsewhere(work, list(interrupting))
    return [alert for digest, alert in interrupting.items() if digest not in elsewhere]


async def _alerts(work: UnitOfWork, row: Prescription) -> Sequence[SafetyAlert]:
    statement = select(SafetyAlert).where(col(SafetyAlert.prescription_id) == row.id).with_for_update()
    rows = (await work.session.scalars(statement)).all()
    await open_rows(work.keyring, rows)
    return rows


async def _raise(work: UnitOfWork, made: SafetyCheck, digest: bytes, finding: Finding) -> SafetyAlert:
    facts = {name: getattr(finding, name) for name in SafetyAlertFacts.__struct_fields__ if name != "comment"}
    alert = SafetyAlert(
        prescription_id=made.prescription_id,
        patient_id=made.patient_id,
        check_id=made.id,
        severity=finding.severity,
        status=_RAISED,
        digest=digest,
        facts=Encrypted(SafetyAlertFacts(**facts)),
    )
    work.session.add(alert)
    if finding.severity is SafetySeverity.INTERRUPTS:
        work.publish(AlertRaised(alert_id=await _told(work, alert), rule=finding.rule, raised_at=utc_now()))
    return alert


async def _told(work: UnitOfWork, alert: SafetyAlert) -> UUID:
    """By what others know a finding: its rule, which may tell of an allergy, is told with no key that a patient's row has."""
    return pseudonym(await work.blind_index("pseudonyms"), "alert", alert.id)


async def _override_all(work: UnitOfWork, alerts: Iterable[SafetyAlert], overrides: Sequence[Override]) -> None:
    by_id = {each.id: each for each in alerts}
    for place, each in enumerate(overrides):
        alert = by_id.get(each.alert_id)
        if alert is None:
            raise invalid(f"overrides.{place}.alertId", NOT_FOUND, resource="SafetyAlert")
        if alert.status == _RAISED:
            await override(work, alert, each)


async def override(work: UnitOfWork, alert: SafetyAlert, said: Override) -> None:
    """Prescribe in spite of what was found, for a reason; raises InvalidState."""
    move(work, alert, _OVERRIDDEN)
    alert.override_reason = said.reason_code
    alert.overridden_by, alert.overridden_at = work.principal.subject, utc_now()
    alert.facts = Encrypted(msgspec.structs.replace(alert.facts.value, comment=said.comment))
    told, rule = await _told(work, alert), rule_of(alert.facts.value.code)
    work.publish(AlertOverridden(alert_id=told, rule=rule, reason=said.reason_code, overridden_at=alert.overridden_at))


async def override_one(context: Context, command: OverrideAlert) -> SafetyAlert:
    """Override a finding of a prescription that is signed already, so that it can be dispensed."""
    async with context.write() as work:
        alert = await work.find(policy.safety_alerts, command.alert_id, scope=policy.SIGN, version=command.version)
        await override(work, alert, command)
    return alert


async def _overridden_elsewhere(work: UnitOfWork, digests: Sequence[bytes]) -> set[bytes]:
    """Which findings were overridden with another prescription: two drugs that interact are found with each of them."""
    if not digests:
        return set()
    statement = select(col(SafetyAlert.digest)).where(
        col(SafetyAlert.digest).in_(digests), col(SafetyAlert.status) == _OVERRIDDEN
    )
    async with work.as_system():
        return set((await work.session.scalars(statement)).all())


async def recheck(work: UnitOfWork, patient_id: UUID) -> None:
    """Note of what is prescribed for a patient that it was checked before something became known, and tell of it."""
    patient = await work.survivor(patient_id)
    active = select(Prescription).where(
        col(Prescription.patient_id) == patient,
        col(Prescription.status).in_(OPEN),
        col(Prescription.recheck_needed).is_(False),
    )
    rows = (await work.session.scalars(active.order_by(col(Prescription.id)).with_for_update(key_share=True))).all()
    await open_rows(work.keyring, rows)
    for row in rows:
        row.recheck_needed = True
        work.publish(
            PrescriptionRecheckNeeded(
                prescription_id=row.id,
                patient_id=row.patient_id,
                practitioner_id=row.practitioner_id,
                location_id=row.location_id,
            )
        )


async def avoid(work: UnitOfWork, row: Prescription) -> None:
    """Note of what was found of a draft that comes to nothing that it was avoided."""
    for alert in await _alerts(work, row):
        if alert.status == _RAISED:
            move(work, alert, AlertStatus.AVOIDED)
