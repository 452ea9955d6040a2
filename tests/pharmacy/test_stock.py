"""Stock is received, corrected, thrown away and taken elsewhere, as clients of the graph do it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.database.model import utc_now
from shared.ids import new_id
from subgraphs.pharmacy.models import Account, Location, MedicationPack
from tests.harness.clinic import Clinic
from tests.harness.ids import key_of
from tests.harness.repeating import check_repeating
from tests.pharmacy.catalogue import DIAZEPAM, save
from tests.pharmacy.storing import LATER, MOVED, Store, id_of

STOCK = """query($location: ID, $below: Boolean, $before: Date) {
  stock(locationId: $location, belowMinimum: $below, expiresBefore: $before) { totalCount nodes {
    minimum onHand usable lowSince outSince medication { name } location { id }
    lots { nodes { number expiresOn status onHand reserved } } } } }"""
MINIMUM = """mutation($input: SaveStockMinimumInput!) { saveStockMinimum(input: $input) {
  __typename ... on SaveStockMinimumSuccess { stockItem { minimum usable outSince } } } }"""
REGISTER = """query($location: ID!) { controlledRegister(locationId: $location) { nodes {
  kind quantity number balance by { id } witness { id } reason medication { schedule } lot { number } } } }"""


def codes(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    """What is wrong with an input."""
    return [(each["path"], each["code"]) for each in answer["fields"]]


async def listed(store: Store, **wanted: Any) -> list[dict[str, Any]]:
    """The stock of the location."""
    answer = await store.pharmacist.data(STOCK, location=str(store.location), **wanted)
    nodes: list[dict[str, Any]] = answer["stock"]["nodes"]
    return nodes


async def test_what_is_delivered_is_in_stock(store: Store) -> None:
    medication = await store.medication()
    await store.know(MedicationPack(medication_id=medication, name="box", units=Decimal(30)))
    first = await store.receive(medication, 2.5)
    assert (first["stockMovement"]["number"], first["stockMovement"]["balance"]) == (1, 2.5)
    second = await store.receive(medication, 2, pack="box")
    assert (second["stockMovement"]["quantity"], second["stockMovement"]["balance"]) == (60, 62.5)
    assert second["stockMovement"]["lot"]["id"] == first["stockMovement"]["lot"]["id"]
    (item,) = await listed(store)
    lot = {"number": "A1", "expiresOn": LATER.isoformat(), "status": "ACTIVE", "onHand": 62.5, "reserved": 0}
    assert item == {
        "minimum": 0,
        "onHand": 62.5,
        "usable": 62.5,
        "lowSince": None,
        "outSince": None,
        "medication": {"name": "Aspirin"},
        "location": {"id": id_of("Location", store.location)},
        "lots": {"nodes": [lot]},
    }


async def test_what_is_no_delivery_is_refused(store: Store) -> None:
    medication, retired = await store.medication(), await store.medication(active=False)
    await store.lot(medication, 1, occurredAt="2026-01-05T08:00:00Z")
    cases: list[tuple[dict[str, Any], list[tuple[list[str], str]]]] = [
        ({"quantity": 0}, [(["quantity"], "QUANTITY")]),
        ({"quantity": -1, "lotNumber": ""}, [(["lotNumber"], "TEXT_LENGTH"), (["quantity"], "QUANTITY")]),
        ({"pack": "box"}, [(["pack"], "PACK_UNKNOWN")]),
        ({"expiresOn": "2026-01-01"}, [(["expiresOn"], "LOT_EXPIRED")]),
        ({"expiresOn": (LATER + timedelta(days=1)).isoformat()}, [(["expiresOn"], "LOT_NUMBER_EXPIRY")]),
        ({"medicationId": str(new_id())}, [(["medicationId"], "NOT_FOUND")]),
        ({"medicationId": str(retired)}, [(["medicationId"], "MEDICATION_INACTIVE")]),
        ({"occurredAt": "2026-01-05T07:59:00Z"}, [(["occurredAt"], "BEFORE_RECEIPT")]),
        ({"occurredAt": (utc_now() + timedelta(hours=1)).isoformat()}, [(["occurredAt"], "FUTURE_TIME")]),
    ]
    for fields, expected in cases:
        assert codes(await store.receive(medication, **fields)) == expected, fields
    assert len(await listed(store)) == 1


async def test_a_number_has_one_expiry_date_at_every_location(store: Store) -> None:
    medication, elsewhere = await store.medication(), await Store(store.clinic).open()
    await store.lot(medication, 1)
    other = await elsewhere.receive(medication, 1, expiresOn=(LATER + timedelta(days=1)).isoformat())
    assert codes(other) == [(["expiresOn"], "LOT_NUMBER_EXPIRY")]
    assert (await elsewhere.receive(medication, 1))["__typename"] == "ReceiveStockSuccess"


async def test_who_works_elsewhere_moves_nothing_and_administrators_do_everywhere(store: Store) -> None:
    medication = await store.medication()
    lot = await store.lot(medication, 5)
    stranger = store.clinic.caller("PHARMACIST", locations=[new_id()])
    given = {"lotId": str(lot), "reason": "OTHER"}
    for caller in (stranger, store.clinic.caller("PHARMACIST")):
        assert (await store.do(caller, "adjustStock", **given, change=1))["code"] == "NOT_FOUND"
        assert (await store.do(caller, "quarantineLot", "Lot", id=str(lot), version=1))["code"] == "NOT_FOUND"
        seen = await caller.data("{ stockMovements { totalCount } stockCounts { totalCount } }")
        assert seen == {"stockMovements": {"totalCount": 0}, "stockCounts": {"totalCount": 0}}
        lots = await caller.data("query($id: ID!) { lot(id: $id) { onHand } }", id=str(lot))
        assert lots == {"lot": {"onHand": 5}}
    denied = [entry for entry in await store.clinic.audit("pharmacy") if entry.outcome == "denied"]
    assert {entry.resource for entry in denied} == {"Lot"}
    admin = store.clinic.caller("ADMIN")
    assert (await store.do(admin, "adjustStock", **given, change=1))["stockMovement"]["balance"] == 6
    doctor = await store.clinic.caller("DOCTOR").execute("{ stock { totalCount } stockMovements { totalCount } }")
    assert (doctor["data"]["stock"]["totalCount"] > 0, doctor["data"]["stockMovements"]) == (True, None)


async def test_a_correction_has_a_reason_and_never_takes_more_than_is_free(store: Store) -> None:
    lot = await store.lot(await store.medication(), 5)
    given = {"lotId": str(lot), "reason": "LOST"}
    assert (await store.do(store.pharmacist, "adjustStock", **given, change=-2))["stockMovement"]["balance"] == 3
    short = await store.do(store.pharmacist, "adjustStock", **given, change=-3.001)
    assert (short["__typename"], short["code"]) == ("InvalidState", "STOCK_SHORT")
    assert "3 of the lot" in short["message"]
    assert codes(await store.do(store.pharmacist, "adjustStock", **given, change=0)) == [(["change"], "STOCK_CHANGE")]
    early = await store.do(store.pharmacist, "adjustStock", **given, change=1, occurredAt="2026-01-01T00:00:00Z")
    assert codes(early) == [(["occurredAt"], "BEFORE_RECEIPT")]
    gone = await store.do(store.pharmacist, "wasteStock", lotId=str(lot), reason="DAMAGED", quantity=3)
    assert gone["stockMovement"]["lot"] == {
        "id": id_of("Lot", lot),
        "status": "DEPLETED",
        "onHand": 0,
        "reserved": 0,
        "version": 1,
    }
    found = await store.do(store.pharmacist, "adjustStock", lotId=str(lot), reason="FOUND", change=0.5)
    assert found["stockMovement"]["lot"]["status"] == "ACTIVE"
    (event,) = await store.events("stock-wasted")
    assert (event["quantity"], event["reason"]) == ("3.000", "DAMAGED")


async def test_what_is_controlled_is_not_thrown_away_without_a_witness(store: Store) -> None:
    medication = await store.medication(schedule="II")
    lot = await store.lot(medication, 10)
    given: dict[str, Any] = {"lotId": str(lot), "reason": "DAMAGED", "quantity": 1}
    reader, elsewhere, left = new_id(), new_id(), new_id()
    await store.know(
        Account(id=reader, enabled=True, scopes=["stock:read"], location_ids=[store.location]),
        Account(id=elsewhere, enabled=True, scopes=["stock:write"], location_ids=[new_id()]),
        Account(id=left, enabled=False, scopes=["stock:write"], location_ids=[store.location]),
    )
    for witness in (None, store.account, reader, elsewhere, left, new_id()):
        named: dict[str, Any] = {"witnessId": witness and str(witness)}
        assert codes(await store.do(store.pharmacist, "wasteStock", **given, **named)) == [(["witnessId"], "WITNESS")]
    less: dict[str, Any] = {"lotId": str(lot), "reason": "LOST", "change": -1}
    assert codes(await store.do(store.pharmacist, "adjustStock", **less)) == [(["witnessId"], "WITNESS")]
    witnessed = {"witnessId": id_of("Account", store.colleague)}
    done = await store.do(store.pharmacist, "wasteStock", **given, **witnessed)
    assert done["stockMovement"]["balance"] == 9
    (first, second) = (await store.pharmacist.data(REGISTER, location=str(store.location)))["controlledRegister"][
        "nodes"
    ]
    assert (first["kind"], first["number"], first["balance"], first["witness"]) == ("RECEIVED", 1, 10, None)
    assert second == {
        "kind": "WASTED",
        "quantity": -1,
        "number": 2,
        "balance": 9,
        "by": {"id": id_of("StaffMember", store.account)},
        "witness": {"id": id_of("StaffMember", store.colleague)},
        "reason": "DAMAGED",
        "medication": {"schedule": "II"},
        "lot": {"number": "A1"},
    }


async def test_the_register_has_what_is_controlled_alone(store: Store) -> None:
    await store.lot(await store.medication(), 1)
    assert (await store.pharmacist.data(REGISTER, location=str(store.location)))["controlledRegister"]["nodes"] == []


async def test_a_transfer_leaves_one_location_and_reaches_another(store: Store) -> None:
    medication, target = await store.medication(), await Store(store.clinic).open()
    lot = await store.lot(medication, 5)
    given = {"lotId": str(lot), "toLocationId": str(target.location)}
    moved = await store.do(store.pharmacist, "transferStock", **given, quantity=2)
    assert (moved["stockMovement"]["kind"], moved["stockMovement"]["balance"]) == ("TRANSFER_OUT", 3)
    there = await target.lot_here(medication)
    assert (there.location_id, there.number, there.expires_on, float(there.on_hand)) == (
        target.location,
        "A1",
        LATER,
        2.0,
    )
    assert (await store.row(lot)).on_hand == 3
    (out,) = [each for each in await store.movements(lot) if each.kind == "TRANSFER_OUT"]
    (into,) = await target.movements(there.id)
    assert out.transfer_id == into.transfer_id is not None
    assert (await store.do(store.pharmacist, "transferStock", **given, quantity=4))["code"] == "STOCK_SHORT"
    same = given | {"toLocationId": str(store.location)}
    assert codes(await store.do(store.pharmacist, "transferStock", **same, quantity=1)) == [
        (["toLocationId"], "SAME_LOCATION")
    ]
    closed = Location(active=False, time_zone="UTC")
    await store.know(closed)
    away = given | {"toLocationId": str(closed.id)}
    assert codes(await store.do(store.pharmacist, "transferStock", **away, quantity=1)) == [
        (["toLocationId"], "NOT_FOUND")
    ]
    # From there, it is who works there that moves it.
    back: dict[str, Any] = {"lotId": str(there.id), "toLocationId": str(store.location), "quantity": 1}
    assert (await store.do(store.pharmacist, "transferStock", **back))["code"] == "NOT_FOUND"


async def test_each_movement_is_done_once_under_its_key(store: Store) -> None:
    medication, target = await store.medication(), await Store(store.clinic).open()
    lot = await store.lot(medication, 50)
    place = {"locationId": str(store.location), "medicationId": str(medication), "lotNumber": "B"}

    async def numbered() -> int:
        return (await store.item(medication)).movements

    of_lot = {"lotId": str(lot)}
    for name, given, other in (
        ("receiveStock", {**place, "expiresOn": LATER.isoformat(), "quantity": 1}, {"quantity": 2}),
        ("adjustStock", {**of_lot, "reason": "FOUND", "change": 1}, {"change": 2}),
        ("wasteStock", {**of_lot, "reason": "OTHER", "quantity": 1}, {"quantity": 2}),
        ("transferStock", {**of_lot, "toLocationId": str(target.location), "quantity": 1}, {"quantity": 2}),
    ):
        before = await numbered()
        await check_repeating(store.pharmacist, name, f"stockMovement {{ id {MOVED} }}", given, given | other, numbered)
        assert await numbered() == before + 1


async def test_what_runs_low_is_told_once_until_there_is_enough(store: Store) -> None:
    medication = await store.medication()
    keep = {"locationId": str(store.location), "medicationId": str(medication)}
    kept = await store.pharmacist.data(MINIMUM, input={**keep, "minimum": 5})
    assert kept["saveStockMinimum"]["stockItem"]["outSince"] is not None
    lot = await store.lot(medication, 4)
    assert [each["minimum"] for each in await listed(store, below=True)] == [5]
    await store.do(store.pharmacist, "adjustStock", lotId=str(lot), reason="FOUND", change=1)
    assert await listed(store, below=True) == []
    for _ in range(2):
        await store.do(store.pharmacist, "adjustStock", lotId=str(lot), reason="LOST", change=-1)
    await store.do(store.pharmacist, "adjustStock", lotId=str(lot), reason="LOST", change=-3)
    assert len(await store.events("stock-low")) == 2  # at first, and after there was enough
    assert len(await store.events("stock-out-began")) == 2
    assert len(await store.events("stock-out-ended")) == 1
    ended = await store.pharmacist.data(MINIMUM, input=keep)
    assert ended["saveStockMinimum"]["stockItem"] == {"minimum": None, "usable": 0, "outSince": None}
    assert len(await store.events("stock-out-ended")) == 2


async def test_stock_is_found_by_when_it_expires(store: Store) -> None:
    await store.lot(await store.medication(name="Early"), 1)
    late = LATER + timedelta(days=30)
    await store.lot(await store.medication(name="Late"), 1, expiresOn=late.isoformat())
    used_up = await store.lot(await store.medication(name="Used up"), 1)
    await store.do(store.pharmacist, "wasteStock", lotId=str(used_up), reason="OTHER", quantity=1)
    found = await listed(store, before=(LATER + timedelta(days=1)).isoformat())
    assert [each["medication"]["name"] for each in found] == ["Early"]
    assert await listed(store, before=LATER.isoformat()) == []


async def test_movements_are_found_by_lot_medication_and_time(store: Store) -> None:
    medication = await store.medication()
    one, other = (
        await store.lot(medication, 1, occurredAt="2026-03-01T00:00:00Z"),
        await store.lot(medication, 2, lotNumber="B"),
    )
    query = """query($lot: ID, $location: ID, $medication: ID, $from: DateTime, $to: DateTime) {
      stockMovements(lotId: $lot, locationId: $location, medicationId: $medication, from: $from, to: $to) {
        nodes { quantity } } }"""
    for wanted, expected in (
        ({"lot": str(one)}, [1]),
        ({"lot": str(other)}, [2]),
        ({"location": str(store.location)}, [2, 1]),
        ({"medication": str(medication), "to": "2026-03-01T00:00:01Z"}, [1]),
        ({"medication": str(medication), "from": "2026-03-01T00:00:01Z"}, [2]),
        ({"location": str(new_id())}, []),
    ):
        answer = await store.pharmacist.data(query, **wanted)
        assert [each["quantity"] for each in answer["stockMovements"]["nodes"]] == expected, wanted


@pytest.mark.own_clinic
async def test_the_unit_stays_once_there_are_lots(clinic: Clinic) -> None:
    store, pharmacist = await Store(clinic).open(), clinic.caller("PHARMACIST")
    saved = (await save(pharmacist, DIAZEPAM))["medication"]
    changed = {**DIAZEPAM, "unit": "CAPSULE", "id": saved["id"], "version": 1}
    await store.lot(key_of(saved["id"]), 1)
    assert codes(await save(pharmacist, changed)) == [(["unit"], "UNIT_IN_USE")]
