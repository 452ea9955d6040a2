"""What a client sends that cannot be taken is the client's mistake, and says so: never a fault."""

import base64
import json
from typing import Any

import pytest

from tests.appointments.conftest import BOOK, SAVE_SCHEDULE, Practice, at

NO_DATETIME = (
    "yesterday",
    "2026-05-04T09:30:00",
    20260504,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    {"a": 1},
)
NO_DATE = ("2026-02-30", "1799-12-31", "2300-01-01", 20260504, ["x"])
NO_TIME = ("25:00", "09:30Z", 9, True)


async def code(practice: Practice, query: str, **variables: Any) -> list[str]:
    """The codes of an answer's errors."""
    answer = await practice.reception.execute(query, **variables)
    return [error["extensions"].get("code") for error in answer["errors"]]


def literal(value: Any) -> str:
    """A value as GraphQL has it in a document."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {literal(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value)


@pytest.mark.parametrize("wrong", NO_DATETIME, ids=str)
async def test_no_point_in_time(practice: Practice, wrong: Any) -> None:
    slots = 'freeSlots(practitionerId: "x", typeId: "x", from: %s, to: "2026-05-04T09:30:00Z") { startsAt }'
    assert await code(practice, f"{{ {slots % literal(wrong)} }}") == ["BAD_USER_INPUT"]
    assert await code(practice, f"query($d: DateTime!) {{ {slots % '$d'} }}", d=wrong) == ["BAD_USER_INPUT"]
    wish = practice.wish(practice.practitioner, at(3, 10), startsAt=wrong)
    assert await code(practice, BOOK, input=wish) == ["BAD_USER_INPUT"]
    booking = f"mutation {{ bookAppointment(input: {literal(wish)}) {{ __typename }} }}"
    assert await code(practice, booking) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("wrong", "field"), [(day, "validFrom") for day in NO_DATE] + [(hour, "starts") for hour in NO_TIME]
)
async def test_no_day_and_no_time(practice: Practice, wrong: Any, field: str) -> None:
    hours = {"weekday": 1, "starts": "08:00", "ends": "09:00"} | {field: wrong}
    schedule = {"practitionerId": "x", "locationId": "x", "hours": [hours]}
    assert await code(practice, SAVE_SCHEDULE, input=schedule) == ["BAD_USER_INPUT"]
    saving = f"mutation {{ saveSchedule(input: {literal(schedule)}) {{ __typename }} }}"
    assert await code(practice, saving) == ["BAD_USER_INPUT"]


async def test_text_that_postgresql_cannot_store(practice: Practice) -> None:
    patient, _ = await practice.patient()
    wish = practice.wish(patient, at(3, 10), reason="My knee\0 hurts.")
    assert await code(practice, BOOK, input=wish) == ["BAD_USER_INPUT"]
    booking = f"mutation {{ bookAppointment(input: {literal(wish)}) {{ __typename }} }}"
    assert await code(practice, booking) == ["BAD_USER_INPUT"]
    hours = [{"weekday": 1, "starts": "08:00", "ends": "09:00"}]
    schedule = {"practitionerId": "\0", "locationId": "x", "hours": hours}
    assert await code(practice, SAVE_SCHEDULE, input=schedule) == ["BAD_USER_INPUT"]
    assert await code(practice, '{ appointment(id: "\\u0000") { id } }') == ["BAD_USER_INPUT"]
    assert await code(practice, '{ appointments(after: "\\u0000") { nodes { id } } }') == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("cursor", ["{}", "NaN", "[1, 2]", '["2026-05-04T09:30:00Z", 1e400]'])
async def test_a_cursor_that_is_none(practice: Practice, cursor: str) -> None:
    after = base64.urlsafe_b64encode(cursor.encode()).decode()
    query = "query($after: String!) { appointments(after: $after) { nodes { id } } }"
    assert await code(practice, query, after=after) == ["BAD_USER_INPUT"]
