"""The first free slots of whoever practises a specialty, in a language, near a place."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ids import new_id
from subgraphs.appointments.finding import MOST_PRACTITIONERS, haversine
from subgraphs.appointments.models import Location, Practitioner, Schedule, WeeklyHours
from subgraphs.appointments.models import Practice as Practises
from tests.appointments.conftest import Practice, at
from tests.harness.databases import stored
from tests.harness.ids import key_of

FIND_SLOTS = """
query($specialty: String!, $typeId: ID!, $near: NearInput, $locationIds: [ID!], $languages: [String!],
      $from: DateTime!, $to: DateTime!, $first: Int! = 100) {
  findSlots(specialty: $specialty, typeId: $typeId, near: $near, locationIds: $locationIds, languages: $languages,
            from: $from, to: $to, first: $first) {
    startsAt practitioner { id } location { id } distanceKm
  }
}
"""
BREMEN, HAMBURG = (53.0793, 8.8017), (53.5511, 9.9937)
NEAR_BREMEN = {"latitude": 53.1, "longitude": 8.8, "withinKm": 50}
CARDIOLOGY, DERMATOLOGY = "207RC0000X", "207N00000X"


def practising(practitioner: UUID, code: str, location: UUID | None = None) -> Practises:
    return Practises(
        practitioner_id=practitioner, specialty_system="urn:nucc", specialty_code=code, location_id=location
    )


def asked(practice: Practice, **variables: Any) -> dict[str, Any]:
    period = {"from": at(3, 0).isoformat(), "to": at(4, 0).isoformat()}
    return {"specialty": CARDIOLOGY, "typeId": practice.type} | period | variables


async def found(practice: Practice, **variables: Any) -> list[tuple[datetime, UUID, UUID, float | None]]:
    _, account = await practice.patient()
    slots = (await account.data(FIND_SLOTS, **asked(practice, **variables)))["findSlots"]
    return [
        (
            datetime.fromisoformat(slot["startsAt"]),
            key_of(slot["practitioner"]["id"]),
            key_of(slot["location"]["id"]),
            slot["distanceKm"],
        )
        for slot in slots
    ]


async def set_up(practice: Practice) -> tuple[UUID, UUID, Location]:
    """One cardiologist in Bremen from 08:00 on, one in Hamburg from 07:00 on, who is a dermatologist in Bremen."""
    hamburg = Location(time_zone="Europe/Berlin", latitude=HAMBURG[0], longitude=HAMBURG[1])
    other = await practice.another_practitioner()
    schedule = Schedule(practitioner_id=other, location_id=hamburg.id, slot_interval_minutes=30)
    hours = [WeeklyHours(schedule_id=schedule.id, weekday=day, starts=time(7), ends=time(8)) for day in range(1, 8)]
    roles = practising(practice.practitioner, CARDIOLOGY), practising(other, CARDIOLOGY, hamburg.id)
    await practice.know(hamburg, schedule, *hours, *roles, practising(other, DERMATOLOGY, practice.location))
    async with stored(practice.clinic.service("appointments").runtime.database) as session:
        here = await session.get_one(Location, practice.location)
        here.latitude, here.longitude = BREMEN
        (await session.get_one(Practitioner, practice.practitioner)).languages = ["de"]
        (await session.get_one(Practitioner, other)).languages = ["sv", "en"]
    return practice.practitioner, other, hamburg


async def test_whoever_practises_it_is_found_in_order_of_time(practice: Practice) -> None:
    one, other, hamburg = await set_up(practice)
    all_slots = await found(practice)
    assert [(slot[0], slot[1]) for slot in all_slots[:3]] == [(at(3, 7), other), (at(3, 7, 30), other), (at(3, 8), one)]
    assert {(who, where) for _, who, where, _ in all_slots} == {(one, practice.location), (other, hamburg.id)}
    assert {distance for *_, distance in all_slots} == {None}
    assert [slot[0] for slot in all_slots] == sorted(slot[0] for slot in all_slots)
    assert {who for _, who, _, _ in await found(practice, specialty=DERMATOLOGY)} == {other}
    assert {who for _, who, _, _ in await found(practice, languages=["fr", "en"])} == {other}
    assert await found(practice, languages=["fr"]) == await found(practice, locationIds=[]) == []
    assert {where for _, _, where, _ in await found(practice, locationIds=[str(hamburg.id)])} == {hamburg.id}
    patient, account = await practice.patient()
    await practice.booked(account, patient, at(3, 8))
    assert [slot[0] for slot in await found(practice, first=3)] == [at(3, 7), at(3, 7, 30), at(3, 8, 30)]


async def test_near_is_by_the_great_circle(practice: Practice) -> None:
    _, _, hamburg = await set_up(practice)
    near = await found(practice, near=NEAR_BREMEN)
    assert {where for _, _, where, _ in near} == {practice.location}
    assert near[0][3] == pytest.approx(2.3, abs=0.1)
    far = await found(practice, near=NEAR_BREMEN | {"withinKm": 100})
    assert far[0][2] == hamburg.id
    assert far[0][3] == pytest.approx(93.8, abs=0.1)
    nowhere = Location(time_zone="UTC")
    await practice.know(nowhere)
    assert await found(practice, near=NEAR_BREMEN, locationIds=[str(nowhere.id)]) == []


async def test_what_is_not_there_is_told_and_the_rest_is_bounded(practice: Practice) -> None:
    await set_up(practice)
    _, account = await practice.patient()
    for wrong, problems in (
        ({"typeId": str(new_id())}, [(["typeId"], "NOT_FOUND")]),
        ({"locationIds": [str(practice.location), str(new_id())]}, [(["locationIds", "1"], "NOT_FOUND")]),
        ({"specialty": "X"}, [(["specialty"], "SPECIALTY_NOT_PRACTISED")]),
        ({"near": NEAR_BREMEN | {"latitude": 91}}, [(["near", "latitude"], "TOO_LARGE")]),
        ({"locationIds": [str(new_id())] * 51}, [(["locationIds"], "TOO_MANY_ITEMS")]),
    ):
        refused = (await account.execute(FIND_SLOTS, **asked(practice, **wrong)))["errors"][0]["extensions"]
        assert refused["code"] == "BAD_USER_INPUT"
        assert [(each["path"], each["code"]) for each in refused["problems"]] == problems
    too_much: list[dict[str, Any]] = [{"first": 501}, {"to": at(66, 0).isoformat()}]
    for bound in too_much:
        refused = (await account.execute(FIND_SLOTS, **asked(practice, **bound)))["errors"][0]["extensions"]
        assert refused["code"] == "BAD_USER_INPUT"
    with practice.clinic.statements("appointments") as statements:
        await account.data(FIND_SLOTS, **asked(practice, near=NEAR_BREMEN))
    assert len(statements) <= 5
    many = [Practitioner() for _ in range(MOST_PRACTITIONERS)]
    schedules = [Schedule(practitioner_id=each.id, location_id=practice.location) for each in many]
    await practice.know(*many, *schedules, *(practising(each.id, CARDIOLOGY) for each in many))
    refused = (await account.execute(FIND_SLOTS, **asked(practice)))["errors"][0]["extensions"]["problems"]
    assert refused[0]["code"] == "TOO_MANY_PRACTITIONERS"


places = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@given(places, places, places)
def test_a_distance_is_one(one: tuple[float, float], other: tuple[float, float], third: tuple[float, float]) -> None:
    assert haversine(one, one) == 0
    assert haversine(one, other) == pytest.approx(haversine(other, one), abs=1e-6)
    assert 0 <= haversine(one, other) <= 20_016
    assert haversine(one, third) <= haversine(one, other) + haversine(other, third) + 1e-3


def test_distances_that_are_known() -> None:
    assert haversine((0, 0), (0, 90)) == pytest.approx(10_007.56, abs=0.1)
    assert haversine((90, 0), (-90, 0)) == pytest.approx(20_015.11, abs=0.1)
    assert haversine((51.4775, -0.4614), (40.6413, -73.7781)) == pytest.approx(5_540, abs=5)  # Heathrow, Kennedy
