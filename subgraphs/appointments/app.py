"""The appointments service."""

from pathlib import Path

from shared.service import Service
from subgraphs.appointments.calendars import ROUTES
from subgraphs.appointments.consumers import CONSUMERS
from subgraphs.appointments.events import EVENTS
from subgraphs.appointments.jobs import JOBS
from subgraphs.appointments.models import Model
from subgraphs.appointments.schema import schema
from subgraphs.appointments.settings import AppointmentsSettings

service = Service(
    "appointments",
    Path(__file__).parent,
    schema,
    Model.metadata,
    settings=AppointmentsSettings,
    events=EVENTS,
    consumers=CONSUMERS,
    jobs=JOBS,
    routes=ROUTES,
)
