"""The patients service."""

from pathlib import Path

from shared.service import Service
from subgraphs.patients.consumers import CONSUMERS
from subgraphs.patients.events import EVENTS
from subgraphs.patients.jobs import JOBS
from subgraphs.patients.models import Model
from subgraphs.patients.schema import schema
from subgraphs.patients.settings import PatientsSettings

service = Service(
    "patients",
    Path(__file__).parent,
    schema,
    Model.metadata,
    settings=PatientsSettings,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
)
