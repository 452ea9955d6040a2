"""Who may open a patient's record, and who wants to, is told."""

from datetime import UTC, datetime
from typing import Any

from shared.ids import new_id
from subgraphs.records import events as records
from tests.harness.clinic import Clinic
from tests.notifications.test_notifications import until_inbox_has

NOW = datetime.now(UTC)


async def test_the_patient_and_who_asked_are_told_of_a_request_and_its_outcome(clinic: Clinic) -> None:
    patient, parent, account = new_id(), new_id(), new_id()
    request: dict[str, Any] = {"access_request_id": new_id(), "patient_id": patient, "account_id": account}
    asked = {"practitioner_id": None, "purpose": "TREAT", "sections": None, "days": 3, "told": [patient, parent]}
    withdrawn = {"previous_status": "GRANTED", "withdrawn_at": NOW}
    await clinic.publish(
        records.AccessRequested(**request, **asked, requested_at=NOW),
        records.AccessDecided(**request, outcome="GRANTED", requested_at=NOW, decided_at=NOW),
        records.AccessWithdrawn(**request, **withdrawn, by="REQUESTER"),
        records.AccessWithdrawn(**request, **withdrawn, by="PATIENT"),
    )
    for person in (patient, parent):
        (told,) = await until_inbox_has(clinic, clinic.caller("PATIENT", patient=person), 1)
        assert (told["kind"], told["german"]) == (
            "RECORD_ACCESS_REQUESTED",
            "Jemand bittet um Zugriff auf Ihre Krankenakte. Bitte gewähren Sie ihn oder lehnen Sie ihn ab.",
        )
    told_who_asked = await until_inbox_has(clinic, clinic.caller("NURSE", subject=account), 2)
    assert [each["kind"] for each in told_who_asked] == ["RECORD_ACCESS_WITHDRAWN", "RECORD_ACCESS_DECIDED"]


async def test_an_emergency_is_told_to_the_patient_and_to_auditors_and_a_proxy_to_both(clinic: Clinic) -> None:
    patient, parent, auditor = new_id(), new_id(), new_id()
    opened: dict[str, Any] = {"emergency_access_id": new_id(), "account_id": new_id(), "practitioner_id": None}
    people = {"patient_id": patient, "told": [patient], "reviewers": [auditor]}
    proxy: dict[str, Any] = {"proxy_appointment_id": new_id(), "patient_id": patient, "proxy_id": parent}
    await clinic.publish(
        records.EmergencyOpened(**opened, **people, opened_at=NOW, expires_at=NOW),
        records.ProxyAppointed(**proxy, relationship="PARENT", appointed_at=NOW),
        records.ProxyEnded(**proxy, ended_at=NOW),
    )
    told = await until_inbox_has(clinic, clinic.caller("PATIENT", patient=patient), 3)
    kinds = {each["kind"] for each in told}
    assert kinds == {"EMERGENCY_ACCESS_OPENED", "PROXY_APPOINTED", "PROXY_ENDED"}
    assert len(await until_inbox_has(clinic, clinic.caller("PATIENT", patient=parent), 2)) == 2
    (to_review,) = await until_inbox_has(clinic, clinic.caller("AUDITOR", subject=auditor), 1)
    assert to_review["kind"] == "EMERGENCY_ACCESS_TO_REVIEW"


async def test_a_document_is_told_to_the_patient_with_whom_it_is_shared(clinic: Clinic) -> None:
    patient = new_id()
    await clinic.publish(records.DocumentShared(document_id=new_id(), patient_id=patient, shared_at=NOW))
    (told,) = await until_inbox_has(clinic, clinic.caller("PATIENT", patient=patient), 1)
    assert (told["kind"], told["german"]) == ("DOCUMENT_SHARED", "In Ihrer Krankenakte gibt es ein neues Dokument.")
