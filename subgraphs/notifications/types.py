"""GraphQL types of notifications."""

from datetime import datetime
from typing import Annotated

import strawberry

from shared.graph.context import Info
from shared.graph.entities import Entity, Stub, entity, reference, stub
from shared.graph.fields import from_row
from subgraphs.notifications import messages, models, policy, repository
from subgraphs.notifications.models import Channel, Kind


@stub(description="A visit that was agreed on (FHIR Appointment).")
class Appointment(Stub):
    """Of appointments."""


def _cursor(row: models.Notification) -> str | None:
    return None if row.position is None else str(row.position)


@entity(
    policy.notifications,
    scopes=[[policy.READ]],
    description="What a patient, a practitioner or an account holder is told; only they see it.",
)
class Notification(Entity[models.Notification]):
    kind: Kind | None = from_row("kind", description="What it tells of.")
    created_at: datetime | None = from_row("created_at", description="When it was made.")
    read_at: datetime | None = from_row("read_at", description="When it was marked as read.")
    appointment: Appointment | None = reference(
        Appointment, "appointment_id", description="The appointment that it is about."
    )
    cursor: str | None = from_row(
        _cursor, description="Its place, for `notificationReceived(after:)`; it has one within moments of being made."
    )

    @strawberry.field(description="It in a sentence, without names.")
    async def message(
        self,
        info: Info,
        language: Annotated[
            str | None,
            strawberry.argument(description="BCP 47; if absent, the patient's own."),
        ] = None,
    ) -> str | None:
        if language is None:
            language = await info.context.load(repository.languages, self.row.recipient)
        return messages.compose(info.context.runtime.translations, Kind(self.row.kind), language)


@strawberry.type(description="Whether someone wants to be told of a kind of thing by a channel.")
class NotificationPreference:
    kind: Kind = strawberry.field(description="What it is about.")
    channel: Channel = strawberry.field(description="By which channel.")
    enabled: bool = strawberry.field(description="Whether they want it.")
    mandatory: bool = strawberry.field(description="Whether it cannot be turned off.")


@strawberry.type(description="What was marked.")
class MarkAllNotificationsReadSuccess:
    count: int = strawberry.field(description="How many were marked as read.")


@strawberry.type(description="The preferences as they are now.")
class SetNotificationPreferenceSuccess:
    preferences: list[NotificationPreference] = strawberry.field(description="Each kind by each channel.")


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
