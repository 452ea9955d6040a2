"""Keeping the catalogue."""

from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import assign
from shared.errors import invalid
from shared.graph.context import Context
from shared.unit_of_work import UnitOfWork
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.commands.catalogue import SaveMedication
from subgraphs.pharmacy.commands.values import exact
from subgraphs.pharmacy.errors import RXCUI_EXISTS, UNIT_IN_USE
from subgraphs.pharmacy.events import MedicationChanged
from subgraphs.pharmacy.models import Lot, Medication, MedicationIngredient, MedicationPack

_OWN = {"rxcui", "name", "dose_form", "unit", "schedule", "active"}


async def save_medication(context: Context, command: SaveMedication) -> Medication:
    """Enter one medication, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        row = await _save(work, command)
        try:
            await work.session.flush()
        except IntegrityError:
            raise invalid("rxcui", RXCUI_EXISTS) from None
        await _save_parts(work, row, command)
        work.publish(MedicationChanged(medication_id=row.id, rxcui=row.rxcui, active=row.active))
        work.done(row.id)
    return row


async def _save(work: UnitOfWork, command: SaveMedication) -> Medication:
    values = command.model_dump(include=_OWN)
    values["search_text"] = " ".join([command.name, *(each.name for each in command.ingredients)]).lower()
    if command.id is None:
        row = Medication(**values)
        work.session.add(row)
        return row
    row = await work.find(policy.medications, command.id, scope=policy.WRITE, version=command.version)
    if row.unit != command.unit and await work.session.scalar(_lots(row.id)):
        raise invalid("unit", UNIT_IN_USE)
    assign(row, values)
    row.touch()
    return row


def _lots(medication_id: UUID) -> Select[UUID]:
    return select(col(Lot.id)).where(col(Lot.medication_id) == medication_id).limit(1)


async def _save_parts(work: UnitOfWork, row: Medication, command: SaveMedication) -> None:
    for kind in (MedicationIngredient, MedicationPack):
        await work.session.execute(delete(kind).where(col(kind.medication_id) == row.id))
    for each in command.ingredients:
        parts = each.model_dump(exclude={"strength"})
        work.session.add(MedicationIngredient(medication_id=row.id, strength=exact(each.strength), **parts))
    for pack in command.packs:
        work.session.add(MedicationPack(medication_id=row.id, name=pack.name, units=exact(pack.units)))
