"""Work that a service does by the clock: one process of it at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.engine import alive, listen, wait
from shared.runtime import Runtime
from shared.unit_of_work import UnitOfWork, system_work

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """`run` is called every so often, the first time at once; it must bear being called twice.

    With a `channel`, it is called at each PostgreSQL NOTIFY on it as well.
    """

    name: str
    every: timedelta
    run: Callable[[Runtime], Awaitable[object]]
    channel: str | None = None


async def in_batches(runtime: Runtime, operation: str, batch: Callable[[UnitOfWork], Awaitable[int]]) -> None:
    """Do something in batches, each in a transaction, until a batch says that it has found nothing."""
    found = 1
    while found:
        async with system_work(runtime.database, operation) as work:
            found = await batch(work)


async def run_job(job: Job, runtime: Runtime) -> None:
    """Run a job until cancelled; a run that fails is logged, and the next one comes at its time."""
    while True:
        try:
            async with runtime.database.leader(f"job:{job.name}") as connection:
                if connection is not None:
                    await _lead(job, runtime, connection)
        except Exception as error:  # whatever a job raises
            log.warning("job.failed", job=job.name, error=type(error).__name__)
        await asyncio.sleep(min(job.every.total_seconds(), 5))


async def _lead(job: Job, runtime: Runtime, connection: AsyncConnection) -> None:
    woken = await listen(connection, job.channel)
    while await alive(connection):
        woken.clear()
        await job.run(runtime)
        await wait(woken, job.every.total_seconds())
