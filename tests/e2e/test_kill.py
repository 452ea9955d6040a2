"""Services die at any moment: no acknowledged booking and no event is lost, and the rest of the graph goes on."""

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.e2e.test_journey import BOOK, SLOTS, booked
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic

pytestmark = [pytest.mark.xdist_group("e2e"), pytest.mark.timeout(240)]

# What to ask while a service is down: a field of its own, and one that another service still answers.
ASKED = {
    "identity": ("{ me { email } myPatient { name { text } } }", "me", "myPatient"),
    "directory": (
        "{ practitioners { nodes { id } } unreadNotificationCount }",
        "practitioners",
        "unreadNotificationCount",
    ),
    "patients": ("{ myPatient { name { text } } me { email } }", "myPatient", "me"),
    "notifications": ("{ unreadNotificationCount me { email } }", "unreadNotificationCount", "me"),
    "appointments": ("{ appointmentTypes { id } me { email } }", "appointmentTypes", "me"),
}
ALL_BOOKED = """
query Booked($practitioner: ID!, $after: String) {
  appointments(practitionerId: $practitioner, status: [BOOKED], first: 100, after: $after) {
    nodes { id } pageInfo { hasNextPage endCursor }
  }
}
"""


class Bookings:
    """A client that books one slot after another, and asks again with the same key until it has an answer."""

    def __init__(self, caller: Caller, booking: dict[str, Any], slots: list[str]) -> None:
        self._caller, self._booking, self._slots = caller, booking, slots
        self.acknowledged: list[str] = []

    async def run(self) -> None:
        """Book until cancelled."""
        for number, start in enumerate(self._slots):
            await self._book(self._booking | {"startsAt": start, "idempotencyKey": f"kill-{number}"})
            await asyncio.sleep(0.1)

    async def _book(self, booking: dict[str, Any]) -> None:
        while True:
            try:
                answer = await self._caller.execute(BOOK, input=booking)
            except (httpx.HTTPError, ValueError):  # the router itself is down
                answer = {}
            outcome = (answer.get("data") or {}).get("bookAppointment")
            if outcome is not None:
                if outcome["__typename"] == "BookAppointmentSuccess":
                    self.acknowledged.append(outcome["appointment"]["id"])
                return
            await asyncio.sleep(0.1)


async def kill(stack: Stack, service: str, patient: Caller) -> None:
    """Kill it, and wait until another process has its place and is ready."""
    pid = stack.pid(service)
    os.kill(pid, signal.SIGKILL)
    ready = f"http://127.0.0.1:{stack.state['addresses']['ports'][service]}/ready"

    async def is_back() -> bool:
        try:
            return (await stack.http.get(ready)).status_code == 200 and stack.pid(service) != pid
        except (httpx.HTTPError, LookupError):
            return False

    if service in ASKED:
        await check_partial(patient, service)
    await Clinic.until(is_back, 40)


async def check_partial(patient: Caller, service: str) -> None:
    """The missing field is null with an error that says where; the other one is answered."""
    query, missing, present = ASKED[service]
    answer = await patient.execute(query)
    assert answer["data"][missing] is None, answer
    assert answer["data"][present] is not None, answer
    error = answer["errors"][0]
    assert error["path"] == [missing]
    assert error["extensions"]["service"] == service
    assert error["extensions"]["code"].startswith("SUBREQUEST_")


async def test_nothing_acknowledged_is_lost(stack: Stack) -> None:
    admin, analyst = await stack.log_in("admin"), await stack.log_in("analyst")
    patient = await stack.log_in("patient")
    overview = await admin.data(
        """
        {
          practitioners(search: "Marchetti") { nodes { id } }
          patients(search: "Vogel") { nodes { id } }
          appointmentTypes { id }
        }
        """
    )
    practitioner = overview["practitioners"]["nodes"][0]["id"]
    begin = datetime.now(UTC) + timedelta(days=20)
    slots = []
    for week in range(5):
        times = {"from": begin + timedelta(weeks=week), "to": begin + timedelta(weeks=week + 1)}
        found = await admin.data(
            SLOTS.replace("first: 5", "first: 100"),
            practitioner=practitioner,
            type=overview["appointmentTypes"][0]["id"],
            **{name: time.isoformat() for name, time in times.items()},
        )
        slots += found["freeSlots"][::4]  # an hour apart, which no other one takes
    before = await booked(analyst, practitioner)
    booking = {
        "patientId": overview["patients"]["nodes"][0]["id"],
        "practitionerId": practitioner,
        "locationId": slots[0]["location"]["id"],
        "typeId": overview["appointmentTypes"][0]["id"],
    }
    bookings = Bookings(admin, booking, [slot["startsAt"] for slot in slots])
    client = asyncio.create_task(bookings.run())
    for service in ("appointments", "directory", "reporting", "identity", "patients", "notifications", "router"):
        await asyncio.sleep(0.5)
        await kill(stack, service, patient)
    await asyncio.sleep(1)
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    assert len(bookings.acknowledged) > 20

    kept: set[str] = set()
    after = None
    while True:
        page = (await admin.data(ALL_BOOKED, practitioner=practitioner, after=after))["appointments"]
        kept |= {node["id"] for node in page["nodes"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert set(bookings.acknowledged) <= kept

    async def counted() -> bool:
        return await booked(analyst, practitioner) >= before + len(bookings.acknowledged)

    await Clinic.until(counted, 30)
