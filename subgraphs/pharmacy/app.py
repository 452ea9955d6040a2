"""The service of pharmacy."""

from pathlib import Path

from shared.service import Service
from subgraphs.pharmacy.events import EVENTS
from subgraphs.pharmacy.models import Model
from subgraphs.pharmacy.schema import schema

service = Service("pharmacy", Path(__file__).parent, schema, Model.metadata, events=EVENTS)
