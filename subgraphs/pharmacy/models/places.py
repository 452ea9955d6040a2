"""Whom and which places pharmacy knows, by others' events."""

from sqlmodel import Field

from subgraphs.pharmacy.models.base import Part


class Patient(Part, table=True):
    """What must be known here of a patient: that they are registered. Who signs for them locks the row."""

    __tablename__ = "patient"


class Location(Part, table=True):
    """What must be known here of a location, such as a pharmacy."""

    __tablename__ = "location"

    time_zone: str = Field(default="UTC")
    active: bool = True
