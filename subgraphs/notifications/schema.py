"""Notifications' part of the graph."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from graphql import GraphQLError
from sqlalchemy import Select

from shared.errors import NotFound
from shared.graph.context import Info
from shared.graph.entities import by_key, listing
from shared.graph.fields import query, subscription
from shared.graph.mutations import mutation
from shared.graph.resumption import resumption
from shared.graph.schema import Schema
from subgraphs.notifications import models, repository, service
from subgraphs.notifications.commands import MarkAllNotificationsRead, MarkNotificationRead, SetNotificationPreference
from subgraphs.notifications.policy import READ, WRITE
from subgraphs.notifications.subscriptions import received
from subgraphs.notifications.types import (
    MarkAllNotificationsReadSuccess,
    Notification,
    NotificationPreference,
    SetNotificationPreferenceSuccess,
    preferences,
)


@strawberry.type
class Query:
    notification = by_key(
        Notification, description="The caller's notification with an id; null if there is none.", scopes=[[READ]]
    )

    @listing(
        Notification,
        repository.NEWEST_FIRST,
        description="The caller's notifications, the newest first.",
        scopes=[[READ]],
    )
    async def notifications(
        self,
        info: Info,
        kinds: Annotated[
            list[models.Kind] | None,
            strawberry.argument(description="Only notifications of these kinds; absent: of all."),
        ] = None,
        unread_only: Annotated[
            bool, strawberry.argument(description="Whether to give only notifications that are not read.")
        ] = False,
    ) -> Select[models.Notification]:
        return info.context.written(repository.inbox, None if kinds is None else tuple(kinds), unread_only=unread_only)

    @query(description="How many of the caller's notifications are not read.", scopes=[[READ]])
    async def unread_notification_count(self, info: Info) -> int | None:
        return await repository.unread(info.context)

    @query(
        description="What the caller wants to be notified of, for each kind of notification and each channel.",
        scopes=[[READ]],
    )
    async def notification_preferences(self, info: Info) -> list[NotificationPreference] | None:
        return await preferences(info)


@strawberry.type
class Mutation:
    @mutation(description="Mark one of the caller's notifications as read.", scopes=[[WRITE]], errors=[NotFound])
    async def mark_notification_read(self, info: Info, input: MarkNotificationRead) -> Notification:
        return Notification.of(await service.mark_read(info.context, input))

    @mutation(description="Mark the caller's notifications as read.", scopes=[[WRITE]])
    async def mark_all_notifications_read(
        self, info: Info, input: MarkAllNotificationsRead
    ) -> MarkAllNotificationsReadSuccess:
        return MarkAllNotificationsReadSuccess(count=await service.mark_all_read(info.context, input))

    @mutation(description="Set whether the caller wants to be notified of something by a channel.", scopes=[[WRITE]])
    async def set_notification_preference(
        self, info: Info, input: SetNotificationPreference
    ) -> SetNotificationPreferenceSuccess:
        await service.set_preference(info.context, input)
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
            str | None,
            strawberry.argument(
                description="The `cursor` of the last notification that the client has; absent: only what comes from now on."
            ),
        ] = None,
    ) -> AsyncGenerator[Notification | None, None]:
        async for row in received(info.context, _position(resumption().cursor or after)):
            yield Notification.of(row)


def _position(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise GraphQLError("`after` is no notification's cursor", extensions={"code": "BAD_USER_INPUT"})
    return int(cursor)


schema = Schema(query=Query, mutation=Mutation, subscription=Subscription)
