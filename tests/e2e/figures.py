"""What analysts read of a day's work: the figures that it adds to."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.harness.caller import Caller
from tests.harness.clinic import Clinic

OF_LABORATORY = """
query Figures($period: ReportPeriodInput!) {
  labTurnaroundReport(period: $period, groupBy: []) {
    nodes { count total { medianMinutes } examination { p90Minutes } }
  }
  criticalResultReport(period: $period, groupBy: []) { nodes { count acknowledgedCount inTimeRate medianMinutes } }
  specimenReport(period: $period, groupBy: []) { nodes { count rejectedCount } }
  labCorrectionReport(period: $period, groupBy: []) { nodes { count correctedCount } }
}
"""
OF_PHARMACY = """
query Figures($period: ReportPeriodInput!, $months: ReportMonthsInput!) {
  prescriptionReport(months: $months, first: 100) { nodes { medication { id } count suppressed } }
  dispensingReport(months: $months, first: 100) { nodes { medication { id } count quantity suppressed } }
  safetyAlertReport(months: $months, first: 100) { nodes { rule count overrideRate suppressed } }
  fillingReport(period: $period, groupBy: []) { nodes { count medianMinutes p90Minutes } }
  stockOutReport(period: $period, groupBy: [MEDICATION], first: 100) { nodes { medication { id } count days } }
  wasteReport(period: $period, groupBy: [REASON], first: 100) { nodes { medication { id } reason count quantity } }
}
"""


def _asked() -> dict[str, Any]:
    now, day = datetime.now(UTC), timedelta(days=1)
    today = str(now.date())
    period = {"first": str((now - day).date()), "last": str((now + day).date())}
    return {"period": period, "months": {"first": today, "last": today}}


async def of_laboratory(analyst: Caller) -> dict[str, dict[str, Any]]:
    """The figures of the laboratory by report."""
    data = await analyst.data(OF_LABORATORY, period=_asked()["period"])
    return {name: dict(report["nodes"][0]) for name, report in data.items()}


async def laboratory_worked(analyst: Caller, before: Mapping[str, Mapping[str, Any]]) -> None:
    """One result was critical, read back at once, released; of two specimens one was rejected."""
    more = {
        "labTurnaroundReport": {"count": 1},
        "criticalResultReport": {"count": 1, "acknowledgedCount": 1},
        "specimenReport": {"count": 2, "rejectedCount": 1},
        "labCorrectionReport": {"count": 1, "correctedCount": 0},
    }
    expected = {
        report: {name: before[report][name] + add for name, add in adds.items()} for report, adds in more.items()
    }

    async def are_so() -> dict[str, dict[str, Any]] | None:
        found = await of_laboratory(analyst)
        told = {report: {name: found[report][name] for name in adds} for report, adds in more.items()}
        return found if told == expected else None

    found = await Clinic.until(are_so, 30)
    assert 0 < found["labTurnaroundReport"]["total"]["medianMinutes"] < 5
    assert 0 < found["labTurnaroundReport"]["examination"]["p90Minutes"] < 5
    assert found["criticalResultReport"]["inTimeRate"] == 1
    assert 0 < found["criticalResultReport"]["medianMinutes"] < 5


async def pharmacy_worked(analyst: Caller, medication: str, prescriptions: int) -> None:
    """So often a medication was prescribed, eleven times handed over, once out of stock, and some was thrown away."""

    def of(data: Mapping[str, Any], report: str) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in each.items() if name != "medication"}
            for each in data[report]["nodes"]
            if each["medication"]["id"] == medication
        ]

    async def are_so() -> dict[str, Any] | None:
        data = await analyst.data(OF_PHARMACY, **_asked())
        dispensed = of(data, "dispensingReport") == [{"count": 11, "quantity": 20, "suppressed": False}]
        prescribed = of(data, "prescriptionReport") == [{"count": prescriptions, "suppressed": False}]
        return data if dispensed and prescribed else None

    data = await Clinic.until(are_so, 30)
    assert of(data, "wasteReport") == [{"reason": "RECALLED", "count": 1, "quantity": 10}]
    ((out,),) = (of(data, "stockOutReport"),)
    assert out["count"] == 1
    assert 0 < out["days"] < 1 / 24
    (filled,) = data["fillingReport"]["nodes"]
    assert filled["count"] >= 1
    assert 0 < filled["medianMinutes"] <= filled["p90Minutes"]
    # The pair was overridden once, and is asked about no more; so it is told of each prescription.
    (pair,) = [each for each in data["safetyAlertReport"]["nodes"] if each["rule"] == "INTERACTION"]
    assert pair["count"] >= 11
    assert pair["overrideRate"] * pair["count"] == pytest.approx(1)
