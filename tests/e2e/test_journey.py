"""The first day: a patient logs in, looks, books, is told; an analyst counts."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.stack import Stack
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic

pytestmark = pytest.mark.xdist_group("e2e")

HOME = """
query Home {
  me { email patient { id name { text } birthDate contactPoints { value } } }
  myPatient {
    medicalRecordNumber
    upcomingAppointments(first: 5) {
      nodes { id startsAt status type { display } practitioner { name { text } } location { name timeZone } }
    }
  }
}
"""
SLOTS = """
query Slots($practitioner: ID!, $type: ID!, $from: DateTime!, $to: DateTime!) {
  freeSlots(practitionerId: $practitioner, typeId: $type, from: $from, to: $to, first: 5) {
    startsAt endsAt location { id name } practitioner { id name { text } }
  }
}
"""
BOOK = """
mutation Book($input: BookAppointmentInput!) {
  bookAppointment(input: $input) {
    __typename
    ... on BookAppointmentSuccess { appointment { id status startsAt practitioner { name { text } } location { name } } }
    ... on UserError { message }
  }
}
"""
TOLD = """
subscription Told {
  notificationReceived {
    kind message(language: "en") cursor
    appointment { id startsAt practitioner { name { text } roles { specialty { display } } } location { name } }
  }
}
"""
REPORT = """
query Report($period: ReportPeriodInput!) {
  appointmentReport(period: $period, groupBy: [PRACTITIONER, STATUS]) {
    nodes { count practitioner { id name { text } } status }
  }
}
"""


def around(days: int) -> dict[str, str]:
    now = datetime.now(UTC)
    return {"from": (now + timedelta(days=1)).isoformat(), "to": (now + timedelta(days=days)).isoformat()}


async def booked(analyst: Caller, practitioner: str) -> int:
    """How many appointments of a practitioner are booked, as reporting counts them."""
    today = datetime.now(UTC).date()
    period = {"first": today.isoformat(), "last": (today + timedelta(days=60)).isoformat()}
    report = await analyst.data(REPORT, period=period)
    return sum(
        row["count"]
        for row in report["appointmentReport"]["nodes"]
        if row["practitioner"]["id"] == practitioner and row["status"] == "BOOKED"
    )


async def test_a_patient_books_and_is_told_and_an_analyst_counts(stack: Stack) -> None:
    patient, analyst = await stack.log_in("patient"), await stack.log_in("analyst")

    home = await patient.data(HOME)
    assert home["me"]["patient"]["name"] == {"text": "Nora Hansen"}
    assert home["myPatient"]["medicalRecordNumber"]
    upcoming = home["myPatient"]["upcomingAppointments"]["nodes"]
    assert upcoming
    assert upcoming[0]["practitioner"]["name"]["text"].startswith("Dr. ")
    assert upcoming[0]["location"]["timeZone"] == "Europe/Berlin"

    found = await patient.data('{ practitioners(search: "Brandt") { nodes { id } } appointmentTypes { id } }')
    practitioner, type_id = found["practitioners"]["nodes"][0]["id"], found["appointmentTypes"][0]["id"]
    slots = (await patient.data(SLOTS, practitioner=practitioner, type=type_id, **around(10)))["freeSlots"]
    assert len(slots) == 5
    before = await booked(analyst, practitioner)

    async with patient.subscribe(TOLD) as events:
        told = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.5)  # until the subscription stands
        booking = {
            "patientId": home["me"]["patient"]["id"],
            "practitionerId": practitioner,
            "locationId": slots[2]["location"]["id"],
            "typeId": type_id,
            "startsAt": slots[2]["startsAt"],
            "reason": "A cough that stays",
            "idempotencyKey": "journey-1",
        }
        answer = (await patient.data(BOOK, input=booking))["bookAppointment"]
        assert answer["__typename"] == "BookAppointmentSuccess"
        again = (await patient.data(BOOK, input=booking))["bookAppointment"]
        assert again["appointment"]["id"] == answer["appointment"]["id"]
        event = (await asyncio.wait_for(told, 10))["notificationReceived"]
    assert event["kind"] == "APPOINTMENT_BOOKED"
    assert event["appointment"]["id"] == answer["appointment"]["id"]
    assert event["appointment"]["practitioner"]["name"] == {"text": "Dr. Katharina Brandt"}
    assert event["appointment"]["location"]["name"]

    async def counted() -> Any:
        return await booked(analyst, practitioner) == before + 1

    await Clinic.until(counted, 15)
    denied = await patient.execute(REPORT, period={"first": "2026-01-01", "last": "2026-12-31"})
    assert denied["data"] == {"appointmentReport": None}
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
