"""The service of pharmacy."""

from pathlib import Path

from shared.service import Service
from subgraphs.pharmacy.consumers import CONSUMERS
from subgraphs.pharmacy.events import EVENTS
from subgraphs.pharmacy.jobs import JOBS
from subgraphs.pharmacy.models import Model
from subgraphs.pharmacy.schema import schema
from subgraphs.pharmacy.settings import PharmacySettings

service = Service(
    "pharmacy",
    Path(__file__).parent,
    schema,
    Model.metadata,
    settings=PharmacySettings,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
)
