"""What the laboratory does by the clock."""

from datetime import timedelta

from shared.database.model import utc_now
from shared.jobs import Job, in_batches
from shared.runtime import Runtime
from subgraphs.laboratory.service import critical
from subgraphs.laboratory.service.merging import MERGERS


async def escalate(runtime: Runtime) -> None:
    """Tell others of critical results that nobody has acknowledged in time, each by itself."""
    await in_batches(runtime, "escalate", lambda work: critical.escalate(work, utc_now()))


JOBS = (
    Job("escalate", timedelta(seconds=30), escalate),
    Job("settle-mergers", timedelta(days=1), MERGERS.settle),
)
