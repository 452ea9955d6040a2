"""The service of laboratory."""

from pathlib import Path

from shared.service import Service
from subgraphs.laboratory.consumers import CONSUMERS
from subgraphs.laboratory.events import EVENTS
from subgraphs.laboratory.jobs import JOBS
from subgraphs.laboratory.models import Model
from subgraphs.laboratory.schema import schema

service = Service(
    "laboratory",
    Path(__file__).parent,
    schema,
    Model.metadata,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
)
