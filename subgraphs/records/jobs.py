"""What the medical record does by the clock."""

from datetime import timedelta

from shared.jobs import Job
from shared.runtime import Runtime
from shared.unit_of_work import system_work
from subgraphs.records.service import disclosures, requests
from subgraphs.records.service.merging import MERGERS


async def expire_requests(runtime: Runtime) -> None:
    """Note of requests and grants that they are over."""
    found = 1
    while found:
        async with system_work(runtime.database, "expireRequests") as work:
            found = await requests.expire(work)


async def count_looks(runtime: Runtime) -> None:
    """Tell statistics of looks, day by day."""
    found = True
    while found:
        async with system_work(runtime.database, "countLooks") as work:
            found = await disclosures.count(work)


JOBS = (
    Job("count-looks", timedelta(hours=1), count_looks),
    Job("expire-requests", timedelta(minutes=1), expire_requests),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
