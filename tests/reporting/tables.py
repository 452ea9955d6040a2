"""Reporting's tables, and what makes them anew."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from reporting.models import Model
from stack.cli import app
from tests.harness.clinic import Clinic
from tests.harness.databases import stored


async def tables(clinic: Clinic) -> dict[str, list[Any]]:
    """The rows of each table by its name."""
    async with stored(clinic.service("reporting").runtime.database) as session:
        return {
            name: [tuple(row) for row in await session.execute(text(f"SELECT * FROM {name} ORDER BY {name}"))]  # noqa: S608
            for name in Model.metadata.tables
        }


async def consumed(clinic: Clinic, count: int) -> None:
    """Wait until so many records of Kafka were dealt with."""

    async def done() -> bool:
        async with stored(clinic.service("reporting").runtime.database) as session:
            return bool(await session.scalar(text("SELECT sum(next_offset) FROM consumer_offset")) == count)

    await clinic.until(done)


async def rebuild(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, *, status: int) -> str:
    """What `caregraph reporting rebuild --check` says, run beside the service on its database."""
    settings = clinic.service("reporting").settings

    async def find(_: Any) -> dict[str, str]:
        return {"reporting": settings.database_url.get_secret_value()}

    monkeypatch.setattr("stack.databases.find", find)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
    result = await asyncio.to_thread(CliRunner().invoke, app, ["reporting", "rebuild", "--check"])
    assert result.exit_code == status, result.output
    return result.output
