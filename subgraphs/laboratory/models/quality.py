"""Control material of analyzers, and what its runs have shown."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Numeric, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import timestamp
from subgraphs.laboratory.codes import QcVerdict
from subgraphs.laboratory.models.base import Model

LEVEL_KEY = "qc_material_level_key"


class QcMaterial(Model, table=True):
    """Material of which it is known what an analyzer should measure in it: a test's mean and standard deviation at a level."""

    __tablename__ = "qc_material"
    __table_args__ = (
        CheckConstraint("deviation > 0", name="deviation"),
        Index(LEVEL_KEY, "analyzer_id", "lab_test_id", "level", unique=True, postgresql_where=text("active")),
    )

    analyzer_id: UUID = Field(foreign_key="analyzer.id")
    lab_test_id: UUID = Field(foreign_key="lab_test.id", index=True)
    level: str
    lot: str | None = None
    mean: Decimal = Field(sa_type=Numeric(18, 8))
    deviation: Decimal = Field(sa_type=Numeric(18, 8))
    active: bool = True


class QcRun(Model, table=True):
    """A run of control material, and what Westgard's rules say of it. Rows are only ever added.

    `values` are those of its materials: `material_id`, `level`, `value`, and `deviations` from the mean, as it was then.
    """

    __tablename__ = "qc_run"
    __table_args__ = (
        one_of("verdict", QcVerdict),
        Index("qc_run_analyzer_idx", "analyzer_id", "lab_test_id", "id"),
    )

    analyzer_id: UUID = Field(foreign_key="analyzer.id")
    lab_test_id: UUID = Field(foreign_key="lab_test.id", index=True)
    account_id: UUID
    at: datetime = timestamp()
    verdict: str
    rules: list[str] = Field(sa_type=ARRAY(String))
    values: list[dict[str, Any]] = Field(sa_type=JSONB)
