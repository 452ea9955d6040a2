"""A laboratory test and a prescription, from the order to what the patient reads: all roles, all by the router."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from shared.ids import new_id
from tests.e2e.figures import laboratory_worked, of_laboratory, pharmacy_worked
from tests.e2e.stack import Stack
from tests.e2e.test_record import did, told, until_done, visit
from tests.harness.caller import Caller
from tests.records.asking import does

pytestmark = pytest.mark.xdist_group("e2e")

SIMVASTATIN = "312961"  # of 20 mg, in RxNorm
LACTATE = {
    "loinc": "2524-7",
    "loincName": "Lactate [Moles/volume] in Serum or Plasma",
    "name": "Lactate",
    "valueType": "NUMERIC",
    "unit": "mmol/L",
    "decimals": 1,
    "specimenType": "SERUM",
    "container": "grey top",
    "turnaround": 60,
}
LIMITS = {"normalLow": 0.5, "normalHigh": 2.2, "criticalHigh": 4.0, "ageFromDays": 0, "source": "For this test."}
CLARITHROMYCIN = {
    "rxcui": "197517",
    "name": "Clarithromycin 500 MG Oral Tablet",
    "doseForm": "Oral Tablet",
    "unit": "TABLET",
    "ingredients": [{"rxcui": "21212", "name": "Clarithromycin", "strength": 500, "strengthUnit": "mg"}],
    "packs": [],
}
DEMO_REPORTS = 3  # which the demo's patient has from the start
CRITICAL = "subscription { criticalResult { id version status result { display flag } patient { id } } }"
PLANNED = "query($id: ID!) { labOrder(id: $id) { specimens { nodes { id version status } } } }"
REPORTS = """
query Reports($id: ID!) { node(id: $id) { ... on Patient { labReports(first: 5) { nodes {
  status results { nodes { display unit flag sentence(language: "en") interval { normalLow normalHigh } replaces { display } } }
} } } } }
"""
SIGN = """
mutation Sign($input: SignPrescriptionInput!) { signPrescription(input: $input) {
  __typename
  ... on SignPrescriptionSuccess { prescription { id version } }
  ... on SafetyAlertsOpen { alerts { id rule message } }
  ... on UserError { code message }
} }
"""
RECALL = """
mutation Recall($input: ChangeLotStatusInput!) { recallLot(input: $input) {
  __typename ... on RecallLotSuccess { lot { status } } ... on UserError { code message }
} }
"""
MEDICATIONS = """
query Medications($id: ID!) { node(id: $id) { ... on Patient { prescriptions(first: 20) { nodes {
  id status name dosageText refillsLeft dispensedQuantity
  changes { nodes { status practitioner { id } staffMember { name } } }
} } } } }
"""


async def workplace(caller: Caller) -> str:
    """The id of the location where somebody works."""
    return str((await caller.data("{ me { locations { id } } }"))["me"]["locations"][0]["id"])


async def colleague(stack: Stack, email: str) -> Caller:
    """Somebody with the password and the rights of an account of the demo, who is somebody else."""
    identity = await asyncpg.connect(stack.state["addresses"]["databases"]["identity"])
    flags = "totp_last_step, tokens_stale, access_untold"
    copied = f"name, password_hash, roles, location_ids, {flags}, created_at, updated_at, version"
    await identity.execute(
        f"INSERT INTO account (id, email, {copied}) "  # noqa: S608 - columns, which are written above
        f"SELECT $1, 'second-' || email, {copied} FROM account WHERE email = $2",
        new_id(),
        f"{email}@caregraph.example",
    )
    await identity.close()
    return await stack.log_in(f"second-{email}")


async def test_an_order_and_a_prescription_reach_the_patient(stack: Stack) -> None:
    doctor, patient, pharmacist = [await stack.log_in(name) for name in ("doctor", "patient", "pharmacist")]
    nora = (await patient.data("{ myPatient { id } }"))["myPatient"]["id"]
    analyst = await stack.log_in("analyst")
    before = await of_laboratory(analyst)
    await visit(stack, doctor, nora)
    await examined(stack, doctor, patient, nora)
    medication, prescriptions = await prescribed(doctor, patient, pharmacist, nora)
    await laboratory_worked(analyst, before)
    await pharmacy_worked(analyst, medication, prescriptions)


async def examined(stack: Stack, doctor: Caller, patient: Caller, nora: str) -> None:
    """A critical result: told before it is verified, acknowledged, verified by a second person, released, corrected."""
    admin, technician = await stack.log_in("admin"), await stack.log_in("lab-technician")
    second, laboratory = await colleague(stack, "lab-technician"), await workplace(technician)
    test = (await did(admin, "saveLabTest", "labTest { id }", **LACTATE))["id"]
    await did(admin, "saveReferenceRange", "referenceRange { id }", labTestId=test, **LIMITS)
    of = {"patientId": nora, "laboratoryId": laboratory, "testIds": [test], "priority": "STAT"}
    asked = "labOrder { id specimens { nodes { id version } } analyses { nodes { id } } }"
    order = await until_done(doctor, "orderLabTests", asked, **of, reason="Feels cold.")
    (specimen,), (analysis,) = order["specimens"]["nodes"], order["analyses"]["nodes"]
    burst = await did(doctor, "collectSpecimen", "specimen { id version }", **specimen)
    await did(technician, "rejectSpecimen", "specimen { id }", **burst, reason="HEMOLYZED")
    await told(doctor, "SPECIMEN_REJECTED")
    planned = await doctor.data(PLANNED, id=order["id"])
    (specimen,) = [each for each in planned["labOrder"]["specimens"]["nodes"] if each.pop("status") == "PLANNED"]
    collected = await did(doctor, "collectSpecimen", "specimen { id version barcode }", **specimen)
    barcode = collected.pop("barcode")
    found = await technician.data("query($b: String!) { specimenByBarcode(barcode: $b) { id version } }", b=barcode)
    await did(technician, "receiveSpecimen", "specimen { id }", **found["specimenByBarcode"])

    async with doctor.subscribe(CRITICAL) as notices:
        notice = asyncio.ensure_future(anext(notices))
        await asyncio.sleep(0.5)  # until it is open
        row = await analysis_of(technician, analysis["id"])
        entered = await does(technician, "enterResult", "analysis { id }", **row, value="5.6", unit="mmol/L")
        assert entered["__typename"] == "EnterResultSuccess", entered
        async with asyncio.timeout(20):
            critical = dict((await notice)["criticalResult"])
    assert (critical["result"], critical["patient"]) == (
        {"display": "5.6 mmol/L", "flag": "CRITICAL_HIGH"},
        {"id": nora},
    )
    assert len(await reports(patient, nora)) == DEMO_REPORTS
    await told(doctor, "CRITICAL_RESULT")
    back = {"id": critical["id"], "version": critical["version"], "readBack": "5.6"}
    await did(doctor, "acknowledgeCriticalResult", "criticalNotice { status }", **back)

    row = await analysis_of(technician, analysis["id"])
    assert (await does(technician, "verifyResult", "analysis { id }", **row))["__typename"] != "VerifyResultSuccess"
    verified = await does(second, "verifyResult", "analysis { id }", **row)
    assert verified["__typename"] == "VerifyResultSuccess", verified
    await release(second, order, analysis["id"])
    await told(patient, "RESULTS_RELEASED")
    report, *others = await reports(patient, nora)  # the newest first
    assert len(others) == DEMO_REPORTS
    (result,) = report["results"]["nodes"]
    assert (result["display"], result["flag"]) == ("5.6 mmol/L", "CRITICAL_HIGH")
    assert result["sentence"] and result["interval"]


async def analysis_of(caller: Caller, key: str) -> dict[str, Any]:
    """An analysis as it is now, to be changed."""
    asked = "query($id: ID!) { node(id: $id) { ... on Analysis { id version } } }"
    return dict((await caller.data(asked, id=key))["node"])


async def release(caller: Caller, order: dict[str, Any], analysis: str) -> None:
    """Give the report out, unless the verification has done so."""
    asked = "query($id: ID!) { node(id: $id) { ... on Analysis { releasedAt labOrder { id version } } } }"
    found = (await caller.data(asked, id=analysis))["node"]
    if found["releasedAt"] is None:
        await did(caller, "releaseReport", "labReport { status }", **found["labOrder"])


async def reports(patient: Caller, nora: str) -> list[dict[str, Any]]:
    """The reports that the patient reads."""
    return list((await patient.data(REPORTS, id=nora))["node"]["labReports"]["nodes"])


async def prescribed(doctor: Caller, patient: Caller, pharmacist: Caller, nora: str) -> tuple[str, int]:
    """Two drugs that interact, overridden; dispensed in part, asked for again, a lot called back, and more of the same.

    The id of the medication, and how often it was prescribed.
    """
    pharmacy = await workplace(pharmacist)
    search = "query($s: String!) { medications(search: $s, first: 1) { nodes { id } } }"
    simvastatin = (await doctor.data(search, s=SIMVASTATIN))["medications"]["nodes"][0]["id"]
    clarithromycin = (await did(pharmacist, "saveMedication", "medication { id }", **CLARITHROMYCIN))["id"]
    expires = str((datetime.now(UTC) + timedelta(days=300)).date())
    delivery = {"locationId": pharmacy, "medicationId": clarithromycin, "quantity": 20.0, "expiresOn": expires}
    received = "stockMovement { lot { id version } }"
    lot = (await did(pharmacist, "receiveStock", received, **delivery, lotNumber="C-1"))["lot"]
    kept = {"locationId": pharmacy, "medicationId": clarithromycin, "minimum": 5.0}
    await did(pharmacist, "saveStockMinimum", "stockItem { id }", **kept)

    of = {"patientId": nora, "locationId": pharmacy, "refills": 1}
    daily = {"dose": 1.0, "unit": "TABLET", "period": 1, "periodUnit": "DAY", "route": "ORAL"}
    first = await signed(doctor, medicationId=simvastatin, dosages=[{**daily, "frequency": 1}], quantity=30.0, **of)
    assert first["__typename"] == "SignPrescriptionSuccess", first
    draft = {"medicationId": clarithromycin, "dosages": [{**daily, "frequency": 2}], "quantity": 14.0, **of}
    row = await until_done(doctor, "draftPrescription", "prescription { id version }", **draft)
    refused = await sign(doctor, **row)
    assert [alert["rule"] for alert in refused.get("alerts", ())] == ["INTERACTION"], refused
    overrides = [{"alertId": alert["id"], "reasonCode": "MONITORED", "comment": "Creatine kinase each week."}
                 for alert in refused["alerts"]]  # fmt: skip
    answer = await sign(doctor, **row, overrides=overrides)
    assert answer["__typename"] == "SignPrescriptionSuccess", answer
    row = answer["prescription"]
    row = await until_done(pharmacist, "verifyPrescription", "prescription { id version }", **row)

    dispensed = "dispense { id version prescription { id version } }"
    prepared = await until_done(
        pharmacist, "dispense", dispensed, prescriptionId=row["id"], version=row["version"], quantity=10.0
    )
    prepared.pop("prescription")
    ready = await did(pharmacist, "readyDispense", "dispense { id version }", **prepared)
    await told(patient, "MEDICATION_READY")
    await did(pharmacist, "handOver", "dispense { status }", **ready)
    mine = {each["id"]: each for each in (await patient.data(MEDICATIONS, id=nora))["node"]["prescriptions"]["nodes"]}
    seen = mine[row["id"]]
    assert (seen["status"], seen["dispensedQuantity"]) == ("PARTIALLY_DISPENSED", 10)
    assert "1 tablet" in seen["dosageText"]
    assert {each["status"] for each in seen["changes"]["nodes"]} >= {"SIGNED", "VERIFIED"}

    request = await did(patient, "requestRefill", "refillRequest { id version }", prescriptionId=row["id"])
    await told(doctor, "REFILL_REQUESTED")
    decided = await did(doctor, "decideRefill", "refillRequest { status renewal { status } }", **request, approve=True)
    assert decided["status"] == "APPROVED"
    await told(patient, "REFILL_DECIDED")

    lots = "query($id: ID!) { lot(id: $id) { id version onHand } }"
    lot = (await pharmacist.data(lots, id=lot["id"]))["lot"]
    assert lot.pop("onHand") == 10
    recalled = await pharmacist.data(RECALL, input=lot)
    assert recalled["recallLot"] == {"__typename": "RecallLotSuccess", "lot": {"status": "RECALLED"}}
    traced = "query($id: ID!) { lotTrace(lotId: $id) { nodes { quantity patient { id } } } }"
    assert (await pharmacist.data(traced, id=lot["id"]))["lotTrace"]["nodes"] == [
        {"quantity": 10, "patient": {"id": nora}}
    ]
    await told(patient, "MEDICATION_RECALLED")
    await told(pharmacist, "LOT_RECALLED", "STOCK_LOW")
    thrown = {"lotId": lot["id"], "quantity": 10.0, "reason": "RECALLED"}
    await did(pharmacist, "wasteStock", "stockMovement { id }", **thrown)
    await did(pharmacist, "receiveStock", received, **delivery, lotNumber="C-2")
    await handed_over(pharmacist, row["id"], 10)
    for _ in range(10):
        again = await signed(doctor, **draft)
        assert again["__typename"] == "SignPrescriptionSuccess", again
        await did(doctor, "stopPrescription", "prescription { id }", **again["prescription"], reason="Enough.")
    return clarithromycin, 11 + (decided["renewal"]["status"] == "SIGNED")


async def handed_over(pharmacist: Caller, prescription: str, times: int) -> None:
    """Some more of a prescription, a tablet at a time."""
    current = "query($id: ID!) { prescription(id: $id) { version } }"
    version = (await pharmacist.data(current, id=prescription))["prescription"]["version"]
    of = {"prescriptionId": prescription, "quantity": 1.0}
    for _ in range(times):
        row = await did(pharmacist, "dispense", "dispense { id version }", **of, version=version)
        row = await did(pharmacist, "readyDispense", "dispense { id version }", **row)
        done = await did(pharmacist, "handOver", "dispense { prescription { version } }", **row)
        version = done["prescription"]["version"]


async def signed(doctor: Caller, **draft: Any) -> dict[str, Any]:
    """What signing a draft answers, with every finding overridden."""
    row = await until_done(doctor, "draftPrescription", "prescription { id version }", **draft)
    answer = await sign(doctor, **row)
    overrides = [{"alertId": alert["id"], "reasonCode": "TOLERATED_BEFORE"} for alert in answer.get("alerts", ())]
    return await sign(doctor, **row, overrides=overrides) if overrides else answer


async def sign(doctor: Caller, **fields: Any) -> dict[str, Any]:
    """What signing a prescription answers."""
    return dict((await doctor.data(SIGN, input=fields))["signPrescription"])
