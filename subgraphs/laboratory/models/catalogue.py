"""The catalogue: laboratory tests, panels of them, what is usual, and what a result leads to."""

from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlmodel import Field

from shared.codes import one_of
from shared.database.model import timestamp
from shared.datatypes import AdministrativeGender
from subgraphs.laboratory.codes import Comparator, SpecimenType, ValueType
from subgraphs.laboratory.models.base import Model, number

LOINC_KEY = "lab_test_loinc_key"
RANGE_OVERLAP = "reference_range_overlap"
LIMITS = ("plausible_low", "critical_low", "normal_low", "normal_high", "critical_high", "plausible_high")


class LabTest(Model, table=True):
    """One test. Of those in use, a LOINC code is one's. Durations are minutes, hours and days by their names.

    `codes` are what a CODED result may be: `system`, `code`, `display`, `abnormal`. The `delta_` columns say from when on a
    difference to the patient's last result is worth a look; `delay_days` is how long patients wait for a released result.
    """

    __tablename__ = "lab_test"
    __table_args__ = (
        one_of("specimen_type", SpecimenType),
        one_of("value_type", ValueType),
        CheckConstraint("(value_type = 'NUMERIC') = (unit IS NOT NULL)", name="unit"),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals"),
        CheckConstraint("turnaround_minutes BETWEEN 1 AND 129600", name="turnaround"),
        CheckConstraint("delay_days BETWEEN 0 AND 30", name="delay"),
        Index(LOINC_KEY, "loinc", unique=True, postgresql_where=text("active")),
    )

    name: str = Field(index=True)
    loinc: str
    loinc_name: str
    specimen_type: str
    container: str | None = None
    volume_ml: Decimal | None = number()
    value_type: str
    unit: str | None = None
    decimals: int = 0
    detection_limit: Decimal | None = number()
    quantification_limit: Decimal | None = number()
    method: str | None = None
    turnaround_minutes: int
    preparation: str | None = None
    auto_verify: bool = False
    codes: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    delta_days: int | None = None
    delta_absolute: Decimal | None = number()
    delta_percent: Decimal | None = number()
    delta_per_day: Decimal | None = number()
    delay_days: int = 0
    charge_code: str | None = None
    active: bool = True


class LabPanel(Model, table=True):
    """Tests that are ordered together."""

    __tablename__ = "lab_panel"

    name: str = Field(index=True)
    loinc: str | None = None
    active: bool = True


class PanelTest(Model, table=True):
    """A test of a panel, at its place."""

    __tablename__ = "panel_test"
    __table_args__ = (UniqueConstraint("lab_panel_id", "lab_test_id"),)

    lab_panel_id: UUID = Field(foreign_key="lab_panel.id", index=True)
    lab_test_id: UUID = Field(foreign_key="lab_test.id", index=True)
    position: int


def _rising() -> str:
    return " AND ".join(f"{low} <= {high}" for low, high in combinations(LIMITS, 2))


class ReferenceRange(Model, table=True):
    """What is usual of a test's result for people of a sex, of some ages, pregnant or not; limits belong to the range.

    Ages are days of the calendar, from the first to before the last. Null is for all. A range is never changed: another
    `revision` takes its place at `replaced_at`. Of those that hold, no two are for the same people.
    """

    __tablename__ = "reference_range"
    __table_args__ = (
        one_of("sex", AdministrativeGender),
        CheckConstraint("age_from_days >= 0 AND age_to_days > age_from_days", name="ages"),
        CheckConstraint(_rising(), name="limits"),
        CheckConstraint(f"num_nonnulls({', '.join(LIMITS)}) > 0", name="some"),
        ExcludeConstraint(
            ("lab_test_id", "="),
            (text("coalesce(sex, '')"), "="),
            (text("coalesce(CAST(pregnant AS integer), -1)"), "="),
            (text("int4range(age_from_days, age_to_days)"), "&&"),
            name=RANGE_OVERLAP,
            using="gist",
            where=text("replaced_at IS NULL"),
        ),
        Index("reference_range_test_idx", "lab_test_id", "id"),
    )

    lab_test_id: UUID = Field(foreign_key="lab_test.id")
    sex: str | None = None
    pregnant: bool | None = None
    age_from_days: int = 0
    age_to_days: int | None = None
    plausible_low: Decimal | None = number()
    critical_low: Decimal | None = number()
    normal_low: Decimal | None = number()
    normal_high: Decimal | None = number()
    critical_high: Decimal | None = number()
    plausible_high: Decimal | None = number()
    source: str
    revision: int = 1
    replaces_id: UUID | None = Field(default=None, foreign_key="reference_range.id", unique=True)
    replaced_at: datetime | None = timestamp(default=None, nullable=True)


class ReflexRule(Model, table=True):
    """A test that is added to an order where another one's result is as one of these says: flags, a number, a code."""

    __tablename__ = "reflex_rule"
    __table_args__ = (
        CheckConstraint("lab_test_id <> added_test_id", name="other"),
        CheckConstraint("num_nonnulls(flags, comparator, code) = 1", name="condition"),
        CheckConstraint("(comparator IS NULL) = (threshold IS NULL)", name="threshold"),
        one_of("comparator", Comparator),
    )

    lab_test_id: UUID = Field(foreign_key="lab_test.id", index=True)
    added_test_id: UUID = Field(foreign_key="lab_test.id", index=True)
    flags: list[str] | None = Field(default=None, sa_type=ARRAY(String), nullable=True)
    comparator: str | None = None
    threshold: Decimal | None = number()
    code: str | None = None
    active: bool = True
