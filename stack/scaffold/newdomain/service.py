"""The use cases of newdomain."""

from shared.database.model import assign
from shared.graph.context import Context
from stack.scaffold.newdomain import policy
from stack.scaffold.newdomain.commands import SaveNewEntity
from stack.scaffold.newdomain.events import NewEntityChanged
from stack.scaffold.newdomain.models import NewEntity


async def save_new_entity(context: Context, command: SaveNewEntity) -> NewEntity:
    """Enter one new entity, or change one at the version that the client has read."""
    async with context.write() as work:
        await work.once(command)
        if command.id is None:
            row = NewEntity(name=command.name)
            work.session.add(row)
        else:
            row = await work.find(policy.new_entities, command.id, scope=policy.WRITE, version=command.version)
        assign(row, command.model_dump(exclude={"id", "version", "idempotency_key"}))
        work.publish(NewEntityChanged(new_entity_id=row.id, active=row.active))
        work.done(row.id)
    return row
