"""Reporting on laboratories: turnaround, critical results, specimens, corrections and quality control."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.events.event import Event
from shared.ids import global_id, new_id
from subgraphs.laboratory import events as laboratory
from tests.harness.clinic import Clinic
from tests.reporting.tables import consumed, rebuild, tables

TIME = "{ medianMinutes p90Minutes }"
TURNAROUND = f"""
query Report($period: ReportPeriodInput!, $groupBy: [LabTurnaroundGrouping!]!) {{
  labTurnaroundReport(period: $period, groupBy: $groupBy) {{ totalCount nodes {{
    day week priority laboratory {{ id }} count inTimeRate
    total {TIME} collection {TIME} transport {TIME} examination {TIME} verification {TIME} release {TIME}
  }} }} }}
"""
TESTS = f"""
query Report($months: ReportMonthsInput!) {{ labTestReport(months: $months) {{ totalCount nodes {{
  month priority laboratory {{ id }} labTest {{ id }} count targetMinutes inTimeRate total {TIME} }} }} }}
"""
CRITICAL = """
query Report($period: ReportPeriodInput!, $groupBy: [LaboratoryGrouping!]!) {
  criticalResultReport(period: $period, groupBy: $groupBy) { totalCount nodes {
    week laboratory { id } count acknowledgedCount escalatedCount inTimeRate medianMinutes } } }
"""
SPECIMENS = """
query Report($period: ReportPeriodInput!, $groupBy: [SpecimenGrouping!]!) {
  specimenReport(period: $period, groupBy: $groupBy) { totalCount nodes {
    day collector { id } reason count rejectedCount rejectionRate } } }
"""
CORRECTIONS = """
query Report($period: ReportPeriodInput!, $groupBy: [LaboratoryGrouping!]!) {
  labCorrectionReport(period: $period, groupBy: $groupBy) { totalCount nodes {
    week laboratory { id } count correctedCount correctedPer10000 } } }
"""
FAILURES = """
query Report($period: ReportPeriodInput!, $groupBy: [QcFailureGrouping!]!) {
  qcFailureReport(period: $period, groupBy: $groupBy) { totalCount nodes {
    day analyzerId labTest { id } rule count } } }
"""
MAY: dict[str, Any] = {"period": {"first": "2026-05-01", "last": "2026-05-31"}}
SPRING: dict[str, Any] = {"months": {"first": "2026-04-30", "last": "2026-05-01"}}
MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
HERE, THERE = sorted((new_id(), new_id()))
GLUCOSE, LACTATE = sorted((new_id(), new_id()))
STEPS = (10, 5, 15, 20, 10)  # minutes: an hour from the order to the release


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def released(at: datetime, factor: float = 1, order: UUID | None = None, **facts: Any) -> laboratory.AnalysisReleased:
    """That a result was released, which took an hour times a factor."""
    steps = [minutes(each * factor) for each in STEPS]
    moments = [at - sum(steps[place:], timedelta()) for place in range(len(steps) + 1)]
    names = ("ordered_at", "collected_at", "received_at", "resulted_at", "verified_at", "released_at")
    known = {"laboratory_id": HERE, "lab_test_id": GLUCOSE, "priority": "ROUTINE", "target_minutes": 60}
    return laboratory.AnalysisReleased(
        analysis_id=new_id(), order_id=order or new_id(), **{**dict(zip(names, moments, strict=True)), **known, **facts}
    )


def of_patient(where: UUID = HERE) -> dict[str, Any]:
    """What an event says that reporting does not keep."""
    return {"order_id": new_id(), "patient_id": new_id(), "laboratory_id": where}


def notice(where: UUID, after: float | None, *, at: datetime = MONDAY, escalated: bool = False) -> list[Event]:
    """That a result was critical, and was read back after some minutes."""
    known = of_patient(where) | {"notice_id": new_id()}
    events: list[Event] = [laboratory.CriticalRaised(**known, told=[new_id()], raised_at=at)]
    if escalated:
        for level in (1, 2):
            late = at + minutes(30 * level)
            events.append(laboratory.CriticalEscalated(**known, level=level, told=[], escalated_at=late))
    if after is not None:
        times = {"raised_at": at, "acknowledged_at": at + minutes(after)}
        events.append(laboratory.CriticalAcknowledged(**known, account_id=new_id(), **times))
    return events


def specimen(collector: UUID | None, reason: str | None = None, *, at: datetime = MONDAY) -> list[Event]:
    """That a specimen was collected, unless nobody did, and rejected for a reason."""
    collected = None if collector is None else at
    known = of_patient() | {"specimen_id": new_id(), "collector_id": collector, "collected_at": collected}
    events: list[Event] = [laboratory.SpecimenCollected(**known)] if collector else []
    if reason is not None:
        refused = {"practitioner_id": new_id(), "told": [], "specimen_to_collect_id": new_id(), "rejected_at": at}
        events.append(laboratory.SpecimenRejected(**known, **refused, reason=reason))
    return events


def failed(analyzer: UUID, test: UUID, *rules: str) -> Event:
    """That an analyzer is out of control."""
    keys = {"qc_run_id": new_id(), "analyzer_id": analyzer, "lab_test_id": test, "laboratory_id": HERE}
    return laboratory.QcFailed(**keys, rules=list(rules), failed_at=MONDAY)


async def arrived(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, events: Sequence[Event]) -> None:
    """Publish events twice, the second time in the other order, which changes nothing; nor does a rebuild."""
    await clinic.publish(*reversed(events))
    await consumed(clinic, len(events))
    before = await tables(clinic)
    await clinic.publish(*events)
    await consumed(clinic, 2 * len(events))
    assert await tables(clinic) == before
    await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before


async def report(clinic: Clinic, query: str, *group_by: str, **asked: Any) -> list[dict[str, Any]]:
    """The figures that an analyst reads, without what they are not grouped by."""
    variables = asked if "months" in asked else {**MAY, **asked, "groupBy": list(group_by)}
    (found,) = (await clinic.caller("ANALYST").data(query, **variables)).values()
    assert found["totalCount"] == len(found["nodes"])
    return [{name: value for name, value in each.items() if value is not None} for each in found["nodes"]]


async def test_turnaround_is_told_by_stage_and_by_test(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    sunday = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)
    events = [
        *(released(MONDAY, factor) for factor in (1, 1, 1, 1, 1, 1, 1, 1, 1, 2)),
        released(sunday),
        *(released(MONDAY, 0.5, lab_test_id=LACTATE, priority="STAT", laboratory_id=THERE) for _ in range(10)),
        released(datetime(2026, 6, 1, tzinfo=UTC)),
    ]
    await arrived(clinic, monkeypatch, events)
    (whole,) = await report(clinic, TURNAROUND)
    assert (whole["count"], whole["inTimeRate"]) == (21, pytest.approx(20 / 21))
    assert whole["total"] == {"medianMinutes": 60, "p90Minutes": 60}
    first, second = await report(clinic, TURNAROUND, "LABORATORY", "PRIORITY")
    assert (first["laboratory"]["id"], first["priority"]) == (global_id("Location", HERE), "ROUTINE")
    stages = [
        first[name]["medianMinutes"] for name in ("collection", "transport", "examination", "verification", "release")
    ]
    assert stages == [pytest.approx(each) for each in STEPS]
    assert (second["priority"], second["inTimeRate"]) == ("STAT", 1)
    assert second["total"] == {"medianMinutes": 30, "p90Minutes": 30}
    assert [(each["day"], each["count"]) for each in await report(clinic, TURNAROUND, "DAY")] == [
        ("2026-05-03", 1),
        ("2026-05-04", 20),
    ]
    assert [(each["week"], each["count"]) for each in await report(clinic, TURNAROUND, "WEEK")] == [
        ("2026-04-27", 1),
        ("2026-05-04", 20),
    ]
    berlin = MAY["period"] | {"timeZone": "Europe/Berlin"}
    assert [each["count"] for each in await report(clinic, TURNAROUND, "WEEK", period=berlin)] == [21]
    (glucose,) = await report(clinic, TESTS, **SPRING)  # of the other test there are ten
    assert glucose == {
        "month": "2026-05-01",
        "priority": "ROUTINE",
        "laboratory": {"id": global_id("Location", HERE)},
        "labTest": {"id": global_id("LabTest", GLUCOSE)},
        "count": 11,
        "targetMinutes": 60,
        "inTimeRate": pytest.approx(10 / 11),
        "total": {"medianMinutes": 60, "p90Minutes": 60},
    }


async def test_critical_results_are_read_back_within_half_an_hour_or_not(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    events = [
        *(event for after in (10, 30) for event in notice(HERE, after)),
        *notice(HERE, 40, escalated=True),
        *notice(THERE, None, escalated=True),
        *notice(THERE, None, at=now - minutes(5)),
    ]
    await arrived(clinic, monkeypatch, events)
    here = {"laboratory": {"id": global_id("Location", HERE)}}
    assert (await report(clinic, CRITICAL, "LABORATORY"))[0] == {
        **here, "count": 3, "acknowledgedCount": 3, "escalatedCount": 1, "inTimeRate": pytest.approx(2 / 3), "medianMinutes": 30
    }  # fmt: skip
    since = {"first": "2026-05-01", "last": f"{now:%Y-%m-%d}"}
    (whole,) = await report(clinic, CRITICAL, period=since)
    # Of the one that was told five minutes ago it is not known yet.
    assert (whole["count"], whole["acknowledgedCount"], whole["inTimeRate"]) == (5, 3, 2 / 4)
    assert [each["week"] for each in await report(clinic, CRITICAL, "WEEK")] == ["2026-05-04"]


async def test_rejected_specimens_by_reason_and_collector(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, bert = sorted((new_id(), new_id()))
    events = [
        *(event for _ in range(9) for event in specimen(anna)),
        *specimen(anna, "HEMOLYZED"),
        *specimen(anna, "CLOTTED"),
        *(event for _ in range(9) for event in specimen(bert)),
        *specimen(bert, "HEMOLYZED"),
        *specimen(None, "LABEL"),
    ]
    await arrived(clinic, monkeypatch, events)
    assert await report(clinic, SPECIMENS) == [
        {"count": 22, "rejectedCount": 4, "rejectionRate": pytest.approx(4 / 22)}
    ]
    assert await report(clinic, SPECIMENS, "REASON") == [
        {"count": 18, "rejectedCount": 0, "rejectionRate": 0},
        {"reason": "CLOTTED", "count": 1, "rejectedCount": 1, "rejectionRate": pytest.approx(1 / 22)},
        {"reason": "HEMOLYZED", "count": 2, "rejectedCount": 2, "rejectionRate": pytest.approx(2 / 22)},
        {"reason": "LABEL", "count": 1, "rejectedCount": 1, "rejectionRate": pytest.approx(1 / 22)},
    ]
    collectors = [{"collector": {"id": global_id("StaffMember", key)}} for key in (anna, bert)]
    assert await report(clinic, SPECIMENS, "COLLECTOR") == [
        {"count": 1},
        {**collectors[0], "count": 11, "rejectedCount": 2, "rejectionRate": pytest.approx(2 / 11)},
        {**collectors[1], "count": 10},
    ]
    both = await report(clinic, SPECIMENS, "COLLECTOR", "REASON")
    assert [each.get("rejectionRate") for each in both if each.get("collector") == collectors[0]["collector"]] == [
        0,
        pytest.approx(1 / 11),
        pytest.approx(1 / 11),
    ]
    assert not [
        each for each in both if each.get("collector") == collectors[1]["collector"] and "rejectedCount" in each
    ]


async def test_reports_that_were_corrected_and_controls_that_failed(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = new_id(), new_id(), new_id()
    late = datetime(2026, 6, 3, tzinfo=UTC)

    def corrected(order: UUID, at: datetime) -> Event:
        keys = {"report_id": new_id(), "order_id": order, "patient_id": new_id(), "account_id": new_id()}
        return laboratory.ReportCorrected(**keys, laboratory_id=HERE, corrected_at=at)

    one, other = sorted((new_id(), new_id()))
    events = [
        released(MONDAY, order=first),
        released(late, order=first),  # more of what was released in May
        *(released(MONDAY, order=key) for key in (second, third)),
        released(MONDAY, laboratory_id=THERE),
        corrected(first, late),
        corrected(first, late + minutes(5)),
        failed(one, GLUCOSE, "1-3S", "2-2S"),
        failed(one, LACTATE, "1-3S"),
        failed(other, GLUCOSE, "R-4S"),
    ]
    await arrived(clinic, monkeypatch, events)
    here, there = ({"laboratory": {"id": global_id("Location", key)}} for key in (HERE, THERE))
    assert await report(clinic, CORRECTIONS, "LABORATORY") == [
        {**here, "count": 3, "correctedCount": 1, "correctedPer10000": pytest.approx(10_000 / 3)},
        {**there, "count": 1, "correctedCount": 0, "correctedPer10000": 0},
    ]
    assert await report(clinic, FAILURES) == [{"count": 3}]
    rules = [(each["rule"], each["count"]) for each in await report(clinic, FAILURES, "RULE")]
    assert rules == [("1-3S", 2), ("2-2S", 1), ("R-4S", 1)]
    by_both = await report(clinic, FAILURES, "ANALYZER", "TEST")
    assert [(each["analyzerId"], each["labTest"]["id"], each["count"]) for each in by_both] == [
        (global_id("Analyzer", one), global_id("LabTest", GLUCOSE), 1),
        (global_id("Analyzer", one), global_id("LabTest", LACTATE), 1),
        (global_id("Analyzer", other), global_id("LabTest", GLUCOSE), 1),
    ]


async def test_reports_on_laboratories_are_for_analysts_and_administrators(clinic: Clinic) -> None:
    for role in ("LAB_TECHNICIAN", "DOCTOR", "PATIENT"):
        for query in (TURNAROUND, CRITICAL, SPECIMENS, CORRECTIONS, FAILURES):
            answer = await clinic.caller(role).execute(query, **MAY, groupBy=[])
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert (await clinic.caller("ADMIN").data(TURNAROUND, **MAY, groupBy=[]))["labTurnaroundReport"]["totalCount"] == 1
