"""GraphQL types of notifications."""

from datetime import datetime
from typing import Annotated

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, Stub, entity, reference, stub
from shared.graph.fields import from_row
from subgraphs.notifications import messages, models, policy, repository
from subgraphs.notifications.models import Channel, Kind


@stub(description="A visit of a patient to a practitioner at a time that was agreed on (FHIR Appointment).")
class Appointment(Stub):
    """Of appointments."""


def _cursor(row: models.Notification) -> str | None:
    return None if row.position is None else str(row.position)


@entity(
    policy.notifications,
    scopes=[[policy.READ]],
    description="What a patient, a practitioner or the holder of an account is notified of; only they see it.",
)
class Notification(Entity[models.Notification]):
    kind: Kind | None = from_row("kind", description="What the notification tells of.")
    created_at: datetime | None = from_row("created_at", description="When the notification was created.")
    read_at: datetime | None = from_row(
        "read_at", description="When the notification was marked as read; null while it is not."
    )
    appointment: Appointment | None = reference(
        Appointment,
        "appointment_id",
        description="The appointment that the notification is about; null if it is about none.",
    )
    cursor: str | None = from_row(
        _cursor,
        description="The cursor that `notificationReceived(after:)` goes on from; null for the moments until it has one.",
    )

    @strawberry.field(description="The text of the notification, a sentence without names.")
    async def message(
        self,
        info: Info,
        language: Annotated[
            str | None,
            strawberry.argument(description="The language of the text, a tag of BCP 47; absent: the patient's own."),
        ] = None,
    ) -> str | None:
        if language is None:
            language = await info.context.load(repository.languages, self.row.recipient)
        return messages.compose(info.context.runtime.translations, Kind(self.row.kind), language)


@strawberry.type(description="Whether someone wants to be notified of something by a channel.")
class NotificationPreference:
    kind: Kind = strawberry.field(description="The kind of notification that the preference is about.")
    channel: Channel = strawberry.field(description="The channel that the preference is about.")
    enabled: bool = strawberry.field(description="Whether notifications of this kind are wanted by this channel.")
    mandatory: bool = strawberry.field(description="Whether notifications of this kind cannot be turned off.")


@strawberry.type(description="The caller's notifications were marked as read.")
class MarkAllNotificationsReadSuccess:
    count: int = strawberry.field(description="How many notifications were marked as read.")


@strawberry.type(description="The caller's preference was saved.")
class SetNotificationPreferenceSuccess:
    preferences: list[NotificationPreference] = strawberry.field(
        description="The caller's preferences as they are now, for each kind of notification and each channel."
    )


async def preferences(info: Info) -> list[NotificationPreference]:
    """The caller's preferences: each kind by each channel."""
    unwanted = await repository.opted_out(info.context)
    return [
        NotificationPreference(
            kind=kind,
            channel=channel,
            enabled=(kind, channel) not in unwanted,
            mandatory=kind in models.MANDATORY,
        )
        for kind in Kind
        for channel in Channel
    ]
