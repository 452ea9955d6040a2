"""What the laboratory does by the clock."""

from datetime import timedelta

from shared.jobs import Job
from subgraphs.laboratory.service.merging import MERGERS

JOBS = (Job("settle-mergers", timedelta(days=1), MERGERS.settle),)
