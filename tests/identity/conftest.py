"""What the tests of identity share."""

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from shared.digests import keyed_digest
from shared.ids import new_id
from subgraphs.identity import passwords
from subgraphs.identity.models import Account, KnownPatient
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored

PASSWORD = "tulip orbit kettle"

LOG_IN = """mutation($input: LogInInput!) { logIn(input: $input) { __typename
    ... on LogInSuccess { accessToken refreshToken expiresAt account { id email roles patient { id } } }
    ... on SecondFactorRequired { challenge } ... on AccountLocked { until } ... on UserError { code message } } }"""
REFRESH = """mutation($input: RefreshInput!) { refresh(input: $input) { __typename
    ... on RefreshSuccess { accessToken refreshToken expiresAt account { id } } ... on UserError { code } } }"""
ACTIVITY = "{ me { activity { nodes { kind sessionId actorId address } } } }"


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity",)


@pytest.fixture(autouse=True)
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where mail goes."""
    folder = tmp_path / "mail"
    monkeypatch.setenv("MAIL_URL", f"file://{folder}")
    yield folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing with little memory and time, since tests log in all the time."""
    monkeypatch.setattr(passwords, "PasswordHasher", _quick)


_quick = partial(PasswordHasher, time_cost=1, memory_cost=1024, parallelism=1)


@cache
def _hash() -> str:
    return _quick().hash(PASSWORD)


async def account(clinic: Clinic, email: str, *roles: str) -> Account:
    """An account whose password is PASSWORD."""
    patient = new_id() if "PATIENT" in roles else None
    row = Account(email=email, password_hash=_hash(), roles=list(roles), patient_id=patient)
    async with stored(clinic.service("identity").runtime.database) as session:
        session.add(row)
    return row


async def known_patient(clinic: Clinic, email: str) -> UUID:
    """A patient's key, of whom identity knows by an event that this is their address."""
    identity = clinic.service("identity")
    row = KnownPatient(patient_id=new_id(), email_digests=[keyed_digest(identity.settings.contact_digest_key, email)])
    async with stored(identity.runtime.database) as session:
        session.add(row)
    return row.patient_id


async def log_in(clinic: Clinic, email: str, password: str = PASSWORD) -> dict[str, Any]:
    """What a log-in answers."""
    data = await clinic.anonymous.data(LOG_IN, input={"email": email, "password": password})
    return dict(data["logIn"])


async def logged_in(clinic: Clinic, email: str, password: str = PASSWORD) -> Caller:
    """Someone who has just logged in."""
    return clinic.bearer((await log_in(clinic, email, password))["accessToken"])


async def refresh(clinic: Clinic, token: str) -> dict[str, Any]:
    """What a refresh answers."""
    return dict((await clinic.anonymous.data(REFRESH, input={"refreshToken": token}))["refresh"])


async def perform(caller: Caller, field: str, selection: str, /, **input: Any) -> dict[str, Any]:
    """What a mutation with an input answers; `selection` is of its success, which is called `Success` in it."""
    name = f"{field[0].upper()}{field[1:]}"
    query = f"""mutation($input: {name}Input!) {{ {field}(input: $input) {{ __typename
        {selection.replace("on Success", f"on {name}Success")} ... on UserError {{ code message }} }} }}"""
    return dict((await caller.data(query, input=input))[field])


async def activity(caller: Caller) -> list[str]:
    """What happened to the caller's account, the newest first."""
    return [node["kind"] for node in (await caller.data(ACTIVITY))["me"]["activity"]["nodes"]]


async def refused(clinic: Clinic, caller: Caller) -> bool:
    """Wait until the caller's token is refused."""

    async def is_refused() -> bool:
        answer = await caller.execute("{ me { id } }")
        return bool(answer.get("errors")) and not (answer.get("data") or {}).get("me")

    return bool(await clinic.until(is_refused, seconds=2))


async def mails(clinic: Clinic, mailbox: Path, count: int) -> list[str]:
    """Wait until so many mails have come; their texts, in order."""

    async def arrived() -> list[str]:
        texts = [path.read_text() for path in sorted(mailbox.glob("*.eml"))]
        return texts if len(texts) >= count else []

    return list(await clinic.until(arrived, seconds=5))


def code_in(mail: str) -> str:
    """The one-time code in a mail."""
    return next(line for line in mail.splitlines() if len(line) == 43 and " " not in line)
