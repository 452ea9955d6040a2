"""Laboratory, as clients of the graph use it."""

from typing import Any

import orjson

from shared.ids import new_id
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating

SAVE = """
mutation Save($input: SaveLabTestInput!) {
  saveLabTest(input: $input) {
    __typename
    ... on SaveLabTestSuccess { labTest { id name active version } }
    ... on UserError { code }
    ... on InvalidInput { fields { path code } }
    ... on VersionConflict { currentVersion }
  }
}
"""
READ = "query($id: ID!) { labTest(id: $id) { name } labTests { totalCount } }"


async def save(caller: Caller, **fields: Any) -> dict[str, Any]:
    """The answer of `saveLabTest`."""
    answer: dict[str, Any] = (await caller.data(SAVE, input=fields))["saveLabTest"]
    return answer


async def entered(caller: Caller, name: str) -> str:
    """The id of what is entered under this name."""
    return str((await save(caller, name=name))["labTest"]["id"])


async def test_what_is_entered_is_found_and_changed_at_its_version(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    key = await entered(admin, "One")
    changed = await save(admin, id=key, version=1, name="Other", active=False)
    assert changed["labTest"] == {"id": key, "name": "Other", "active": False, "version": 2}
    assert await admin.data(READ, id=key) == {"labTest": {"name": "Other"}, "labTests": {"totalCount": 1}}

    stale = await save(admin, id=key, version=1, name="Third")
    assert (stale["code"], stale["currentVersion"]) == ("VERSION_CONFLICT", 2)
    assert (await save(admin, id=str(new_id()), version=1, name="Third"))["code"] == "NOT_FOUND"
    assert (await save(admin, name=" "))["fields"] == [{"path": ["name"], "code": "TEXT_LENGTH"}]


async def test_what_is_saved_is_published(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    entity = await entered(admin, "One")
    await save(admin, id=entity, version=1, name="One", active=False)
    events = await clinic.published("laboratory")
    key = str(key_of(entity))
    assert [event.type for event in events] == ["caregraph.laboratory.lab-test-changed.v1"] * 2
    assert [event.data for event in events] == [{"labTestId": key, "active": active} for active in (True, False)]


async def test_what_is_saved_again_under_its_key_is_saved_once(clinic: Clinic) -> None:
    async def told() -> int:
        return len(await clinic.published("laboratory"))

    admin, asked = clinic.caller("ADMIN"), "labTest { id version }"
    await check_repeating(admin, "saveLabTest", asked, {"name": "One"}, {"name": "Other"}, told)


async def test_a_reader_sees_what_is_active(clinic: Clinic) -> None:
    admin, reader = clinic.caller("ADMIN"), clinic.caller("NURSE", scopes={"lab-test:read"})
    key = await entered(admin, "One")
    assert await reader.data(READ, id=key) == {"labTest": {"name": "One"}, "labTests": {"totalCount": 1}}
    await save(admin, id=key, version=1, name="One", active=False)
    assert await reader.data(READ, id=key) == {"labTest": None, "labTests": {"totalCount": 0}}


async def test_a_stranger_is_denied(clinic: Clinic) -> None:
    stranger = clinic.caller("PATIENT", patient=new_id())
    key = await entered(clinic.caller("ADMIN"), "One")
    answer = await stranger.execute(READ, id=key)
    assert answer["data"] == {"labTest": None, "labTests": None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHORIZED_FIELD_OR_TYPE"}

    straight = await clinic.entities("laboratory", stranger, "LabTest", [key], "name")
    assert straight["data"] == {"_entities": [None]}
    body = orjson.dumps({"query": SAVE, "variables": {"input": {"name": "Other"}}})
    assert (await clinic.post("laboratory", stranger, body)).json()["data"] == {"saveLabTest": None}
    denied = [entry for entry in await clinic.audit("laboratory") if entry.outcome == "denied"]
    assert "saveLabTest" in {entry.resource for entry in denied}


async def test_a_hundred_entities_are_one_statement(clinic: Clinic) -> None:
    admin = clinic.caller("ADMIN")
    keys = [await entered(admin, f"Number {number}") for number in range(5)] * 20
    with clinic.statements("laboratory") as statements:
        answer = await clinic.entities("laboratory", admin, "LabTest", keys, "id name")
    assert [entity["id"] for entity in answer["data"]["_entities"]] == keys
    assert len(statements) == 1
