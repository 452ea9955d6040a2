"""Stock is reserved, handed over, freed and taken back, whoever asks at the same time and whatever breaks off."""

import asyncio
import signal
import sys
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from shared.database.model import utc_now
from shared.errors import InvalidState
from shared.ids import new_id
from shared.unit_of_work import system_work
from subgraphs.pharmacy import jobs
from subgraphs.pharmacy.codes import MovementKind
from subgraphs.pharmacy.errors import NOTHING_RESERVED, OutOfStock
from subgraphs.pharmacy.models import DispenseLot, Lot, StockReservation
from subgraphs.pharmacy.service import allocation
from tests.harness.databases import stored
from tests.pharmacy.storing import LATER, Store, decimals, id_of

BROKEN_OFF = """
import asyncio, sys
from decimal import Decimal
from uuid import UUID
from shared.database.engine import Database
from shared.unit_of_work import system_work
from subgraphs.pharmacy.service import allocation

async def main(url, location, medication, dispense):
    database = Database(url, pool_size=1)
    async with system_work(database, "dispense") as work:
        await allocation.reserve(work, UUID(location), UUID(medication), Decimal(3), dispense_id=UUID(dispense))
    print("reserved", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


async def dispensed(store: Store, medication: UUID, quantity: int = 1, patient: UUID | None = None) -> UUID:
    """The key of a dispensing that was handed over."""
    key = new_id()
    async with store.work() as work:
        await allocation.reserve(work, store.location, medication, Decimal(quantity), dispense_id=key)
    async with store.work() as work:
        await allocation.hand_out(work, key, patient_id=patient or new_id())
    return key


async def test_what_expires_first_goes_first(store: Store) -> None:
    medication = await store.medication()
    late = await store.lot(medication, 10, lotNumber="LATE", expiresOn=(LATER + timedelta(days=9)).isoformat())
    early = await store.lot(medication, 4, lotNumber="EARLY")
    key = new_id()
    async with store.work() as work:
        found = await allocation.reserve(work, store.location, medication, Decimal("5.5"), dispense_id=key)
    assert decimals(found) == [(early, 4), (late, 1.5)]
    assert [await store.balance(early), await store.balance(late)] == [(4, 4), (10, 1.5)]
    async with store.work() as work:
        assert decimals(await allocation.hand_out(work, key, patient_id=new_id())) == [(early, 4), (late, 1.5)]
    assert (await store.balance(early), (await store.row(early)).status) == ((0, 0), "DEPLETED")
    assert [each.kind for each in await store.movements(late)] == [MovementKind.RECEIVED, MovementKind.DISPENSED]
    assert (await store.item(medication)).usable == Decimal("8.5")


async def test_200_dispensings_of_one_on_50_are_50(store: Store) -> None:
    """Each in two transactions, as at a counter, on a pool of connections that is smaller than their number."""
    medication = await store.medication()
    lots = [
        await store.lot(medication, 25, lotNumber=f"N{each}", expiresOn=(LATER + timedelta(days=each)).isoformat())
        for each in range(2)
    ]
    outcomes = await asyncio.gather(*(dispensed(store, medication) for _ in range(200)), return_exceptions=True)
    refused = [each for each in outcomes if isinstance(each, OutOfStock)]
    assert (len(refused), len({each for each in outcomes if isinstance(each, UUID)})) == (150, 50)
    assert {each.parameters["available"] for each in refused} == {"0"}
    for lot in lots:
        moved = await store.movements(lot)
        assert (await store.balance(lot), len(moved)) == ((0, 0), 26)
        assert sum(each.quantity for each in moved) == 0
    assert (await store.item(medication)).on_hand == 0
    assert len(await store.events("stock-out-began")) == 1


async def test_stock_that_cannot_be_used_is_not_there(store: Store) -> None:
    medication = await store.medication()
    kept = {name: await store.lot(medication, 5, lotNumber=name) for name in ("EXPIRED", "APART", "BACK")}
    await store.do(store.pharmacist, "quarantineLot", "Lot", id=id_of("Lot", kept["APART"]), version=1)
    await store.do(store.pharmacist, "recallLot", "Lot", id=id_of("Lot", kept["BACK"]), version=1)
    await store.age(kept["EXPIRED"], utc_now().date() - timedelta(days=1))
    with pytest.raises(OutOfStock) as refused:
        await dispensed(store, medication)
    assert refused.value.parameters == {"available": "0"}
    with pytest.raises(OutOfStock):
        await dispensed(store, await store.medication())
    await store.age(kept["EXPIRED"], utc_now().date())
    await dispensed(store, medication, 5)  # on its last day


async def test_a_dispensing_that_was_killed_leaves_its_stock_to_others(store: Store) -> None:
    medication, key = await store.medication(), new_id()
    lot = await store.lot(medication, 4)
    url = store.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    arguments = (url, str(store.location), str(medication), str(key))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BROKEN_OFF, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 30) == b"reserved\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    with pytest.raises(OutOfStock):
        await dispensed(store, medication, 2)

    runtime = store.clinic.service("pharmacy").runtime
    await jobs.free_reservations(runtime)
    assert (await store.row(lot)).reserved == 3  # not yet
    minutes = runtime.settings.pharmacy_reservation_minutes  # type: ignore[attr-defined]
    async with stored(store.database) as session:
        # A reservation does not change; this one becomes an older one.
        await session.execute(text("ALTER TABLE stock_reservation DISABLE TRIGGER stock_reservation_balance"))
        old = await session.scalar(select(StockReservation).where(col(StockReservation.dispense_id) == key))
        assert old is not None
        old.created_at = utc_now() - timedelta(minutes=minutes + 1)
        await session.flush()
        await session.execute(text("ALTER TABLE stock_reservation ENABLE TRIGGER stock_reservation_balance"))
    await jobs.free_reservations(runtime)
    assert (await store.row(lot)).reserved == 0
    with pytest.raises(InvalidState) as refused:
        async with store.work() as work:
            await allocation.hand_out(work, key, patient_id=new_id())
    assert refused.value.problem is NOTHING_RESERVED
    await dispensed(store, medication, 4)


async def test_what_is_freed_is_there_again_and_what_was_handed_over_comes_back_once(store: Store) -> None:
    medication, patient = await store.medication(), new_id()
    lot = await store.lot(medication, 10)
    key = new_id()
    async with store.work() as work:
        await allocation.reserve(work, store.location, medication, Decimal(6), dispense_id=key)
    for _ in range(2):
        async with store.work() as work:
            await allocation.release(work, key)
    assert (await store.row(lot)).reserved == 0

    given = await dispensed(store, medication, 10, patient)
    async with store.work() as work:
        await allocation.take_back(work, given, lot, Decimal(4))
    with pytest.raises(InvalidState) as refused:
        async with store.work() as work:
            await allocation.take_back(work, given, lot, Decimal(7))
    assert refused.value.parameters == {"available": "6"}
    async with stored(store.database) as session:
        row = (await session.scalars(select(DispenseLot).where(col(DispenseLot.dispense_id) == given))).one()
    assert (row.patient_id, float(row.quantity), float(row.returned)) == (patient, 10.0, 4.0)
    assert (await store.balance(lot), (await store.row(lot)).status) == ((0, 0), "DEPLETED")
    async with stored(store.database) as session:
        back = (await session.scalars(select(Lot).where(col(Lot.medication_id) == medication, col(Lot.returned)))).one()
    assert (back.number, back.status, float(back.on_hand)) == ("A1", "QUARANTINED", 4.0)
    assert (await store.item(medication)).usable == 0
    assert (await store.receive(medication, 2))["stockMovement"]["lot"]["id"] == id_of("Lot", lot)
    release = {"id": id_of("Lot", back.id), "version": back.version}
    freed = await store.do(store.clinic.caller("ADMIN"), "releaseLot", "Lot", **release)
    assert freed["lot"]["status"] == "ACTIVE"
    assert (await store.item(medication)).usable == 6
    async with store.work() as work:
        await allocation.take_back(work, given, lot, Decimal(1))
    assert (await store.item(medication)).usable == 6


async def test_what_was_prepared_of_a_lot_that_is_kept_apart_has_to_be_prepared_anew(store: Store) -> None:
    medication, key = await store.medication(), new_id()
    early, late = [
        await store.lot(medication, 2, lotNumber=name, expiresOn=(LATER + timedelta(days=days)).isoformat())
        for name, days in (("EARLY", 0), ("LATE", 1))
    ]
    async with store.work() as work:
        await allocation.reserve(work, store.location, medication, Decimal(3), dispense_id=key)
    await store.do(store.pharmacist, "quarantineLot", "Lot", id=id_of("Lot", early), version=1)
    assert [(await store.row(lot)).reserved for lot in (early, late)] == [0, 0]
    with pytest.raises(InvalidState):
        async with store.work() as work:
            await allocation.hand_out(work, key, patient_id=new_id())


async def test_what_has_expired_since_it_was_prepared_is_not_handed_over(store: Store) -> None:
    medication, key = await store.medication(), new_id()
    lot = await store.lot(medication, 2)
    async with store.work() as work:
        await allocation.reserve(work, store.location, medication, Decimal(1), dispense_id=key)
    await store.age(lot, utc_now().date() - timedelta(days=1))
    with pytest.raises(InvalidState) as refused:
        async with system_work(store.database, "test") as work:
            await allocation.hand_out(work, key, patient_id=new_id())
    assert refused.value.problem.code == "LOT_EXPIRED"
    assert await store.balance(lot) == (2, 1)
