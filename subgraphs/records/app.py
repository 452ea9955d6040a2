"""The service of the medical record."""

from pathlib import Path

from shared.service import Service
from subgraphs.records.consumers import CONSUMERS
from subgraphs.records.documents.transfer import ROUTES, open_transfers
from subgraphs.records.events import EVENTS
from subgraphs.records.jobs import JOBS
from subgraphs.records.models import Model
from subgraphs.records.schema import schema
from subgraphs.records.settings import RecordsSettings

service = Service(
    "records",
    Path(__file__).parent,
    schema,
    Model.metadata,
    settings=RecordsSettings,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
    routes=ROUTES,
    open_resources=open_transfers,
)
