"""How often staff look at data of patients who have no appointment with them, as analysts see it."""

from datetime import date

import pytest

from shared.ids import named_id
from subgraphs.records.events import LooksCounted
from tests.harness.clinic import Clinic
from tests.reporting.tables import consumed, rebuild, tables

LOOKS = """
query Report($months: ReportMonthsInput!) {
  lookReport(months: $months) { totalCount nodes { month role lookCount recordCount looksPerRecord } }
}
"""
SPRING = {"first": "2026-04-30", "last": "2026-05-01"}


def counted(day: date, role: str, looks: int, records: int) -> LooksCounted:
    """What the medical record tells of a day."""
    return LooksCounted(count_id=named_id(f"{day} {role}"), day=day, role=role, looks=looks, records=records)


async def test_looks_are_told_by_month_and_role(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [
        counted(date(2026, 4, 1), "NURSE", 4, 2),
        counted(date(2026, 4, 30), "NURSE", 9, 9),
        counted(date(2026, 4, 30), "NURSE", 5, 1),
        counted(date(2026, 5, 31), "DOCTOR", 1, 1),
        counted(date(2026, 3, 31), "DOCTOR", 7, 1),
        counted(date(2026, 6, 1), "DOCTOR", 7, 1),
    ]
    await clinic.publish(*events)
    await consumed(clinic, len(events))
    report = (await clinic.caller("ANALYST").data(LOOKS, months=SPRING))["lookReport"]
    assert report == {
        "totalCount": 2,
        "nodes": [
            {"month": "2026-04-01", "role": "NURSE", "lookCount": 9, "recordCount": 3, "looksPerRecord": 3.0},
            {"month": "2026-05-01", "role": "DOCTOR", "lookCount": 1, "recordCount": 1, "looksPerRecord": 1.0},
        ],
    }
    denied = await clinic.caller("DOCTOR").execute(LOOKS, months=SPRING)
    assert denied["data"] == {"lookReport": None}
    before = await tables(clinic)
    await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before
