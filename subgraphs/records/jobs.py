"""What the medical record does by the clock."""

from datetime import timedelta

from shared.jobs import Job, in_batches
from shared.runtime import Runtime
from shared.unit_of_work import system_work
from subgraphs.records.documents.transfer import scanner_of
from subgraphs.records.service import disclosures, documents, requests, sections
from subgraphs.records.service.merging import MERGERS

_MOST_SCANS = 100  # in one run


async def expire_requests(runtime: Runtime) -> None:
    """Note of requests and grants that they are over."""
    await in_batches(runtime, "expireRequests", requests.expire)


async def count_looks(runtime: Runtime) -> None:
    """Tell statistics of looks, day by day."""
    await in_batches(runtime, "countLooks", disclosures.count)


async def scan_documents(runtime: Runtime) -> None:
    """Scan documents that nobody could scan when they came, while the scanner answers."""
    scanner, scanned = scanner_of(runtime), 0
    while scanned < _MOST_SCANS and await documents.scan_next(runtime.database, scanner):
        scanned += 1


async def tell_withheld(runtime: Runtime) -> None:
    """Tell of what was withheld before every service was told."""
    async with system_work(runtime.database, "tellWithheld") as work:
        await sections.tell_untold(work)


JOBS = (
    Job("count-looks", timedelta(hours=1), count_looks),
    Job("scan-documents", timedelta(seconds=30), scan_documents),
    Job("expire-requests", timedelta(minutes=1), expire_requests),
    Job("tell-withheld", timedelta(days=1), tell_withheld),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
