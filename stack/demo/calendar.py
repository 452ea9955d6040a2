"""Hours and appointments of the coming days, made as people make them: through the router."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from stack.errors import StackError

_CODES = "https://caregraph.example/appointment-types"
_TYPES = (("check-up", "Check-up", 30), ("follow-up", "Follow-up", 15))
_HOURS = [("09:00", "12:00"), ("13:00", "16:00")]
_DAYS_AHEAD = 14
_EVENTS_SECONDS = 60  # in which what was imported reaches the appointments by events

_LOG_IN = """
mutation DemoLogIn($input: LogInInput!) { logIn(input: $input) { ... on LogInSuccess { accessToken } } }
"""
_OVERVIEW = """
query DemoOverview {
  appointmentTypes { id code { code } }
  practitioners { nodes { id roles { location { id } } } }
  patients { nodes { id upcomingAppointments(first: 1) { nodes { id } } } }
}
"""
_SAVE_TYPE = """
mutation DemoType($input: SaveAppointmentTypeInput!) {
  saveAppointmentType(input: $input) { ... on SaveAppointmentTypeSuccess { appointmentType { id } } }
}
"""
_SAVE_SCHEDULE = """
mutation DemoSchedule($input: SaveScheduleInput!) { saveSchedule(input: $input) { __typename } }
"""
_FREE_SLOTS = """
query DemoSlots($practitioner: ID!, $type: ID!, $from: DateTime!, $to: DateTime!) {
  freeSlots(practitionerId: $practitioner, typeId: $type, from: $from, to: $to) { startsAt location { id } }
}
"""
_BOOK = """
mutation DemoBooking($input: BookAppointmentInput!) { bookAppointment(input: $input) { __typename } }
"""


class Reception:
    """Someone at the front desk, or whoever else has logged in, by the graph."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http, self._url = http, url

    @classmethod
    async def logged_in(cls, http: httpx.AsyncClient, url: str, email: str, password: str) -> Self:
        """By an email address and a password."""
        made = cls(http, url)
        granted = await made.ask(_LOG_IN, input={"email": email, "password": password})
        http.headers["authorization"] = f"Bearer {granted['logIn']['accessToken']}"
        return made

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """An answer's data; StackError if it has errors."""
        response = await self._http.post(self._url, json={"query": query, "variables": variables})
        answer = response.json()
        if answer.get("errors"):
            raise StackError(f"the demo data could not be made: {answer['errors'][0]['message']}")
        data: dict[str, Any] = answer["data"]
        return data


async def fill(url: str, email: str, password: str) -> None:
    """Give every practitioner of the sample hours, and its patients an appointment each, where they have none."""
    async with httpx.AsyncClient(timeout=30) as http:
        reception = await Reception.logged_in(http, url, email, password)
        overview = await reception.ask(_OVERVIEW)
        working = [each for each in overview["practitioners"]["nodes"] if each["roles"]]
        for each in working:
            await until_known(reception, _SAVE_SCHEDULE, _schedule(each))
        present = {each["code"]["code"]: each["id"] for each in overview["appointmentTypes"]}
        types = [present.get(each[0]) or await _save_type(reception, *each) for each in _TYPES]
        for number, patient in enumerate(overview["patients"]["nodes"]):
            if patient["upcomingAppointments"]["nodes"]:
                continue
            await book(reception, number, patient["id"], working[number % len(working)]["id"], types[number % 2])


def _schedule(practitioner: dict[str, Any]) -> dict[str, Any]:
    hours = [{"weekday": day, "starts": starts, "ends": ends} for day in range(1, 6) for starts, ends in _HOURS]
    location = practitioner["roles"][0]["location"]
    return {"practitionerId": practitioner["id"], "locationId": location["id"], "hours": hours}


async def _save_type(reception: Reception, code: str, display: str, minutes: int) -> str:
    coding = {"system": _CODES, "code": code, "display": display}
    saved = await reception.ask(_SAVE_TYPE, input={"code": coding, "minutes": minutes})
    return str(saved["saveAppointmentType"]["appointmentType"]["id"])


async def book(reception: Reception, number: int, patient: str, practitioner: str, type_id: str) -> None:
    """A slot a day later for each patient, so that there is something to see on most days."""
    begin = datetime.now(UTC) + timedelta(days=1 + number)
    times = {"from": begin.isoformat(), "to": (begin + timedelta(days=_DAYS_AHEAD)).isoformat()}
    found = await reception.ask(_FREE_SLOTS, practitioner=practitioner, type=type_id, **times)
    slot = found["freeSlots"][number]
    booking = {
        "patientId": patient,
        "practitionerId": practitioner,
        "locationId": slot["location"]["id"],
        "typeId": type_id,
        "startsAt": slot["startsAt"],
        "idempotencyKey": f"demo-{number}",
    }
    await until_known(reception, _BOOK, booking)


async def until_known(reception: Reception, mutation: str, values: dict[str, Any]) -> dict[str, Any]:
    """The answer, once the events have told of the patient and the practitioner."""
    for _ in range(_EVENTS_SECONDS * 5):
        (answer,) = (await reception.ask(mutation, input=values)).values()
        if answer["__typename"].endswith("Success") or answer["__typename"] == "VersionConflict":  # it is there
            return dict(answer)
        if answer["__typename"] not in {"NotFound", "InvalidInput"}:
            break
        await asyncio.sleep(0.2)
    raise StackError(f"the demo data could not be made: {answer['__typename']}")
