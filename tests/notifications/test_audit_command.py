"""`caregraph audit verify`, on the trail of a service that runs."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from shared.ids import new_id
from stack.cli import app
from tests.harness.clinic import Clinic
from tests.harness.databases import stored

READ = "query($id: ID!) { notification(id: $id) { id } }"


@pytest.fixture
def events() -> bool:
    return False


async def test_a_changed_entry_is_found(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    running = clinic.service("notifications")

    async def find(_: Any) -> dict[str, str]:
        return {"notifications": running.settings.database_url.get_secret_value()}

    async def verify(*, status: int) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["audit", "verify", "notifications"])
        assert result.exit_code == status, result.output
        return result.output

    async def all_sealed() -> bool:
        return [entry.seal for entry in await clinic.audit("notifications")] == [1, 2, 3]

    monkeypatch.setattr("stack.databases.find", find)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", running.settings.kafka_bootstrap_servers)
    monkeypatch.setenv("AUDIT_ANCHOR_KEY", running.settings.audit_anchor_key.get_secret_value())
    for _ in range(3):
        await clinic.caller("PATIENT").data(READ, id=str(new_id()))  # a denial, which is entered
    await clinic.until(all_sealed)
    assert "not proven" in await verify(status=3), "without Kafka"
    async with stored(running.runtime.database) as session:
        await session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        await session.execute(text("UPDATE audit_entry SET outcome = 'success' WHERE seal = 2"))
    assert "broken at seal 2" in await verify(status=1)
