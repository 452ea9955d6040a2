"""Stock: what is kept where, in lots, and every movement of it.

Movements are only ever added. The database keeps each balance as their sum, and refuses one that is out of range: `on_hand` of
a lot and of an item, and `reserved` of a lot, which is the sum of its reservations, are changed by its triggers alone. Whoever
changes the stock of a medication at a location locks its item first, several in the order of their keys.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import Audited, timestamp, utc_now
from subgraphs.pharmacy.codes import LotStatus, MovementKind, StockReason
from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.models.catalogue import QUANTITY

LOT_EXPIRY = "lot_expiry"


class StockItem(Model, table=True):
    """A medication that is kept at a location. With a `minimum` it is told when there is less, with none that is not asked for.

    `on_hand` is all that is there, `usable` what can be dispensed of it, as `low_since` and `out_since` were reckoned from.
    `movements` counts them.
    """

    __tablename__ = "stock_item"
    __table_args__ = (
        UniqueConstraint("location_id", "medication_id"),
        CheckConstraint("minimum >= 0", name="minimum"),
        CheckConstraint("on_hand >= 0 AND usable >= 0", name="on_hand"),
    )

    unversioned: ClassVar[frozenset[str]] = frozenset({"on_hand", "movements", "usable", "low_since", "out_since"})

    location_id: UUID = Field(foreign_key="location.id")
    medication_id: UUID = Field(foreign_key="medication.id", index=True)
    minimum: Decimal | None = Field(default=Decimal(0), sa_type=QUANTITY)
    on_hand: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
    usable: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
    movements: int = 0
    low_since: datetime | None = timestamp(default=None, nullable=True)
    out_since: datetime | None = timestamp(default=None, nullable=True)


class Lot(Model, table=True):
    """What is at a location of what was made together, and expires on the same day. A number has one expiry date everywhere.

    What patients bring back of one is a lot of its own, `returned`, which is in quarantine until somebody releases it.
    """

    __tablename__ = "lot"
    __table_args__ = (
        Index("lot_item_id_number_key", "item_id", "number", unique=True, postgresql_where=text("NOT returned")),
        ExcludeConstraint(("medication_id", "="), ("number", "="), ("expires_on", "<>"), name=LOT_EXPIRY, using="gist"),
        one_of("status", LotStatus),
        CheckConstraint("on_hand >= 0", name="on_hand"),
        CheckConstraint("reserved BETWEEN 0 AND on_hand", name="reserved"),
        Index("lot_expires_on_idx", "expires_on", "id", postgresql_where=text("on_hand > 0")),
        Index("lot_location_idx", "location_id", "medication_id"),
    )

    unversioned: ClassVar[frozenset[str]] = frozenset({"on_hand", "reserved", "warned"})

    item_id: UUID = Field(foreign_key="stock_item.id")
    location_id: UUID = Field(foreign_key="location.id")
    medication_id: UUID = Field(foreign_key="medication.id")
    number: str
    expires_on: date
    status: str = LotStatus.ACTIVE
    received_at: datetime = timestamp()
    on_hand: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
    reserved: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
    warned: bool = False
    returned: bool = False


class StockMovement(Part, table=True):
    """A lot became more or less by `quantity`. `number` and `balance`, of the item, are counted by the database.

    The two movements of a transfer share `transfer_id`. `account_id` is who did it, `witness_id` who was there.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        UniqueConstraint("location_id", "medication_id", "number"),
        one_of("kind", MovementKind),
        one_of("reason", StockReason),
        CheckConstraint(
            "CASE WHEN kind IN ('RECEIVED', 'RETURNED', 'TRANSFER_IN') THEN quantity > 0"
            " WHEN kind IN ('DISPENSED', 'WASTED', 'TRANSFER_OUT') THEN quantity < 0 ELSE quantity <> 0 END",
            name="quantity",
        ),
        CheckConstraint("(kind IN ('ADJUSTED', 'WASTED')) = (reason IS NOT NULL)", name="said"),
        CheckConstraint("(kind IN ('DISPENSED', 'RETURNED')) = (dispense_id IS NOT NULL)", name="dispense"),
        CheckConstraint("(kind IN ('TRANSFER_OUT', 'TRANSFER_IN')) = (transfer_id IS NOT NULL)", name="transfer"),
        CheckConstraint("(kind = 'COUNTED') = (count_id IS NOT NULL)", name="count"),
        CheckConstraint("witness_id <> account_id", name="witness"),
        Index("stock_movement_lot_idx", "lot_id", "id"),
        Index("stock_movement_medication_idx", "medication_id", "id"),
        Index("stock_movement_location_idx", "location_id", "id"),
    )

    lot_id: UUID = Field(foreign_key="lot.id")
    location_id: UUID
    medication_id: UUID
    kind: str
    quantity: Decimal = Field(sa_type=QUANTITY)
    number: int | None = Field(default=None, nullable=False, sa_column_kwargs={"server_default": FetchedValue()})
    balance: Decimal | None = Field(
        default=None, nullable=False, sa_type=QUANTITY, sa_column_kwargs={"server_default": FetchedValue()}
    )
    occurred_at: datetime = timestamp(default_factory=utc_now)
    account_id: UUID
    witness_id: UUID | None = None
    reason: str | None = None
    dispense_id: UUID | None = Field(default=None, index=True)
    transfer_id: UUID | None = None
    count_id: UUID | None = Field(default=None, foreign_key="stock_count.id")


class StockReservation(Part, table=True):
    """What is kept of a lot for a dispensing, until it is handed over or some time is over."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        UniqueConstraint("dispense_id", "lot_id"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("stock_reservation_created_at_idx", "created_at"),
    )

    dispense_id: UUID
    lot_id: UUID = Field(foreign_key="lot.id", index=True)
    quantity: Decimal = Field(sa_type=QUANTITY)


class DispenseLot(Part, Audited, table=True):
    """What a patient was given of a lot at a location, and has brought back of it."""

    __tablename__ = "dispense_lot"
    __table_args__ = (
        UniqueConstraint("dispense_id", "lot_id"),
        CheckConstraint("quantity > 0 AND returned BETWEEN 0 AND quantity", name="quantity"),
        Index("dispense_lot_lot_idx", "lot_id", "id"),
    )

    audit_patient: ClassVar[str | None] = "patient_id"

    dispense_id: UUID
    lot_id: UUID = Field(foreign_key="lot.id")
    location_id: UUID
    patient_id: UUID = Field(index=True)
    quantity: Decimal = Field(sa_type=QUANTITY)
    returned: Decimal = Field(default=Decimal(0), sa_type=QUANTITY)
