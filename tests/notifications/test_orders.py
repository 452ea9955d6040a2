"""Patients and who gave an order are told what becomes of prescriptions and of what a laboratory examines."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from shared.ids import new_id
from subgraphs.laboratory import events as laboratory
from subgraphs.pharmacy import events as pharmacy
from tests.harness.clinic import Clinic
from tests.notifications.test_notifications import until_inbox_has

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
