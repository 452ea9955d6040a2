"""Allergies: of one patient no two active ones are of one substance, and where none is known, there is no other one."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.encryption import Encrypted
from shared.encryption.session import open_rows
from shared.errors import InvalidState
from shared.graph.context import Context
from shared.readings import DATA_ABSENT
from shared.unit_of_work import UnitOfWork
from subgraphs.records import policy
from subgraphs.records.codes import AllergyClinicalStatus, AllergyVerification
from subgraphs.records.commands.clinical import RecordAllergy, RecordNoKnownAllergies, UpdateAllergy
from subgraphs.records.errors import ALLERGIES_KNOWN, ALLERGY_KNOWN, REFUTED_STATUS
from subgraphs.records.events import EntryChanged
from subgraphs.records.facts import AllergyFacts, Coded
from subgraphs.records.models import Allergy, Patient
from subgraphs.records.models.clinical import is_active
from subgraphs.records.service import entries
from subgraphs.records.service.entries import statuses
from subgraphs.records.service.lookups import check_dates

_ACTIVE = select(Allergy).where(
    col(Allergy.clinical_status) == AllergyClinicalStatus.ACTIVE, col(Allergy.status) != AllergyVerification.REFUTED
)
_LOCK_PATIENTS = select(col(Patient.id)).order_by(col(Patient.id)).with_for_update(key_share=True)


async def record_allergy(context: Context, command: RecordAllergy) -> Allergy:
    """Record a substance that the patient does not tolerate, which ends that none is known."""
    await check_dates(context, command.patient_id, command)
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(work, Allergy.section, command.patient_id, command.encounter_id, lock=True)
        [substance] = await substances(work, [(whose["patient_id"], Coded(**command.code.model_dump()))])
        for row in await _active_allergies(work, whose["patient_id"]):
            if row.substance == substance:
                raise InvalidState(ALLERGY_KNOWN)
            if row.none_known:
                row.clinical_status = AllergyClinicalStatus.INACTIVE
                work.publish(EntryChanged(**entries.told(row)))
        await work.session.flush()
        new = Allergy(
            **whose,
            status=command.verification,
            clinical_status=AllergyClinicalStatus.ACTIVE,
            substance=substance,
            facts=entries.facts_of(Allergy, command),
        )
        return entries.add(work, new)


async def record_no_known_allergies(context: Context, command: RecordNoKnownAllergies) -> Allergy:
    """Record that somebody has asked for allergies, and that none is known."""
    async with context.write() as work:
        await work.once(command)
        whose = await entries.origin(work, Allergy.section, command.patient_id, command.encounter_id, lock=True)
        for row in await _active_allergies(work, whose["patient_id"]):
            raise InvalidState(ALLERGY_KNOWN if row.none_known else ALLERGIES_KNOWN)
        new = Allergy(
            **whose,
            status=AllergyVerification.CONFIRMED,
            clinical_status=AllergyClinicalStatus.ACTIVE,
            none_known=True,
            substance=(await substances(work, [(whose["patient_id"], None)]))[0],
            facts=Encrypted(AllergyFacts()),
        )
        return entries.add(work, new)


async def update_allergy(context: Context, command: UpdateAllergy) -> Allergy:
    """Change an allergy; one that is active again is the only one of its substance."""
    await entries.check_dates_of(context, policy.allergies, command)
    async with context.write() as work:
        row = await entries.find(work, policy.allergies, command)
        await work.find(policy.patients, row.patient_id, scope=policy.WRITE)
        wanted = statuses(row, command)
        refuted = wanted["status"] == AllergyVerification.REFUTED
        if refuted and command.clinical_status is AllergyClinicalStatus.ACTIVE:
            raise InvalidState(REFUTED_STATUS)
        if wanted["clinical_status"] == AllergyClinicalStatus.ACTIVE and not refuted:
            for other in await _active_allergies(work, row.patient_id):
                if other.id != row.id and (other.substance == row.substance or other.none_known != row.none_known):
                    raise InvalidState(ALLERGY_KNOWN if other.substance == row.substance else ALLERGIES_KNOWN)
        entries.change(work, row, command, **wanted)
    return row


async def substances(work: UnitOfWork, codes: Sequence[tuple[UUID, Coded | None]]) -> list[bytes]:
    """Blind indexes of what patients do not tolerate; of what has no code, by what it is called."""
    named = [(patient, code and code.system, code and code.code, *_name_of(code)) for patient, code in codes]
    return await work.blind_indexes([("allergy", *parts) for parts in named])


def _name_of(code: Coded | None) -> Sequence[str | None]:
    return [code.display] if code is not None and code.system == DATA_ABSENT else []


async def settle_allergies(work: UnitOfWork, rows: Sequence[Allergy]) -> set[UUID]:
    """Let rows that are to be written be inactive where an active one is of their substance, or speaks against them.

    Those that are, by their keys; what their source says is no longer known, so that they are looked at again.
    """
    patients, inactive = {row.patient_id for row in rows}, set[UUID]()
    if not patients:
        return inactive
    with work.session.no_autoflush:
        await work.session.execute(_LOCK_PATIENTS.where(col(Patient.id).in_(patients)))
        others = await work.session.scalars(_ACTIVE.where(col(Allergy.patient_id).in_(patients)))
        written = {row.id for row in rows}
        known = defaultdict[UUID, list[Allergy]](list)
        for row in others:
            if row.id not in written:
                known[row.patient_id].append(row)
    for row in sorted(filter(is_active, rows), key=lambda row: row.none_known):
        active = [other for other in known[row.patient_id] if is_active(other)]
        if any(row.none_known or other.substance == row.substance for other in active):
            row.clinical_status, row.source_digest = AllergyClinicalStatus.INACTIVE, None
            inactive.add(row.id)
            continue
        known[row.patient_id].append(row)
        for other in active:
            if other.none_known:
                other.clinical_status = AllergyClinicalStatus.INACTIVE
                work.publish(EntryChanged(**entries.told(other)))
    return inactive


async def _active_allergies(work: UnitOfWork, patient_id: UUID) -> list[Allergy]:
    """All of a patient, whose row is locked; what a section that is withheld hides counts too."""
    async with work.as_system():
        return list(await work.session.scalars(_ACTIVE.where(col(Allergy.patient_id) == patient_id)))


async def resolve_allergies(work: UnitOfWork, merged_id: UUID, survivor_id: UUID) -> None:
    """Of the active allergies to one substance one stays so; that none is known is not asserted beside any."""
    both = select(Allergy).where(col(Allergy.patient_id).in_([merged_id, survivor_id])).with_for_update()
    rows = sorted(await work.session.scalars(both), key=lambda row: (row.patient_id != survivor_id, row.recorded_at))
    await open_rows(work.keyring, rows)
    active = [row for row in rows if is_active(row)]
    some_known, kept = any(not row.none_known for row in active), set[bytes]()
    for row in rows:
        [substance] = await substances(work, [(survivor_id, row.facts.value.code)])
        if row in active and (substance in kept or (row.none_known and some_known)):
            row.clinical_status = AllergyClinicalStatus.INACTIVE
        elif row in active:
            kept.add(substance)
        row.substance = substance
