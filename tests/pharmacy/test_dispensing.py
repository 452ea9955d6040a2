"""Dispensing what is prescribed, as pharmacists do it and patients see it; and requests for more."""

import asyncio
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from shared.database.model import utc_now
from shared.ids import global_id, new_id
from subgraphs.pharmacy.models import Dispense, Lot, Prescription
from subgraphs.pharmacy.service.states import DISPENSES
from subgraphs.pharmacy.states import FHIR_DISPENSE_STATUS, DispenseStatus
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.pharmacy.catalogue import DIAZEPAM, entered
from tests.pharmacy.prescribing import Dispensary, did, does, open_dispensary

DISPENSE = "dispense { id version status prescription { id version status } }"
SEEN = """query($id: ID!) { prescription(id: $id) { status version dispensedQuantity preparedQuantity refillsLeft
    dispenses { nodes { status quantity readyAt } } } }"""


@pytest.fixture
async def dispensary(clinic: Clinic) -> Dispensary:
    return await open_dispensary(clinic)


async def stocked(dispensary: Dispensary, medication: str | None = None, quantity: float = 100) -> UUID:
    """The key of a lot of a medication."""
    given = {
        "locationId": global_id("Location", dispensary.location),
        "medicationId": medication or dispensary.medication,
        "lotNumber": f"L{new_id().hex[:6]}",
        "expiresOn": "2099-01-01",
        "quantity": quantity,
    }
    made = await did(dispensary.pharmacist(), "receiveStock", "stockMovement { lot { id } }", **given)
    return key_of(made["lot"]["id"])


async def prepared(dispensary: Dispensary, row: dict[str, Any], quantity: float, **claims: Any) -> dict[str, Any]:
    """Something that is set apart."""
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": quantity}
    return await did(dispensary.pharmacist(**claims), "dispense", DISPENSE, **given)


async def step(caller: Caller, name: str, row: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What became of something dispensed."""
    return await did(caller, name, DISPENSE, id=row["id"], version=row["version"], **fields)


async def handed_over(dispensary: Dispensary, row: dict[str, Any], quantity: float) -> dict[str, Any]:
    """Something that the patient has."""
    pharmacist = dispensary.pharmacist()
    made = await step(pharmacist, "readyDispense", await prepared(dispensary, row, quantity))
    return await step(pharmacist, "handOver", made)


async def on_hand(dispensary: Dispensary, lot: UUID) -> tuple[float, float]:
    """What is there of a lot, and reserved."""
    async with stored(dispensary.database) as session:
        row = await session.get_one(Lot, lot)
        return float(row.on_hand), float(row.reserved)


async def test_what_is_prescribed_is_dispensed_in_parts_until_the_patient_has_all_of_it(dispensary: Dispensary) -> None:
    lot, doctor = await stocked(dispensary), await dispensary.doctor()
    row = await dispensary.verified(doctor)
    made = await prepared(dispensary, row, 15.0)
    assert await on_hand(dispensary, lot) == (100, 15)
    patient, pharmacist = dispensary.of_patient(), dispensary.pharmacist()
    made = await step(pharmacist, "readyDispense", made)
    seen = (await patient.data(SEEN, id=row["id"]))["prescription"]
    assert (seen["status"], seen["preparedQuantity"], seen["dispensedQuantity"]) == ("VERIFIED", 15, 0)
    assert [each["status"] for each in seen["dispenses"]["nodes"]] == ["READY"]

    made = await step(pharmacist, "handOver", made)
    assert made["prescription"]["status"] == "PARTIALLY_DISPENSED"
    assert await on_hand(dispensary, lot) == (85, 0)
    over = {"prescriptionId": row["id"], "version": made["prescription"]["version"], "quantity": 26.0}
    refused = await does(pharmacist, "dispense", **over)
    assert [(each["path"], each["code"]) for each in refused["fields"]] == [(["quantity"], "QUANTITY_LEFT")]
    last = await handed_over(dispensary, made["prescription"], 25.0)
    seen = (await patient.data(SEEN, id=row["id"]))["prescription"]
    assert (last["prescription"]["status"], seen["dispensedQuantity"], seen["refillsLeft"]) == ("COMPLETED", 40, 0)
    told = [event.type.split(".")[2] for event in await dispensary.clinic.published("pharmacy")]
    assert [each for each in told if "alert" not in each and "stock" not in each][-4:] == [
        "medication-ready",
        "prescription-completed",
        "prescription-ended",
        "dispensed",
    ]
    dispensed = (await dispensary.clinic.published("pharmacy"))[-1].data
    assert (dispensed["lotId"], dispensed["quantity"]) == (str(lot), "25.000")
    assert str(dispensary.patient) not in str(dispensed)


async def test_of_many_at_once_no_more_is_dispensed_than_is_prescribed(dispensary: Dispensary) -> None:
    await stocked(dispensary)
    row = await dispensary.verified(await dispensary.doctor())
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": 30.0}
    answers = await asyncio.gather(*(does(dispensary.pharmacist(), "dispense", **given) for _ in range(3)))
    assert sorted(each["__typename"] for each in answers) == ["DispenseSuccess", "VersionConflict", "VersionConflict"]
    with pytest.raises(IntegrityError, match="dispensed"):
        async with stored(dispensary.database) as session:
            prescription = await session.get_one(Prescription, key_of(row["id"]))
            prescription.prepared_quantity += 20


async def test_what_is_not_there_is_not_dispensed(dispensary: Dispensary) -> None:
    row = await dispensary.verified(await dispensary.doctor())
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": 1.0}
    assert (await does(dispensary.pharmacist(), "dispense", **given))["__typename"] == "OutOfStock"
    async with stored(dispensary.database) as session:
        count = select(func.count()).select_from(Dispense).where(col(Dispense.prescription_id) == key_of(row["id"]))
        assert await session.scalar(count) == 0


async def test_what_comes_back_can_be_dispensed_again(dispensary: Dispensary) -> None:
    lot, pharmacist = await stocked(dispensary), dispensary.pharmacist()
    row = await dispensary.verified(await dispensary.doctor())
    unfetched = await step(pharmacist, "readyDispense", await prepared(dispensary, row, 10.0))
    back = await step(pharmacist, "returnDispense", unfetched, reason="Not fetched.")
    assert (back["status"], await on_hand(dispensary, lot)) == ("RETURNED_TO_STOCK", (100, 0))
    had = await handed_over(dispensary, back["prescription"], 40.0)
    assert had["prescription"]["status"] == "COMPLETED"
    back = await step(pharmacist, "returnDispense", had, reason="Sealed.")
    assert (back["prescription"]["status"], await on_hand(dispensary, lot)) == ("VERIFIED", (60, 0))
    assert await kept_apart(dispensary) == [40]
    told = [event.type.split(".")[2] for event in await dispensary.clinic.published("pharmacy")]
    assert told[-2:] == ["dispense-returned", "prescription-signed"]
    declined = await step(
        pharmacist, "declineDispense", await prepared(dispensary, back["prescription"], 1.0), reason="No."
    )
    assert (declined["status"], await on_hand(dispensary, lot)) == ("DECLINED", (60, 0))


async def kept_apart(dispensary: Dispensary) -> list[float]:
    """How much of what has come back is in quarantine, by lots."""
    async with stored(dispensary.database) as session:
        apart = select(Lot).where(col(Lot.location_id) == dispensary.location, col(Lot.returned))
        rows = (await session.scalars(apart)).all()
    assert {row.status for row in rows} <= {"QUARANTINED"}
    return [float(row.on_hand) for row in rows]


async def test_a_part_of_what_was_handed_over_comes_back_to_quarantine(dispensary: Dispensary) -> None:
    lot, pharmacist = await stocked(dispensary), dispensary.pharmacist()
    row = await dispensary.verified(await dispensary.doctor())
    made = await prepared(dispensary, row, 30.0)
    part = {"reason": "Did not tolerate it.", "lotId": global_id("Lot", lot), "quantity": 12.5}
    early = await does(pharmacist, "returnPart", id=made["id"], version=made["version"], **part)
    assert early["code"] == "DISPENSE_STATUS"
    had = await step(pharmacist, "handOver", await step(pharmacist, "readyDispense", made))
    some = await step(pharmacist, "returnPart", had, **part)
    assert (some["status"], some["prescription"]["status"]) == ("HANDED_OVER", "PARTIALLY_DISPENSED")
    seen = (await dispensary.of_patient().data(SEEN, id=row["id"]))["prescription"]
    assert seen["dispensedQuantity"] == 17.5
    assert (await on_hand(dispensary, lot), await kept_apart(dispensary)) == ((70, 0), [12.5])
    more = {"id": some["id"], "version": some["version"], **part, "quantity": 18.0}
    assert (await does(pharmacist, "returnPart", **more))["code"] == "RETURNED_TOO_MUCH"
    other = {**more, "lotId": global_id("Lot", new_id())}
    assert (await does(pharmacist, "returnPart", **other))["code"] == "NOT_FOUND"
    stranger = dispensary.pharmacist(new_id())
    assert (await does(stranger, "returnPart", **more))["code"] == "NOT_FOUND"

    whole = await step(pharmacist, "returnPart", some, **part | {"quantity": 17.5})
    assert (whole["status"], whole["prescription"]["status"]) == ("RETURNED_TO_STOCK", "VERIFIED")
    assert await kept_apart(dispensary) == [30]
    told = [each.data for each in await dispensary.clinic.published("pharmacy") if "dispense-returned" in each.type]
    assert [(each["lotId"], float(each["quantity"])) for each in told] == [(str(lot), 12.5), (str(lot), 17.5)]


async def test_what_is_left_after_a_part_has_come_back_comes_back_too(dispensary: Dispensary) -> None:
    lot, pharmacist = await stocked(dispensary), dispensary.pharmacist()
    row = await dispensary.verified(await dispensary.doctor(), quantity=10.0, refills=0)
    had = await handed_over(dispensary, row, 10.0)
    part = {"reason": "Sealed.", "lotId": global_id("Lot", lot), "quantity": 4.0}
    some = await step(pharmacist, "returnPart", had, **part)
    back = await step(pharmacist, "returnDispense", some, reason="The rest.")
    assert (back["prescription"]["status"], await kept_apart(dispensary)) == ("VERIFIED", [10])
    seen = (await dispensary.of_patient().data(SEEN, id=row["id"]))["prescription"]
    assert seen["dispensedQuantity"] == 0


async def test_what_is_stopped_is_not_handed_over(dispensary: Dispensary) -> None:
    lot, doctor = await stocked(dispensary), await dispensary.doctor()
    row = await dispensary.verified(doctor)
    made = await step(dispensary.pharmacist(), "readyDispense", await prepared(dispensary, row, 10.0))
    version = made["prescription"]["version"]
    held = await did(doctor, "holdPrescription", id=row["id"], version=version, reason="Wait.")
    answer = await does(dispensary.pharmacist(), "handOver", id=made["id"], version=made["version"])
    assert answer["code"] == "PRESCRIPTION_STATUS"
    await did(doctor, "stopPrescription", id=row["id"], version=held["version"], reason="Enough.")
    seen = (await dispensary.of_patient().data(SEEN, id=row["id"]))["prescription"]
    assert [each["status"] for each in seen["dispenses"]["nodes"]] == ["DECLINED"]
    assert await on_hand(dispensary, lot) == (100, 0)


async def test_what_is_controlled_takes_two_persons_and_a_fresh_second_factor(dispensary: Dispensary) -> None:
    clinic = dispensary.clinic
    medication = await entered(clinic.caller("ADMIN"), {**DIAZEPAM, "rxcui": None, "schedule": "II"})
    await stocked(dispensary, medication)
    doctor = await dispensary.doctor(second_factor_at=utc_now())
    row = await dispensary.signed(doctor, medicationId=medication, refills=0)
    one, two, three = new_id(), new_id(), new_id()
    first, second, third = (dispensary.pharmacist(subject=each) for each in (one, two, three))
    row = await did(first, "verifyPrescription", id=row["id"], version=row["version"])
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": 5.0}
    assert (await does(first, "dispense", **given))["code"] == "OWN_VERIFICATION"
    made = await step(second, "readyDispense", await did(second, "dispense", DISPENSE, **given))
    change = {"id": made["id"], "version": made["version"]}
    assert (await does(third, "handOver", **change))["__typename"] == "SecondFactorNeeded"
    fresh = {"second_factor_at": utc_now()}
    alone = dispensary.pharmacist(subject=two, **fresh)
    assert (await does(alone, "handOver", **change))["code"] == "TWO_PERSONS"
    verifier = dispensary.pharmacist(subject=one, **fresh)
    assert (await does(verifier, "handOver", **change))["code"] == "OWN_VERIFICATION"
    await step(dispensary.pharmacist(subject=three, **fresh), "handOver", made)
    at = {"at": global_id("Location", dispensary.location), "of": medication}
    entries = await third.data(
        "query($at: ID!, $of: ID!) { stockMovements(locationId: $at, medicationId: $of) { nodes { kind number balance } } }",
        **at,
    )
    assert {(each["kind"], each["balance"]) for each in entries["stockMovements"]["nodes"]} == {
        ("RECEIVED", 100),
        ("DISPENSED", 95),
    }


async def test_an_allergy_recorded_after_the_signature_stops_the_dispensing(dispensary: Dispensary) -> None:
    await stocked(dispensary)
    doctor = await dispensary.doctor()
    row = await dispensary.verified(doctor)
    code = {"system": "http://snomed.info/sct", "code": "91936005", "display": "Allergy to penicillin"}
    allergy = {"patientId": global_id("Patient", dispensary.patient), "code": code, "category": "MEDICATION"}
    await did(doctor, "recordAllergy", "allergy { id }", **allergy)
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": 5.0}
    stopped = await does(dispensary.pharmacist(), "dispense", **given)
    assert stopped["__typename"] == "SafetyAlertsOpen"
    alerts = "query($id: ID!) { prescription(id: $id) { version alerts { nodes { id rule status version } } } }"
    seen = (await doctor.data(alerts, id=row["id"]))["prescription"]
    (alert,) = (each for each in seen["alerts"]["nodes"] if each["rule"] == "ALLERGY")
    override = {"alertId": alert["id"], "version": alert["version"], "reasonCode": "TOLERATED_BEFORE"}
    assert (await did(doctor, "overrideAlert", "safetyAlert { status }", **override))["status"] == "OVERRIDDEN"
    assert (await prepared(dispensary, {"id": row["id"], "version": seen["version"]}, 5.0))["status"] == "PREPARATION"


_WHY = {"reason": "Because."}
_TO: dict[str, tuple[DispenseStatus, dict[str, Any]]] = {
    "readyDispense": (DispenseStatus.READY, {}),
    "holdDispense": (DispenseStatus.ON_HOLD, _WHY),
    "resumeDispense": (DispenseStatus.PREPARATION, {}),
    "handOver": (DispenseStatus.HANDED_OVER, {}),
    "returnDispense": (DispenseStatus.RETURNED_TO_STOCK, _WHY),
    "declineDispense": (DispenseStatus.DECLINED, _WHY),
}
_WAYS: dict[DispenseStatus, list[str]] = {
    DispenseStatus.PREPARATION: [],
    DispenseStatus.READY: ["readyDispense"],
    DispenseStatus.ON_HOLD: ["holdDispense"],
    DispenseStatus.HANDED_OVER: ["readyDispense", "handOver"],
    DispenseStatus.RETURNED_TO_STOCK: ["returnDispense"],
    DispenseStatus.DECLINED: ["declineDispense"],
}
"""By which mutations something gets into a status."""


async def test_every_pair_of_states_of_a_dispense_is_as_the_table_says(dispensary: Dispensary) -> None:
    await stocked(dispensary)
    pharmacist = dispensary.pharmacist()
    row = await dispensary.verified(await dispensary.doctor(), quantity=100.0, refills=0)
    for before, (name, (after, fields)) in product(DispenseStatus, _TO.items()):
        made = await prepared(dispensary, row, 1.0)
        for way in _WAYS[before]:
            made = await step(pharmacist, way, made, **_TO[way][1])
        payload = await does(pharmacist, name, id=made["id"], version=made["version"], **fields)
        if (before, after) in DISPENSES.ways:
            assert payload["__typename"].endswith("Success"), (before, name, payload)
        else:
            assert payload["code"] == "DISPENSE_STATUS", (before, name, payload)
        row = (await pharmacist.data("query($id: ID!) { prescription(id: $id) { id version } }", id=row["id"]))[
            "prescription"
        ]
    assert set(FHIR_DISPENSE_STATUS) == set(DispenseStatus)


REFILL = "refillRequest { id version status renewal { id } }"


async def test_a_patient_asks_for_more_and_the_prescriber_decides(dispensary: Dispensary) -> None:
    await stocked(dispensary)
    doctor, patient = await dispensary.doctor(), dispensary.of_patient()
    row = await dispensary.verified(doctor)
    asked = {"prescriptionId": row["id"], "note": "For my journey."}
    assert (await does(patient, "requestRefill", **asked))["code"] == "PRESCRIPTION_STATUS"
    await handed_over(dispensary, row, 40.0)
    made = await did(patient, "requestRefill", REFILL, **asked)
    assert (await does(patient, "requestRefill", **asked))["code"] == "REFILL_REQUESTED"
    listed = "{ refillRequests(status: REQUESTED) { nodes { id note } } }"
    assert await doctor.data(listed) == {"refillRequests": {"nodes": [{"id": made["id"], "note": "For my journey."}]}}
    stranger, _ = await dispensary.prescriber(treats=False)
    decision = {"id": made["id"], "version": made["version"], "approve": True}
    assert (await does(stranger, "decideRefill", **decision))["code"] == "NOT_FOUND"

    decided = await did(doctor, "decideRefill", REFILL, **decision)
    renewal = "query($id: ID!) { prescription(id: $id) { status version quantity basedOn { id } } }"
    found = (await doctor.data(renewal, id=decided["renewal"]["id"]))["prescription"]
    assert (found["status"], found["quantity"], found["basedOn"]) == ("DRAFT", 20, {"id": row["id"]})
    again = await did(patient, "requestRefill", REFILL, **asked)
    assert (await did(patient, "withdrawRefill", REFILL, id=again["id"], version=1))["status"] == "WITHDRAWN"
    third = await did(patient, "requestRefill", REFILL, **asked)
    denied = await did(doctor, "decideRefill", REFILL, id=third["id"], version=1, approve=False, answer="See me.")
    assert (denied["status"], denied["renewal"]) == ("DENIED", None)
    told = [event.type.split(".")[2] for event in await dispensary.clinic.published("pharmacy")]
    assert told.count("refill-requested") == 3
    assert told.count("refill-decided") == 2


async def test_repetitions_do_nothing_again(dispensary: Dispensary) -> None:
    lot = await stocked(dispensary)

    async def moved() -> int:
        async with stored(dispensary.database) as session:
            row = await session.get_one(Lot, lot)
            rows = await session.scalars(select(Dispense).where(col(Dispense.patient_id) == dispensary.patient))
            return 1000 - int(row.on_hand) * 7 + int(row.reserved) + 31 * sum(each.version for each in rows)

    async def told() -> int:
        return len(await dispensary.clinic.published("pharmacy"))

    pharmacist, doctor, patient = dispensary.pharmacist(), await dispensary.doctor(), dispensary.of_patient()
    row = await dispensary.verified(doctor, refills=0)
    given = {"prescriptionId": row["id"], "version": row["version"], "quantity": 20.0}
    await check_repeating(pharmacist, "dispense", DISPENSE, given, {"quantity": 1.0}, moved)
    seen = "query($id: ID!) { prescription(id: $id) { dispenses { nodes { id version } } } }"
    made = (await patient.data(seen, id=row["id"]))["prescription"]["dispenses"]["nodes"][0]
    made = await step(pharmacist, "readyDispense", made)
    change = {"id": made["id"], "version": made["version"]}
    await check_repeating(pharmacist, "handOver", DISPENSE, change, {"version": 9}, told)
    asked = {"prescriptionId": row["id"]}
    await check_repeating(patient, "requestRefill", REFILL, asked, {"note": "Soon."}, told)
    request = (await doctor.data("{ refillRequests { nodes { id version } } }"))["refillRequests"]["nodes"][0]
    decision = {**request, "approve": False}
    await check_repeating(doctor, "decideRefill", REFILL, decision, {"approve": True}, told)
    lot_id = {"lotId": global_id("Lot", lot)}
    part = {"id": made["id"], "version": made["version"] + 1, "reason": "Sealed.", "quantity": 5.0, **lot_id}
    await check_repeating(pharmacist, "returnPart", DISPENSE, part, {"quantity": 6.0}, told)
    back = {"id": made["id"], "version": made["version"] + 2, "reason": "Sealed."}
    await check_repeating(pharmacist, "returnDispense", DISPENSE, back, {"reason": "Other."}, told)
