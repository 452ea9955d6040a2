"""Notifications' part of the graph."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from graphql import GraphQLError

from shared.database.paging import DEFAULT_FIRST
from shared.graph.connections import After, Connection, First, connect
from shared.graph.context import Info
from shared.graph.fields import mutation, query, subscription
from shared.graph.schema import Schema
from shared.ids import parse_id
from subgraphs.notifications import repository, service
from subgraphs.notifications.models import Channel, Kind
from subgraphs.notifications.policy import READ, WRITE
from subgraphs.notifications.subscriptions import received
from subgraphs.notifications.types import (
    MarkAllNotificationsReadInput,
    MarkAllNotificationsReadPayload,
    MarkAllNotificationsReadSuccess,
    MarkNotificationReadInput,
    MarkNotificationReadPayload,
    MarkNotificationReadSuccess,
    Notification,
    NotificationKind,
    NotificationPreference,
    SetNotificationPreferenceInput,
    SetNotificationPreferencePayload,
    SetNotificationPreferenceSuccess,
    preferences,
)


@strawberry.type
class Query:
    @query(description="One of the caller's notifications by its key.", scopes=[[READ]])
    async def notification(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The key.")]
    ) -> Notification | None:
        key = parse_id(id)
        return (await Notification.resolve_references(info.context, [key]))[0] if key else None

    @query(description="The caller's inbox, the newest first.", scopes=[[READ]])
    async def notifications(
        self,
        info: Info,
        kinds: Annotated[
            list[NotificationKind] | None, strawberry.argument(description="Only these kinds; all if absent.")
        ] = None,
        unread_only: Annotated[bool, strawberry.argument(description="Only those that are not read.")] = False,
        first: First = DEFAULT_FIRST,
        after: After = None,
    ) -> Connection[Notification] | None:
        wanted = None if kinds is None else [Kind(kind.value) for kind in kinds]
        statement = repository.inbox(info.context.principal, wanted, unread_only=unread_only)
        return await connect(info.context, statement, repository.NEWEST_FIRST, Notification.of, first, after)

    @query(description="How many notifications the caller has not read.", scopes=[[READ]])
    async def unread_notification_count(self, info: Info) -> int | None:
        return await repository.unread(info.context)

    @query(description="What the caller wants to be told of: each kind by each channel.", scopes=[[READ]])
    async def notification_preferences(self, info: Info) -> list[NotificationPreference] | None:
        return await preferences(info)


@strawberry.type
class Mutation:
    @mutation(description="Mark one of the caller's notifications as read.", scopes=[[WRITE]])
    async def mark_notification_read(
        self, info: Info, input: MarkNotificationReadInput
    ) -> MarkNotificationReadPayload | None:
        row = await service.mark_read(info.context, input.id)
        return MarkNotificationReadSuccess(notification=Notification.of(row))

    @mutation(description="Mark the caller's notifications as read.", scopes=[[WRITE]])
    async def mark_all_notifications_read(
        self, info: Info, input: MarkAllNotificationsReadInput
    ) -> MarkAllNotificationsReadPayload | None:
        return MarkAllNotificationsReadSuccess(count=await service.mark_all_read(info.context, input.until))

    @mutation(description="Say whether to be told of a kind of thing by a channel.", scopes=[[WRITE]])
    async def set_notification_preference(
        self, info: Info, input: SetNotificationPreferenceInput
    ) -> SetNotificationPreferencePayload | None:
        kind, channel = Kind(input.kind.value), Channel(input.channel.value)
        await service.set_preference(info.context, kind, channel, enabled=input.enabled)
        return SetNotificationPreferenceSuccess(preferences=await preferences(info))


@strawberry.type
class Subscription:
    @subscription(
        description=(
            "The caller's notifications as they come, each once and in order. A client that was away goes on after the "
            "`cursor` of the last one that it has."
        ),
        scopes=[[READ]],
    )
    async def notification_received(
        self,
        info: Info,
        after: Annotated[
            str | None, strawberry.argument(description="A notification's `cursor`; from now on if absent.")
        ] = None,
    ) -> AsyncGenerator[Notification | None, None]:
        async for row in received(info.context, _position(after)):
            yield Notification.of(row)


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise GraphQLError("`after` is no notification's cursor", extensions={"code": "BAD_USER_INPUT"})
    return int(cursor)


schema = Schema(query=Query, mutation=Mutation, subscription=Subscription)
