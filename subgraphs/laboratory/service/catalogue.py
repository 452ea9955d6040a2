"""Keeping the catalogue."""

from shared.database.model import assign
from shared.graph.context import Context
from subgraphs.laboratory import policy
from subgraphs.laboratory.commands.catalogue import SaveLabTest
from subgraphs.laboratory.events import LabTestChanged
from subgraphs.laboratory.models import LabTest


async def save_lab_test(context: Context, command: SaveLabTest) -> LabTest:
    """Enter one lab test, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        if command.id is None:
            row = LabTest(name=command.name)
            work.session.add(row)
        else:
            row = await work.find(policy.lab_tests, command.id, scope=policy.WRITE, version=command.version)
        assign(row, command.model_dump(exclude={"id", "version", "idempotency_key"}))
        work.publish(LabTestChanged(lab_test_id=row.id, active=row.active))
        work.done(row.id)
    return row
