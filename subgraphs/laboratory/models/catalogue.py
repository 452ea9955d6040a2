"""The catalogue: laboratory tests."""

from sqlmodel import Field

from subgraphs.laboratory.models.base import Model


class LabTest(Model, table=True):
    """One lab test."""

    __tablename__ = "lab_test"

    name: str = Field(index=True)
    active: bool = True
