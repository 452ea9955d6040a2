"""Reporting on pharmacies: what is prescribed and handed over, how long patients wait, and what is overridden."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.events.event import Event
from shared.ids import global_id, new_id
from subgraphs.pharmacy import events as pharmacy
from tests.harness.clinic import Clinic
from tests.reporting.test_laboratory import MAY, MONDAY, SPRING, arrived, report

PRESCRIBED = """
query Report($months: ReportMonthsInput!) {
  prescriptionReport(months: $months) { totalCount nodes { medication { id } month count suppressed } } }
"""
HANDED_OVER = """
query Report($months: ReportMonthsInput!) {
  dispensingReport(months: $months) { totalCount nodes { medication { id } month count quantity suppressed } } }
"""
FILLED = """
query Report($period: ReportPeriodInput!, $groupBy: [FillingGrouping!]!) {
  fillingReport(period: $period, groupBy: $groupBy) { totalCount nodes {
    day week location { id } count medianMinutes p90Minutes } } }
"""
OVERRIDDEN = """
query Report($months: ReportMonthsInput!) {
  safetyAlertReport(months: $months) { totalCount nodes { rule month count overrideRate suppressed } } }
"""
ONE, OTHER = sorted((new_id(), new_id()))
HERE, THERE = sorted((new_id(), new_id()))
OF_ONE, OF_OTHER = ({"medication": {"id": global_id("Medication", key)}} for key in (ONE, OTHER))
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def prescribed(medication: UUID, month: int) -> Event:
    """That something was prescribed."""
    return pharmacy.MedicationPrescribed(prescribing_id=new_id(), medication_id=medication, month=date(2026, month, 1))


def handed_over(medication: UUID, *quantities: str, returned: bool = False, at: datetime = MONDAY) -> Iterator[Event]:
    """That so much of one lot each was handed over, and perhaps came back."""
    dispense = new_id()
    for quantity in quantities:
        of: dict[str, Any] = {"dispense_id": dispense, "location_id": HERE, "medication_id": medication}
        of |= {"lot_id": new_id(), "quantity": Decimal(quantity), "charge_code": None}
        yield pharmacy.Dispensed(**of, dispensed_at=at)
        if returned:
            yield pharmacy.DispenseReturned(**of, returned_at=at + timedelta(days=1))


def filled(location: UUID, minutes: float, at: datetime = MONDAY) -> Event:
    """That a prescription was filled some minutes after it was signed."""
    signed_at = at - timedelta(minutes=minutes)
    return pharmacy.PrescriptionFilled(filling_id=new_id(), location_id=location, signed_at=signed_at, ready_at=at)


def raised(rule: str, overridden: bool) -> Iterator[Event]:
    """That a check has found something, and that it was overridden."""
    of: dict[str, Any] = {"alert_id": new_id(), "rule": rule}
    yield pharmacy.AlertRaised(**of, raised_at=MONDAY)
    if overridden:
        yield pharmacy.AlertOverridden(**of, reason="MONITORED", overridden_at=JUNE)


async def test_medications_are_counted_by_month_unless_they_are_few(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [
        *(prescribed(ONE, 5) for _ in range(11)),
        *(prescribed(ONE, 4) for _ in range(10)),
        *(prescribed(OTHER, 5) for _ in range(12)),
        *(prescribed(OTHER, 6) for _ in range(11)),
        *(event for _ in range(10) for event in handed_over(ONE, "10")),
        *handed_over(ONE, "4", "6.5"),
        *handed_over(ONE, "4", "6", returned=True),
        *(event for _ in range(10) for event in handed_over(OTHER, "1", "2")),
        *handed_over(OTHER, "1", returned=True),
        *handed_over(OTHER, "1", at=JUNE),
    ]
    await arrived(clinic, monkeypatch, events)
    april, may = {"month": "2026-04-01"}, {"month": "2026-05-01"}
    assert await report(clinic, PRESCRIBED, **SPRING) == [
        {**OF_ONE, **april, "suppressed": True},
        {**OF_ONE, **may, "count": 11, "suppressed": False},
        {**OF_OTHER, **may, "count": 12, "suppressed": False},
    ]
    assert await report(clinic, HANDED_OVER, **SPRING) == [
        {**OF_ONE, **may, "count": 11, "quantity": 110.5, "suppressed": False},
        {**OF_OTHER, **may, "suppressed": True},
    ]


async def test_patients_wait_from_the_signature_until_it_can_be_picked_up(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    sunday = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)
    waits = (10, 20, 30, 40, 50)
    events = [*(filled(HERE, wait) for wait in waits), filled(THERE, 600, sunday), filled(THERE, 5, JUNE)]
    await arrived(clinic, monkeypatch, events)
    assert await report(clinic, FILLED, "LOCATION") == [
        {"location": {"id": global_id("Location", HERE)}, "count": 5, "medianMinutes": 30, "p90Minutes": 46},
        {"location": {"id": global_id("Location", THERE)}, "count": 1, "medianMinutes": 600, "p90Minutes": 600},
    ]
    assert [(each["week"], each["count"]) for each in await report(clinic, FILLED, "WEEK")] == [
        ("2026-04-27", 1),
        ("2026-05-04", 5),
    ]
    berlin = MAY["period"] | {"timeZone": "Europe/Berlin"}
    assert [(each["day"], each["count"]) for each in await report(clinic, FILLED, "DAY", period=berlin)] == [
        ("2026-05-04", 6)
    ]


async def test_the_share_that_is_overridden_is_told_by_rule_unless_few_were_found(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [
        *(event for number in range(12) for event in raised("INTERACTION", number < 9)),
        *(event for number in range(10) for event in raised("ALLERGY", number < 5)),
    ]
    await arrived(clinic, monkeypatch, events)
    assert await report(clinic, OVERRIDDEN, **SPRING) == [
        {"rule": "ALLERGY", "month": "2026-05-01", "suppressed": True},
        {"rule": "INTERACTION", "month": "2026-05-01", "count": 12, "overrideRate": 0.75, "suppressed": False},
    ]


async def test_reports_on_pharmacies_are_for_analysts_and_administrators(clinic: Clinic) -> None:
    for role in ("PHARMACIST", "DOCTOR", "PATIENT"):
        for query in (PRESCRIBED, HANDED_OVER, OVERRIDDEN):
            answer = await clinic.caller(role).execute(query, **SPRING)
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    assert (await clinic.caller("ADMIN").data(PRESCRIBED, **SPRING))["prescriptionReport"]["totalCount"] == 0
