"""The catalogue: medications, what is in them, and the packs that they come in."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from shared.codes import one_of
from subgraphs.pharmacy.codes import ControlledSchedule, DispensingUnit
from subgraphs.pharmacy.models.base import Model, Part

STRENGTH = Numeric(14, 6)
QUANTITY = Numeric(14, 3)
"""So many of a medication's unit, exactly."""


class Medication(Model, table=True):
    """A medicinal product, at the level at which it is prescribed and kept: one form, one strength.

    `rxcui` is RxNorm's concept; what the clinic prepares itself may have none. Quantities of it are in `unit` everywhere.
    `search_text` is its name and those of its ingredients in lower case.
    """

    __tablename__ = "medication"
    __table_args__ = (
        CheckConstraint("rxcui ~ '^[1-9][0-9]{0,9}$'", name="rxcui"),
        one_of("schedule", ControlledSchedule),
        one_of("unit", DispensingUnit),
        Index(
            "medication_search_text_idx",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    rxcui: str | None = Field(default=None, unique=True)
    name: str = Field(index=True)
    dose_form: str
    schedule: str | None = None
    unit: str
    active: bool = True
    search_text: str


class MedicationIngredient(Part, table=True):
    """An active ingredient of a medication: `strength` of `strength_unit` (UCUM), such as 500 mg a tablet or 5 mg/mL."""

    __tablename__ = "medication_ingredient"
    __table_args__ = (
        UniqueConstraint("medication_id", "rxcui"),
        CheckConstraint("rxcui ~ '^[1-9][0-9]{0,9}$'", name="rxcui"),
        CheckConstraint("strength > 0", name="strength"),
    )

    medication_id: UUID = Field(foreign_key="medication.id", ondelete="CASCADE")
    rxcui: str = Field(index=True)
    name: str
    strength: Decimal = Field(sa_type=STRENGTH)
    strength_unit: str


class MedicationPack(Part, table=True):
    """A pack that a medication comes in: `units` of the medication's own unit are one of it."""

    __tablename__ = "medication_pack"
    __table_args__ = (UniqueConstraint("medication_id", "name"), CheckConstraint("units > 0", name="units"))

    medication_id: UUID = Field(foreign_key="medication.id", ondelete="CASCADE")
    name: str
    units: Decimal = Field(sa_type=QUANTITY)
