"""Reporting, as analysts use it: events go in at the topics, figures come out of the graph."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from shared.events.event import CloudEvent
from shared.ids import global_id, new_id
from subgraphs.appointments import events as appointments
from subgraphs.patients import events as patients
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.reporting.tables import consumed, rebuild, tables

APPOINTMENTS = """
query Report($period: ReportPeriodInput!, $groupBy: [AppointmentGrouping!]!, $filter: AppointmentReportFilterInput,
             $first: Int! = 20, $after: String) {
  appointmentReport(period: $period, groupBy: $groupBy, filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      day status count noShowCount noShowRate
      practitioner { id name { text } } location { id name }
      leadTime { averageHours medianHours p90Hours }
    }
  }
}
"""
REGISTRATIONS = """
query Report($period: ReportPeriodInput!, $groupBy: [RegistrationGrouping!]!) {
  registrationReport(period: $period, groupBy: $groupBy) { nodes { day way count } }
}
"""
MAY = {"first": "2026-05-01", "last": "2026-05-31"}
ANNA, BERT = new_id(), new_id()
NORTH, SOUTH = new_id(), new_id()


def fact(
    kind: type[Any],
    status: str,
    *,
    starts: str = "2026-05-04T09:00",
    practitioner: UUID = ANNA,
    location: UUID = NORTH,
    lead_hours: float = 24,
    key: UUID | None = None,
    **more: Any,
) -> Any:
    """An event about an appointment."""
    begin = datetime.fromisoformat(starts).replace(tzinfo=UTC)
    return kind(
        appointment_id=key or new_id(),
        patient_id=new_id(),
        practitioner_id=practitioner,
        location_id=location,
        starts_at=begin,
        ends_at=begin + timedelta(minutes=30),
        status=status,
        type_system="http://terminology.hl7.org/CodeSystem/v2-0276",
        type_code="ROUTINE",
        booked_at=begin - timedelta(hours=lead_hours),
        occurred_at=begin,
        **more,
    )


def booked(**fields: Any) -> Any:
    return fact(appointments.AppointmentBooked, "BOOKED", **fields)


async def report(clinic: Clinic, *group_by: str, **variables: Any) -> dict[str, Any]:
    analyst = clinic.caller("ANALYST")
    data = await analyst.data(APPOINTMENTS, **({"period": MAY, "groupBy": list(group_by)} | variables))
    result: dict[str, Any] = data["appointmentReport"]
    return result


def total(clinic: Clinic, count: int) -> Callable[[], Any]:
    """Whether so many appointments are counted in May."""

    async def counted() -> bool:
        return bool((await report(clinic))["nodes"][0]["count"] == count)

    return counted


async def test_appointments_by_group(clinic: Clinic) -> None:
    moved, missed = new_id(), new_id()
    await clinic.publish(
        booked(key=moved, lead_hours=10),
        fact(
            appointments.AppointmentRescheduled,
            "BOOKED",
            key=moved,
            starts="2026-05-05T09:00",
            lead_hours=34,
            previous_starts_at=datetime(2026, 5, 4, 9, tzinfo=UTC),
            previous_practitioner_id=ANNA,
            previous_location_id=NORTH,
        ),
        booked(key=missed, practitioner=BERT, location=SOUTH, lead_hours=2),
        fact(appointments.AppointmentNoShow, "NO_SHOW", key=missed, practitioner=BERT, location=SOUTH, lead_hours=2),
        fact(appointments.AppointmentCompleted, "COMPLETED", practitioner=BERT, location=SOUTH, lead_hours=4),
        fact(appointments.AppointmentRecorded, "COMPLETED", practitioner=BERT, starts="2026-05-04T23:30", lead_hours=0),
        fact(
            appointments.AppointmentCancelled,
            "CANCELLED",
            starts="2026-06-01T09:00",
            cancelled_by="patient",
            reason_code="OTHER",
        ),
    )
    await clinic.until(total(clinic, 4))

    (whole,) = (await report(clinic))["nodes"]
    assert (whole["noShowCount"], whole["noShowRate"]) == (1, pytest.approx(1 / 3))
    assert whole["leadTime"] == {
        "averageHours": pytest.approx(40 / 3),
        "medianHours": pytest.approx(4),
        "p90Hours": pytest.approx(28),
    }
    assert [(node["day"], node["count"]) for node in (await report(clinic, "DAY"))["nodes"]] == [
        ("2026-05-04", 3),
        ("2026-05-05", 1),
    ]
    berlin = await report(clinic, "DAY", period=MAY | {"timeZone": "Europe/Berlin"})
    assert [(node["day"], node["count"]) for node in berlin["nodes"]] == [("2026-05-04", 2), ("2026-05-05", 2)]
    by_status = {node["status"]: node["count"] for node in (await report(clinic, "STATUS"))["nodes"]}
    assert by_status == {"BOOKED": 1, "COMPLETED": 2, "NO_SHOW": 1}
    by_place = await report(clinic, "PRACTITIONER", "LOCATION")
    anna, bert = global_id("Practitioner", ANNA), global_id("Practitioner", BERT)
    north, south = global_id("Location", NORTH), global_id("Location", SOUTH)
    assert {(node["practitioner"]["id"], node["location"]["id"]): node["count"] for node in by_place["nodes"]} == {
        (anna, north): 1,
        (bert, south): 2,
        (bert, north): 1,
    }
    (there,) = (await report(clinic, filter={"locationId": south, "statuses": ["COMPLETED"]}))["nodes"]
    assert (there["count"], there["noShowRate"], there["leadTime"]["averageHours"]) == (1, 0, pytest.approx(4))
    (nothing,) = (await report(clinic, filter={"practitionerId": str(new_id())}))["nodes"]
    assert (nothing["count"], nothing["noShowRate"], nothing["leadTime"]) == (0, None, None)


async def test_a_visit_that_says_little_is_counted(clinic: Clinic) -> None:
    known: dict[str, Any] = {"appointment_id": new_id(), "patient_id": new_id(), "status": "COMPLETED"}
    unknown: dict[str, Any] = dict.fromkeys(("practitioner_id", "location_id", "ends_at", "type_system", "type_code"))
    begin = datetime(2026, 5, 4, 9, tzinfo=UTC)
    await clinic.publish(appointments.VisitRecorded(**known, **unknown, starts_at=begin, occurred_at=begin))
    await clinic.until(total(clinic, 1))
    (node,) = (await report(clinic, "PRACTITIONER", "LOCATION"))["nodes"]
    assert (node["count"], node["practitioner"], node["location"]) == (1, None, None)

    await clinic.publish(booked())
    await clinic.until(total(clinic, 2))
    pages = [await report(clinic, "LOCATION", "STATUS", first=1)]
    pages.append(await report(clinic, "LOCATION", "STATUS", first=1, after=pages[0]["pageInfo"]["endCursor"]))
    locations = [node["location"] and node["location"]["id"] for page in pages for node in page["nodes"]]
    assert locations == [None, global_id("Location", NORTH)]


async def test_a_no_show_that_was_taken_back_is_none(clinic: Clinic) -> None:
    missed, kept = new_id(), new_id()
    await clinic.publish(
        *(fact(appointments.AppointmentNoShow, "NO_SHOW", key=key) for key in (missed, kept)),
        fact(
            appointments.AppointmentStatusReverted,
            "BOOKED",
            key=missed,
            previous_status="NO_SHOW",
            reason_code="PATIENT_ARRIVED",
        ),
        booked(),
    )
    await clinic.until(total(clinic, 3))
    await clinic.until(lambda: counted_no_shows(clinic, 1))
    await clinic.publish(fact(appointments.AppointmentCompleted, "COMPLETED", key=missed))

    async def seen() -> bool:
        return bool((await report(clinic))["nodes"][0]["noShowRate"] == pytest.approx(1 / 2))

    await clinic.until(seen)


async def counted_no_shows(clinic: Clinic, count: int) -> bool:
    """Whether so many no-shows are counted in May."""
    return bool((await report(clinic))["nodes"][0]["noShowCount"] == count)


async def test_pages_of_groups(clinic: Clinic) -> None:
    days = [f"2026-05-{day:02}T09:00" for day in range(1, 8)]
    people = (ANNA, BERT)
    await clinic.publish(*(booked(starts=day, practitioner=person) for day in days for person in people))
    await clinic.until(total(clinic, 14))
    found: list[tuple[str, str]] = []
    after, more = None, True
    while more:
        page = await report(clinic, "DAY", "PRACTITIONER", first=4, after=after)
        assert page["totalCount"] == 14
        found += [(node["day"], node["practitioner"]["id"]) for node in page["nodes"]]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    assert found == [(day[:10], global_id("Practitioner", person)) for day in days for person in sorted(people)]
    for wrong in ("no cursor", after):
        answer = await clinic.caller("ANALYST").execute(APPOINTMENTS, period=MAY, groupBy=["STATUS"], after=wrong)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_registrations_without_merged_duplicates(clinic: Clinic) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    survivor, merged, late = new_id(), new_id(), new_id()
    await clinic.publish(
        patients.PatientRegistered(patient_id=survivor, how=patients.How.SELF, registered_at=noon),
        patients.PatientRegistered(patient_id=merged, how=patients.How.STAFF, registered_at=noon),
        patients.PatientMerged(patient_id=survivor, merged_patient_id=merged),
        patients.PatientMerged(patient_id=survivor, merged_patient_id=late),
        patients.PatientRegistered(patient_id=late, how=patients.How.STAFF, registered_at=noon),
        patients.PatientRegistered(
            patient_id=new_id(), how=patients.How.IMPORT, registered_at=noon + timedelta(days=1)
        ),
    )

    await consumed(clinic, 6)
    data = await clinic.caller("ANALYST").data(REGISTRATIONS, period=MAY, groupBy=["DAY", "WAY"])
    assert data["registrationReport"]["nodes"] == [
        {"day": "2026-05-04", "way": "SELF", "count": 1},
        {"day": "2026-05-05", "way": "IMPORT", "count": 1},
    ]


async def test_only_those_with_the_scope_see_figures_and_bad_periods_are_refused(clinic: Clinic) -> None:
    period = {"period": MAY, "groupBy": ["DAY"]}
    for role in ("DOCTOR", "PATIENT", "RECEPTIONIST", "AUDITOR"):
        answer = await clinic.caller(role).execute(APPOINTMENTS, **period)
        assert answer["data"]["appointmentReport"] is None
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert (await clinic.caller("ADMIN").data(APPOINTMENTS, **period))["appointmentReport"]["nodes"] == []
    for wrong in (
        {"first": "2026-05-02", "last": "2026-05-01"},
        {"first": "2020-01-01", "last": "2026-05-01"},
        {"first": "0001-01-01", "last": "0001-02-01"},
        MAY | {"timeZone": "Mars/Olympus"},
    ):
        answer = await clinic.caller("ANALYST").execute(APPOINTMENTS, period=wrong, groupBy=[])
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_names_come_from_the_directory(clinic: Clinic) -> None:
    saved = await clinic.caller("ADMIN").data(
        """mutation($input: SavePractitionerInput!) { savePractitioner(input: $input) {
             ... on SavePractitionerSuccess { practitioner { id } } } }""",
        input={"family": "Curie", "given": ["Marie"], "prefix": "Dr."},
    )
    doctor = saved["savePractitioner"]["practitioner"]["id"]
    await clinic.publish(booked(practitioner=key_of(doctor)))
    await clinic.until(total(clinic, 1))
    (node,) = (await report(clinic, "PRACTITIONER"))["nodes"]
    assert node["practitioner"] == {"id": doctor, "name": {"text": "Dr. Marie Curie"}}


async def test_the_same_event_counts_once_poison_is_put_aside_and_a_rebuild_gives_the_same(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = clinic.service("reporting").runtime
    twice = CloudEvent.of(booked())
    strange = CloudEvent.of(booked(starts="2026-05-06T09:00"))
    strange.data["status"] = "ABDUCTED"
    await clinic.publish(envelope=twice)
    await clinic.publish(envelope=twice)
    await clinic.publish(envelope=strange)
    await clinic.publish(raw=("appointments", b"{"))
    await clinic.publish(
        booked(starts="2026-05-07T09:00"),
        patients.PatientRegistered(patient_id=new_id(), how=patients.How.SELF, registered_at=datetime.now(UTC)),
    )
    await clinic.until(total(clinic, 2))

    prefix = runtime.settings.kafka_topic_prefix
    kafka = AIOKafkaConsumer(
        f"{prefix}.dead-letter.reporting",
        bootstrap_servers=runtime.settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    async with kafka:
        letters = [await kafka.getone() for _ in range(2)]
    causes = {letter.value: dict(letter.headers)["dead-letter-cause"].decode() for letter in letters}
    assert causes == {
        strange.encode(): "caregraph.appointments.appointment-booked.v1: status (enum)",
        b"{": "not a CloudEvent: not JSON",
    }

    await consumed(clinic, 6)
    before = await tables(clinic)
    assert {name: len(rows) for name, rows in before.items() if rows} == {"appointment_fact": 2, "registration_fact": 1}
    assert "6 events read, 2 of them left out" in await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before
    async with stored(runtime.database) as session:
        await session.execute(text("UPDATE appointment_fact SET status = 'NO_SHOW'"))
    assert "changed" in await rebuild(clinic, monkeypatch, status=1)
    assert await tables(clinic) == before
    await clinic.publish(booked(starts="2026-05-08T09:00"))
    await clinic.until(total(clinic, 3))


async def test_how_far_ahead_one_books_at_a_location_is_told_to_patients_unless_it_would_tell_of_few(
    clinic: Clinic,
) -> None:
    now = datetime.now(UTC)

    def ahead(
        location: UUID, hours: float, *, days_ago: int = 1, kind: type[Any] = appointments.AppointmentBooked
    ) -> Any:
        starts = now - timedelta(days=days_ago) + timedelta(hours=hours)
        return fact(kind, "BOOKED", starts=f"{starts:%Y-%m-%dT%H:%M}", location=location, lead_hours=hours)

    north, south = [await location(clinic, name) for name in ("North", "South")]
    await clinic.publish(
        *(ahead(north, hours) for hours in range(10, 110, 10)),
        *(ahead(south, hours) for hours in range(10, 100, 10)),
        ahead(south, 10, days_ago=120),
        ahead(south, 2200, days_ago=100),
        ahead(south, 10, kind=appointments.AppointmentRecorded),
    )
    wide = {"first": f"{now - timedelta(days=365):%Y-%m-%d}", "last": f"{now + timedelta(days=365):%Y-%m-%d}"}

    async def all_counted() -> bool:
        return bool((await report(clinic, period=wide))["nodes"][0]["count"] == 22)

    await clinic.until(all_counted)
    for role in ("PATIENT", "RECEPTIONIST"):
        with clinic.statements("reporting") as statements:
            found = await clinic.caller(role).data("{ locations { nodes { name leadTime { medianHours p90Hours } } } }")
        assert len(statements) == 1
        assert found["locations"]["nodes"] == [
            {"name": "North", "leadTime": {"medianHours": pytest.approx(55), "p90Hours": pytest.approx(91)}},
            {"name": "South", "leadTime": None},
        ]
    outsider = clinic.caller(scopes=["appointment:read"])
    answer = await clinic.entities("reporting", outsider, "Location", [north], "leadTime { medianHours }")
    assert answer["data"]["_entities"] == [{"leadTime": None}]
    assert answer["errors"]


async def location(clinic: Clinic, name: str) -> UUID:
    """The key of a new location."""
    saved = await clinic.caller("ADMIN").data(
        """mutation($input: SaveLocationInput!) { saveLocation(input: $input) {
             ... on SaveLocationSuccess { location { id } } } }""",
        input={"name": name, "address": {"line": ["Weg 1"], "city": "Bremen", "country": "DE"}, "timeZone": "UTC"},
    )
    return key_of(saved["saveLocation"]["location"]["id"])
