"""A pharmacy's stock, for tests that move it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import SQLModel, col

from shared.database.model import utc_now
from shared.ids import global_id, new_id
from shared.unit_of_work import UnitOfWork, system_work
from subgraphs.pharmacy.models import (
    Account,
    DispenseLot,
    Location,
    Lot,
    Medication,
    StockCount,
    StockCountLine,
    StockItem,
    StockMovement,
    StockReservation,
)
from tests.harness.caller import Caller
from tests.harness.clinic import Clinic
from tests.harness.databases import stored
from tests.harness.ids import key_of

LATER = (utc_now() + timedelta(days=400)).date()

MOVED = "kind quantity number balance lot { id status onHand reserved version }"
SHOWN = {"StockMovement": f"stockMovement {{ id {MOVED} }}", "Lot": "lot { id status version }"}


def mutation(name: str, kind: str, shown: str) -> str:
    """A mutation that asks for `shown` of its success, and for what is wrong."""
    title = f"{name[0].upper()}{name[1:]}"
    given = "ChangeLotStatusInput" if kind == "Lot" else f"{title}Input"
    return f"""mutation($input: {given}!) {{ {name}(input: $input) {{
        __typename ... on {title}Success {{ {shown} }} ... on UserError {{ code message }}
        ... on InvalidInput {{ fields {{ path code }} }} }} }}"""


@dataclass
class Store:
    """A location with medications and people who keep its stock; all of it this test's own."""

    clinic: Clinic
    location: UUID = field(default_factory=new_id)
    account: UUID = field(default_factory=new_id)
    colleague: UUID = field(default_factory=new_id)

    @property
    def database(self) -> Any:
        """Pharmacy's."""
        return self.clinic.service("pharmacy").runtime.database

    @property
    def pharmacist(self) -> Caller:
        """Who keeps the stock."""
        return self.clinic.caller("PHARMACIST", subject=self.account, locations=[self.location])

    @property
    def other(self) -> Caller:
        """Who does so, too."""
        return self.clinic.caller("PHARMACIST", subject=self.colleague, locations=[self.location])

    async def open(self) -> "Store":
        """Make it known to pharmacy."""
        keeping: dict[str, Any] = {"enabled": True, "scopes": ["stock:write"], "location_ids": [self.location]}
        await self.know(
            Location(id=self.location, time_zone="UTC"),
            *(Account(id=each, **keeping) for each in (self.account, self.colleague)),
        )
        return self

    async def know(self, *rows: SQLModel) -> None:
        """What is there already."""
        async with stored(self.database) as session:
            session.add_all(rows)

    async def medication(self, **fields: Any) -> UUID:
        """One that the catalogue has."""
        named = {"name": "Aspirin", "dose_form": "Oral Tablet", "unit": "TABLET", "search_text": "aspirin"}
        row = Medication(**named | fields)
        await self.know(row)
        return row.id

    async def do(self, caller: Caller, name: str, kind: str = "StockMovement", **fields: Any) -> dict[str, Any]:
        """The payload of a mutation."""
        answer = await caller.data(mutation(name, kind, SHOWN[kind]), input=fields)
        payload: dict[str, Any] = answer[name]
        return payload

    async def receive(self, medication: UUID, quantity: float = 1, /, **fields: Any) -> dict[str, Any]:
        """The payload of a delivery."""
        given: dict[str, Any] = {
            "locationId": str(self.location),
            "medicationId": str(medication),
            "lotNumber": "A1",
            "expiresOn": LATER.isoformat(),
            "quantity": quantity,
        }
        return await self.do(self.pharmacist, "receiveStock", **given | fields)

    async def lot(self, medication: UUID, quantity: float, /, **fields: Any) -> UUID:
        """The key of a lot of which so much was delivered."""
        answer = await self.receive(medication, quantity, **fields)
        assert answer["__typename"] == "ReceiveStockSuccess", answer
        return key_of(answer["stockMovement"]["lot"]["id"])

    async def row(self, lot: UUID) -> Lot:
        """A lot as it is."""
        async with stored(self.database) as session:
            return await session.get_one(Lot, lot)

    async def balance(self, lot: UUID) -> tuple[float, float]:
        """What is on hand of a lot, and reserved."""
        row = await self.row(lot)
        return float(row.on_hand), float(row.reserved)

    async def lot_here(self, medication: UUID) -> Lot:
        """The lot of a medication that is at the location, as it is."""
        async with stored(self.database) as session:
            mine = select(Lot).where(col(Lot.location_id) == self.location, col(Lot.medication_id) == medication)
            return (await session.scalars(mine)).one()

    async def item(self, medication: UUID) -> StockItem:
        """An item as it is."""
        async with stored(self.database) as session:
            mine = select(StockItem).where(
                col(StockItem.location_id) == self.location, col(StockItem.medication_id) == medication
            )
            return (await session.scalars(mine)).one()

    async def movements(self, lot: UUID) -> list[StockMovement]:
        """All of a lot, in order."""
        async with stored(self.database) as session:
            mine = select(StockMovement).where(col(StockMovement.lot_id) == lot).order_by(col(StockMovement.number))
            return list(await session.scalars(mine))

    async def age(self, lot: UUID, expires_on: date) -> None:
        """Let a lot expire on another day."""
        async with stored(self.database) as session:
            (await session.get_one(Lot, lot)).expires_on = expires_on

    @asynccontextmanager
    async def work(self) -> AsyncIterator[UnitOfWork]:
        """A unit of work as whoever dispenses has one."""
        async with system_work(self.database, "test") as work:
            yield work

    async def events(self, *names: str) -> list[dict[str, Any]]:
        """What was published of these events about this location or no location, in order."""
        found = await self.clinic.published("pharmacy")
        types = [f"caregraph.pharmacy.{name}.v1" for name in names]
        mine = (None, str(self.location))
        return [each.data for each in found if each.type in types and each.data.get("locationId") in mine]


def stock_rows(location: UUID, medication: UUID, patient: UUID) -> Iterator[SQLModel]:
    """What is kept of a medication at a location, how it moved, and who was given some of it: all that rows can say."""
    since, account = datetime(2026, 1, 1, tzinfo=UTC), new_id()
    place: dict[str, Any] = {"location_id": location, "medication_id": medication}
    item = StockItem(**place, minimum=Decimal(20), low_since=since, out_since=since)
    lot = Lot(item_id=item.id, number="A1", expires_on=LATER, received_at=since, **place)
    moved: dict[str, Any] = {"lot_id": lot.id, "account_id": account, **place}
    count = StockCount(
        location_id=location,
        status="APPROVED",
        started_by=account,
        submitted_by=account,
        submitted_at=since,
        approved_by=new_id(),
        approved_at=since,
    )
    given: dict[str, Any] = {"lot_id": lot.id, "location_id": location, "patient_id": patient}
    yield from (
        item,
        lot,
        StockMovement(kind="RECEIVED", quantity=Decimal(9), occurred_at=since, **moved),
        StockMovement(kind="ADJUSTED", quantity=Decimal(1), reason="FOUND", witness_id=new_id(), **moved),
        StockReservation(dispense_id=new_id(), lot_id=lot.id, quantity=Decimal(1)),
        DispenseLot(dispense_id=new_id(), quantity=Decimal(2), returned=Decimal(1), **given),
        count,
        StockCountLine(count_id=count.id, lot_id=lot.id, counted=Decimal(9), expected=Decimal(10)),
    )


async def stocked(clinic: Clinic) -> Caller:
    """Stock of every kind at a location; who keeps it and dispenses there."""
    store = await Store(clinic).open()
    for row in stock_rows(store.location, await store.medication(), new_id()):
        await store.know(row)
    return store.pharmacist


def decimals(found: list[tuple[UUID, Decimal]]) -> list[tuple[UUID, float]]:
    """An allocation in plain numbers."""
    return [(key, float(quantity)) for key, quantity in found]


def id_of(kind: str, key: UUID) -> str:
    """The id in the graph."""
    return global_id(kind, key)
