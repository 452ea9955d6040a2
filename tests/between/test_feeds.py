"""Calendar feeds end with the account that made them, and with its right to read appointments."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.ids import global_id
from tests.appointments.conftest import Practice
from tests.appointments.test_calendars import REVOKE, create, read
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.identity.conftest import PASSWORD, account, log_in, logged_in, mailbox, perform, quick

__all__ = ["mailbox", "quick"]

DOCTOR, ROOT = "doctor@example.org", "root@example.org"
FEEDS = "query($account: ID) { calendarFeeds(accountId: $account) { nodes { id revokedAt account { id email } } } }"


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "appointments")


async def save(root: Caller, identifier: Any, practitioner: Any, *, roles: list[str], enabled: bool = True) -> None:
    """Save an account as an administrator."""
    version = (await root.data("query($id: ID!) { account(id: $id) { version } }", id=str(identifier)))["account"]
    saved = await perform(
        root,
        "saveAccount",
        "",
        id=str(identifier),
        version=version["version"],
        roles=roles,
        practitionerId=practitioner and str(practitioner),
        name="Mira Solberg",
        enabled=enabled,
    )
    assert "code" not in saved, saved


async def role(root: Caller, name: str, *scopes: str) -> None:
    """Save a role of staff."""
    saved = await perform(root, "saveRole", "", name=name, kind="STAFF", description="For tests.", scopes=list(scopes))
    assert "code" not in saved, saved


async def ends(clinic: Clinic, url: str) -> bool:
    """Wait until a feed's address finds nothing."""

    async def ended() -> bool:
        return (await read(url)).status_code == 404

    return bool(await clinic.until(ended))


async def test_feeds_end_with_their_account_and_its_right(practice: Practice) -> None:
    clinic, person = practice.clinic, practice.practitioner
    key = (await account(clinic, DOCTOR, "DOCTOR")).id
    other = (await account(clinic, "other@example.org", "DOCTOR")).id
    await account(clinic, ROOT, "ADMIN")
    root = await logged_in(clinic, ROOT)
    await role(root, "WARD_CLERK", "appointment:read", "directory:read")
    await save(root, other, person, roles=["DOCTOR"])
    _, kept = await create(await logged_in(clinic, "other@example.org"))

    async def close() -> None:
        await save(root, key, person, roles=["DOCTOR"], enabled=False)

    async def take_right() -> None:
        await save(root, key, person, roles=["PHARMACIST"])

    async def take_person() -> None:
        await save(root, key, None, roles=["DOCTOR"])

    async def take_scope() -> None:
        await role(root, "WARD_CLERK", "directory:read")

    async def change_password() -> None:
        doctor = await logged_in(clinic, DOCTOR)
        changed = await perform(doctor, "changePassword", "", currentPassword=PASSWORD, newPassword=PASSWORD + " two")
        assert "code" not in changed, changed

    causes: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("DOCTOR", close),
        ("DOCTOR", take_right),
        ("DOCTOR", take_person),
        ("WARD_CLERK", take_scope),
        ("DOCTOR", change_password),
    ]
    for name, cause in causes:
        await save(root, key, person, roles=[name])
        _, url = await create(await logged_in(clinic, DOCTOR))
        assert (await read(url)).status_code == 200
        await cause()
        assert await ends(clinic, url), cause
    assert (await read(kept)).status_code == 200
    mine = await (await logged_in(clinic, "other@example.org")).data(FEEDS)
    assert [node["revokedAt"] for node in mine["calendarFeeds"]["nodes"]] == [None]
    trail = [entry for entry in await clinic.audit("appointments") if entry.resource == "CalendarFeed"]
    assert [entry.action for entry in trail].count("update") >= len(causes)


async def test_who_guesses_passwords_ends_nobodys_feed(practice: Practice) -> None:
    clinic = practice.clinic
    locked_out, closed = await account(clinic, DOCTOR, "DOCTOR"), await account(clinic, "other@example.org", "DOCTOR")
    await account(clinic, ROOT, "ADMIN")
    root = await logged_in(clinic, ROOT)
    urls = []
    for each in (locked_out, closed):
        await save(root, each.id, practice.practitioner, roles=["DOCTOR"])
        urls.append((await create(await logged_in(clinic, each.email)))[1])
    for _ in range(6):
        refused = await log_in(clinic, DOCTOR, "a guess")
    assert refused["__typename"] == "AccountLocked"
    await save(root, closed.id, practice.practitioner, roles=["DOCTOR"], enabled=False)
    assert await ends(clinic, urls[1]), "what was heard of later was heard of"
    assert (await read(urls[0])).status_code == 200


async def test_an_administrator_sees_and_ends_anybodys_feeds(practice: Practice) -> None:
    clinic = practice.clinic
    key = (await account(clinic, DOCTOR, "DOCTOR")).id
    await account(clinic, ROOT, "ADMIN")
    root = await logged_in(clinic, ROOT)
    await save(root, key, practice.practitioner, roles=["DOCTOR"])
    doctor = await logged_in(clinic, DOCTOR)
    feed, url = await create(doctor)
    (seen,) = (await root.data(FEEDS, account=str(key)))["calendarFeeds"]["nodes"]
    assert seen == {"id": feed, "revokedAt": None, "account": {"id": global_id("Account", key), "email": DOCTOR}}
    _, stranger = await practice.patient()
    for caller in (stranger, practice.reception, clinic.caller("NURSE")):
        assert (await caller.data(FEEDS, account=str(key)))["calendarFeeds"]["nodes"] == []
        refused = await caller.data(REVOKE, input={"id": feed})
        assert refused["revokeCalendarFeed"]["code"] == "NOT_FOUND"
    assert (await read(url)).status_code == 200
    assert (await root.data(REVOKE, input={"id": feed}))["revokeCalendarFeed"]["calendarFeed"]["revokedAt"]
    assert (await read(url)).status_code == 404
    (mine,) = (await doctor.data(FEEDS))["calendarFeeds"]["nodes"]
    assert mine["revokedAt"] is not None
