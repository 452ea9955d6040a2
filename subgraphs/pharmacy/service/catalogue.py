"""Keeping the catalogue."""

from shared.database.model import assign
from shared.graph.context import Context
from subgraphs.pharmacy import policy
from subgraphs.pharmacy.commands.catalogue import SaveMedication
from subgraphs.pharmacy.events import MedicationChanged
from subgraphs.pharmacy.models import Medication


async def save_medication(context: Context, command: SaveMedication) -> Medication:
    """Enter one medication, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        if command.id is None:
            row = Medication(name=command.name)
            work.session.add(row)
        else:
            row = await work.find(policy.medications, command.id, scope=policy.WRITE, version=command.version)
        assign(row, command.model_dump(exclude={"id", "version", "idempotency_key"}))
        work.publish(MedicationChanged(medication_id=row.id, active=row.active))
        work.done(row.id)
    return row
