"""The service of laboratory."""

from pathlib import Path

from shared.service import Service
from subgraphs.laboratory.consumers import CONSUMERS
from subgraphs.laboratory.events import EVENTS
from subgraphs.laboratory.jobs import JOBS
from subgraphs.laboratory.listener import open_listener
from subgraphs.laboratory.models import Model
from subgraphs.laboratory.schema import schema
from subgraphs.laboratory.settings import LaboratorySettings

service = Service(
    "laboratory",
    Path(__file__).parent,
    schema,
    Model.metadata,
    settings=LaboratorySettings,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
    open_resources=open_listener,
)
