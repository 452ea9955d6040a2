"""The notifications service."""

from pathlib import Path

from shared.service import Service
from subgraphs.notifications.consumers import CONSUMERS
from subgraphs.notifications.delivery import PUSH, open_wakeups
from subgraphs.notifications.models import Model
from subgraphs.notifications.schema import schema

service = Service(
    "notifications",
    Path(__file__).parent,
    schema,
    Model.metadata,
    consumers=CONSUMERS,
    jobs=(PUSH,),
    open_resources=open_wakeups,
)
