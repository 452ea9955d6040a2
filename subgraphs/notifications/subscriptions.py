"""An open subscription: what came after its cursor from the table, then what comes, from the streams."""

from collections.abc import AsyncGenerator, Sequence

from redis.exceptions import RedisError

from shared.graph.context import Context
from shared.graph.resumption import resumption
from subgraphs.notifications import policy, repository
from subgraphs.notifications.delivery import Wakeups, streamed_after
from subgraphs.notifications.models import Notification


async def received(context: Context, after: int | None) -> AsyncGenerator[Notification, None]:
    """The caller's notifications after a position, or from now on: each once, in order.

    Nothing is queued: what a slow client has not taken waits in the streams and the table.
    """
    wakeups: Wakeups = context.runtime.resources
    with wakeups.waiting(policy.recipients(context.principal)) as waiter:
        position = await repository.last_position(context) if after is None else after
        waiter.behind = after is not None
        place = resumption()
        await place.begin(str(position))
        while True:
            waiter.event.clear()
            behind, waiter.behind = waiter.behind, False
            rows = None if behind else await _streamed(context, position)
            if rows is None:
                rows = await repository.delivered_after(context, position)
                waiter.behind = waiter.behind or len(rows) == repository.DELIVERED_AT_ONCE
            for row in rows:
                position = row.position or position
                place.cursor = str(position)
                yield row
            if not rows:
                await waiter.event.wait()


async def _streamed(context: Context, position: int) -> Sequence[Notification] | None:
    try:
        rows = await streamed_after(context.runtime.redis, policy.recipients(context.principal), position)
    except (RedisError, OSError, TimeoutError):
        return None
    for row in rows or ():
        context.recorder.read(row)
    return rows
