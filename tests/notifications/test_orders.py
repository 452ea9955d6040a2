"""Patients and who gave an order are told what becomes of prescriptions and of what a laboratory examines."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from shared.ids import new_id
from subgraphs.identity import events as identity
from subgraphs.laboratory import events as laboratory
from subgraphs.notifications.models import Account
from subgraphs.pharmacy import events as pharmacy
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.notifications.test_notifications import inbox, until_inbox_has

NOW = datetime.now(UTC)


async def test_prescriptions_are_told_to_patients_and_prescribers(clinic: Clinic) -> None:
    patient, doctor = new_id(), new_id()
    of: dict[str, Any] = {"prescription_id": new_id(), "patient_id": patient}
    whose, place = of | {"practitioner_id": doctor}, {"location_id": new_id()}
    await clinic.publish(
        pharmacy.PrescriptionHeld(**whose, returned=False),
        pharmacy.PrescriptionResumed(**whose),
        pharmacy.PrescriptionHeld(**whose, returned=True),
        pharmacy.PrescriptionEnded(**of, reason="STOPPED"),
        pharmacy.PrescriptionEnded(**of, reason="COMPLETED"),
        pharmacy.PrescriptionRecheckNeeded(**whose, **place),
        pharmacy.LotRecalledForPatient(patient_id=patient, lot_id=new_id(), medication_id=new_id(), **place),
    )
    told = await until_inbox_has(clinic, clinic.caller("PATIENT", patient=patient), 5)
    assert Counter(each["kind"] for each in told) == {"PRESCRIPTION_CHANGED": 4, "MEDICATION_RECALLED": 1}
    told = await until_inbox_has(clinic, clinic.caller("DOCTOR", practitioner=doctor), 2)
    assert {each["kind"] for each in told} == {"PRESCRIPTION_RETURNED", "PRESCRIPTION_TO_RECHECK"}


async def test_pharmacists_are_told_of_what_concerns_where_they_work(clinic: Clinic) -> None:
    here, elsewhere = new_id(), new_id()
    anna, bert, gone, nurse = (new_id() for _ in range(4))

    def works(account: UUID, *places: UUID, role: str = "PHARMACIST", enabled: bool = True) -> identity.AccessChanged:
        of: dict[str, Any] = {"patient_id": None, "practitioner_id": None, "enabled": enabled, "scopes": []}
        return identity.AccessChanged(account_id=account, roles=[role], location_ids=list(places), **of)

    async def known() -> bool:
        async with stored(clinic.service("notifications").runtime.database) as session:
            moved = await session.get(Account, bert)
            count = await session.scalar(select(func.count()).select_from(Account))
            return moved is not None and moved.location_ids == [elsewhere] and count == 4

    await clinic.publish(
        *(works(anna, elsewhere, here), works(bert, here), works(bert, elsewhere)),
        *(works(gone, here, enabled=False), works(nurse, here, role="NURSE")),
    )
    await clinic.until(known)
    patient, place = new_id(), {"location_id": here, "medication_id": new_id()}
    lot = {"lot_id": new_id(), "expires_on": NOW.date(), **place}
    prescription: dict[str, Any] = {"prescription_id": new_id(), "patient_id": patient, "practitioner_id": new_id()}
    low = pharmacy.StockLow(stock_item_id=new_id(), occurred_at=NOW, **place)
    await clinic.publish(
        *(low, pharmacy.LotExpiring(**lot), pharmacy.LotRecalled(**lot)),
        *(pharmacy.PrescriptionRecheckNeeded(**prescription, location_id=where) for where in (here, None)),
        pharmacy.LotExpiring(**lot | {"location_id": elsewhere}),
    )
    told = await until_inbox_has(clinic, clinic.caller("PHARMACIST", subject=anna), 5)
    assert Counter(each["kind"] for each in told) == {
        **dict.fromkeys(("STOCK_LOW", "LOT_RECALLED", "DISPENSING_TO_RECHECK"), 1),
        "LOT_EXPIRING": 2,
    }
    sentences = {each["kind"]: each["german"] for each in told}
    assert "sperren Sie, was davon übrig ist" in sentences["LOT_RECALLED"]
    (only,) = await until_inbox_has(clinic, clinic.caller("PHARMACIST", subject=bert), 1)
    assert only["kind"] == "LOT_EXPIRING"
    for account in (gone, nurse):
        assert (await inbox(clinic.caller("PHARMACIST", subject=account)))["notifications"]["nodes"] == []


async def test_what_a_laboratory_finds_is_told_to_patients_and_what_is_urgent_to_whom_it_names(clinic: Clinic) -> None:
    patient, orderer, on_call = new_id(), new_id(), new_id()
    order: dict[str, Any] = {"order_id": new_id(), "patient_id": patient, "laboratory_id": new_id()}
    report = order | {"report_id": new_id(), "account_id": orderer}
    notice = order | {"notice_id": new_id()}
    await clinic.publish(
        laboratory.ReportReleased(**report, status="FINAL"),
        laboratory.ReportCorrected(**report, corrected_at=NOW),
        laboratory.CriticalRaised(**notice, told=[orderer], raised_at=NOW),
        laboratory.CriticalEscalated(**notice, told=[on_call], level=1, escalated_at=NOW),
        laboratory.CriticalEscalated(**notice, told=[], level=2, escalated_at=NOW),
    )
    told = await until_inbox_has(clinic, clinic.caller("PATIENT", patient=patient), 2)
    assert {each["kind"]: each["german"] for each in told} == {
        "RESULTS_RELEASED": "Es gibt neue Laborbefunde von Ihnen.",
        "RESULTS_CORRECTED": "Ein Laborbefund von Ihnen wurde berichtigt.",
    }
    for account, kind in ((orderer, "CRITICAL_RESULT"), (on_call, "CRITICAL_RESULT_ESCALATED")):
        (urgent,) = await until_inbox_has(clinic, clinic.caller("DOCTOR", subject=account), 1)
        assert urgent["kind"] == kind
