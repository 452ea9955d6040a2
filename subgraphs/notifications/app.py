"""The notifications service."""

from datetime import timedelta
from pathlib import Path

from shared.disclosures import PatientDataRead
from shared.jobs import Job
from shared.service import Service
from subgraphs.notifications.consumers import CONSUMERS
from subgraphs.notifications.delivery import PUSH, open_wakeups
from subgraphs.notifications.models import Model
from subgraphs.notifications.schema import schema
from subgraphs.notifications.service import MERGERS

service = Service(
    "notifications",
    Path(__file__).parent,
    schema,
    Model.metadata,
    events=(PatientDataRead,),
    consumers=CONSUMERS,
    jobs=(PUSH, Job("settle-mergers", timedelta(days=1), MERGERS.settle)),
    open_resources=open_wakeups,
)
