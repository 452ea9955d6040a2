"""What pharmacy does by the clock."""

from datetime import timedelta

from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import system_work
from subgraphs.pharmacy.service import prescriptions
from subgraphs.pharmacy.service.merging import MERGERS


async def expire_prescriptions(runtime: Runtime) -> None:
    """End prescriptions whose last day is over."""
    found = 1
    while found:
        async with system_work(runtime.database, "expirePrescriptions") as work:
            found = await prescriptions.expire(work)


JOBS = (
    Job("expire-prescriptions", timedelta(minutes=10), expire_prescriptions),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
