"""What a search may cost: its length and its time are bounded, and a client is told so."""

import asyncio
import base64

import orjson
import pytest
from sqlalchemy import text

from shared.ids import new_id
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


async def test_a_cursor_with_text_that_postgresql_refuses(clinic: Clinic) -> None:
    after = base64.urlsafe_b64encode(orjson.dumps(["quist\0", str(new_id())])).decode()
    query = "query($after: String!) { patients(after: $after) { nodes { id } } }"
    (error,) = (await clinic.caller("NURSE").execute(query, after=after))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


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
