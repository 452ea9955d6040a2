"""`caregraph token` and `caregraph invite`, against services that run."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stack import local
from stack.environment import Addresses
from stack.secrets import DEMO_PASSWORD, dotenv
from tests.harness import tokens
from tests.harness.clinic import Clinic
from tests.identity.conftest import PASSWORD, account, code_in, log_in, mailbox, mails, perform, quick

__all__ = ["mailbox", "quick"]


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity",)


async def caregraph(*arguments: str) -> tuple[int | None, str]:
    """Exit status, and all that a command writes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stack",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode().strip()


async def test_commands_for_those_who_run_it(
    clinic: Clinic, mailbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREGRAPH_HOME", str(tmp_path / "home"))
    assert (await caregraph("token", "DOCTOR"))[0] == 1
    await account(clinic, "ann@example.org", "PATIENT")
    identity = clinic.service("identity").settings
    with local.only_one():
        ports = {"router": urlsplit(clinic.url).port or 0}
        databases = {"identity": identity.database_url.get_secret_value()}
        local.Running(os.getpid(), Addresses(databases, "", "", ports), began=0, stages={}).save()
        secrets = {DEMO_PASSWORD: PASSWORD, "IDENTITY_SIGNING_KEY": tokens.signing_key_pem()}
        local.secrets_file().write_text(dotenv(secrets))

        _, by_role = await caregraph("token", "admin")
        assert (await clinic.bearer(by_role).data("{ accounts { totalCount } }"))["accounts"] == {"totalCount": 1}
        _, by_email = await caregraph("token", "ann@example.org")
        assert (await clinic.bearer(by_email).data("{ me { email } }"))["me"] == {"email": "ann@example.org"}
        status, said = await caregraph("token", "nobody@example.org")
        assert (status, "do not fit together" in said) == (1, True)

        assert await caregraph("invite", "boss@example.org", "Ines Boss") == (0, "invited: identity sends the mail")
        values = {"code": code_in((await mails(clinic, mailbox, 1))[0]), "password": PASSWORD}
        await perform(clinic.anonymous, "choosePassword", "", **values)
        assert (await log_in(clinic, "boss@example.org"))["account"]["roles"] == ["ADMIN"]
        status, said = await caregraph("invite", "boss@example.org", "Ines Boss")
        assert (status, "already" in said) == (1, True)
