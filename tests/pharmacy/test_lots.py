"""Lots are kept apart, released, called back and expire; who was given them is found."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from shared.database.model import utc_now
from shared.ids import new_id
from subgraphs.pharmacy import jobs
from subgraphs.pharmacy.codes import LotStatus
from subgraphs.pharmacy.models import Location, Lot
from subgraphs.pharmacy.service import allocation
from subgraphs.pharmacy.service.states import LOTS
from tests.harness.databases import stored
from tests.pharmacy.storing import LATER, Store, id_of
from tests.pharmacy.test_allocation import dispensed

WAYS = {
    "quarantineLot": LotStatus.QUARANTINED,
    "releaseLot": LotStatus.ACTIVE,
    "recallLot": LotStatus.RECALLED,
}
REACHED = {
    LotStatus.ACTIVE: [],
    LotStatus.QUARANTINED: ["quarantineLot"],
    LotStatus.RECALLED: ["recallLot"],
}
TRACE = """query($lot: ID!) { lotTrace(lotId: $lot) { totalCount nodes {
  quantity returned patient { id } lot { number } } } }"""


async def lot_in(store: Store, status: LotStatus) -> Lot:
    """A lot that came into a state as lots do."""
    key = await store.lot(await store.medication(), 3)
    given: dict[str, Any] = {"lotId": str(key), "reason": "OTHER", "quantity": 3}
    for version, name in enumerate(REACHED.get(status, []), 1):
        await store.do(store.pharmacist, name, "Lot", id=str(key), version=version)
    if status is LotStatus.DEPLETED:
        await store.do(store.pharmacist, "wasteStock", **given)
    if status is LotStatus.EXPIRED:
        await store.age(key, utc_now().date() - timedelta(days=1))
        await jobs.expire_lots(store.clinic.service("pharmacy").runtime)
    row = await store.row(key)
    assert row.status == status
    return row


async def test_every_pair_of_states_is_a_way_or_refused(store: Store) -> None:
    for before, (name, after) in product(LotStatus, WAYS.items()):
        row = await lot_in(store, before)
        answer = await store.do(store.pharmacist, name, "Lot", id=id_of("Lot", row.id), version=row.version)
        allowed = bool(LOTS.ways.get((before, after)))
        assert answer["__typename"] == (f"{name[0].upper()}{name[1:]}Success" if allowed else "InvalidState"), (
            before,
            name,
        )
        assert (await store.row(row.id)).status == (after if allowed else before)


async def test_a_change_names_the_version_that_was_read(store: Store) -> None:
    lot = await store.lot(await store.medication(), 1)
    await store.do(
        store.pharmacist, "adjustStock", lotId=str(lot), reason="FOUND", change=1
    )  # is no change of the lot's
    first = await store.do(store.pharmacist, "quarantineLot", "Lot", id=str(lot), version=1)
    assert first["lot"] == {"id": id_of("Lot", lot), "status": "QUARANTINED", "version": 2}
    assert (await store.do(store.pharmacist, "releaseLot", "Lot", id=str(lot), version=1))["code"] == "VERSION_CONFLICT"


async def test_what_is_kept_apart_does_not_count_and_is_not_released_when_it_has_expired(store: Store) -> None:
    medication = await store.medication()
    lot = await store.lot(medication, 5)
    await store.do(store.pharmacist, "quarantineLot", "Lot", id=str(lot), version=1)
    item = await store.item(medication)
    assert (float(item.on_hand), float(item.usable), item.out_since is not None) == (5.0, 0.0, True)
    assert (await store.receive(medication, 1))["code"] == "LOT_STATUS"
    await store.age(lot, utc_now().date() - timedelta(days=1))
    late = await store.do(store.pharmacist, "releaseLot", "Lot", id=str(lot), version=2 + 1)
    assert late["code"] == "LOT_EXPIRED"
    await store.age(lot, LATER)
    done = await store.do(store.pharmacist, "releaseLot", "Lot", id=str(lot), version=2 + 2)
    assert done["lot"]["status"] == "ACTIVE"
    assert (await store.item(medication)).usable == 5


async def test_a_recall_reaches_every_location_and_every_patient(store: Store) -> None:
    medication, elsewhere = await store.medication(), await Store(store.clinic).open()
    lot = await store.lot(medication, 10)
    await store.do(store.pharmacist, "transferStock", lotId=str(lot), toLocationId=str(elsewhere.location), quantity=4)
    one, other = new_id(), new_id()
    await dispensed(store, medication, 2, one)
    given = await dispensed(store, medication, 1, one)
    async with store.work() as work:
        await allocation.take_back(work, given, lot, Decimal(1))
    await dispensed(elsewhere, medication, 4, other)

    await store.do(store.pharmacist, "recallLot", "Lot", id=str(lot), version=1)
    there = await elsewhere.lot_here(medication)
    assert [(await store.row(lot)).status, there.status] == ["RECALLED", "RECALLED"]
    told = [event.data for event in await store.clinic.published("pharmacy") if event.type.endswith("for-patient.v1")]
    assert [(each["patientId"], each["lotId"]) for each in told] == [(str(one), str(lot)), (str(other), str(there.id))]
    assert {*told[0]} == {"patientId", "lotId", "locationId", "medicationId"}
    assert (
        len([each for each in await store.clinic.published("pharmacy") if each.type.endswith("lot-recalled.v1")]) == 2
    )

    trace = (await store.pharmacist.data(TRACE, lot=str(lot)))["lotTrace"]
    assert [(each["quantity"], each["returned"], each["patient"]["id"]) for each in trace["nodes"]] == [
        (2, 0, id_of("Patient", one)),
        (1, 1, id_of("Patient", one)),
    ]
    assert (await elsewhere.pharmacist.data(TRACE, lot=str(lot)))["lotTrace"]["totalCount"] == 0
    admin = await store.clinic.caller("ADMIN").execute(TRACE, lot=str(lot))
    assert admin["data"] == {"lotTrace": None}
    read = [
        each
        for each in await store.clinic.audit("pharmacy")
        if each.resource == "DispenseLot" and each.action == "read"
    ]
    assert {patient for entry in read for patient in entry.patients} >= {one}

    # It comes nowhere any more, and can be thrown away.
    assert (await (await Store(store.clinic).open()).receive(medication, 1))["code"] == "LOT_RECALLED"
    gone = await store.do(store.pharmacist, "wasteStock", lotId=str(lot), reason="RECALLED", quantity=3)
    assert gone["__typename"] == "WasteStockSuccess"


async def test_a_delivery_and_a_recall_at_once_leave_nothing_that_can_be_dispensed(store: Store) -> None:
    medication, elsewhere = await store.medication(), await Store(store.clinic).open()
    lot = await store.lot(medication, 1)
    await asyncio.gather(
        store.do(store.pharmacist, "recallLot", "Lot", id=str(lot), version=1), elsewhere.receive(medication, 1)
    )
    assert (await elsewhere.receive(medication, 1))["code"] == "LOT_RECALLED"
    found = await elsewhere.pharmacist.data(
        "query($id: ID!) { stock(locationId: $id) { nodes { usable } } }", id=str(elsewhere.location)
    )
    assert {each["usable"] for each in found["stock"]["nodes"]} <= {0}


async def test_lots_expire_by_the_calendar_of_their_location_and_are_told_of_once(store: Store) -> None:
    runtime, medication = store.clinic.service("pharmacy").runtime, await store.medication()
    lot = await store.lot(medication, 1)
    soon = utc_now().date() + timedelta(days=runtime.settings.pharmacy_expiry_days)  # type: ignore[attr-defined]
    await store.age(lot, soon + timedelta(days=1))
    await jobs.warn_of_expiry(runtime)
    assert await store.events("lot-expiring") == []
    await store.age(lot, soon)
    for _ in range(2):
        await jobs.warn_of_expiry(runtime)
    (event,) = await store.events("lot-expiring")
    assert (event["lotId"], event["expiresOn"]) == (str(lot), soon.isoformat())

    # Where the day begins 14 hours before UTC's it is over there while it lasts elsewhere, or the other way round.
    async with stored(store.database) as session:
        (await session.get_one(Location, store.location)).time_zone = "Pacific/Kiritimati"
    ahead = (utc_now() + timedelta(hours=14)).date()
    await store.age(lot, ahead)
    await jobs.expire_lots(runtime)
    assert (await store.row(lot)).status == "ACTIVE"
    await store.age(lot, ahead - timedelta(days=1))
    await jobs.expire_lots(runtime)
    assert (await store.row(lot)).status == "EXPIRED"
    assert [each["lotId"] for each in await store.events("lot-expired")] == [str(lot)]
    assert len(await store.events("stock-out-began")) == 1
