"""GraphQL types of notifications."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from shared.graph.context import Context, Info
from shared.graph.errors import InvalidInput, NotFound
from subgraphs.notifications import messages, models, policy, repository
from subgraphs.notifications.models import Channel, Kind


def _value(value: str, description: str) -> Any:
    return strawberry.enum_value(value, description=description)


@strawberry.enum(description="What a notification tells of.")
class NotificationKind(Enum):
    APPOINTMENT_BOOKED = _value(Kind.APPOINTMENT_BOOKED, "An appointment was booked.")
    APPOINTMENT_RESCHEDULED = _value(Kind.APPOINTMENT_RESCHEDULED, "An appointment was moved.")
    APPOINTMENT_CANCELLED = _value(Kind.APPOINTMENT_CANCELLED, "An appointment was called off.")
    APPOINTMENT_REMINDER = _value(Kind.APPOINTMENT_REMINDER, "An appointment is soon.")
    WAITLIST_OFFERED = _value(Kind.WAITLIST_OFFERED, "A slot is held for a patient who waits for one.")
    WAITLIST_EXPIRED = _value(Kind.WAITLIST_EXPIRED, "Waiting has ended: an offer lapsed, or the last day is over.")
    PASSWORD_CHANGED = _value(Kind.PASSWORD_CHANGED, "The account's password was changed; cannot be turned off.")
    SECOND_FACTOR_ENABLED = _value(Kind.SECOND_FACTOR_ENABLED, "A second factor was set up; cannot be turned off.")
    SECOND_FACTOR_REMOVED = _value(Kind.SECOND_FACTOR_REMOVED, "The second factor is gone; cannot be turned off.")


@strawberry.enum(description="A way in which a notification reaches someone.")
class NotificationChannel(Enum):
    IN_APP = _value(Channel.IN_APP, "The inbox, and the subscriptions that are open.")


@strawberry.federation.type(keys=[Key(fields=FieldSet("id"), resolvable=False)], description="An appointment.")
class Appointment:
    id: strawberry.ID = strawberry.field(description="Its key.")


@strawberry.federation.type(
    keys=["id"],
    requires_scopes=[[policy.READ]],
    description="What a patient, a practitioner or an account holder is told; only they see it.",
)
class Notification:
    row: strawberry.Private[models.Notification]
    id: strawberry.ID = strawberry.field(description="Its key.")
    kind: NotificationKind | None = strawberry.field(description="What it tells of.")
    created_at: datetime | None = strawberry.field(description="When it was made.")
    read_at: datetime | None = strawberry.field(description="When it was marked as read.")
    appointment: Appointment | None = strawberry.field(description="The appointment that it is about.")
    cursor: str | None = strawberry.field(
        description="Its place, for `notificationReceived(after:)`; it has one within moments of being made."
    )

    @strawberry.field(description="It in a sentence, without names.")
    async def message(
        self,
        info: Info,
        language: Annotated[
            str | None,
            strawberry.argument(description="BCP 47; if absent, the patient's own. There are `en` and `de`."),
        ] = None,
    ) -> str | None:
        if language is None:
            language = await info.context.load(repository.languages, self.row.recipient)
        return messages.compose(Kind(self.row.kind), language)

    @classmethod
    def of(cls, row: models.Notification) -> Self:
        """From its row."""
        return cls(
            row=row,
            id=strawberry.ID(str(row.id)),
            kind=NotificationKind(row.kind),
            created_at=row.created_at,
            read_at=row.read_at,
            appointment=Appointment(id=strawberry.ID(str(row.appointment_id))) if row.appointment_id else None,
            cursor=None if row.position is None else str(row.position),
        )

    @classmethod
    async def resolve_references(cls, context: Context, ids: Sequence[UUID]) -> list[Self | None]:
        """By key."""
        return [None if row is None else cls.of(row) for row in await repository.notifications(context, ids)]


@strawberry.type(description="Whether someone wants to be told of a kind of thing by a channel.")
class NotificationPreference:
    kind: NotificationKind = strawberry.field(description="What it is about.")
    channel: NotificationChannel = strawberry.field(description="By which channel.")
    enabled: bool = strawberry.field(description="Whether they want it.")
    mandatory: bool = strawberry.field(description="Whether it cannot be turned off.")


@strawberry.input(description="A notification to mark as read.")
class MarkNotificationReadInput:
    id: strawberry.ID = strawberry.field(description="Its key.")


@strawberry.input(description="Which notifications to mark as read.")
class MarkAllNotificationsReadInput:
    until: datetime | None = strawberry.field(
        default=None, description="Only those made up to this time, such as the newest that was shown; all if absent."
    )


@strawberry.input(description="A wish to be told, or not to be told.")
class SetNotificationPreferenceInput:
    kind: NotificationKind = strawberry.field(description="What it is about.")
    channel: NotificationChannel = strawberry.field(description="By which channel.")
    enabled: bool = strawberry.field(description="Whether it is wanted.")


@strawberry.type(description="The notification as it is now.")
class MarkNotificationReadSuccess:
    notification: Notification = strawberry.field(description="The notification.")


@strawberry.type(description="What was marked.")
class MarkAllNotificationsReadSuccess:
    count: int = strawberry.field(description="How many were marked as read.")


@strawberry.type(description="The preferences as they are now.")
class SetNotificationPreferenceSuccess:
    preferences: list[NotificationPreference] = strawberry.field(description="Each kind by each channel.")


MarkNotificationReadPayload = Annotated[
    MarkNotificationReadSuccess | NotFound,
    strawberry.union("MarkNotificationReadPayload", description="The outcome of marking a notification as read."),
]
MarkAllNotificationsReadPayload = Annotated[
    MarkAllNotificationsReadSuccess | InvalidInput,
    strawberry.union("MarkAllNotificationsReadPayload", description="The outcome of marking notifications as read."),
]
SetNotificationPreferencePayload = Annotated[
    SetNotificationPreferenceSuccess | InvalidInput,
    strawberry.union("SetNotificationPreferencePayload", description="The outcome of setting a preference."),
]


async def preferences(info: Info) -> list[NotificationPreference]:
    """The caller's preferences: each kind by each channel."""
    unwanted = await repository.opted_out(info.context)
    return [
        NotificationPreference(
            kind=NotificationKind(kind),
            channel=NotificationChannel(channel),
            enabled=(kind, channel) not in unwanted,
            mandatory=kind in models.MANDATORY,
        )
        for kind in Kind
        for channel in Channel
    ]
