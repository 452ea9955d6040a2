"""The directory service."""

from pathlib import Path

from shared.service import Service
from subgraphs.directory.events import EVENTS
from subgraphs.directory.jobs import JOBS
from subgraphs.directory.models import Model
from subgraphs.directory.schema import schema

service = Service("directory", Path(__file__).parent, schema, Model.metadata, events=EVENTS, jobs=JOBS)
