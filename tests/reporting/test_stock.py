"""Reporting on stock: how long there was nothing of a medication, and how much was thrown away."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.events.event import Event
from shared.ids import global_id, new_id
from subgraphs.pharmacy import events as pharmacy
from tests.harness.clinic import Clinic
from tests.reporting.tables import consumed, rebuild, tables

STOCK_OUTS = """
query Report($period: ReportPeriodInput!, $groupBy: [StockOutGrouping!]!) {
  stockOutReport(period: $period, groupBy: $groupBy) {
    nodes { medication { id } location { id } count days } } }
"""
WASTE = """
query Report($period: ReportPeriodInput!, $groupBy: [WasteGrouping!]!) {
  wasteReport(period: $period, groupBy: $groupBy) {
    nodes { medication { id } location { id } day reason count quantity } } }
"""
MAY = {"first": "2026-05-01", "last": "2026-05-31"}
FIRST = datetime(2026, 5, 1, tzinfo=UTC)
ONE, OTHER, HERE, THERE = sorted((new_id(), new_id())) + sorted((new_id(), new_id()))


def out(medication: UUID, location: UUID, begin: float, end: float | None) -> list[Event]:
    """That there was nothing of a medication, from and until days of May."""
    place = {"stock_item_id": new_id(), "location_id": location, "medication_id": medication}
    times = [FIRST + timedelta(days=day) for day in (begin, end) if day is not None]
    kinds: Any = (pharmacy.StockOutBegan, pharmacy.StockOutEnded)
    return [kind(occurred_at=time, **place) for kind, time in zip(kinds, times, strict=False)]


def wasted(medication: UUID, location: UUID, day: int, quantity: str, reason: str) -> Event:
    """That something was thrown away on a day of May."""
    return pharmacy.StockWasted(
        stock_movement_id=new_id(),
        location_id=location,
        medication_id=medication,
        quantity=Decimal(quantity),
        reason=reason,
        occurred_at=FIRST + timedelta(days=day),
    )


async def report(clinic: Clinic, query: str, *group_by: str) -> list[dict[str, Any]]:
    """The figures of May, without what they are not grouped by."""
    (found,) = (await clinic.caller("ANALYST").data(query, period=MAY, groupBy=list(group_by))).values()
    return [{name: value for name, value in each.items() if value is not None} for each in found["nodes"]]


async def test_stock_outs_count_for_the_days_that_a_period_has_of_them(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [
        *out(ONE, HERE, -2, 1.5),  # a day and a half of it
        *out(ONE, THERE, 3, 4),
        *out(OTHER, HERE, 30, 40),  # the last day
        *out(OTHER, THERE, 31, 32),
        *out(OTHER, THERE, -3, 0),
    ]
    await clinic.publish(*events)
    await consumed(clinic, len(events))
    assert await report(clinic, STOCK_OUTS) == [{"count": 3, "days": 3.5}]
    assert await report(clinic, STOCK_OUTS, "MEDICATION") == [
        {"medication": {"id": global_id("Medication", ONE)}, "count": 2, "days": 2.5},
        {"medication": {"id": global_id("Medication", OTHER)}, "count": 1, "days": 1},
    ]
    assert [each["days"] for each in await report(clinic, STOCK_OUTS, "LOCATION")] == [2.5, 1]
    before = await tables(clinic)
    await rebuild(clinic, monkeypatch, status=0)
    assert await tables(clinic) == before


async def test_a_stock_out_that_lasts_counts_until_now(clinic: Clinic) -> None:
    lasting = out(ONE, HERE, 0, None)
    await clinic.publish(*lasting)
    await consumed(clinic, 1)
    assert await report(clinic, STOCK_OUTS) == [{"count": 1, "days": 31}]


async def test_waste_is_told_by_medication_since_units_differ(clinic: Clinic) -> None:
    events = [
        wasted(ONE, HERE, 1, "2.5", "EXPIRED"),
        wasted(ONE, THERE, 1, "1", "DAMAGED"),
        wasted(OTHER, HERE, 2, "10", "EXPIRED"),
        wasted(OTHER, HERE, 31, "7", "EXPIRED"),
    ]
    await clinic.publish(*events)
    await consumed(clinic, len(events))
    one, other = ({"medication": {"id": global_id("Medication", key)}} for key in (ONE, OTHER))
    assert await report(clinic, WASTE) == [
        {**one, "count": 2, "quantity": 3.5},
        {**other, "count": 1, "quantity": 10},
    ]
    assert await report(clinic, WASTE, "REASON") == [
        {**one, "reason": "DAMAGED", "count": 1, "quantity": 1},
        {**one, "reason": "EXPIRED", "count": 1, "quantity": 2.5},
        {**other, "reason": "EXPIRED", "count": 1, "quantity": 10},
    ]
    days = [(each["day"], each["quantity"]) for each in await report(clinic, WASTE, "DAY")]
    assert days == [("2026-05-02", 3.5), ("2026-05-03", 10)]
    assert len(await report(clinic, WASTE, "LOCATION")) == 3
