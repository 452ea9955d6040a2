"""Merging two records of one person (FHIR Patient.link): the survivor stands for both, the duplicate stays and names it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from shared.audit.recorder import Action
from shared.database.model import assign
from shared.graph.context import Context
from shared.unit_of_work import Outcome, UnitOfWork
from subgraphs.patients import effects, policy
from subgraphs.patients.commands import MergePatients
from subgraphs.patients.events import PatientMerged
from subgraphs.patients.models import Patient, PatientIdentifier, PossibleDuplicate
from subgraphs.patients.service import may_be_same, open_patient, require_staff

MEDICAL_RECORD_NUMBER_SYSTEM = "https://caregraph.example/medical-record-number"

# What a survivor without a value takes from the duplicate, and what is put together.
_FILLED = (
    "prefix",
    "suffix",
    "birth_date",
    "marital_status",
    "deceased",
    "deceased_at",
    "deceased_on",
    "language",
    "preferred_channels",
)
_JOINED = ("other_names", "contact_points", "addresses", "emergency_contacts")


async def merge_patients(context: Context, command: MergePatients) -> Patient:
    """Move what the survivor lacks to it, and close the duplicate."""
    require_staff(context, policy.MERGE, "mergePatients")
    async with context.write() as work:
        await work.once(command)
        survivor, duplicate = await _open_both(work, command)
        await _merge(work, survivor, duplicate)
        work.done(survivor.id)
    return survivor


async def take_over_links(work: UnitOfWork, links: Sequence[tuple[UUID, UUID]]) -> list[Outcome | None]:
    """Merge patients of whom another system says that others replace them: (duplicate, survivor) each, none twice.

    None where that is in doubt, so that they are possible duplicates: their names or births speak against it, or the duplicate
    was merged into somebody else.
    """
    rows = await work.rows(Patient, {key for link in links for key in link})
    outcomes: list[Outcome | None] = []
    doubts: list[tuple[UUID, UUID]] = []
    for one, other in links:
        duplicate, survivor = rows[one], rows[other]
        survivor = rows.get(survivor.merged_into_id or survivor.id, survivor)
        if duplicate.merged_into_id or duplicate is survivor:
            same = duplicate is survivor or duplicate.merged_into_id in (survivor.id, survivor.merged_into_id)
            outcomes.append(Outcome.UNCHANGED if same else None)
            if not same and duplicate.merged_into_id:
                doubts.append((duplicate.merged_into_id, survivor.merged_into_id or survivor.id))
        elif survivor.merged_into_id or not may_be_same(duplicate, survivor):
            outcomes.append(None)
            doubts.append((duplicate.id, survivor.merged_into_id or survivor.id))
        else:
            await _merge(work, survivor, duplicate)
            outcomes.append(Outcome.UPDATED)
    await suspect(work, doubts)
    return outcomes


async def suspect(work: UnitOfWork, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """Let pairs of patients be possible duplicates, for people to decide."""
    both = {pair for one, other in pairs if one != other for pair in ((one, other), (other, one))}
    rows = [PossibleDuplicate(patient_id=one, other_id=other).model_dump() for one, other in sorted(both)]
    if rows:
        await work.session.execute(insert(PossibleDuplicate).on_conflict_do_nothing(), rows)


async def _move_doubts(work: UnitOfWork, survivor: UUID, duplicate: UUID) -> None:
    """Whom the duplicate may be, the survivor may be."""
    others = await work.session.scalars(
        delete(PossibleDuplicate)
        .where(col(PossibleDuplicate.patient_id) == duplicate)
        .returning(col(PossibleDuplicate.other_id))
    )
    await work.session.execute(delete(PossibleDuplicate).where(col(PossibleDuplicate.other_id) == duplicate))
    await suspect(work, [(survivor, other) for other in others])


async def _merge(work: UnitOfWork, survivor: Patient, duplicate: Patient) -> None:
    changed = _move_columns(survivor, duplicate)
    await _move_identifiers(work, survivor, duplicate)
    await _move_doubts(work, survivor.id, duplicate.id)
    duplicate.active, duplicate.merged_into_id = False, survivor.id
    # So that one step leads from any duplicate to who stands for it.
    earlier = update(Patient).where(col(Patient.merged_into_id) == duplicate.id)
    await work.session.execute(earlier.values(merged_into_id=survivor.id))
    survivor.touch()
    keys = [survivor.id, duplicate.id]
    work.audit(Action.EXECUTE, "mergePatients", keys, keys)
    work.publish(PatientMerged(patient_id=survivor.id, merged_patient_id=duplicate.id))
    effects.changed(work, survivor, {*changed, effects.IDENTIFIERS})


async def _open_both(work: UnitOfWork, command: MergePatients) -> tuple[Patient, Patient]:
    """Both rows, locked in the order of their keys, so that two merges at once cannot wait for each other."""
    wanted = {command.survivor_id: command.survivor_version, command.duplicate_id: command.duplicate_version}
    rows = {key: await open_patient(work, key, wanted[key], policy.MERGE) for key in sorted(wanted)}
    return rows[command.survivor_id], rows[command.duplicate_id]


def _move_columns(survivor: Patient, duplicate: Patient) -> frozenset[str]:
    """Take over what the survivor lacks; which columns changed by that. Consent to reminders stays the survivor's."""
    taken = {name: getattr(duplicate, name) for name in _FILLED if not getattr(survivor, name)}
    for name in _JOINED:
        own = getattr(survivor, name)
        taken[name] = own + [item for item in getattr(duplicate, name) if item not in own]
    if not survivor.partial_birth_date or taken.get("birth_date"):
        taken["partial_birth_date"] = (
            None if taken.get("birth_date") or survivor.birth_date else duplicate.partial_birth_date
        )
    return assign(survivor, taken)


async def _move_identifiers(work: UnitOfWork, survivor: Patient, duplicate: Patient) -> None:
    """The survivor is found by every number that the duplicate had, ours included."""
    either = select(PatientIdentifier).where(col(PatientIdentifier.patient_id).in_([survivor.id, duplicate.id]))
    rows = (await work.session.scalars(either)).all()
    own = {(row.system, row.value) for row in rows if row.patient_id == survivor.id}
    for row in rows:
        if row.patient_id == duplicate.id and (row.system, row.value) not in own:
            row.patient_id = survivor.id
    work.session.add(
        PatientIdentifier(
            patient_id=survivor.id,
            system=MEDICAL_RECORD_NUMBER_SYSTEM,
            value=duplicate.medical_record_number,
            type="MR",
        )
    )
