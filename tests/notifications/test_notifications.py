"""Notifications, as their recipients use them: events go in at the topics, the inbox and subscriptions tell of them."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from shared.ids import global_id, new_id
from subgraphs.appointments import events as appointments
from subgraphs.identity import events as identity
from subgraphs.patients import events as patients
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of

INBOX = """
query Inbox($kinds: [NotificationKind!], $unreadOnly: Boolean! = false, $first: Int! = 20, $after: String) {
  unreadNotificationCount
  notifications(kinds: $kinds, unreadOnly: $unreadOnly, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id kind createdAt readAt cursor message german: message(language: "de-AT") appointment { id } }
  }
}
"""
MARK = """
mutation Mark($id: ID!) {
  markNotificationRead(input: {id: $id}) {
    __typename
    ... on MarkNotificationReadSuccess { notification { id readAt } }
    ... on UserError { code }
    ... on InvalidInput { fields { code } }
  }
}
"""
MARK_ALL = """
mutation MarkAll($until: DateTime) {
  markAllNotificationsRead(input: {until: $until}) { ... on MarkAllNotificationsReadSuccess { count } }
}
"""
PREFER = """
mutation Prefer($kind: NotificationKind!, $enabled: Boolean!) {
  setNotificationPreference(input: {kind: $kind, channel: IN_APP, enabled: $enabled}) {
    __typename
    ... on SetNotificationPreferenceSuccess { preferences { kind channel enabled mandatory } }
    ... on InvalidInput { fields { path code } }
  }
}
"""
EVERYTHING = "id kind createdAt readAt message cursor appointment { id }"
LISTEN = (
    "subscription Listen($after: String) { notificationReceived(after: $after) { id kind cursor appointment { id } } }"
)


def about(
    kind: type[Any], *, patient: UUID, practitioner: UUID, key: UUID | None = None, days: float = 3, **more: Any
) -> Any:
    """An event about an appointment in some days."""
    begin = datetime.now(UTC) + timedelta(days=days)
    return kind(
        appointment_id=key or new_id(),
        patient_id=patient,
        practitioner_id=practitioner,
        location_id=new_id(),
        starts_at=begin,
        ends_at=begin + timedelta(minutes=30),
        status="BOOKED",
        type_system="http://terminology.hl7.org/CodeSystem/v2-0276",
        type_code="ROUTINE",
        booked_at=datetime.now(UTC),
        occurred_at=datetime.now(UTC),
        **more,
    )


def booked(patient: UUID, practitioner: UUID, **fields: Any) -> Any:
    return about(appointments.AppointmentBooked, patient=patient, practitioner=practitioner, **fields)


async def inbox(caller: Caller, **variables: Any) -> dict[str, Any]:
    return await caller.data(INBOX, **variables)


async def until_inbox_has(clinic: Clinic, caller: Caller, count: int) -> list[dict[str, Any]]:
    async def full() -> list[dict[str, Any]] | None:
        nodes: list[dict[str, Any]] = (await inbox(caller))["notifications"]["nodes"]
        return nodes if len(nodes) == count and all(node["cursor"] for node in nodes) else None

    return list(await clinic.until(full))


async def take(events: AsyncGenerator[dict[str, Any], None], count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        return [(await anext(events))["notificationReceived"] for _ in range(count)]


async def quiet(events: AsyncGenerator[dict[str, Any], None], seconds: float = 0.5) -> None:
    """Nothing more comes."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(events), seconds)


async def test_the_inbox_belongs_to_its_recipient(clinic: Clinic) -> None:
    patient, doctor, key = new_id(), new_id(), new_id()
    me = clinic.caller("PATIENT", patient=patient)
    await clinic.publish(
        booked(patient, doctor, key=key),
        about(
            appointments.AppointmentCancelled,
            patient=patient,
            practitioner=doctor,
            key=key,
            cancelled_by="staff",
            reason_code="OTHER",
        ),
        booked(patient, doctor, days=-1),  # over: nobody needs to be told
    )
    newest, oldest = await until_inbox_has(clinic, me, 2)
    assert (oldest["kind"], oldest["message"]) == ("APPOINTMENT_BOOKED", "An appointment was booked.")
    assert (newest["kind"], newest["german"]) == ("APPOINTMENT_CANCELLED", "Ein Termin wurde abgesagt.")
    assert oldest["appointment"] == newest["appointment"] == {"id": global_id("Appointment", key)}
    page = await inbox(me, first=1)
    assert page["unreadNotificationCount"] == page["notifications"]["totalCount"] == 2
    after = page["notifications"]["pageInfo"]["endCursor"]
    assert [node["id"] for node in (await inbox(me, first=1, after=after))["notifications"]["nodes"]] == [oldest["id"]]
    of_kind = await inbox(me, kinds=["APPOINTMENT_CANCELLED"])
    assert [node["id"] for node in of_kind["notifications"]["nodes"]] == [newest["id"]]
    assert len(await until_inbox_has(clinic, clinic.caller("DOCTOR", practitioner=doctor), 2)) == 2

    strangers = (clinic.caller("PATIENT", patient=new_id()), clinic.caller("ADMIN"), clinic.caller("DOCTOR"))
    for stranger in strangers:
        assert (await inbox(stranger))["notifications"]["totalCount"] == 0
        answer = await clinic.entities("notifications", stranger, "Notification", [oldest["id"]], "id message")
        assert answer["data"]["_entities"] == [None]
        assert (await stranger.data(MARK, id=oldest["id"]))["markNotificationRead"]["code"] == "NOT_FOUND"
    answer = await clinic.anonymous.execute(INBOX)
    assert answer["data"] == {"unreadNotificationCount": None, "notifications": None}
    denied = [entry for entry in await clinic.audit("notifications") if entry.outcome == "denied"]
    assert len([entry for entry in denied if entry.resource_ids == [key_of(oldest["id"])]]) == 6
    created = [entry for entry in await clinic.audit("notifications") if entry.action == "create"]
    assert {key for entry in created for key in entry.resource_ids} >= {key_of(newest["id"]), key_of(oldest["id"])}
    assert all(entry.patients == [patient] and entry.operation == "notifications.inbox" for entry in created)
    reads = [entry for entry in await clinic.audit("notifications") if entry.action == "read"]
    assert any(entry.patients == [patient] and key_of(newest["id"]) in entry.resource_ids for entry in reads)


async def test_read_and_unread(clinic: Clinic) -> None:
    patient = new_id()
    me = clinic.caller("PATIENT", patient=patient)
    await clinic.publish(*(booked(patient, new_id()) for _ in range(3)))
    nodes = await until_inbox_has(clinic, me, 3)
    marked = (await me.data(MARK, id=nodes[0]["id"]))["markNotificationRead"]["notification"]
    assert marked["readAt"]
    again = (await me.data(MARK, id=nodes[0]["id"]))["markNotificationRead"]["notification"]
    assert again == marked
    assert (await inbox(me, unreadOnly=True))["notifications"]["totalCount"] == 2
    answer = await me.data(MARK_ALL, until=nodes[2]["createdAt"])
    assert answer["markAllNotificationsRead"]["count"] == 1
    assert (await me.data(MARK_ALL))["markAllNotificationsRead"]["count"] == 1
    assert (await inbox(me))["unreadNotificationCount"] == 0
    assert (await me.data(MARK, id="no key"))["markNotificationRead"]["fields"][0]["code"] == "INVALID_ID"
    trail = await clinic.audit("notifications")
    updates = [entry for entry in trail if entry.action == "update" and entry.operation != "push"]
    assert [len(entry.resource_ids) for entry in updates if entry.patients == [patient]] == [1, 1, 1]


async def test_what_is_not_wanted_does_not_come(clinic: Clinic) -> None:
    patient, doctor, account = new_id(), new_id(), new_id()
    me = clinic.caller("PATIENT", patient=patient, subject=account)
    set_to = (await me.data(PREFER, kind="APPOINTMENT_BOOKED", enabled=False))["setNotificationPreference"]
    unwanted = {item["kind"] for item in set_to["preferences"] if not item["enabled"]}
    assert unwanted == {"APPOINTMENT_BOOKED"}
    refused = (await me.data(PREFER, kind="PASSWORD_CHANGED", enabled=False))["setNotificationPreference"]
    assert refused["fields"][0] == {"path": ["enabled"], "code": "MANDATORY_KIND"}
    await clinic.publish(
        patients.PreferencesChanged(patient_id=patient, language="de", channels=[], reminders=False),
        identity.PasswordChanged(account_id=account, reset=False),
    )
    (first,) = await until_inbox_has(clinic, me, 1)
    assert (first["kind"], first["appointment"]) == ("PASSWORD_CHANGED", None)
    await clinic.publish(
        about(appointments.AppointmentReminderDue, patient=patient, practitioner=doctor, lead_hours=24),
        booked(patient, doctor),
        about(
            appointments.AppointmentCancelled,
            patient=patient,
            practitioner=doctor,
            cancelled_by="staff",
            reason_code="OTHER",
        ),
    )
    doctors = await until_inbox_has(clinic, clinic.caller("DOCTOR", practitioner=doctor), 2)
    assert {node["kind"] for node in doctors} == {"APPOINTMENT_BOOKED", "APPOINTMENT_CANCELLED"}
    newest, _ = await until_inbox_has(clinic, me, 2)
    assert (newest["kind"], newest["message"]) == ("APPOINTMENT_CANCELLED", "Ein Termin wurde abgesagt.")
    await me.data(PREFER, kind="APPOINTMENT_BOOKED", enabled=True)
    await clinic.publish(booked(patient, doctor))
    assert (await until_inbox_has(clinic, me, 3))[0]["kind"] == "APPOINTMENT_BOOKED"


async def test_of_a_death_the_practitioner_alone_is_told(clinic: Clinic) -> None:
    patient, doctor = new_id(), new_id()
    called_off = about(
        appointments.AppointmentCancelled,
        patient=patient,
        practitioner=doctor,
        cancelled_by="system",
        reason_code="PATIENT_DECEASED",
    )
    await clinic.publish(booked(patient, doctor), called_off)
    told = await until_inbox_has(clinic, clinic.caller("DOCTOR", practitioner=doctor), 2)
    assert {node["kind"] for node in told} == {"APPOINTMENT_CANCELLED", "APPOINTMENT_BOOKED"}
    (only,) = await until_inbox_has(clinic, clinic.caller("PATIENT", patient=patient), 1)
    assert only["kind"] == "APPOINTMENT_BOOKED"


async def test_a_merged_patients_inbox_is_the_survivors(clinic: Clinic) -> None:
    survivor, merged, last = new_id(), new_id(), new_id()
    before = clinic.caller("PATIENT", patient=merged)
    await before.data(PREFER, kind="APPOINTMENT_REMINDER", enabled=False)
    await clinic.publish(booked(merged, new_id()))
    await until_inbox_has(clinic, before, 1)
    after = clinic.caller("PATIENT", patient=survivor)
    await clinic.publish(patients.PatientMerged(patient_id=survivor, merged_patient_id=merged))
    await until_inbox_has(clinic, after, 1)
    await clinic.publish(booked(merged, new_id()))  # an event that was on its way
    await until_inbox_has(clinic, after, 2)
    await clinic.publish(patients.PatientMerged(patient_id=last, merged_patient_id=survivor))
    final = clinic.caller("PATIENT", patient=last)
    await until_inbox_has(clinic, final, 2)
    await clinic.publish(
        about(appointments.AppointmentReminderDue, patient=last, practitioner=new_id(), lead_hours=24),
        booked(merged, new_id()),
    )
    await until_inbox_has(clinic, final, 3)
    assert (await inbox(before))["notifications"]["totalCount"] == 0
    preferences = (await final.data("{ notificationPreferences { kind enabled } }"))["notificationPreferences"]
    assert {item["kind"] for item in preferences if not item["enabled"]} == {"APPOINTMENT_REMINDER"}


async def test_a_subscription_gets_what_comes_at_once_in_order_and_only_its_own(clinic: Clinic) -> None:
    patient, doctor, account = new_id(), new_id(), new_id()
    me = clinic.caller("PATIENT", patient=patient, subject=account)
    staff = clinic.caller("DOCTOR", practitioner=doctor)
    await clinic.publish(booked(patient, doctor))
    await until_inbox_has(clinic, me, 1)
    async with me.subscribe(LISTEN) as mine, staff.subscribe(LISTEN) as theirs:
        waiting = asyncio.ensure_future(take(mine, 5)), asyncio.ensure_future(take(theirs, 4))
        await clinic.until(lambda: _listening(clinic, 4))
        keys = [new_id() for _ in range(4)]
        for key in keys:
            await clinic.publish(booked(patient, doctor, key=key))
        await clinic.publish(identity.PasswordChanged(account_id=account, reset=True), booked(new_id(), new_id()))
        to_me, to_staff = await asyncio.gather(*waiting)
        positions = [int(item["cursor"]) for item in to_me]
        assert positions == sorted(positions)
        expected = {global_id("Appointment", key) for key in keys}
        assert {item["appointment"]["id"] for item in to_me if item["appointment"]} == expected
        assert [item["kind"] for item in to_me].count("PASSWORD_CHANGED") == 1
        assert {item["appointment"]["id"] for item in to_staff} == expected
        await quiet(mine)
    await clinic.until(lambda: _listening(clinic, 0))
    reads = [entry for entry in await clinic.audit("notifications") if entry.action == "read"]
    assert {key_of(item["id"]) for item in to_me} <= {key for entry in reads for key in entry.resource_ids}


async def test_a_subscription_gives_all_that_a_query_gives(clinic: Clinic) -> None:
    patient = new_id()
    me = clinic.caller("PATIENT", patient=patient)
    await clinic.publish(
        patients.PreferencesChanged(patient_id=patient, language="de", channels=[], reminders=True),
        booked(patient, new_id()),
    )
    await until_inbox_has(clinic, me, 1)
    async with me.subscribe(f"subscription {{ notificationReceived {{ {EVERYTHING} }} }}") as events:
        waiting = asyncio.ensure_future(take(events, 1))
        await clinic.until(lambda: _listening(clinic, 2))
        await clinic.publish(booked(patient, new_id()))
        (pushed,) = await waiting
    listed = await me.data(f"{{ notifications(first: 1) {{ nodes {{ {EVERYTHING} }} }} }}")
    assert pushed == listed["notifications"]["nodes"][0]
    assert pushed["message"] == "Ein Termin wurde gebucht."


async def test_a_subscription_resumes_after_its_cursor_without_loss_or_repetition(clinic: Clinic) -> None:
    patient = new_id()
    me = clinic.caller("PATIENT", patient=patient)
    await clinic.publish(*(booked(patient, new_id()) for _ in range(5)))
    nodes = (await until_inbox_has(clinic, me, 5))[::-1]
    redis: Redis = clinic.service("notifications").runtime.redis
    stream = f"notifications:{patient}"
    assert [entry for entry, _ in await redis.xrange(stream) or ()] == [f"{node['cursor']}-0" for node in nodes]

    async def resume(cursor: str, expected: list[str]) -> None:
        """From a cursor: what came after it, then what comes now, each once."""
        async with me.subscribe(LISTEN, after=cursor) as events:
            assert [item["id"] for item in await take(events, len(expected))] == expected
            key = new_id()
            await clinic.publish(booked(patient, new_id(), key=key))
            (live,) = await take(events, 1)
            assert live["appointment"]["id"] == global_id("Appointment", key)
            expected.append(live["id"])
            await quiet(events, 0.2)

    expected = [node["id"] for node in nodes[2:]]
    await resume(nodes[1]["cursor"], expected)
    await redis.xtrim(stream, maxlen=1, approximate=False)
    await resume(nodes[1]["cursor"], expected)
    await redis.delete(stream)
    await resume(nodes[1]["cursor"], expected)
    assert len(expected) == 6
    for wrong in ("no cursor", "-1", "9" * 30):
        async with me.subscribe(LISTEN, after=wrong) as events:
            with pytest.raises(Exception, match="cursor"):
                await take(events, 1)


async def test_an_open_subscription_outlives_its_connection_without_loss_or_repetition(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The router is cut off from the service, before the first event and after some; the client notices nothing."""
    patient, served, told = new_id(), asyncio.Event(), asyncio.Event()
    connections: list[Any] = []
    me = clinic.caller("PATIENT", patient=patient)
    handler: Any = BaseGraphQLTransportWSHandler
    handle, send = handler.handle, handler.send_message

    async def handle_when_served(self: Any) -> None:
        connections.append(self)
        await served.wait()
        await handle(self)

    async def send_noted(self: Any, message: Any) -> None:
        await send(self, message)
        if message["type"] == "next":
            told.set()

    monkeypatch.setattr(handler, "handle", handle_when_served)
    monkeypatch.setattr(handler, "send_message", send_noted)
    await clinic.publish(booked(patient, new_id()))
    await until_inbox_has(clinic, me, 1)
    served.set()
    async with me.subscribe(LISTEN) as events:
        taking = asyncio.ensure_future(take(events, 6))
        for known in (1, 3, 5):
            await asyncio.wait_for(told.wait(), 10)
            served.clear()
            await connections[-1].websocket.close(1012, "gone for a moment")
            await clinic.until(lambda: _listening(clinic, 0))
            await clinic.publish(*(booked(patient, new_id()) for _ in range(2)))
            nodes = await until_inbox_has(clinic, me, known + 2)
            told.clear()
            served.set()
        assert [item["id"] for item in await taking] == [node["id"] for node in nodes[:6][::-1]]
        await quiet(events)
    assert len(connections) == 4


async def test_an_open_subscription_outlives_redis_losing_its_streams(clinic: Clinic) -> None:
    patient = new_id()
    me = clinic.caller("PATIENT", patient=patient)
    runtime = clinic.service("notifications").runtime
    async with me.subscribe(LISTEN) as events:
        taking = asyncio.ensure_future(take(events, 1))
        await clinic.until(lambda: _listening(clinic, 2))
        await clinic.publish(booked(patient, new_id()))
        await taking
        await runtime.redis.delete(f"notifications:{patient}")
        await clinic.publish(*(booked(patient, new_id()) for _ in range(3)))
        assert len({item["id"] for item in await take(events, 3)}) == 3
        # A crash after the commit and before Redis had it: the row is placed and pushed by whoever comes next.
        async with stored(runtime.database) as session:
            await session.execute(
                text("UPDATE notification SET pushed_at = NULL WHERE recipient = :patient"), {"patient": patient}
            )
            await session.execute(
                text(
                    "INSERT INTO notification (id, created_at, updated_at, recipient, kind, patient_id) "
                    "VALUES (gen_random_uuid(), now(), now(), :patient, 'WAITLIST_EXPIRED', :patient)"
                ),
                {"patient": patient},
            )
        (late,) = await take(events, 1)
        assert late["kind"] == "WAITLIST_EXPIRED"
        await quiet(events)


async def _listening(clinic: Clinic, recipients: int) -> bool:
    """Whether subscriptions are open for so many recipients; each caller is an account, and perhaps someone else too."""
    return len(clinic.service("notifications").runtime.resources) == recipients
