"""What the use cases of notifications are asked to do."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from shared.commands import Command
from shared.values import id_of, wrong
from subgraphs.notifications.errors import MANDATORY_KIND
from subgraphs.notifications.models import MANDATORY, Channel, Kind


class MarkNotificationRead(Command):
    """A notification to mark as read."""

    id: Annotated[UUID, id_of("Notification")] = Field(description="The notification.")


class MarkAllNotificationsRead(Command):
    """Which notifications to mark as read."""

    until: datetime | None = Field(
        None, description="Only those made up to this time, such as the newest that was shown; all if absent."
    )


class SetNotificationPreference(Command):
    """A wish to be told, or not to be told."""

    kind: Kind = Field(description="What it is about.")
    channel: Channel = Field(description="By which channel.")
    enabled: bool = Field(description="Whether it is wanted.")

    @field_validator("enabled")
    @classmethod
    def _may_be_off(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("kind") in MANDATORY:
            raise wrong(MANDATORY_KIND)
        return value
