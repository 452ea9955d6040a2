"""Refusals: all that is wrong at once, and in the language that is asked for."""

from tests.appointments.conftest import SERVICE_TYPE, Practice, answer, at, change

SAVE_SCHEDULE, SAVE_TYPE = (
    change("SaveSchedule", "schedule { id }"),
    change("SaveAppointmentType", "appointmentType { id }"),
)
ADD_EXCEPTION = change("AddScheduleException", "scheduleException { id }")


async def test_all_that_is_wrong_is_told_at_once(practice: Practice) -> None:
    hours = [
        {"weekday": 8, "starts": "09:00", "ends": "08:00"},
        {"weekday": 1, "starts": "08:00", "ends": "00:00", "validFrom": "2027-01-02", "validUntil": "2027-01-01"},
    ]
    schedule = {"practitionerId": "nobody", "locationId": f"Patient:{practice.location}", "hours": hours}
    refused = await answer(practice.reception, SAVE_SCHEDULE, **schedule)
    assert [(".".join(each["path"]), each["code"]) for each in refused["fields"]] == [
        ("practitionerId", "INVALID_ID"),
        ("locationId", "INVALID_ID"),
        ("hours.0.weekday", "TOO_LARGE"),
        ("hours.0.ends", "HOURS_ORDER"),
        ("hours.1.validUntil", "VALIDITY_ORDER"),
    ]
    refused = await answer(practice.reception, SAVE_SCHEDULE, **schedule | {"hours": hours[:1] * 51})
    assert (refused["fields"][-1]["path"], refused["fields"][-1]["code"]) == (["hours"], "TOO_MANY_ITEMS")

    coding = {"system": SERVICE_TYPE, "code": " "}
    refused = await answer(practice.reception, SAVE_TYPE, code=coding, minutes=4, beforeMinutes=-1, afterMinutes=121)
    assert [(".".join(each["path"]), each["code"]) for each in refused["fields"]] == [
        ("code.code", "TEXT_LENGTH"),
        ("minutes", "TOO_SMALL"),
        ("beforeMinutes", "TOO_SMALL"),
        ("afterMinutes", "TOO_LARGE"),
    ]


async def test_refusals_are_in_the_language_that_is_asked_for(practice: Practice) -> None:
    (patient, account), (other, another) = await practice.patient(), await practice.patient()
    await practice.booked(account, patient, at(3, 10))
    german = practice.clinic.caller("PATIENT", patient=other).with_headers(**{"accept-language": "de"})
    taken = await practice.book(german, other, at(3, 10))
    assert taken["message"] == "Dieser Termin wurde soeben vergeben: Wählen Sie einen anderen."
    assert (await practice.book(another, other, at(3, 10)))["message"].startswith("The slot has just been taken")
    reception = practice.clinic.caller("RECEPTIONIST").with_headers(**{"accept-language": "de-AT"})
    days = {"fromDay": f"{at(5, 0):%F}", "untilDay": f"{at(4, 0):%F}", "kind": "CLOSED"}
    (wrong,) = (await answer(reception, ADD_EXCEPTION, practitionerId=str(practice.practitioner), **days))["fields"]
    assert wrong["message"] == "Der letzte Tag liegt nicht vor dem ersten und höchstens 366 Tage danach."
