"""Care relations: practitioners, and the staff of locations, may open a patient's record as long as they treat them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from shared.database.tables import PatientAccess
from shared.ids import named_id
from shared.patient_access import TREATING, Basis, holds
from shared.unit_of_work import UnitOfWork
from subgraphs.records import effects
from subgraphs.records.commands.access import Relate
from subgraphs.records.models import CareRelation


async def relate(work: UnitOfWork, command: Relate) -> None:
    """Let those whom a source names open the patient's record, and by this source nobody else."""
    patient_id, moment = await work.survivor(command.patient_id), await effects.now(work)
    present = await _present(work, command.basis, command.source_id)
    holders = [*command.practitioner_ids, *([command.location_id] if command.location_id else [])]
    await narrow(work, command.basis, command.source_id, holders)
    for holder in holders:
        known = present.get(holder)
        if known is not None:
            effects.access_changed(work, known, patient_id=patient_id, valid_until=command.until)
        elif command.until is None or command.until > moment:  # what is long over lets nobody do anything
            _begin(work, command, patient_id, holder)


async def narrow(work: UnitOfWork, basis: Basis, source_id: UUID, holders: Collection[UUID]) -> None:
    """Let nobody open a record by a source any more but these, practitioners or locations, of those who could."""
    for holder, row in (await _present(work, basis, source_id)).items():
        if holder not in holders:
            await effects.access_ended(work, row)


async def is_treating(work: UnitOfWork, patient_id: UUID, practitioner_id: UUID) -> bool:
    """Whether a practitioner may open a patient's record now by a relation of care."""
    rows = select(col(PatientAccess.id)).where(
        col(PatientAccess.patient_id) == await work.survivor(patient_id),
        col(PatientAccess.practitioner_id) == practitioner_id,
        col(PatientAccess.basis).in_(TREATING),
        holds(),
    )
    return (await work.session.scalars(rows.limit(1))).first() is not None


async def _present(work: UnitOfWork, basis: Basis, source_id: UUID) -> dict[UUID | None, PatientAccess]:
    """The rows of a source by their practitioners and locations."""
    relations = select(col(CareRelation.id)).where(
        col(CareRelation.source_id) == source_id, col(CareRelation.basis) == basis
    )
    rows = select(PatientAccess).where(col(PatientAccess.id).in_(relations)).with_for_update()
    return {row.practitioner_id or row.location_id: row for row in await work.session.scalars(rows)}


def _begin(work: UnitOfWork, command: Relate, patient_id: UUID, holder: UUID) -> None:
    key = named_id(f"{command.basis} {command.source_id} {holder}")
    work.session.add(CareRelation(id=key, source_id=command.source_id, basis=command.basis))
    is_place = holder == command.location_id
    row = PatientAccess(
        id=key,
        patient_id=patient_id,
        practitioner_id=None if is_place else holder,
        location_id=holder if is_place else None,
        sections=sorted(command.sections) if is_place else None,
        basis=command.basis,
        valid_from=command.since,
        valid_until=command.until,
        version=1,
    )
    effects.access_given(work, row)
