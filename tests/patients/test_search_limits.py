"""What a search may cost: its length and its time are bounded, and a client is told so."""

import asyncio

import pytest
from sqlalchemy import text

from tests.harness.clinic import Clinic
from tests.harness.databases import stored


@pytest.fixture
def services() -> tuple[str, ...]:
    return ("identity", "directory", "patients")


@pytest.mark.parametrize("field", ["accounts", "organizations", "locations", "practitioners", "patients"])
async def test_a_search_is_at_most_100_characters(clinic: Clinic, field: str) -> None:
    admin = clinic.caller("ADMIN")
    query = f"query($search: String) {{ {field}(search: $search) {{ nodes {{ id }} }} }}"
    for allowed in (None, "", "ä" * 100):
        assert (await admin.data(query, search=allowed))[field] == {"nodes": []}
    (error,) = (await admin.execute(query, search="ä" * 101))["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", [field])
    assert "100 characters" in error["message"]


@pytest.mark.parametrize("asked", ['patients(search: "Quist") { nodes { id } }', "patients { totalCount }"])
async def test_a_read_that_takes_too_long_is_ended(clinic: Clinic, asked: str) -> None:
    nurse, runtime = clinic.caller("NURSE"), clinic.service("patients").runtime
    assert runtime.settings.database_read_timeout < 10
    async with stored(runtime.database) as session:
        await session.execute(text("LOCK TABLE patient IN ACCESS EXCLUSIVE MODE"))
        answer = await asyncio.wait_for(nurse.execute(f"{{ {asked} }}"), 20)
        (error,) = answer["errors"]
        assert (error["extensions"]["code"], error["path"][0]) == ("TIMEOUT", "patients")
    assert not (await nurse.execute(f"{{ {asked} }}")).get("errors")
