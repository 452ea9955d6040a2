"""`caregraph keys`, on the keys of a service that runs."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from typer.testing import CliRunner

from shared.database.engine import Database
from shared.database.tables import StoredDataKey
from shared.encryption.providers import open_provider
from shared.encryption.value import Erased
from shared.ids import new_id
from stack.cli import app
from stack.secrets import KEY_ENCRYPTION_KEYS
from stack.services import subgraph
from subgraphs.appointments.models import Appointment, Patient
from tests.appointments.conftest import Practice, at, practice

__all__ = ["practice"]


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("appointments",)


async def test_keys_are_added_rotated_and_destroyed(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    patient, file = new_id(), tmp_path / "keys"
    await practice.know(Patient(id=patient))
    await practice.booked(practice.reception, patient, at(3, 10), reason="My knee hurts.")
    file.write_text(os.environ[KEY_ENCRYPTION_KEYS])
    url = practice.clinic.service("appointments").settings.database_url.get_secret_value()
    database = Database(url, domain="appointments", key_provider=open_provider(file.as_uri()))

    async def find(_: Any) -> dict[str, str]:
        return {"appointments": url}

    async def caregraph(*arguments: str, status: int = 0) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["keys", *arguments])
        assert result.exit_code == status, result.output
        return result.output

    async def key() -> StoredDataKey:
        database.keyring.forget()
        (stored,) = await database.driver.fetch(select(StoredDataKey).where(col(StoredDataKey.patient_id) == patient))
        return stored

    async def reason() -> str:
        (row,) = await database.driver.fetch(select(Appointment))
        return row.reason.value if row.reason else ""

    monkeypatch.setattr("stack.databases.find", find)
    monkeypatch.setattr("stack.commands.keys.SUBGRAPHS", [subgraph("appointments")])
    monkeypatch.setenv("KEY_PROVIDER", file.as_uri())
    before = await key()
    assert "2 wraps from now on" in await caregraph("add", "2")
    await caregraph("add", "2", status=1)
    assert "appointments: 1 keys wrapped" in await caregraph("rewrap")
    wrapped = await key()
    assert (wrapped.id, wrapped.wrapped_by, await reason()) == (before.id, "2", "My knee hurts.")
    assert "appointments: 1 rows encrypted" in await caregraph("rotate", "appointments")
    rotated = await key()
    assert rotated.id != before.id
    assert await reason() == "My knee hurts."
    file.rename(tmp_path / "elsewhere")
    assert "cannot be read" in await caregraph("rotate", status=1)
    (tmp_path / "elsewhere").rename(file)
    assert "appointments: 1 rows encrypted" in await caregraph("rotate")
    assert "appointments: 1 keys destroyed" in await caregraph("erase", f"Patient:{patient}", "--yes")
    assert (await key()).wrapped is None
    with pytest.raises(Erased):
        await reason()
    entries = [each for each in await practice.clinic.audit("appointments") if each.resource == "DataKey"]
    assert [(each.detail or {}).get("activity") for each in entries] == ["rewrapped", "rotated", "rotated", None]
    assert (entries[0].detail, entries[-1].patients) == ({"activity": "rewrapped", "key": "2"}, [patient])
    await database.close()
