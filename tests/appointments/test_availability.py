"""Availability: hours, exceptions, types, and the free slots that come of them."""

from shared.ids import new_id
from subgraphs.appointments.models import Location, Practitioner
from tests.appointments.conftest import ADD_EXCEPTION, FREE_SLOTS, SAVE_TYPE, SERVICE_TYPE, Practice, answer, at
from tests.harness.caller import Caller
from tests.harness.databases import stored

REMOVE_EXCEPTION = """
mutation($input: RemoveScheduleExceptionInput!) {
  removeScheduleException(input: $input) { __typename ... on UserError { code } }
}
"""


async def test_free_slots_are_hours_less_exceptions_less_bookings(practice: Practice) -> None:
    patient, account = await practice.patient()
    await _bounds(practice, account)
    day = (at(5, 0), at(6, 0))
    free = await practice.slots(account, *day)
    assert (len(free), free[0], free[-1]) == (16, at(5, 8), at(5, 15, 30))
    await practice.booked(account, patient, at(5, 9))
    assert at(5, 9) not in await practice.slots(account, *day)

    here, whose = {"locationId": str(practice.location)}, {"practitionerId": str(practice.practitioner)}
    days = {"fromDay": f"{at(5, 0):%F}", "untilDay": f"{at(5, 0):%F}"}
    lunch = await answer(
        practice.reception, ADD_EXCEPTION, **whose, **days, kind="CLOSED", starts="12:00", ends="13:00"
    )
    await answer(practice.reception, ADD_EXCEPTION, **whose, **here, **days, kind="EXTRA", starts="18:00", ends="19:00")
    free = await practice.slots(account, *day)
    assert (len(free), free[-2:]) == (16 - 1 - 2 + 2, [at(5, 18), at(5, 18, 30)])
    assert not {at(5, 12), at(5, 12, 30)} & set(free)
    removed = await answer(practice.reception, REMOVE_EXCEPTION, id=lunch["scheduleException"]["id"])
    assert removed["__typename"] == "RemoveScheduleExceptionSuccess"
    await answer(practice.reception, ADD_EXCEPTION, **whose, **days, kind="CLOSED")
    assert await practice.slots(account, *day) == [at(5, 18), at(5, 18, 30)], "extra hours count all the same"
    query = "query($id: ID!) { scheduleExceptions(practitionerId: $id) { nodes { kind starts location { id } } } }"
    listed = await account.data(query, id=str(practice.practitioner))
    assert {item["kind"] for item in listed["scheduleExceptions"]["nodes"]} == {"CLOSED", "EXTRA"}

    for problem, path, code in (
        ({"kind": "EXTRA"}, "starts", "EXTRA_WITHOUT_HOURS"),
        ({"kind": "EXTRA", "locationId": None, "starts": "10:00", "ends": "11:00"}, "kind", "EXTRA_WITHOUT_LOCATION"),
        ({"kind": "CLOSED", "starts": "10:00"}, "ends", "HOURS_INCOMPLETE"),
        ({"kind": "CLOSED", "starts": "10:00", "ends": "09:00"}, "ends", "HOURS_ORDER"),
        ({"kind": "CLOSED", "untilDay": f"{at(4, 0):%F}"}, "untilDay", "DAYS_ORDER"),
    ):
        wrong = await answer(practice.reception, ADD_EXCEPTION, **whose | here | days | problem)
        assert wrong.get("fields") == [{"path": [path], "code": code}], problem


async def test_a_location_is_closed_for_all_who_are_there(practice: Practice) -> None:
    _, account = await practice.patient()
    other, day = await practice.another_practitioner(), (at(5, 0), at(6, 0))
    here = {"locationId": str(practice.location), "fromDay": f"{at(5, 0):%F}", "untilDay": f"{at(5, 0):%F}"}
    extra = {"practitionerId": str(other), "kind": "EXTRA", "starts": "08:00", "ends": "20:00"}
    await answer(practice.reception, ADD_EXCEPTION, **here, **extra)
    closed = await answer(practice.reception, ADD_EXCEPTION, **here, kind="CLOSED")
    assert closed["scheduleException"]["practitioner"] is None
    for key in (practice.practitioner, other):
        assert await practice.slots(account, *day, practitionerId=str(key)) == []
    query = "query($id: ID!) { scheduleExceptions(locationId: $id) { nodes { kind practitioner { id } } } }"
    listed = (await account.data(query, id=here["locationId"]))["scheduleExceptions"]["nodes"]
    assert {"kind": "CLOSED", "practitioner": None} in listed
    doctor = practice.clinic.caller("DOCTOR", practitioner=practice.practitioner)
    assert (await answer(doctor, ADD_EXCEPTION, **here, kind="CLOSED"))["code"] == "NOT_FOUND"
    nothing = await answer(practice.reception, ADD_EXCEPTION, **here | {"locationId": None}, kind="CLOSED")
    assert nothing["fields"] == [{"path": ["locationId"], "code": "CLOSURE_OF_NOTHING"}]
    await answer(practice.reception, REMOVE_EXCEPTION, id=closed["scheduleException"]["id"])
    assert len(await practice.slots(account, *day, practitionerId=str(other))) == 24


async def test_hours_are_saved_as_a_whole_by_those_who_plan(practice: Practice) -> None:
    own = practice.clinic.caller("DOCTOR", practitioner=practice.practitioner)
    fields = {"practitionerId": str(practice.practitioner), "locationId": str(practice.location)}
    hours = [{"weekday": 1, "starts": "22:00", "ends": "00:00", "validFrom": "2027-01-01"}]
    query = """query($id: ID!) { schedules(practitionerId: $id) { version timeZone practitioner { id } location { id }
      hours { weekday starts ends validFrom } } }"""
    (before,) = (await own.data(query, id=fields["practitionerId"]))["schedules"]
    assert (before["version"], before["timeZone"], len(before["hours"])) == (1, "Europe/Berlin", 7)
    stale = await practice.save_schedule(**fields, hours=hours)
    assert (stale["code"], stale["currentVersion"]) == ("VERSION_CONFLICT", 1)
    saved = await practice.save_schedule(**fields, version=1, hours=hours)
    assert saved["schedule"]["hours"] == [
        {"weekday": 1, "starts": "22:00:00", "ends": "00:00:00", "validFrom": "2027-01-01"}
    ]
    for wrong, path in (
        ({"weekday": 8, "starts": "08:00", "ends": "09:00"}, ["hours", "0", "weekday"]),
        ({"weekday": 1, "starts": "09:00", "ends": "08:00"}, ["hours", "0", "ends"]),
    ):
        assert (await practice.save_schedule(**fields, version=2, hours=[wrong]))["fields"] == [{"path": path}]
    assert (await practice.save_schedule(**fields | {"locationId": str(new_id())}, hours=[]))["code"] == "NOT_FOUND"

    # A doctor plans for themselves, and for nobody else; a patient not at all.
    day = {"fromDay": f"{at(5, 0):%F}", "untilDay": f"{at(5, 0):%F}", "kind": "CLOSED"}
    other = await practice.another_practitioner()
    mine = await answer(own, ADD_EXCEPTION, practitionerId=fields["practitionerId"], **day)
    assert mine["__typename"] == "AddScheduleExceptionSuccess"
    assert (await answer(own, ADD_EXCEPTION, practitionerId=str(other), **day))["code"] == "NOT_FOUND"
    coding = {"system": "urn:x", "code": "x"}
    assert (await answer(own, SAVE_TYPE, code=coding, minutes=10))["code"] == "NOT_FOUND"
    _, account = await practice.patient()
    denied = await account.execute(ADD_EXCEPTION, input={"practitionerId": str(other), **day})
    assert denied["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"


async def test_types_say_how_long_it_takes(practice: Practice) -> None:
    patient, account = await practice.patient()
    long = await practice.save_type("surgery", 45, beforeMinutes=10, afterMinutes=5)
    assert (await practice.slots(account, at(3, 0), at(4, 0), typeId=long))[:2] == [at(3, 8, 30), at(3, 9)]
    await practice.booked(account, patient, at(3, 8, 30), typeId=long)
    assert (await practice.slots(account, at(3, 0), at(4, 0)))[0] == at(3, 9, 30), "occupied from 08:20 to 09:20"
    listed = (await account.data("{ appointmentTypes { code { code } minutes } }"))["appointmentTypes"]
    assert listed == [{"code": {"code": "consultation"}, "minutes": 30}, {"code": {"code": "surgery"}, "minutes": 45}]
    coding = {"system": SERVICE_TYPE, "code": "surgery"}
    twice = await answer(practice.reception, SAVE_TYPE, code=coding, minutes=10)
    assert twice["fields"] == [{"path": ["code"]}]
    wrong = await answer(practice.reception, SAVE_TYPE, code=coding, minutes=4)
    assert wrong["fields"] == [{"path": ["minutes"]}]
    ended = await answer(practice.reception, SAVE_TYPE, id=long, version=1, code=coding, minutes=45, active=False)
    assert ended["appointmentType"]["version"] == 2
    assert (await practice.book(account, patient, at(3, 10), typeId=long))["code"] == "NOT_FOUND"


async def test_free_slots_of_many_practitioners_cost_as_much_as_of_one(practice: Practice) -> None:
    _, account = await practice.patient()
    people = [practice.practitioner, *[await practice.another_practitioner() for _ in range(4)]]
    left = await practice.another_practitioner()
    closed = Location(id=new_id(), time_zone="UTC", active=False)
    await practice.know(closed)
    hours = [{"weekday": day, "starts": "06:00", "ends": "22:00"} for day in range(1, 8)]
    await practice.save_schedule(practitionerId=str(people[0]), locationId=str(closed.id), hours=hours)
    async with stored(practice.clinic.service("appointments").runtime.database) as session:
        (await session.get_one(Practitioner, left)).active = False
    period = f'from: "{at(4, 0).isoformat()}", to: "{at(5, 0).isoformat()}"'
    with practice.clinic.statements("appointments") as statements:
        found = await practice.clinic.entities(
            "appointments",
            account,
            "Practitioner",
            [*people, left],
            f'id freeSlots(typeId: "{practice.type}", {period}) {{ startsAt location {{ id }} }}',
        )
    assert "errors" not in found, found
    assert [len(item["freeSlots"]) for item in found["data"]["_entities"]] == [16] * 5 + [0]
    assert len(statements) == 4, "the one that reads busy times enters that as well"


async def _bounds(practice: Practice, account: Caller) -> None:
    assert len(await practice.slots(account, at(1, 0), at(3, 0), first=3)) == 3
    assert await practice.slots(account, at(-9, 0), at(-1, 0)) == []
    for name in ("typeId", "locationId", "practitionerId"):
        known = {"practitionerId": str(practice.practitioner), "typeId": practice.type}
        period = {"from": at(1, 0).isoformat(), "to": at(3, 0).isoformat()}
        unknown = (await account.execute(FREE_SLOTS, **known | period | {name: str(new_id())}))["errors"][0][
            "extensions"
        ]
        assert unknown["code"] == "BAD_USER_INPUT"
        assert [(each["path"], each["code"]) for each in unknown["problems"]] == [([name], "NOT_FOUND")]
    nowhere = await account.execute(f'{{ schedules(practitionerId: "Location:{practice.location}") {{ id }} }}')
    assert nowhere["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    for since, before, first in ((1, 64, 10), (3, 1, 10), (1, 2, 501)):
        variables = {"from": at(since, 0).isoformat(), "to": at(before, 0).isoformat(), "first": first}
        refused = await account.execute(
            FREE_SLOTS, **{"practitionerId": str(practice.practitioner), "typeId": practice.type} | variables
        )
        assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
