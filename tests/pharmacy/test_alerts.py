"""What becomes of findings of a safety check, and of what a prescription goes on with."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.database.model import utc_now
from shared.encryption import Encrypted
from shared.ids import global_id, new_id
from subgraphs.pharmacy.models import SafetyAlert, SafetyAlertFacts, SafetyCheck, SafetyCheckFacts
from subgraphs.pharmacy.states import AlertStatus, CheckOccasion, PrescriptionStatus
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.pharmacy.prescribing import Dispensary, did, open_dispensary
from tests.pharmacy.test_screening import sign

FACTS = SafetyAlertFacts(
    code="SAFETY_SAME_GROUP", parameters={"drug": "A", "other": "B"}, row="group:x", source="Label"
)


@pytest.fixture
async def dispensary(clinic: Clinic) -> Dispensary:
    return await open_dispensary(clinic)


async def stored_in(dispensary: Dispensary, prescription: UUID, status: AlertStatus) -> UUID:
    """The key of a finding that has come so far."""
    of: dict[str, Any] = {"prescription_id": prescription, "patient_id": dispensary.patient}
    check = SafetyCheck(
        account_id=new_id(),
        occasion=CheckOccasion.CHECK,
        knowledge_version="2026-11",
        facts=Encrypted(SafetyCheckFacts(inputs=())),
        **of,
    )
    row = SafetyAlert(
        check_id=check.id,
        severity="WARNS",
        status=status,
        digest=new_id().bytes,
        override_reason="MONITORED",
        overridden_by=new_id(),
        overridden_at=utc_now(),
        facts=Encrypted(FACTS),
        **of,
    )
    async with stored(dispensary.database) as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))  # in any status at once
        session.add_all([check, row])
    return row.id


async def test_nothing_is_overridden_without_a_reason(dispensary: Dispensary) -> None:
    key = await stored_in(dispensary, key_of(await dispensary.stored_in(PrescriptionStatus.DRAFT)), AlertStatus.RAISED)
    with pytest.raises(IntegrityError, match="override"):
        async with stored(dispensary.database) as session:
            row = await session.get_one(SafetyAlert, key)
            row.status, row.override_reason = AlertStatus.OVERRIDDEN, None


async def test_what_a_prescription_goes_on_with_in_the_record_is_no_duplicate_of_it(dispensary: Dispensary) -> None:
    doctor = await dispensary.doctor()
    code = {
        "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
        "code": "562251",
        "display": "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet",
    }
    given = {"patientId": global_id("Patient", dispensary.patient), "code": code, "source": "PATIENT"}
    taken = await did(doctor, "recordMedicationStatement", "medicationStatement { id }", **given)
    besides = await sign(doctor, await dispensary.drafted(doctor))
    assert {each["rule"] for each in besides["alerts"]} == {"DUPLICATE"}
    goes_on = await sign(doctor, await dispensary.drafted(doctor, basedOnId=taken["id"]))
    assert goes_on["__typename"] == "SignPrescriptionSuccess"
