"""Stock is counted by one person and approved by another."""

import asyncio
from itertools import product
from typing import Any

from shared.ids import new_id
from subgraphs.pharmacy.codes import CountStatus
from subgraphs.pharmacy.service.states import COUNTS
from tests.harness.caller import Caller
from tests.harness.repeating import check_repeating
from tests.pharmacy.storing import Store, mutation

WAYS = {
    "submitStockCount": CountStatus.SUBMITTED,
    "approveStockCount": CountStatus.APPROVED,
    "discardStockCount": CountStatus.DISCARDED,
}
SHOWN = "stockCount { id status version lines { counted expected lot { id } } }"


async def do(caller: Caller, name: str, **fields: Any) -> dict[str, Any]:
    answer = await caller.data(mutation(name, "StockCount", SHOWN), input=fields)
    payload: dict[str, Any] = answer[name]
    return payload


async def started(store: Store, caller: Caller | None = None) -> str:
    """The id of a count that was begun."""
    answer = await do(caller or store.pharmacist, "startStockCount", locationId=str(store.location))
    return str(answer["stockCount"]["id"])


def found(**lots: float) -> list[dict[str, Any]]:
    return [{"lotId": key, "counted": counted} for key, counted in lots.items()]


async def test_what_differs_from_the_balance_at_submission_is_moved(store: Store) -> None:
    medication = await store.medication()
    less, more, right, uncounted = [await store.lot(medication, 10, lotNumber=each) for each in "ABCD"]
    key = await started(store)
    counted = found(**{str(less): 8, str(more): 10.5, str(right): 10})
    submitted = await do(store.pharmacist, "submitStockCount", id=key, version=1, lots=counted)
    assert [(each["counted"], each["expected"]) for each in submitted["stockCount"]["lines"]] == [
        (8, 10),
        (10.5, 10),
        (10, 10),
    ]
    # What moves meanwhile stays moved.
    await store.do(store.pharmacist, "wasteStock", lotId=str(less), reason="OTHER", quantity=3)

    own = await do(store.pharmacist, "approveStockCount", id=key, version=2)
    assert own["code"] == "COUNT_APPROVER"
    assert (await do(store.other, "approveStockCount", id=key, version=2))["stockCount"]["status"] == "APPROVED"
    assert [float((await store.row(lot)).on_hand) for lot in (less, more, right, uncounted)] == [5, 10.5, 10, 10]
    assert [each.kind for each in await store.movements(right)] == ["RECEIVED"]
    assert [float(each.quantity) for each in await store.movements(less)] == [10, -3, -2]
    assert float((await store.item(medication)).usable) == 35.5


async def test_what_is_no_count_is_refused(store: Store) -> None:
    medication, elsewhere = await store.medication(), await Store(store.clinic).open()
    lot, foreign = await store.lot(medication, 10), await elsewhere.lot(medication, 10)
    key = await started(store)
    assert (await do(store.other, "startStockCount", locationId=str(store.location)))["code"] == "COUNT_EXISTS"
    for lots, code in (
        (found(**{str(foreign): 1}), "COUNT_LOTS"),
        (found(**{str(new_id()): 1}), "COUNT_LOTS"),
        (found(**{str(lot): 1}) * 2, "COUNT_LOTS"),
        (found(**{str(lot): -1}), "AMOUNT"),
        ([], "TOO_FEW_ITEMS"),
    ):
        answer = await do(store.pharmacist, "submitStockCount", id=key, version=1, lots=lots)
        assert [each["code"] for each in answer["fields"]] == [code]
    stranger = store.clinic.caller("PHARMACIST", locations=[elsewhere.location])
    assert (await do(stranger, "discardStockCount", id=key, version=1))["code"] == "NOT_FOUND"
    assert (await do(store.other, "discardStockCount", id=key, version=1))["stockCount"]["status"] == "DISCARDED"
    await started(store)


async def test_a_difference_that_would_take_what_is_reserved_or_gone_is_not_approved(store: Store) -> None:
    lot = await store.lot(await store.medication(), 10)
    key = await started(store)
    await do(store.pharmacist, "submitStockCount", id=key, version=1, lots=found(**{str(lot): 1}))
    await store.do(store.pharmacist, "wasteStock", lotId=str(lot), reason="OTHER", quantity=5)
    assert (await do(store.other, "approveStockCount", id=key, version=2))["code"] == "STOCK_SHORT"
    assert (await store.row(lot)).on_hand == 5


async def test_two_who_approve_at_once_move_it_once(store: Store) -> None:
    lot = await store.lot(await store.medication(), 10)
    key = await started(store)
    await do(store.pharmacist, "submitStockCount", id=key, version=1, lots=found(**{str(lot): 9}))
    answers = await asyncio.gather(*(do(store.other, "approveStockCount", id=key, version=2) for _ in range(5)))
    assert sorted(each["__typename"] for each in answers) == ["ApproveStockCountSuccess", *["VersionConflict"] * 4]
    assert (await store.row(lot)).on_hand == 9


async def test_a_count_is_begun_and_approved_once_under_its_key(store: Store) -> None:
    medication = await store.medication()
    lot = await store.lot(medication, 10)

    async def begun() -> int:
        answer = await store.pharmacist.data(
            "query($id: ID!) { stockCounts(locationId: $id) { totalCount } }", id=str(store.location)
        )
        return int(answer["stockCounts"]["totalCount"])

    async def moved() -> int:
        return (await store.item(medication)).movements

    place = {"locationId": str(store.location)}
    other = {"locationId": str(new_id())}
    answer = await check_repeating(store.pharmacist, "startStockCount", "stockCount { id }", place, other, begun)
    key = answer["stockCount"]["id"]
    await do(store.pharmacist, "submitStockCount", id=key, version=1, lots=found(**{str(lot): 9}))
    asked = "stockCount { id status }"
    await check_repeating(
        store.other, "approveStockCount", asked, {"id": key, "version": 2}, {"id": key, "version": 3}, moved
    )


async def test_every_pair_of_states_is_a_transition_or_refused_by_graph_and_database(store: Store) -> None:
    lot = await store.lot(await store.medication(), 10)

    async def count_in(status: CountStatus) -> tuple[str, int]:
        key, version = await started(store), 1
        if status in (CountStatus.SUBMITTED, CountStatus.APPROVED):
            await do(store.pharmacist, "submitStockCount", id=key, version=1, lots=found(**{str(lot): 10}))
            version = 2
        if status is CountStatus.APPROVED:
            await do(store.other, "approveStockCount", id=key, version=2)
            version = 3
        if status is CountStatus.DISCARDED:
            await do(store.pharmacist, "discardStockCount", id=key, version=1)
            version = 2
        return key, version

    async def discard(key: str) -> None:
        for version in (1, 2, 3):
            await do(store.other, "discardStockCount", id=key, version=version)

    for before, (name, after) in product(CountStatus, WAYS.items()):
        key, version = await count_in(before)
        more = {"lots": found(**{str(lot): 10})} if name == "submitStockCount" else {}
        answer = await do(store.other, name, id=key, version=version, **more)
        allowed = (before, after) in COUNTS.ways
        assert (answer["__typename"] == "InvalidState") is not allowed, (before, after, answer)
        await discard(key)
