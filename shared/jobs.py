"""Work that a service does by the clock: one process of it at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from shared.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """`run` is called every so often, the first time at once; it must bear being called twice."""

    name: str
    every: timedelta
    run: Callable[[Runtime], Awaitable[object]]


async def run_job(job: Job, runtime: Runtime) -> None:
    """Run a job until cancelled; a run that fails is logged, and the next one comes at its time."""
    while True:
        try:
            async with runtime.database.leader(f"job:{job.name}") as connection:
                while connection is not None and not connection.closed:
                    await job.run(runtime)
                    await asyncio.sleep(job.every.total_seconds())
        except Exception as error:  # whatever a job raises
            log.warning("job.failed", job=job.name, error=type(error).__name__)
        await asyncio.sleep(min(job.every.total_seconds(), 5))
