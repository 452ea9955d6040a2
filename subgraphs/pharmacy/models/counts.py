"""Counts of stock: what somebody found, and somebody else approves."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import timestamp
from subgraphs.pharmacy.codes import CountStatus
from subgraphs.pharmacy.models.base import Model, Part
from subgraphs.pharmacy.models.catalogue import QUANTITY


class StockCount(Model, table=True):
    """A count of a location's stock; one at a time, so that no difference is made up for twice."""

    __tablename__ = "stock_count"
    __table_args__ = (
        one_of("status", CountStatus),
        Index(
            "stock_count_open_key", "location_id", unique=True, postgresql_where=text("status IN ('OPEN', 'SUBMITTED')")
        ),
        Index("stock_count_location_idx", "location_id", "id"),
        CheckConstraint(
            "status IN ('OPEN', 'DISCARDED') OR num_nulls(submitted_at, submitted_by) = 0", name="submitted"
        ),
        CheckConstraint("(status = 'APPROVED') = (approved_by IS NOT NULL)", name="approved"),
        CheckConstraint("approved_by NOT IN (started_by, submitted_by)", name="approver"),
    )

    location_id: UUID = Field(foreign_key="location.id")
    status: str = CountStatus.OPEN
    started_by: UUID
    submitted_by: UUID | None = None
    submitted_at: datetime | None = timestamp(default=None, nullable=True)
    approved_by: UUID | None = None
    approved_at: datetime | None = timestamp(default=None, nullable=True)


class StockCountLine(Part, table=True):
    """What was counted of a lot, and what was on hand of it by its movements when the count was submitted."""

    __tablename__ = "stock_count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "lot_id"),
        CheckConstraint("counted >= 0 AND expected >= 0", name="quantities"),
    )

    count_id: UUID = Field(foreign_key="stock_count.id")
    lot_id: UUID = Field(foreign_key="lot.id")
    counted: Decimal = Field(sa_type=QUANTITY)
    expected: Decimal = Field(sa_type=QUANTITY)
