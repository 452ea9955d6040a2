"""Reporting on the medical record: who asked for access, who opened records in emergencies, and which notes wait."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.events.event import Event
from shared.ids import global_id, new_id
from subgraphs.records import events as records
from tests.harness.clinic import Clinic
from tests.reporting.tables import consumed, rebuild, tables

ACCESS = """
query Report($period: ReportPeriodInput!, $groupBy: [AccessRequestGrouping!]!) {
  recordAccessReport(period: $period, groupBy: $groupBy) {
    totalCount
    nodes {
      day purpose outcome count pendingCount grantedCount refusedCount expiredCount withdrawnCount withdrawnGrantCount
      medianDecisionHours
    }
  }
}
"""
EMERGENCIES = """
query Report($period: ReportPeriodInput!, $groupBy: [EmergencyAccessGrouping!]!, $first: Int, $after: String) {
  emergencyAccessReport(period: $period, groupBy: $groupBy, first: $first, after: $after) {
    totalCount
    pageInfo { endCursor }
    nodes {
      day verdict count justifiedCount notJustifiedCount overdueCount medianReviewHours practitioner { id }
    }
  }
}
"""
NOTES = """
query Report($period: ReportPeriodInput!, $groupBy: [NoteGrouping!]!) {
  noteReport(period: $period, groupBy: $groupBy) {
    nodes { day count signedCount overdueCount medianSignatureHours practitioner { id } }
  }
}
"""
MAY = {"first": "2026-05-01", "last": "2026-05-31"}
MORNING = datetime(2026, 5, 4, 9, tzinfo=UTC)


def asked(purpose: str, *, at: datetime = MORNING) -> records.AccessRequested:
    """That somebody asked for access."""
    facts: dict[str, Any] = {"practitioner_id": new_id(), "purpose": purpose, "sections": None, "days": 7, "told": []}
    keys = {"access_request_id": new_id(), "patient_id": new_id(), "account_id": new_id()}
    return records.AccessRequested(**keys, **facts, requested_at=at)


def decided(request: records.AccessRequested, outcome: str, hours: float) -> Event:
    """What came of it after some hours."""
    known = request.model_dump(include={"access_request_id", "patient_id", "account_id", "requested_at"})
    decided_at = request.requested_at + timedelta(hours=hours)
    return records.AccessDecided(**known, outcome=outcome, decided_at=decided_at)


def withdrawn(request: records.AccessRequested, previous: str, by: str) -> Event:
    """That a request, or its grant, was withdrawn."""
    known = request.model_dump(include={"access_request_id", "patient_id", "account_id"})
    return records.AccessWithdrawn(
        **known, by=by, previous_status=previous, withdrawn_at=request.requested_at + timedelta(days=2)
    )


def opened(at: datetime, practitioner: UUID | None) -> records.EmergencyOpened:
    """That a record was opened in an emergency."""
    keys = {"emergency_access_id": new_id(), "patient_id": new_id(), "account_id": new_id()}
    times = {"opened_at": at, "expires_at": at + timedelta(hours=1)}
    return records.EmergencyOpened(**keys, practitioner_id=practitioner, told=[], reviewers=[], **times)


def reviewed(emergency: records.EmergencyOpened, verdict: str, hours: float) -> Event:
    """What a review found after some hours."""
    known = emergency.model_dump(include={"emergency_access_id", "patient_id", "account_id", "opened_at"})
    reviewed_at = emergency.opened_at + timedelta(hours=hours)
    return records.EmergencyReviewed(**known, verdict=verdict, reviewed_at=reviewed_at)


async def test_requests_for_access_by_what_became_of_them(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, late = asked("TREAT"), asked("TREAT", at=MORNING + timedelta(days=1))
    kept, ended = asked("TREAT"), asked("COC")
    refused, given_up, unanswered = asked("HLEGAL"), asked("COC"), asked("COC")
    outside = asked("TREAT", at=datetime(2026, 6, 1, tzinfo=UTC))
    requests = [waiting, late, kept, ended, refused, given_up, unanswered, outside]
    answers = [
        decided(late, "GRANTED", 30),
        decided(kept, "GRANTED", 2),
        decided(ended, "GRANTED", 6),
        withdrawn(ended, "GRANTED", "PATIENT"),
        decided(refused, "REFUSED", 8),
        withdrawn(given_up, "PENDING", "REQUESTER"),
        decided(unanswered, "EXPIRED", 14 * 24),
    ]
    await clinic.publish(*requests, *answers)
    await consumed(clinic, 15)
    analyst = clinic.caller("ANALYST")

    async def report(*group_by: str) -> list[dict[str, Any]]:
        data = await analyst.data(ACCESS, period=MAY, groupBy=list(group_by))
        nodes: list[dict[str, Any]] = data["recordAccessReport"]["nodes"]
        assert data["recordAccessReport"]["totalCount"] == len(nodes)
        return nodes

    (whole,) = await report()
    assert {name: value for name, value in whole.items() if value is not None} == {
        "count": 7,
        "pendingCount": 1,
        "grantedCount": 3,
        "refusedCount": 1,
        "expiredCount": 1,
        "withdrawnCount": 1,
        "withdrawnGrantCount": 1,
        "medianDecisionHours": pytest.approx(7),
    }
    days = [(node["day"], node["count"], node["medianDecisionHours"]) for node in await report("DAY")]
    assert days == [("2026-05-04", 6, pytest.approx(6)), ("2026-05-05", 1, pytest.approx(30))]
    by_both = {
        (node["purpose"], node["outcome"]): (node["count"], node["medianDecisionHours"])
        for node in await report("PURPOSE", "OUTCOME")
    }
    assert by_both == {
        ("TREAT", "PENDING"): (1, None),
        ("TREAT", "GRANTED"): (2, pytest.approx(16)),
        ("COC", "GRANTED"): (1, pytest.approx(6)),
        ("COC", "WITHDRAWN"): (1, None),
        ("COC", "EXPIRED"): (1, None),
        ("HLEGAL", "REFUSED"): (1, pytest.approx(8)),
    }
    before = await tables(clinic)
    assert len(before["access_request_fact"]) == 8
    assert "15 events read, 0 of them left out" in await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before


async def test_emergencies_wait_for_review_for_three_days_at_most(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, anna = datetime.now(UTC), new_id()
    late, later = opened(now - timedelta(hours=73), anna), opened(now - timedelta(hours=100), None)
    new = opened(now - timedelta(hours=71), anna)
    right, wrong = opened(now - timedelta(hours=90), anna), opened(now - timedelta(hours=90), anna)
    await clinic.publish(
        *(late, later, new, right, wrong), reviewed(right, "JUSTIFIED", 10), reviewed(wrong, "NOT_JUSTIFIED", 80)
    )
    await consumed(clinic, 7)
    analyst = clinic.caller("ANALYST")
    week = {"first": f"{now - timedelta(days=7):%Y-%m-%d}", "last": f"{now:%Y-%m-%d}"}

    async def report(*group_by: str, **page: Any) -> dict[str, Any]:
        data = await analyst.data(EMERGENCIES, period=week, groupBy=list(group_by), **page)
        found: dict[str, Any] = data["emergencyAccessReport"]
        return found

    (whole,) = (await report())["nodes"]
    assert {name: value for name, value in whole.items() if value is not None} == {
        "count": 5,
        "justifiedCount": 1,
        "notJustifiedCount": 1,
        "overdueCount": 2,
        "medianReviewHours": pytest.approx(45),
    }
    assert {node["day"]: node["count"] for node in (await report("DAY"))["nodes"]} == {
        f"{day:%Y-%m-%d}": sum(each.opened_at.date() == day for each in (late, later, new, right, wrong))
        for day in {each.opened_at.date() for each in (late, later, new, right, wrong)}
    }
    pages, after = [], None
    for _ in range(4):
        page = await report("PRACTITIONER", "VERDICT", first=1, after=after)
        assert page["totalCount"] == 4
        pages += page["nodes"]
        after = page["pageInfo"]["endCursor"]
    assert [
        (node["practitioner"] and node["practitioner"]["id"], node["verdict"], node["count"], node["overdueCount"])
        for node in pages
    ] == [
        (None, None, 1, 1),
        (global_id("Practitioner", anna), None, 2, 1),
        (global_id("Practitioner", anna), "JUSTIFIED", 1, 0),
        (global_id("Practitioner", anna), "NOT_JUSTIFIED", 1, 0),
    ]
    before = await tables(clinic)
    assert len(before["emergency_fact"]) == 5
    await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before


def written(at: datetime, practitioner: UUID | None) -> records.NoteWritten:
    """That a note was begun."""
    return records.NoteWritten(note_id=new_id(), account_id=new_id(), practitioner_id=practitioner, written_at=at)


def signed(note: records.NoteWritten, hours: float) -> Event:
    """That it was signed after some hours."""
    known = note.model_dump(include={"note_id", "account_id", "written_at"})
    signed_at = note.written_at + timedelta(hours=hours)
    return records.NoteSigned(**known, patient_id=new_id(), encounter_id=None, signed_at=signed_at)


def mistaken(resource: str, key: UUID, status: str = "ENTERED_IN_ERROR") -> Event:
    """That an entry has changed."""
    return records.EntryChanged(entry_id=key, resource=resource, patient_id=new_id(), encounter_id=None, status=status)


async def test_notes_wait_for_their_signature_for_a_day_at_most(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, anna, bert = datetime.now(UTC), new_id(), new_id()
    late, wrong = written(now - timedelta(hours=25), anna), written(now - timedelta(hours=30), anna)
    new, done = written(now - timedelta(hours=23), anna), written(now - timedelta(hours=40), bert)
    await clinic.publish(
        *(late, wrong, new, done, signed(done, 30)),
        *(mistaken("Note", wrong.note_id), mistaken("Note", late.note_id, "DRAFT"), mistaken("Condition", new.note_id)),
    )
    await consumed(clinic, 8)
    week = {"first": f"{now - timedelta(days=7):%Y-%m-%d}", "last": f"{now:%Y-%m-%d}"}
    data = await clinic.caller("ANALYST").data(NOTES, period=week, groupBy=["PRACTITIONER"])
    assert data["noteReport"]["nodes"] == [
        {
            "day": None,
            "count": count,
            "signedCount": signatures,
            "overdueCount": overdue,
            "medianSignatureHours": median,
            "practitioner": {"id": global_id("Practitioner", practitioner)},
        }
        for practitioner, count, signatures, overdue, median in ((anna, 2, 0, 1, None), (bert, 1, 1, 0, 30))
    ]
    before = await tables(clinic)
    assert len(before["note_fact"]) == 3
    await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before


async def test_reports_on_the_record_are_for_analysts(clinic: Clinic) -> None:
    for query in (ACCESS, EMERGENCIES, NOTES):
        for role in ("DOCTOR", "PATIENT", "AUDITOR"):
            answer = await clinic.caller(role).execute(query, period=MAY, groupBy=[])
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
        (node,) = next(iter((await clinic.caller("ANALYST").data(query, period=MAY, groupBy=[])).values()))["nodes"]
        assert node["count"] == 0
