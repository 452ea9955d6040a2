"""The catalogue: medications."""

from sqlmodel import Field

from subgraphs.pharmacy.models.base import Model


class Medication(Model, table=True):
    """One medication."""

    __tablename__ = "medication"

    name: str = Field(index=True)
    active: bool = True
