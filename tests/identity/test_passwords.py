"""Registering, forgetting and changing passwords."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from shared.database.model import utc_now
from subgraphs.identity import mail as mail_module
from subgraphs.identity.models import OUTGOING_MAIL, Account, OneTimeCode, OutgoingMail
from subgraphs.identity.passwords import objection
from subgraphs.identity.roles import SCOPES, BuiltInRole
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.identity.conftest import (
    PASSWORD,
    account,
    activity,
    code_in,
    log_in,
    logged_in,
    mails,
    perform,
    refresh,
    refused,
)

NEW = "walnut harbour sixpence"


async def ask(caller: Caller, field: str, email: str) -> dict[str, Any]:
    return await perform(caller, field, "... on Success { email }", email=email)


async def choose(clinic: Clinic, code: str, password: str) -> dict[str, Any]:
    selection = "... on Success { email } ... on InvalidInput { fields { path } }"
    return await perform(clinic.anonymous, "choosePassword", selection, code=code, password=password)


async def all_sent(clinic: Clinic) -> None:
    """Wait until no mail is due."""

    async def sent() -> bool:
        due = select(OutgoingMail).where(
            col(OutgoingMail.done_at).is_(None), col(OutgoingMail.next_attempt_at) <= utc_now()
        )
        async with stored(clinic.service("identity").runtime.database) as session:
            return (await session.scalars(due.limit(1))).first() is None

    await clinic.until(sent)


async def test_someone_registers_and_has_an_account_with_a_patients_key(clinic: Clinic, mailbox: Path) -> None:
    assert await ask(clinic.anonymous, "register", "Ann@Example.org") == {
        "__typename": "RegisterSuccess",
        "email": "ann@example.org",
    }
    (mail,) = await mails(clinic, mailbox, 1)
    assert "To: ann@example.org" in mail
    code = code_in(mail)
    assert (await choose(clinic, code, "short"))["fields"] == [{"path": ["password"]}]
    assert (await choose(clinic, "made up", PASSWORD))["code"] == "ONE_TIME_CODE"
    assert (await choose(clinic, code, PASSWORD))["email"] == "ann@example.org"
    assert (await choose(clinic, code, NEW))["code"] == "ONE_TIME_CODE", "a code is good once"

    async with stored(clinic.service("identity").runtime.database) as session:
        kept = (await session.scalars(select(Account))).one().password_hash or ""
        assert kept.startswith("$argon2id$")
        assert PASSWORD not in kept
    answer = await log_in(clinic, "ann@example.org")
    assert answer["account"]["roles"] == ["PATIENT"]

    async def told() -> Any:
        events = {event.type.split(".")[2]: event.data for event in await clinic.published("identity")}
        return events if len(events) == 2 else None

    events = await clinic.until(told)
    person = {
        "accountId": str(key_of(answer["account"]["id"])),
        "patientId": str(key_of(answer["account"]["patient"]["id"])),
        "practitionerId": None,
        "roles": ["PATIENT"],
    }
    assert events["account-registered"] == person
    assert events["access-changed"] == person | {
        "enabled": True,
        "scopes": sorted(SCOPES[BuiltInRole.PATIENT]),
        "locationIds": [],
    }


async def test_nobody_learns_who_has_an_account(clinic: Clinic, mailbox: Path) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    for field in ("register", "requestPasswordReset"):
        known, unknown = [await ask(clinic.anonymous, field, f"{name}@example.org") for name in ("ann", "ben")]
        assert known["__typename"] == unknown["__typename"] == f"{field[0].upper()}{field[1:]}Success"
    texts = await mails(clinic, mailbox, 3)
    assert sorted(next(line for line in text.splitlines() if line.startswith("To:")) for text in texts) == [
        "To: ann@example.org",
        "To: ann@example.org",
        "To: ben@example.org",
    ]
    told = next(text for text in texts if "has an account already" in text)
    with pytest.raises(StopIteration):
        code_in(told)
    await all_sent(clinic)  # also what went to nobody
    assert (await ask(clinic.anonymous, "register", "no address"))["code"] == "INVALID_INPUT"


async def test_a_stranger_uses_up_nobodys_mails(clinic: Clinic, mailbox: Path) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    await ask(clinic.anonymous, "requestPasswordReset", "ann@example.org")
    code = code_in((await mails(clinic, mailbox, 1))[0])
    for field in ("register", "requestPasswordReset"):
        await asyncio.gather(*(ask(clinic.anonymous, field, "ann@example.org") for _ in range(8)))
    await mails(clinic, mailbox, 6)
    await all_sent(clinic)

    await ask(clinic.anonymous, "requestPasswordReset", "ann@example.org")
    async with stored(clinic.service("identity").runtime.database) as session:
        waiting = (await session.scalars(select(OutgoingMail).where(col(OutgoingMail.done_at).is_(None)))).all()
        resets = [item for item in waiting if item.purpose == "password-reset"]
        assert len(resets) == 1, "one more waits, however often it is asked for"
        assert utc_now() < resets[0].next_attempt_at <= utc_now() + timedelta(minutes=10)
        assert len(waiting) <= 2
        resets[0].next_attempt_at = utc_now()
        await session.execute(select(func.pg_notify(OUTGOING_MAIL, "")))
    newest = code_in((await mails(clinic, mailbox, 7))[6])
    assert newest != code
    assert (await choose(clinic, code, NEW))["email"] == "ann@example.org", "no request makes an earlier code void"
    assert (await choose(clinic, newest, NEW))["code"] == "ONE_TIME_CODE", "its use does"


async def test_a_forgotten_password_is_reset_by_mail(clinic: Clinic, mailbox: Path) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    before = await log_in(clinic, "ann@example.org")
    for _ in range(6):
        await log_in(clinic, "ann@example.org", "wrong")
    await ask(clinic.anonymous, "requestPasswordReset", "ann@example.org")
    code = code_in((await mails(clinic, mailbox, 1))[0])
    async with stored(clinic.service("identity").runtime.database) as session:
        kept = (await session.scalars(select(OneTimeCode))).one()
        assert code.encode() not in kept.digest
        assert kept.expires_at - utc_now() <= timedelta(hours=1)

    assert (await choose(clinic, code, NEW))["email"] == "ann@example.org"
    assert await refused(clinic, clinic.bearer(before["accessToken"]))
    assert (await refresh(clinic, before["refreshToken"]))["code"] == "SESSION_ENDED"
    ann = await logged_in(clinic, "ann@example.org", NEW)
    assert (await activity(ann))[:2] == ["LOGGED_IN", "PASSWORD_RESET"], "and the lock-out is over"
    changed = [event.data for event in await clinic.published("identity") if event.type.endswith("password-changed.v1")]
    assert [data["reset"] for data in changed] == [True]

    await ask(clinic.anonymous, "requestPasswordReset", "ann@example.org")
    code = code_in((await mails(clinic, mailbox, 2))[1])
    async with stored(clinic.service("identity").runtime.database) as session:
        await session.execute(update(OneTimeCode).values(expires_at=utc_now()))
    assert (await choose(clinic, code, PASSWORD))["code"] == "ONE_TIME_CODE", "a code lapses"


async def test_changing_the_password_ends_the_other_sessions(clinic: Clinic) -> None:
    await account(clinic, "ann@example.org", "PATIENT")
    here, there = [await logged_in(clinic, "ann@example.org") for _ in range(2)]

    async def change(current: str, new: str) -> dict[str, Any]:
        selection = "... on Success { account { id } } ... on InvalidInput { fields { path } }"
        values = {"currentPassword": current, "newPassword": new}
        return await perform(here, "changePassword", selection, **values)

    assert (await change("wrong", NEW))["code"] == "INVALID_CREDENTIALS"
    assert (await change(PASSWORD, "password123"))["fields"] == [{"path": ["newPassword"]}]
    assert (await change(PASSWORD, NEW))["__typename"] == "ChangePasswordSuccess"
    assert await refused(clinic, there)
    assert (await activity(here))[0] == "PASSWORD_CHANGED"
    assert (await log_in(clinic, "ann@example.org"))["code"] == "INVALID_CREDENTIALS"
    assert (await log_in(clinic, "ann@example.org", NEW))["__typename"] == "LogInSuccess"


async def test_mail_that_cannot_be_sent_is_tried_again(
    clinic: Clinic, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: str) -> None:
        raise ConnectionRefusedError

    async def tried() -> OutgoingMail | None:
        async with stored(clinic.service("identity").runtime.database) as session:
            item: OutgoingMail | None = await session.scalar(select(OutgoingMail))
            return item if item and item.attempts else None

    with monkeypatch.context() as patch:
        patch.setattr(mail_module, "send", fail)
        await ask(clinic.anonymous, "register", "ann@example.org")
        item: OutgoingMail = await clinic.until(tried)
        assert item.done_at is None
        assert item.next_attempt_at > utc_now() + timedelta(seconds=30)
    async with stored(clinic.service("identity").runtime.database) as session:
        await session.execute(update(OutgoingMail).values(next_attempt_at=utc_now()))
        await session.execute(select(func.pg_notify(OUTGOING_MAIL, "")))
    (text,) = await mails(clinic, mailbox, 1)
    assert (await choose(clinic, code_in(text), PASSWORD))["email"] == "ann@example.org"


@pytest.mark.parametrize(
    ("password", "roles", "good"),
    [
        ("tulip orb", {"PATIENT"}, True),
        ("tulip or", {"NURSE"}, False),
        ("tulip orbits", {"NURSE"}, True),
        ("tulip o", {"PATIENT"}, False),
        ("x9" * 65, {"PATIENT"}, False),
        ("Password2026!", {"PATIENT"}, False),
        ("aaaaaaaaabbb", {"PATIENT"}, False),
        ("87654321", {"PATIENT"}, False),
        ("i am ann.lee now", {"PATIENT"}, False),
        ("ＴＵＬＩＰ ｏｒｂｉｔ", {"PATIENT"}, True),  # noqa: RUF001 - full width, as some keyboards type
    ],
)
def test_password_rules(password: str, roles: set[str], good: bool) -> None:
    assert (objection(password, "ann.lee@example.org", roles) is None) is good
