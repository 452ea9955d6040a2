"""Many who sign or dispense in the same second: each sees what the others do, and all of it is checked."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from shared.auth.principal import system
from shared.graph import client
from shared.graph.context import Context
from subgraphs.pharmacy.models import Prescription
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of
from tests.pharmacy.prescribing import Dispensary, does, open_dispensary
from tests.pharmacy.test_dispensing import on_hand, stocked
from tests.pharmacy.test_screening import pair, sign

pytestmark = pytest.mark.usefixtures("patience")

PRESCRIBERS, PHARMACISTS = 20, 50


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """All services share one process here, with whatever else the machine does."""
    monkeypatch.setattr(client, "TURN_SECONDS", 30.0)
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 10.0)


@pytest.fixture
async def dispensary(clinic: Clinic) -> Dispensary:
    return await open_dispensary(clinic)


async def test_of_twenty_who_sign_at_once_for_a_patient_each_sees_what_the_others_have_signed(
    dispensary: Dispensary,
) -> None:
    medications = await pair(dispensary)
    doctors = [await dispensary.doctor() for _ in range(PRESCRIBERS)]
    drafts = [
        await dispensary.drafted(doctor, medicationId=medications[place % len(medications)])
        for place, doctor in enumerate(doctors)
    ]
    answers = await asyncio.gather(*(sign(doctor, row) for doctor, row in zip(doctors, drafts, strict=True)))
    assert Counter(each["__typename"] for each in answers) == {
        "SignPrescriptionSuccess": 1,
        "SafetyAlertsOpen": PRESCRIBERS - 1,
    }
    for answer in answers:
        if "alerts" in answer:
            assert {each["rule"] for each in answer["alerts"]} & {"DUPLICATE", "INTERACTION"}


async def test_of_fifty_who_dispense_at_once_of_a_prescription_what_is_prescribed_is_dispensed(
    dispensary: Dispensary,
) -> None:
    lot, pharmacists = await stocked(dispensary), [dispensary.pharmacist() for _ in range(PHARMACISTS)]
    row = await dispensary.verified(await dispensary.doctor(), quantity=20.0, refills=0)

    async def each_once(version: int) -> Counter[str]:
        given = {"prescriptionId": row["id"], "version": version, "quantity": 20.0}
        answers = await asyncio.gather(*(does(each, "dispense", **given) for each in pharmacists))
        return Counter(each["__typename"] for each in answers)

    first = await each_once(row["version"])
    assert first == {"DispenseSuccess": 1, "VersionConflict": PHARMACISTS - 1}
    assert await each_once(await _version(pharmacists[0], row)) == {"InvalidInput": PHARMACISTS}
    assert await on_hand(dispensary, lot) == (100, 20)
    async with stored(dispensary.database) as session:
        found = await session.get_one(Prescription, key_of(row["id"]))
        assert (float(found.prepared_quantity), float(found.dispensed_quantity)) == (20, 0)


async def _version(caller: Caller, row: dict[str, Any]) -> int:
    found = await caller.data("query($id: ID!) { prescription(id: $id) { version } }", id=row["id"])
    return int(found["prescription"]["version"])


async def test_nobody_is_asked_while_a_connection_is_held(dispensary: Dispensary) -> None:
    context = Context(dispensary.clinic.service("pharmacy").runtime, system())
    context.is_mutation = True
    async with context.write():
        with pytest.raises(TypeError, match="before a unit of work"):
            await context.ask("query Name($id: ID!) { patient(id: $id) { id } }", id="x")
