"""The patients service."""

from pathlib import Path

from shared.service import Service
from subgraphs.patients.events import EVENTS
from subgraphs.patients.models import Model
from subgraphs.patients.schema import schema

service = Service("patients", Path(__file__).parent, schema, Model.metadata, events=EVENTS)
