"""The reporting service."""

from pathlib import Path

from reporting.consumers import FACTS
from reporting.models import Model
from reporting.schema import schema
from shared.service import Service

service = Service("reporting", Path(__file__).parent, schema, Model.metadata, consumers=(FACTS,))
