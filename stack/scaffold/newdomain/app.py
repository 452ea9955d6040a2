"""The service of newdomain."""

from pathlib import Path

from shared.service import Service
from stack.scaffold.newdomain.events import EVENTS
from stack.scaffold.newdomain.models import Model
from stack.scaffold.newdomain.schema import schema

service = Service("newdomain", Path(__file__).parent, schema, Model.metadata, events=EVENTS)
