"""A practice: a practitioner with hours at a location, a type of appointment, and patients."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from shared.ids import new_id
from subgraphs.appointments.models import (
    AppointmentType,
    Location,
    Model,
    Patient,
    Practitioner,
    Schedule,
    WeeklyHours,
)
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored

ZONE = ZoneInfo("Europe/Berlin")
SERVICE_TYPE = "http://terminology.hl7.org/CodeSystem/service-type"

SAVE_TYPE = """
mutation($input: SaveAppointmentTypeInput!) {
  saveAppointmentType(input: $input) {
    __typename
    ... on SaveAppointmentTypeSuccess { appointmentType { id version minutes code { code display } } }
    ... on UserError { code message }
    ... on InvalidInput { fields { path } }
  }
}
"""
SAVE_SCHEDULE = """
mutation($input: SaveScheduleInput!) {
  saveSchedule(input: $input) {
    __typename
    ... on SaveScheduleSuccess { schedule { id version timeZone hours { weekday starts ends validFrom } } }
    ... on UserError { code message }
    ... on InvalidInput { fields { path } }
    ... on VersionConflict { currentVersion }
  }
}
"""
ADD_EXCEPTION = """
mutation($input: AddScheduleExceptionInput!) {
  addScheduleException(input: $input) {
    __typename
    ... on AddScheduleExceptionSuccess { scheduleException { id kind fromDay starts practitioner { id } } }
    ... on UserError { code }
    ... on InvalidInput { fields { path code } }
  }
}
"""
BOOK = """
mutation($input: BookAppointmentInput!) {
  bookAppointment(input: $input) {
    __typename
    ... on BookAppointmentSuccess {
      appointment { id version status startsAt endsAt reason type { code } patient { id } practitioner { id } location { id } }
    }
    ... on UserError { code message }
    ... on InvalidInput { fields { path code } }
  }
}
"""
FREE_SLOTS = """
query($practitionerId: ID!, $typeId: ID!, $from: DateTime!, $to: DateTime!, $locationId: ID, $first: Int! = 500) {
  freeSlots(practitionerId: $practitionerId, typeId: $typeId, from: $from, to: $to, locationId: $locationId, first: $first) {
    startsAt endsAt location { id }
  }
}
"""


@dataclass(frozen=True)
class Practice:
    """A clinic with what appointments need."""

    clinic: Clinic
    practitioner: UUID
    location: UUID
    type: str
    reception: Caller

    async def know(self, *rows: Model) -> None:
        """What is there already, of one's own or by other domains' events; each after what it refers to."""
        async with stored(self.clinic.service("appointments").runtime.database) as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def patient(self) -> tuple[UUID, Caller]:
        """A registered patient and their account."""
        identifier = new_id()
        await self.know(Patient(id=identifier))
        return identifier, self.clinic.caller("PATIENT", patient=identifier)

    async def another_practitioner(self) -> UUID:
        """One more practitioner at the location, with the same hours."""
        identifier = new_id()
        await self.know(*_practitioner(identifier, self.location))
        return identifier

    async def save_schedule(self, **fields: Any) -> dict[str, Any]:
        """The answer of `saveSchedule`."""
        return await answer(self.reception, SAVE_SCHEDULE, **fields)

    async def save_type(self, code: str, minutes: int, **fields: Any) -> str:
        """The id of a new type of appointment."""
        coding = {"system": SERVICE_TYPE, "code": code, "display": code}
        saved = await answer(self.reception, SAVE_TYPE, code=coding, minutes=minutes, **fields)
        return str(saved["appointmentType"]["id"])

    def wish(self, patient: UUID, starts_at: datetime, **fields: Any) -> dict[str, Any]:
        """The input of `bookAppointment`."""
        return {
            "patientId": str(patient),
            "practitionerId": str(self.practitioner),
            "locationId": str(self.location),
            "typeId": self.type,
            "startsAt": starts_at.isoformat(),
        } | fields

    async def open_only(self, starts: str, ends: str, day: int = 3) -> None:
        """Let the practitioner be there for some hours of a day alone, and neither the day before nor after."""
        whose, here = {"practitionerId": str(self.practitioner)}, {"locationId": str(self.location)}
        away = {"fromDay": f"{at(day - 1, 0):%F}", "untilDay": f"{at(day + 1, 0):%F}"}
        there = {"fromDay": f"{at(day, 0):%F}", "untilDay": f"{at(day, 0):%F}"}
        await answer(self.reception, ADD_EXCEPTION, **whose, **away, kind="CLOSED")
        await answer(self.reception, ADD_EXCEPTION, **whose, **here, **there, kind="EXTRA", starts=starts, ends=ends)

    def waiting(self, patient: UUID) -> dict[str, Any]:
        """The input of `joinWaitlist`, for the three days from the day after tomorrow."""
        return {
            "patientId": str(patient),
            "practitionerId": str(self.practitioner),
            "typeId": self.type,
            "fromDay": f"{at(2, 0):%F}",
            "untilDay": f"{at(4, 0):%F}",
        }

    async def book(self, caller: Caller, patient: UUID, starts_at: datetime, **fields: Any) -> dict[str, Any]:
        """The answer of `bookAppointment`."""
        return await answer(caller, BOOK, **self.wish(patient, starts_at, **fields))

    async def booked(self, caller: Caller, patient: UUID, starts_at: datetime, **fields: Any) -> dict[str, Any]:
        """A new appointment."""
        result = await self.book(caller, patient, starts_at, **fields)
        assert result["__typename"] == "BookAppointmentSuccess", result
        appointment: dict[str, Any] = result["appointment"]
        return appointment

    async def slots(self, caller: Caller, since: datetime, before: datetime, **variables: Any) -> list[datetime]:
        """When the free slots begin, by the clock at the location."""
        data = await caller.data(
            FREE_SLOTS,
            **{"practitionerId": str(self.practitioner), "typeId": self.type}
            | {"from": since.isoformat(), "to": before.isoformat()}
            | variables,
        )
        return [datetime.fromisoformat(slot["startsAt"]).astimezone(ZONE) for slot in data["freeSlots"]]

    async def published(self) -> list[tuple[str, dict[str, Any]]]:
        """The events so far: what happened, and their data; not the looks, of which is told later."""
        published = [(event.type.split(".")[2], event.data) for event in await self.clinic.published("appointments")]
        return [(kind, data) for kind, data in published if kind != "patient-data-read"]


def change(name: str, asked: str, *, versioned: bool = False) -> str:
    """A mutation by its name, such as `CancelAppointment`, with what is asked of its success."""
    conflict = "... on VersionConflict { currentVersion }" if versioned else ""
    return f"""
        mutation($input: {name}Input!) {{
          {name[0].lower()}{name[1:]}(input: $input) {{
            __typename
            ... on {name}Success {{ {asked} }}
            ... on UserError {{ code message }}
            ... on InvalidInput {{ fields {{ path code message }} }}
            {conflict}
          }}
        }}
    """


async def answer(caller: Caller, mutation: str, **fields: Any) -> dict[str, Any]:
    """The answer of a mutation with one input."""
    (result,) = (await caller.data(mutation, input=fields)).values()
    assert isinstance(result, dict)
    return result


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A time by the clock at the location, some days from today."""
    day = datetime.now(ZONE).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), ZONE)


def utc(moment: datetime) -> str:
    """As answers have it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.fixture
def services() -> tuple[str, ...]:
    """What runs in these tests."""
    return ("appointments",)


def _practitioner(identifier: UUID, location: UUID) -> list[Model]:
    """Someone with hours from 08:00 to 16:00 every day, whose appointments begin every half hour."""
    schedule = Schedule(practitioner_id=identifier, location_id=location, slot_interval_minutes=30)
    hours = [WeeklyHours(schedule_id=schedule.id, weekday=day, starts=time(8), ends=time(16)) for day in range(1, 8)]
    return [Practitioner(id=identifier), schedule, *hours]


@pytest.fixture
async def practice(clinic: Clinic) -> AsyncIterator[Practice]:
    """One practitioner, open every day from 08:00 to 16:00 in Berlin, for consultations of 30 minutes."""
    practitioner, location = new_id(), Location(time_zone=ZONE.key)
    kind = AppointmentType(system=SERVICE_TYPE, code="consultation", display="Consultation", minutes=30)
    opened = Practice(clinic, practitioner, location.id, str(kind.id), clinic.caller("RECEPTIONIST"))
    await opened.know(location, kind, *_practitioner(practitioner, location.id))
    yield opened
