"""Patients who are invited to accounts of their own: identity knows of them what it must compare, and no more."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.identity.conftest import code_in, mailbox, mails, perform, quick
from tests.patients.conftest import merge, named, register, update

__all__ = ["mailbox", "quick"]


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "patients", "notifications")


async def invite(caller: Caller, patient: dict[str, Any], email: str) -> str | list[str]:
    """Whom an invitation made an account for; else where the input is wrong, or the refusal's code."""
    selection = "... on Success { account { patient { id } } } ... on InvalidInput { fields { path } }"
    input = {"email": email, "roles": ["PATIENT"], "patientId": patient["id"]}
    answer = await perform(caller, "inviteAccount", selection, **input)
    if "account" in answer:
        return str(answer["account"]["patient"]["id"])
    return list(answer["fields"][0]["path"]) if "fields" in answer else str(answer["code"])


async def holder(clinic: Clinic, email: str, password: str) -> Caller:
    """Somebody who has just logged in to an account."""
    granted = await perform(clinic.anonymous, "logIn", "... on Success { accessToken }", email=email, password=password)
    return clinic.bearer(granted["accessToken"])


async def test_invitations_go_to_patients_own_addresses(clinic: Clinic, mailbox: Path) -> None:
    desk = clinic.caller("RECEPTIONIST")
    jane = (await register(desk))["patient"]

    async def invited() -> bool:
        return bool(await invite(desk, jane, "jane.dawson@example.com") == jane["id"])

    await clinic.until(invited)
    assert await invite(desk, jane, "stranger@example.org") == ["email"]
    code = code_in((await mails(clinic, mailbox, 1))[0])
    values = {"code": code, "password": "walnut harbour sixpence"}
    await perform(clinic.anonymous, "choosePassword", "", **values)

    work = {"contactPoints": [{"system": "EMAIL", "value": "jane@work.example"}]}
    jane = (await update(desk, jane, **work))["patient"]

    async def changed() -> bool:
        return bool(await invite(desk, jane, "jane@work.example") == jane["id"])

    await clinic.until(changed)
    told, _ = sorted((await mails(clinic, mailbox, 3))[1:], key=lambda mail: "jane.dawson@example.com" not in mail)
    assert "invited another address to an account for your patient record" in told
    inbox = "{ notifications { nodes { kind message } } }"
    own = await holder(clinic, "jane.dawson@example.com", values["password"])

    async def in_inbox() -> list[dict[str, str]]:
        return list((await own.data(inbox))["notifications"]["nodes"])

    (notice,) = await clinic.until(in_inbox)
    assert notice["kind"] == "ANOTHER_ACCOUNT"
    assert "another address" in notice["message"].lower()
    _, invitation = sorted((await mails(clinic, mailbox, 3))[1:], key=lambda mail: "jane@work.example" in mail)
    await perform(clinic.anonymous, "choosePassword", "", code=code_in(invitation), password=values["password"])
    new = await holder(clinic, "jane@work.example", values["password"])
    assert (await new.data(inbox))["notifications"]["nodes"] == [], "who has come since cannot hide it"
    for text in await mails(clinic, mailbox, 3):
        assert "Dawson" not in text.replace("jane.dawson", ""), "a mail names nobody"

    addresses = [event for event in await clinic.published("patients") if "email-addresses" in event.type]
    assert [len(event.data["digests"]) for event in addresses] == [1, 1]
    assert "example" not in str([event.data for event in addresses])


async def test_nobody_is_invited_for_a_merged_patient(clinic: Clinic) -> None:
    desk = clinic.caller("RECEPTIONIST")
    kept = (await register(desk, **named("Dawson", "Jane"), contactPoints=[]))["patient"]
    double = (await register(desk))["patient"]

    async def known() -> bool:
        return await invite(desk, double, "stranger@example.org") == ["email"]

    await clinic.until(known)
    await merge(desk, kept, double)

    async def survives() -> bool:
        return bool(await invite(desk, kept, "jane.dawson@example.com") == kept["id"])

    async def refused() -> bool:
        return await invite(desk, double, "jane.dawson@example.com") == ["patientId"]

    await clinic.until(survives)
    await clinic.until(refused)
