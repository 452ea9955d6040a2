"""The ledger of stock: balances are sums of movements and in range, whatever moves in whatever order; nothing is changed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col

from shared.ids import new_id
from subgraphs.pharmacy.codes import MovementKind
from subgraphs.pharmacy.errors import OutOfStock
from subgraphs.pharmacy.models import Lot, StockItem, StockMovement, StockReservation
from subgraphs.pharmacy.service import allocation
from subgraphs.pharmacy.service.ledger import hold, post, settle
from tests.harness.databases import stored
from tests.pharmacy.storing import Store

QUANTITIES = st.integers(1, 9000).map(lambda number: Decimal(number) / 1000)
LOT = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("move"), LOT, QUANTITIES),
    st.tuples(st.just("take"), LOT, QUANTITIES),
    st.tuples(st.just("reserve"), LOT, QUANTITIES),
    st.tuples(st.just("hand out"), LOT, QUANTITIES),
    st.tuples(st.just("release"), LOT, QUANTITIES),
    st.tuples(st.just("take back"), LOT, QUANTITIES),
)


class Model:
    """What should be there, reckoned without the database."""

    def __init__(self, lots: list[Any]) -> None:
        self.on_hand = dict.fromkeys(lots, Decimal(0))
        self.reserved: dict[Any, allocation.Allocation] = {}
        self.given: dict[tuple[Any, Any], Decimal] = {}
        self.apart = Decimal(0)

    def held(self, lot: Any) -> Decimal:
        """What is reserved of a lot."""
        return sum((part for found in self.reserved.values() for key, part in found if key == lot), Decimal(0))

    def free(self, lot: Any) -> Decimal:
        """What can be taken of a lot."""
        return self.on_hand[lot] - self.held(lot)


async def _step(
    store: Store, medication: Any, model: Model, lots: list[Any], name: str, number: int, quantity: Any
) -> None:
    lot = lots[number]
    async with store.work() as work:
        if name in ("move", "take"):
            items = await hold(work, [(store.location, medication)])
            change = quantity if name == "move" else -min(quantity, model.free(lot))
            if change:
                await post(work, await work.session.get_one(Lot, lot), MovementKind.ADJUSTED, change, reason="OTHER")
                await settle(work, items)
            model.on_hand[lot] += change
        elif name == "reserve":
            free = sum((model.free(each) for each in lots), Decimal(0))
            key = new_id()
            try:
                model.reserved[key] = await allocation.reserve(
                    work, store.location, medication, quantity, dispense_id=key
                )
                assert quantity <= free
            except OutOfStock:
                assert quantity > free
        elif name == "take back" and model.given:
            (dispense, of), left = list(model.given.items())[number % len(model.given)]
            back = min(quantity, left)
            if back:
                await allocation.take_back(work, dispense, of, back)
            model.given[dispense, of] -= back
            model.apart += back
        elif name in ("hand out", "release") and model.reserved:
            key = list(model.reserved)[number % len(model.reserved)]
            parts = model.reserved.pop(key)
            if name == "release":
                await allocation.release(work, key)
                return
            assert sorted(await allocation.hand_out(work, key, patient_id=new_id())) == sorted(parts)
            for of, part in parts:
                model.on_hand[of] -= part
                model.given[key, of] = part


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25))
async def test_balances_are_the_sums_of_movements_and_reservations(store: Store, steps: list[Any]) -> None:
    medication = await store.medication()
    lots = [await store.lot(medication, 1, lotNumber=f"{number}") for number in range(3)]
    model = Model(lots)
    model.on_hand = dict.fromkeys(lots, Decimal(1))
    for step in steps:
        await _step(store, medication, model, lots, *step)
    async with stored(store.database) as session:
        rows = {row.id: row for row in await session.scalars(select(Lot).where(col(Lot.id).in_(lots)))}
        for lot in lots:
            moved = select(func.sum(col(StockMovement.quantity))).where(col(StockMovement.lot_id) == lot)
            kept = select(func.coalesce(func.sum(col(StockReservation.quantity)), 0))
            held = await session.scalar(kept.where(col(StockReservation.lot_id) == lot))
            assert rows[lot].on_hand == await session.scalar(moved) == model.on_hand[lot] >= 0
            assert rows[lot].reserved == held == model.held(lot) <= rows[lot].on_hand
            assert rows[lot].status == ("ACTIVE" if rows[lot].on_hand else "DEPLETED")
        item = (await session.scalars(select(StockItem).where(col(StockItem.medication_id) == medication))).one()
        ledger = select(StockMovement).where(col(StockMovement.medication_id) == medication)
        in_order = (await session.scalars(ledger.order_by(col(StockMovement.number)))).all()
    assert item.usable == sum(model.on_hand.values())
    assert item.on_hand == item.usable + model.apart
    balance = Decimal(0)
    for number, movement in enumerate(in_order, 1):
        balance += movement.quantity
        assert (movement.number, movement.balance) == (number, balance)
    assert item.movements == len(in_order)


async def test_nobody_changes_what_has_moved_or_a_balance_by_itself(store: Store) -> None:
    lot = await store.lot(await store.medication(), 5)
    for statement in (
        update(StockMovement).where(col(StockMovement.lot_id) == lot).values(quantity=1),
        delete(StockMovement).where(col(StockMovement.lot_id) == lot),
        text("TRUNCATE stock_movement"),
        update(Lot).where(col(Lot.id) == lot).values(on_hand=6),
        update(Lot).where(col(Lot.id) == lot).values(reserved=1),
        update(StockItem).values(on_hand=6),
        update(StockItem).values(movements=6),
        text("TRUNCATE stock_reservation"),
    ):
        with pytest.raises(DBAPIError, match=r"append-only|change balances|do not change"):
            async with stored(store.database) as session:
                await session.execute(statement)
    assert (await store.row(lot)).on_hand == 5


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"kind": "WASTED", "quantity": Decimal(-6), "reason": "OTHER"}, "lot_on_hand_check|stock_item_on_hand_check"),
        ({"kind": "WASTED", "quantity": Decimal(1), "reason": "OTHER"}, "stock_movement_quantity_check"),
        ({"kind": "RECEIVED", "quantity": Decimal(-1)}, "stock_movement_quantity_check"),
        ({"kind": "COUNTED", "quantity": Decimal(1)}, "stock_movement_count_check"),
        ({"kind": "WASTED", "quantity": Decimal(-1)}, "stock_movement_said_check"),
        ({"kind": "DISPENSED", "quantity": Decimal(-1)}, "stock_movement_dispense_check"),
        ({"kind": "STOLEN", "quantity": Decimal(-1)}, "check"),
    ],
)
async def test_the_database_refuses_what_no_service_asks_for(
    store: Store, fields: dict[str, Any], refused: str
) -> None:
    lot = await store.row(await store.lot(await store.medication(), 5))
    movement = StockMovement(
        lot_id=lot.id, location_id=lot.location_id, medication_id=lot.medication_id, account_id=new_id(), **fields
    )
    with pytest.raises(IntegrityError, match=refused):
        await store.know(movement)


async def test_the_database_refuses_what_comes_before_a_delivery_and_what_nobody_has_seen(store: Store) -> None:
    controlled = await store.row(await store.lot(await store.medication(schedule="II"), 5))
    common: dict[str, Any] = {
        "lot_id": controlled.id,
        "location_id": new_id(),
        "medication_id": new_id(),
        "account_id": new_id(),
    }
    early = StockMovement(
        kind="COUNTED", quantity=Decimal(1), occurred_at=controlled.received_at.replace(year=2020), **common
    )
    with pytest.raises(IntegrityError, match="received later"):
        await store.know(early)
    unseen = StockMovement(kind="WASTED", quantity=Decimal(-1), reason="OTHER", **common)
    with pytest.raises(IntegrityError, match="takes a witness"):
        await store.know(unseen)
    twin = Lot(
        item_id=controlled.item_id,
        location_id=controlled.location_id,
        medication_id=controlled.medication_id,
        number="B",
        expires_on=controlled.expires_on,
        received_at=controlled.received_at,
        on_hand=Decimal(5),
    )
    with pytest.raises(IntegrityError, match="change balances"):
        await store.know(twin)
