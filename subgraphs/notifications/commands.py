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

    id: Annotated[UUID, id_of("Notification")] = Field(description="The id of the notification.")


class MarkAllNotificationsRead(Command):
    """Which of the caller's notifications to mark as read."""

    until: datetime | None = Field(
        None,
        description="Mark only notifications made up to this time, such as the newest that was shown; absent: all.",
    )


class SetNotificationPreference(Command):
    """Whether the caller wants to be notified of something by a channel."""

    kind: Kind = Field(description="The kind of notification that the preference is about.")
    channel: Channel = Field(description="The channel that the preference is about.")
    enabled: bool = Field(description="Whether the caller wants notifications of this kind by this channel.")

    @field_validator("enabled")
    @classmethod
    def _may_be_off(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and info.data.get("kind") in MANDATORY:
            raise wrong(MANDATORY_KIND)
        return value


class Notify(Command):
    """What has happened, for each of those whom it concerns to be told of it once."""

    kind: Kind = Field(description="What has happened.")
    recipients: list[UUID] = Field(description="The keys of the patients, practitioners and accounts that it concerns.")
    patient_id: UUID | None = Field(None, description="The patient that it is about.")
    appointment_id: UUID | None = Field(None, description="The appointment that it is about.")
