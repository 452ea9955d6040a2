"""What pharmacy and laboratory tell others: who opens a record for an order, whom it is told, and what figures it makes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from shared.database.model import utc_now
from shared.database.tables import PatientAccess
from shared.ids import global_id, new_id
from shared.patient_access import Basis
from subgraphs.directory.models import Location as DirectoryLocation
from subgraphs.identity.events import AccessChanged
from subgraphs.laboratory.models import Location as Laboratory
from subgraphs.pharmacy.models import Location as Pharmacy
from subgraphs.records.codes import Section
from subgraphs.records.models import Patient
from subgraphs.records.policy import SAFETY_SECTIONS
from tests.e2e.test_care import RECALL
from tests.harness.access import end, let
from tests.harness.caller import Caller
from tests.harness.clinic import Addresses, Clinic, open_clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.laboratory.conftest import Lab, Member, technician
from tests.laboratory.test_critical import notices
from tests.laboratory.test_results import POTASSIUM, entered, one, released, verified
from tests.notifications.test_notifications import inbox
from tests.pharmacy.prescribing import did, does, open_dispensary
from tests.pharmacy.test_dispensing import step
from tests.records.conftest import Ward, principal
from tests.reporting.test_laboratory import CRITICAL, TURNAROUND
from tests.reporting.test_pharmacy import FILLED, HANDED_OVER, PRESCRIBED

SERVICES = ("directory", "identity", "patients", "records", "pharmacy", "laboratory", "notifications", "reporting")
PENICILLIN = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7980", "display": "Penicillin G"}


@pytest.fixture(scope="module")
async def clinic(postgres_server: str, redis_url: str, kafka_bootstrap: str) -> AsyncIterator[Clinic]:
    """One for these tests, of which each has a place and a patient of its own."""
    addresses = Addresses(postgres_server, redis_url, kafka_bootstrap)
    async with open_clinic(addresses, SERVICES, events=True) as opened:
        yield opened


async def told(clinic: Clinic, caller: Caller, *kinds: str) -> None:
    """Wait until somebody's inbox has these kinds and no others."""

    async def is_so() -> bool:
        return {each["kind"] for each in (await inbox(caller))["notifications"]["nodes"]} == set(kinds)

    await clinic.until(is_so)


async def figures(clinic: Clinic, query: str, group_by: str, key: str, **expected: Any) -> dict[str, Any]:
    """The figures of a place, as soon as they are these."""
    today = str(utc_now().date())
    asked = {"period": {"first": today, "last": today}, "groupBy": [group_by]}

    async def are_so() -> dict[str, Any] | None:
        (found,) = (await clinic.caller("ANALYST").data(query, **asked)).values()
        here = [each for each in found["nodes"] if each[group_by.lower()]["id"] == key]
        return here[0] if here and {name: here[0][name] for name in expected} == expected else None

    return dict(await clinic.until(are_so))


async def month_of(clinic: Clinic, query: str, medication: str) -> dict[str, Any]:
    """What is told of a medication this month, as soon as something is."""
    today = str(utc_now().date())

    async def is_there() -> dict[str, Any] | None:
        (found,) = (await clinic.caller("ANALYST").data(query, months={"first": today, "last": today})).values()
        return next((each for each in found["nodes"] if each["medication"]["id"] == medication), None)

    return dict(await clinic.until(is_there))


async def test_a_prescription_opens_the_record_is_told_to_the_pharmacy_and_counts(clinic: Clinic) -> None:
    dispensary, here, account = await open_dispensary(clinic), new_id(), new_id()
    patient, ward = dispensary.patient, Ward(clinic)
    async with stored(dispensary.database) as session:
        session.add(Pharmacy(id=here, time_zone="America/New_York"))
    async with stored(clinic.service("directory").runtime.database) as session:
        session.add(DirectoryLocation(id=here, name="Pharmacy", address={"country": "US"}))
    nobody: dict[str, Any] = {"patient_id": None, "practitioner_id": None, "enabled": True, "scopes": []}
    await clinic.publish(AccessChanged(account_id=account, roles=["PHARMACIST"], location_ids=[here], **nobody))
    pharmacist = dispensary.pharmacist(here, subject=account)
    reader = principal("PHARMACIST", locations=frozenset({here}))
    place = global_id("Location", here)
    stock = {"locationId": place, "medicationId": dispensary.medication, "quantity": 20.0}
    moved = "stockMovement { lot { id version } }"
    lot = (await did(pharmacist, "receiveStock", moved, **stock, lotNumber="B1", expiresOn="2099-01-01"))["lot"]

    doctor = await dispensary.doctor()
    assert await ward.opens(reader, patient) == set()
    row = await dispensary.signed(doctor, locationId=place)

    async def opens() -> bool:
        return await ward.opens(reader, patient) == set(SAFETY_SECTIONS)

    async def closed() -> bool:
        return await ward.opens(reader, patient) == set()

    async def checked() -> bool:  # what the record says is open to the pharmacist in each service
        payload = await does(pharmacist, "checkPrescription", "prescription { id }", id=row["id"])
        return bool(payload["__typename"] == "CheckPrescriptionSuccess")

    await clinic.until(opens)
    await clinic.until(checked)
    row = await did(pharmacist, "verifyPrescription", id=row["id"], version=row["version"])
    allergy = await does(
        doctor, "recordAllergy", "allergy { id }", patientId=global_id("Patient", patient), code=PENICILLIN
    )
    assert allergy["__typename"] == "RecordAllergySuccess", allergy
    await told(clinic, pharmacist, "DISPENSING_TO_RECHECK")
    asked = "prescription { id version alerts { nodes { id version status severity } } }"
    row = await did(doctor, "checkPrescription", asked, id=row["id"])
    for alert in row.pop("alerts")["nodes"]:
        if (alert["severity"], alert["status"]) == ("INTERRUPTS", "RAISED"):
            override = {"alertId": alert["id"], "version": alert["version"], "reasonCode": "TOLERATED_BEFORE"}
            await did(doctor, "overrideAlert", "safetyAlert { id }", **override)
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": 20.0}
    made = await did(pharmacist, "dispense", "dispense { id version }", **given)
    await step(pharmacist, "handOver", await step(pharmacist, "readyDispense", made))
    found = await figures(clinic, FILLED, "LOCATION", place, count=1)
    assert 0 < found["medianMinutes"] < 5
    for query in (PRESCRIBED, HANDED_OVER):  # once, which is not told
        cell = await month_of(clinic, query, global_id("Medication", key_of(dispensary.medication)))
        assert (cell["suppressed"], cell["count"]) == (True, None)

    current = (await pharmacist.data("query($id: ID!) { lot(id: $id) { version } }", id=lot["id"]))["lot"]
    recalled = await pharmacist.data(RECALL, input={"id": lot["id"], "version": current["version"]})
    assert recalled["recallLot"]["__typename"] == "RecallLotSuccess", recalled
    await told(clinic, pharmacist, "DISPENSING_TO_RECHECK", "LOT_RECALLED")
    await told(clinic, dispensary.of_patient(), "MEDICATION_READY", "MEDICATION_RECALLED")
    await did(doctor, "stopPrescription", id=row["id"], version=(await version(doctor, row["id"])), reason="Recalled.")
    await clinic.until(closed)


async def version(caller: Caller, key: str) -> int:
    """The version that a prescription has come to."""
    found = await caller.data("query($id: ID!) { prescription(id: $id) { version } }", id=key)
    return int(found["prescription"]["version"])


async def test_a_laboratory_order_keeps_the_record_open_tells_what_is_critical_and_counts(clinic: Clinic) -> None:
    location, ward = Laboratory(time_zone="Europe/Berlin"), Ward(clinic)
    admin = Member(clinic.caller("ADMIN"), new_id())
    lab = Lab(clinic, location.id, admin, *(technician(clinic, location.id) for _ in range(2)))
    await lab.know(location)
    test = await lab.test()
    await lab.range(test, **POTASSIUM)
    patient, me = await lab.patient()
    await ward.know(Patient(id=patient))
    doctor = await lab.doctor(patient)
    visit = await let(clinic.service("records"), patient, Basis.APPOINTMENT, practitioner_id=doctor.practitioner)
    reader = principal("DOCTOR", practitioner=doctor.practitioner)
    order, key = await one(lab, doctor, patient, test)
    assert await ward.opens(reader, patient) == set(Section)

    async def related() -> bool:
        of_order = col(PatientAccess.patient_id) == patient, col(PatientAccess.basis) == Basis.ORDER
        async with stored(ward.database) as session:
            return (await session.scalar(select(PatientAccess).where(*of_order).limit(1))) is not None

    await clinic.until(related)
    await end(clinic.service("records"), visit)
    assert await ward.opens(reader, patient) == set(Section)
    assert await ward.opens(principal("LAB_TECHNICIAN", locations=frozenset({location.id})), patient) == set()

    await entered(lab, key, value="6.9")
    await told(clinic, doctor.caller, "CRITICAL_RESULT")
    (notice,) = await notices(doctor.caller)
    await doctor.did("acknowledgeCriticalResult", id=notice["id"], version=notice["version"], readBack="6.9")
    found = await figures(clinic, CRITICAL, "LABORATORY", lab.place, acknowledgedCount=1)
    assert (found["count"], found["inTimeRate"]) == (1, 1)
    assert found["medianMinutes"] < 5
    await verified(lab, key)
    await released(lab, order)
    await told(clinic, me, "RESULTS_RELEASED")
    found = await figures(clinic, TURNAROUND, "LABORATORY", lab.place, count=1)
    assert found["inTimeRate"] == 1
    assert 0 < found["total"]["medianMinutes"] < 5

    async def over() -> bool:
        return await ward.opens(reader, patient) == set()

    await clinic.until(over)
